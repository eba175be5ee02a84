// SQL that both engines understand: names quoted, values bound, comparisons that know null and exact spelling.
import { sql, type RawBuilder } from 'kysely'
import type { Row, Session, Value } from '../../databases/database.ts'
import type { Column, Engine } from '../../databases/schema.ts'
import { compileStatement } from '../compile.ts'

export type Sql = RawBuilder<unknown>

/** A session that takes SQL as it is built here. */
export interface SqlSession {
  readonly engine: Engine
  all(query: Sql): Promise<Row[]>
  /** Rows changed. */
  run(statement: Sql): Promise<number>
  /** The first column of the first row. */
  number(query: Sql): Promise<number>
}

export function sqlSession(engine: Engine, session: Session): SqlSession {
  const all = (query: Sql) => session.all(compileStatement(engine, query))
  return {
    engine,
    all,
    run: (statement) => session.run(compileStatement(engine, statement)),
    async number(query) {
      const [row] = await all(query)
      return Number(Object.values(row ?? {})[0] ?? 0)
    },
  }
}

/** A name in quotes, whatever is in it. */
export const name = (...parts: string[]): Sql => sql.id(...parts)

export const list = (parts: readonly Sql[]): Sql => sql.join(parts)

/** `k1`, `k2`...: as many as there are things in `of`. */
export const numbered = (letter: string, of: { length: number }): string[] =>
  Array.from({ length: of.length }, (_, index) => `${letter}${index + 1}`)

/** Types whose `=` tells any two values apart that a person would; others are compared as text. */
const COMPARED_AS_THEY_ARE =
  /^(?:smallint|integer|bigint|boolean|text|uuid|date|bytea|real|double precision|numeric|character varying|timestamp|time)\b(?!.*\[\])/

/** Whether two values are the same, null like null, letter for letter. Both are values of `column`. */
export function isSame(engine: Engine, column: Column, left: Sql, right: Sql): Sql {
  if (engine === 'sqlite') return sql`${left} COLLATE BINARY IS ${right}`
  if (COMPARED_AS_THEY_ARE.test(column.type)) return sql`${left} IS NOT DISTINCT FROM ${right}`
  return sql`${left}::text IS NOT DISTINCT FROM ${right}::text`
}

/** A value of gonogo.yaml as one of the column's type. */
export function valueOf(engine: Engine, column: Column, value: Value | boolean): Sql {
  if (engine === 'sqlite') return sql`${typeof value === 'boolean' ? Number(value) : value}`
  // A type's name comes from the server's own catalogue, where it is quoted already.
  return sql`CAST(${value} AS ${sql.raw(column.type)})`
}
