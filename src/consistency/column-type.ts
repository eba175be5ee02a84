// What the values of a column are, from its declared type.
import type { Column, Engine } from '../databases/schema.ts'

/** `any`: SQLite columns that take what they are given. */
export type Family = 'number' | 'text' | 'time' | 'boolean' | 'bytes' | 'other' | 'any'

const POSTGRES: [RegExp, Family][] = [
  [
    /^(?:smallint|integer|int[248]?|bigint|numeric|decimal|real|double precision|float[48]?|(?:small|big)?serial|oid)\b/,
    'number',
  ],
  [/^(?:text|character|varchar|char|bpchar|name|citext)\b/, 'text'],
  [/^(?:timestamp|date)/, 'time'],
  [/^bool/, 'boolean'],
  [/^bytea/, 'bytes'],
]

/** SQLite: the type affinity (https://sqlite.org/datatype3.html, 3.1), where it settles what is in the column. */
export function familyOf({ type }: Pick<Column, 'type'>, engine: Engine): Family {
  const declared = type.toLowerCase()
  if (engine === 'postgres') return POSTGRES.find(([pattern]) => pattern.test(declared))?.[1] ?? 'other'
  if (declared.includes('int')) return 'number'
  if (/char|clob|text/.test(declared)) return 'text'
  if (declared === '' || declared.includes('blob')) return 'any'
  return /real|floa|doub|dec|num/.test(declared) ? 'number' : 'any'
}
