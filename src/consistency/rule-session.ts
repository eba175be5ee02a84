// Judges rules one after another in one session of a snapshot, with the temporary tables that they share.
import { sql, type RawBuilder } from 'kysely'
import type { Row, Session, Value } from '../databases/database.ts'
import type { DatabaseSchema } from '../databases/schema.ts'
import { compileStatement } from './compile.ts'
import type { Grouping, Key, Rule, Terms } from './rule.ts'
import { sampleStatement } from './sample.ts'
import { groupingKey } from './shared-groupings.ts'
import { createTerms } from './terms.ts'

export interface RuleSessionOptions {
  schema: DatabaseSchema
  now: number
  rowsBefore: (table: string) => number | null
  keysMax: number
  /** By `groupingKey`: made once, when the first rule wants it. */
  shared: ReadonlyMap<string, Grouping>
  /** Rows to take of each judged table, or null: all. */
  sampleRows: number | null
}

/** What a statement found. */
export interface Judged {
  count: number
  keys: Key[]
  plan: string[]
}

/** The temporary tables of a session. */
type Temporary = Map<string, { name: string; statement: RawBuilder<unknown> }>

export class RuleSession {
  readonly #session: Session
  readonly #options: RuleSessionOptions
  /** By what they hold. */
  readonly #made = new Map<string, string>()

  constructor(session: Session, options: RuleSessionOptions) {
    this.#session = session
    this.#options = options
  }

  /** @throws what the rule's terms or the database say: it is this rule's error. */
  async judge({ kind, options }: Rule, signal: AbortSignal): Promise<Judged & { judged: number | null }> {
    const wanted: Temporary = new Map()
    const judged = kind.judged?.(options)
    const sampled = typeof judged === 'object' ? judged.rowsOf : kind.judges(options)
    const terms = this.#terms(sampled, wanted)
    if (kind.search) {
      const read = (query: RawBuilder<unknown>): Promise<Row[]> => this.#read(query)
      const found = await kind.search(options, terms, { read, keysMax: this.#options.keysMax, signal })
      return { ...found, plan: [...(found.notes ?? [])] }
    }
    if (!kind.violations) throw new Error(`rule kind ${kind.id} says no violations`)
    const violations = kind.violations(options, terms)
    const width = kind.keyColumns(options, terms).length
    await this.#make(wanted)
    const query = countAndKeys(terms, violations, width, this.#options.keysMax)
    const plan = await this.#plan(query, terms)
    const rows = await this.#read(query)
    const keys = rows.map((row) => Array.from({ length: width }, (_, index): Value => row[`k${index + 1}`] ?? null))
    return { count: Number(rows[0]?.total ?? 0), keys, plan, judged: null }
  }

  /** Rows of the table, or of its sample. */
  async countRows(table: string): Promise<number> {
    const wanted: Temporary = new Map()
    const terms = this.#terms(table, wanted)
    const rows = terms.rows(table)
    await this.#make(wanted)
    const [row] = await this.#read(sql`SELECT count(*) AS n FROM ${rows} AS t`)
    return Number(row?.n ?? 0)
  }

  #terms(judged: string | null, wanted: Temporary): Terms {
    const { schema, now, rowsBefore, shared, sampleRows } = this.#options
    const place = (key: string, kind: string, statement: RawBuilder<unknown>): RawBuilder<unknown> => {
      const known = this.#made.get(key) ?? wanted.get(key)?.name
      const name = known ?? `gonogo_${kind}_${this.#made.size + wanted.size + 1}`
      if (known === undefined) wanted.set(key, { name, statement })
      return sql`${sql.id('temp', name)}`
    }
    const terms: Terms = createTerms(schema, {
      now,
      rowsBefore,
      rowsOf: (table) => {
        if (sampleRows === null || table !== judged) return null
        const statement = sampleStatement(schema, table, sampleRows)
        return schema.engine === 'sqlite' ? place(`sample ${table}`, 'sample', statement) : sql`(${statement})`
      },
      shared: (grouping) => {
        const whole = shared.get(groupingKey(grouping))
        if (!whole || schema.engine !== 'sqlite' || sampleRows !== null) return null
        const made = createTerms(schema, { now }).grouping(whole)
        return place(groupingKey(grouping), 'group', sql`SELECT * FROM ${made} AS g`)
      },
    })
    return terms
  }

  async #make(wanted: Temporary): Promise<void> {
    for (const [key, { name, statement }] of wanted) {
      const { engine } = this.#options.schema
      await this.#session.run(compileStatement(engine, sql`CREATE TEMP TABLE ${sql.id(name)} AS ${statement}`))
      this.#made.set(key, name)
    }
  }

  #read(query: RawBuilder<unknown>): Promise<Row[]> {
    return this.#session.all(compileStatement(this.#options.schema.engine, query))
  }

  async #plan(query: RawBuilder<unknown>, { engine }: Terms): Promise<string[]> {
    if (engine === 'sqlite') return planLines(await this.#read(sql`EXPLAIN QUERY PLAN ${query}`))
    return (await this.#read(sql`EXPLAIN ${query}`)).map((row) => String(Object.values(row)[0]))
  }
}

/** All of them counted, the first few listed in ascending order. */
function countAndKeys(
  terms: Terms,
  violations: RawBuilder<unknown>,
  width: number,
  keysMax: number,
): RawBuilder<unknown> {
  const keys = Array.from({ length: width }, (_, index) => sql`${sql.id('v', `k${index + 1}`)}`)
  // As columns of a table sort elsewhere: by bytes, whatever the column's own collation. Nulls, which SQLite has first, too.
  const order = keys.map((key) => (terms.engine === 'sqlite' ? sql`${key} COLLATE BINARY` : sql`${key} NULLS FIRST`))
  return sql`WITH v AS MATERIALIZED (
${violations}
)
SELECT (SELECT count(*) FROM v) AS total, ${sql.join(keys)} FROM v ORDER BY ${sql.join(order)} LIMIT ${sql.lit(Math.max(1, keysMax))}`
}

/** Indented as the steps stand below each other. */
function planLines(rows: readonly Row[]): string[] {
  const depths = new Map<Value | undefined, number>()
  return rows.map(({ id, parent, detail }) => {
    const depth = (depths.get(parent) ?? -1) + 1
    depths.set(id, depth)
    return `${'  '.repeat(depth)}${String(detail)}`
  })
}
