// Judges rules one after another in one session of a snapshot, with the temporary tables and the memory that they share.
import { sql, type RawBuilder } from 'kysely'
import type { Row, Session, Value } from '../databases/database.ts'
import type { DatabaseSchema } from '../databases/schema.ts'
import { compileStatement } from './compile.ts'
import { heldOf, isHeld } from './held.ts'
import { Holdings, type WantedHoldings } from './holdings.ts'
import type { Grouping, Held, Key, Rule, Terms } from './rule.ts'
import { compareKeys } from './order.ts'
import { numberColumn, portionsOf, portionStatement, type Extent, type Portion } from './portions.ts'
import { sampleStatement } from './sample.ts'
import { groupingKey } from './shared-groupings.ts'
import { createTerms } from './terms.ts'

export interface RuleSessionOptions {
  schema: DatabaseSchema
  now: number
  rowsBefore: (table: string) => number | null
  /** Of tables whose rows have numbers of their own; null where it is not known. */
  extentOf: (table: string) => Extent | null
  keysMax: number
  /** By `groupingKey`: made once, when the first rule wants it. Known when the rows have been counted. */
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

/** What a statement counts on, to be made before it runs. */
interface Wanted {
  /** Temporary tables by what they hold. */
  tables: Map<string, { name: string; statement: RawBuilder<unknown> }>
  holdings: WantedHoldings
  /** It calls JavaScript for each row. */
  calls: boolean
}

/** A rule's statement, with all it counts on made. */
interface Prepared {
  query: RawBuilder<unknown>
  /** Columns of a key. */
  width: number
  terms: Terms
  notes: string[]
  calls: boolean
}

const nothingWanted = (): Wanted => ({ tables: new Map(), holdings: new Map(), calls: false })

export class RuleSession {
  readonly #session: Session
  readonly #options: RuleSessionOptions
  /** By what they hold. */
  readonly #made = new Map<string, string>()
  readonly #holdings: Holdings

  constructor(session: Session, options: RuleSessionOptions) {
    this.#session = session
    this.#options = options
    this.#holdings = new Holdings((query) => this.#read(query))
  }

  /** @throws what the rule's terms or the database say: it is this rule's error. */
  async judge({ kind, options }: Rule, signal: AbortSignal): Promise<Judged & { judged: number | null }> {
    const judged = kind.judged?.(options)
    const sampled = typeof judged === 'object' ? judged.rowsOf : kind.judges(options)
    if (kind.search) {
      const terms = this.#terms(sampled, nothingWanted())
      const read = (query: RawBuilder<unknown>): Promise<Row[]> => this.#read(query)
      const found = await kind.search(options, terms, { read, keysMax: this.#options.keysMax, signal })
      return { ...found, plan: [...(found.notes ?? [])] }
    }
    const whole = await this.#prepared({ kind, options }, sampled)
    const { query, terms, notes } = whole
    const plan = [...notes, ...(await this.#plan(query, terms))]
    const portions =
      (whole.calls || kind.callsPerRow) && sampled !== null ? portionsOf(this.#options.extentOf(sampled)) : null
    if (!portions) return { ...(await this.#answer(whole)), plan, judged: null }
    let found: Omit<Judged, 'plan'> = { count: 0, keys: [] }
    for (const portion of portions) {
      signal.throwIfAborted()
      const part = await this.#answer(await this.#prepared({ kind, options }, sampled, portion))
      const keys = [...found.keys, ...part.keys].toSorted(compareKeys).slice(0, Math.max(1, this.#options.keysMax))
      found = { count: found.count + part.count, keys }
    }
    return { ...found, plan, judged: null }
  }

  async #answer({ query, width }: Prepared): Promise<Omit<Judged, 'plan'>> {
    const rows = await this.#read(query)
    const keys = rows.map((row) => Array.from({ length: width }, (_, index): Value => row[`k${index + 1}`] ?? null))
    return { count: Number(rows[0]?.total ?? 0), keys }
  }

  /** Of the table, or of its sample. */
  async countRows(table: string): Promise<Extent> {
    const wanted = nothingWanted()
    const terms = this.#terms(table, wanted)
    const rows = terms.rows(table)
    await this.#make(wanted)
    const number =
      terms.engine === 'sqlite' && this.#options.sampleRows === null ? numberColumn(terms.table(table)) : null
    const end = (name: 'min' | 'max'): RawBuilder<unknown> =>
      number === null ? sql`NULL` : sql`(SELECT ${sql.raw(name)}(${sql.id('t', number)}) FROM ${rows} AS t)`
    const [row] = await this.#read(
      sql`SELECT (SELECT count(*) FROM ${rows} AS t) AS n, ${end('min')} AS least, ${end('max')} AS most`,
    )
    const isSafe = Number.isSafeInteger(row?.least) && Number(row?.most) < Number.MAX_SAFE_INTEGER
    const [least, most] = isSafe ? [Number(row?.least), Number(row?.most)] : [null, null]
    return { rows: Number(row?.n ?? 0), least, most }
  }

  /** The rule's statement, and all it counts on made. */
  async #prepared(
    { kind, options }: Pick<Rule, 'kind' | 'options'>,
    sampled: string | null,
    portion: Portion | null = null,
  ): Promise<Prepared> {
    if (!kind.violations) throw new Error(`rule kind ${kind.id} says no violations`)
    for (;;) {
      const wanted = nothingWanted()
      const terms = this.#terms(sampled, wanted, portion)
      const violations = kind.violations(options, terms)
      await this.#make(wanted)
      // What cannot be held is not offered again: this ends.
      if (!(await this.#holdings.make(wanted.holdings))) continue
      const notes = Array.from(wanted.holdings.values(), ({ holding }) => holding.describe)
      const width = kind.keyColumns(options, terms).length
      const query = countAndKeys(terms, violations, width, this.#options.keysMax)
      return { query, width, terms, notes, calls: wanted.calls }
    }
  }

  #terms(judged: string | null, wanted: Wanted, portion: Portion | null = null): Terms {
    const { schema, now, rowsBefore, shared, sampleRows } = this.#options
    const place = (key: string, kind: string, statement: RawBuilder<unknown>): RawBuilder<unknown> => {
      const known = this.#made.get(key) ?? wanted.tables.get(key)?.name
      const name = known ?? `gonogo_${kind}_${this.#made.size + wanted.tables.size + 1}`
      if (known === undefined) wanted.tables.set(key, { name, statement })
      return sql`${sql.id('temp', name)}`
    }
    const terms: Terms = createTerms(schema, {
      now,
      rowsBefore,
      rowsOf: (table) => {
        if (portion && table === judged) return portionStatement(schema, table, portion)
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
      held: (grouping) => (sampleRows === null && judged !== null ? this.#held(grouping, judged, wanted) : null),
    })
    return terms
  }

  /** With the aggregates of all rules that ask for it, so that the rows are read once. */
  #held(grouping: Grouping, judged: string, wanted: Wanted): Held | null {
    const { schema, extentOf, shared } = this.#options
    if (!grouping.aggregates.every(isHeld) || !portionsOf(extentOf(judged))) return null
    const { aggregates } = shared.get(groupingKey(grouping)) ?? grouping
    const whole = { ...grouping, aggregates: aggregates.filter(isHeld) }
    return heldOf(schema, whole, {
      extentOf,
      hold: (holding) => this.#holdings.place(holding, wanted.holdings),
      calls: () => (wanted.calls = true),
    })
  }

  async #make(wanted: Wanted): Promise<void> {
    for (const [key, { name, statement }] of wanted.tables) {
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
