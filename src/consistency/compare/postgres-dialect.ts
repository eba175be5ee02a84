// The statements of a comparison in Postgres' SQL: the texts of `databases/canonical.ts`, computed by the server.
import { stepsMax } from '../../databases/canonical.ts'
import type { Dialect } from './dialect.ts'
import { quoted } from './dialect.ts'
import type { ComparedColumn } from './side.ts'
import { declaredKind } from './value-class.ts'

const PLAIN_NUMBER = String.raw`'^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$'`
const PLAIN_DECIMAL = String.raw`'^[+-]?\d+(\.\d*)?$'`

/** Tables outside the search path are named with their schema. */
function table(name: string): string {
  const dot = name.indexOf('.')
  return dot === -1 ? quoted(name) : `${quoted(name.slice(0, dot))}.${quoted(name.slice(dot + 1))}`
}

function canonical({ name, type, valueClass }: ComparedColumn, decimals: number): string {
  const column = quoted(name)
  const kind = declaredKind('postgres', type)
  switch (valueClass) {
    case 'number':
      return numberText(column, type, decimals)
    case 'decimal':
      if (kind === 'decimal') return `trim_scale(${column})::text`
      if (kind !== 'text') return `${column}::text`
      return `CASE WHEN ${column} ~ ${PLAIN_DECIMAL} THEN trim_scale(${column}::numeric)::text ELSE ${column}::text END`
    case 'boolean':
      if (kind === 'boolean') return `CASE ${column} WHEN true THEN '1' WHEN false THEN '0' END`
      return `CASE WHEN lower(${column}::text) IN ('1', 't', 'true') THEN '1' WHEN lower(${column}::text) IN ('0', 'f', 'false') THEN '0' ELSE ${column}::text END`
    case 'timestamp':
      return timestampText(column, kind)
    case 'bytes':
      return kind === 'bytes' ? `encode(${column}, 'hex')` : `encode(convert_to(${column}::text, 'UTF8'), 'hex')`
    case 'uuid':
      return `replace(lower(${column}::text), '-', '')`
    case 'json':
      return `${column}::jsonb::text`
    case 'integer':
      return kind === 'boolean' ? `${column}::int::text` : `${column}::text`
    case 'text':
      return `${column}::text`
  }
}

/** Double precision becomes numeric with 15 significant digits; every other number passes through it, so that all lose the same. */
function numberText(column: string, type: string, decimals: number): string {
  const kind = declaredKind('postgres', type)
  const rounded = (value: string): string => `trim_scale(round(${value}::numeric, ${decimals}))::text`
  if (kind === 'boolean') return `${column}::int::text`
  if (kind === 'text')
    return `CASE WHEN ${column} ~ ${PLAIN_NUMBER} THEN ${rounded(`${column}::float8`)} ELSE ${column}::text END`
  return rounded(kind === 'float' ? column : `${column}::float8`)
}

/** Whole milliseconds since the epoch. Time without a zone is UTC. */
function timestampText(column: string, kind: string): string {
  if (kind === 'timestamp')
    return `CASE WHEN isfinite(${column}) THEN floor(extract(epoch FROM ${column}) * 1000)::bigint::text ELSE ${column}::text END`
  const number = `${column}::numeric`
  const ms = `CASE WHEN abs(${number}) < 1e11 THEN ${number} * 1000 WHEN abs(${number}) < 1e14 THEN ${number} ELSE ${number} / 1000 END`
  return `floor(round(${ms}, 3))::bigint::text`
}

/** As `partText` of `databases/canonical.ts`. */
function part(column: ComparedColumn, decimals: number): string {
  const text = canonical(column, decimals)
  const kind = declaredKind('postgres', column.type)
  if (column.valueClass === 'number' && kind !== 'text' && kind !== 'boolean') {
    const float = kind === 'float' ? quoted(column.name) : `${quoted(column.name)}::float8`
    const step = `floor(${float} * 1e${decimals}::float8 + 0.5)::bigint`
    return `CASE WHEN abs(${float}) <= ${stepsMax(decimals)} THEN '~' || ${step} ELSE coalesce(${text}, '-') END`
  }
  return column.valueClass === 'text'
    ? `coalesce(octet_length(${text})::text || ':' || ${text}, '-')`
    : `coalesce(${text}, '-')`
}

const row = (columns: readonly ComparedColumn[], decimals: number): string =>
  columns.map((column) => part(column, decimals)).join(` || '|' || `)

/** What `databases/row-hash.ts` computes. Of a text that may be collated in a way of its own it is the bytes that count. */
const hash = (text: string): string => `hashtextextended((${text}) COLLATE "C", 0)`

export const postgresDialect: Dialect = {
  table,
  canonical,
  row,
  remainder: (column, count) => `coalesce(${quoted(column)} % ${count}, 0)`,
  bucketOf: (text, count) => `(((${hash(text)} >> 32) & 2147483647) % ${count})`,
  among: (expression, type) =>
    `${expression} IN (SELECT value::${type === 'integer' ? 'bigint' : 'text'} FROM jsonb_array_elements_text($1::jsonb) AS among (value))`,
  checksums: ({ bucket, columns, decimals, from }) =>
    `SELECT coalesce(json_agg(json_build_array(bucket, rows, sum::text)), '[]')::text AS sums FROM (
      SELECT bucket, count(*) AS rows, sum(hash) AS sum FROM (
        SELECT ${bucket} AS bucket, ${hash(row(columns, decimals))} AS hash FROM ${from}) AS each GROUP BY bucket) AS sums`,
  open: (select) => `DECLARE gonogo_rows NO SCROLL CURSOR FOR ${select}`,
  fetch: (_from, count) => `FETCH ${count} FROM gonogo_rows`,
  close: 'CLOSE gonogo_rows',
}
