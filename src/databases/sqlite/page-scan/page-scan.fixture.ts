// What tests of the page scan share: a database in a scratch file, its schema, and plain SQL to compare with.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { Value } from '../../database.ts'
import type { ScanFound, ScanRule } from '../../page-scan.ts'
import type { DatabaseSchema } from '../../schema.ts'
import { readSchema } from '../read-schema.ts'
import { scan } from './scan.ts'
import { compareValues } from './same-values.ts'

export function scratch(): { file: string; [Symbol.dispose](): void } {
  const directory = mkdtempSync(join(tmpdir(), 'page-scan-'))
  return { file: join(directory, 'a.db'), [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) }
}

export function schemaOf(database: DatabaseSync): Promise<DatabaseSchema> {
  return readSchema({
    all: async ({ sql, parameters }) => database.prepare(sql).all(...(parameters as SQLInputValue[])) as never,
    run: () => Promise.reject(new Error('only read')),
  })
}

/** In this process: nothing else here has locks on the file. */
export async function scanHere(
  file: string,
  schema: DatabaseSchema,
  rules: ScanRule[],
  keysMax = 7,
): Promise<ScanFound[]> {
  const memoryBytesMax = 64 << 20
  const tables = [...schema.tables.values()]
  return scan(
    {
      file,
      tables,
      schemaVersion: null,
      logEnd: null,
      rules,
      workers: 2,
      bytesPerWorker: 64 << 20,
      keysMax,
      memoryBytesMax,
    },
    () => {},
  )
}

/** The answer of SQL, one obvious query a rule; of regular expressions and noisy-or, of rows read one by one. */
export function plainAnswer(database: DatabaseSync, rule: ScanRule): Value[] {
  const ask = (sql: string, ...parameters: SQLInputValue[]): Record<string, Value>[] => {
    const statement = database.prepare(sql)
    statement.setReadBigInts(true)
    return statement.all(...parameters) as Record<string, Value>[]
  }
  const keysOf = (condition: string, ...parameters: SQLInputValue[]) =>
    ask(`SELECT t.rowid AS k FROM ${rule.table} AS t WHERE ${condition} ORDER BY 1`, ...parameters).map(({ k }) =>
      plain(k!),
    )
  switch (rule.type) {
    case 'value': {
      const x = `t.${rule.column}`
      const orNull = rule.nulls === 'violate' ? ` OR ${x} IS NULL` : ''
      const { test } = rule
      if (test.type === 'not-null') return keysOf(`0${orNull}`)
      if (test.type === 'range') {
        const ends = [test.min !== null && `${x} < ?`, test.max !== null && `${x} > ?`].filter(Boolean).join(' OR ')
        return keysOf(`${ends || '0'}${orNull}`, ...[test.min, test.max].filter((end) => end !== null))
      }
      if (test.type === 'enum')
        return keysOf(`(${x} IS NOT NULL AND ${x} NOT IN (${test.values.map(() => '?')}))${orNull}`, ...test.values)
      const pattern = new RegExp(test.pattern, 'u')
      return ask(`SELECT rowid AS k, ${rule.column} AS x FROM ${rule.table} ORDER BY 1`)
        .filter((row) => (row.x === null ? rule.nulls === 'violate' : !pattern.test(String(row.x))))
        .map(({ k }) => plain(k!))
    }
    case 'reference': {
      const x = `t.${rule.column}`
      const orNull = rule.nulls === 'violate' ? ` OR ${x} IS NULL` : ''
      return keysOf(`(${x} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${rule.parent} AS p WHERE p.id = ${x}))${orNull}`)
    }
    case 'requires-child':
      return keysOf(`NOT EXISTS (SELECT 1 FROM ${rule.child} AS c WHERE c.${rule.childColumn} = t.id)`)
    case 'duplicates':
      return ask(`SELECT ${rule.column} AS x FROM ${rule.table} WHERE x IS NOT NULL GROUP BY x HAVING count(*) > 1`)
        .map(({ x }) => plain(x!))
        .toSorted(compareValues)
    case 'aggregate': {
      const of = `FROM ${rule.child} AS c WHERE c.${rule.childColumn} = t.id`
      const value = aggregateSql(rule, of)
      const isWrong = `CASE WHEN ${value} IS NULL THEN t.${rule.column} IS NOT NULL WHEN t.${rule.column} IS NULL THEN 1
        ELSE abs(t.${rule.column} - ${value}) > ${rule.tolerance} + 1e-9 END`
      return keysOf(rule.childless === 'ignore' ? `EXISTS (SELECT 1 ${of}) AND ${isWrong}` : isWrong)
    }
  }
}

function aggregateSql({ aggregate, childValue }: ScanRule & { type: 'aggregate' }, of: string): string {
  const x = `c.${childValue}`
  if (aggregate === 'noisy-or') return `(SELECT noisy_or(${x}) ${of})`
  const value = `(SELECT ${aggregate}(${x}) ${of})`
  return aggregate === 'sum' ? `CASE WHEN EXISTS (SELECT 1 ${of}) THEN ${value} ELSE 0 END` : value
}

/** Row by row, as `1 - (1 - a)(1 - b)...`; null over nothing. */
export function registerNoisyOr(database: DatabaseSync): void {
  database.aggregate('noisy_or', {
    start: () => '[]',
    step: (values: string, value: SQLOutputValue) =>
      value === null ? values : JSON.stringify([...(JSON.parse(values) as number[]), Number(value)]),
    result: (given: string) => {
      const values = JSON.parse(given) as number[]
      if (values.length === 0) return null
      return values.some((value) => value >= 1) ? 1 : 1 - values.reduce((product, value) => product * (1 - value), 1)
    },
  })
}

/** Integers that a number holds exactly as numbers; so are whole reals already. */
function plain(value: Value): Value {
  if (typeof value !== 'bigint') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

/** What tells values apart to SQL, as text. */
export function spelled(values: readonly Value[]): string[] {
  return values.map((value) => {
    if (typeof value === 'number' && Number.isInteger(value)) return `n${BigInt(value)}`
    if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('hex')}`
    return `${typeof value === 'bigint' ? 'n' : typeof value}${String(value)}`
  })
}
