// Judges rules on one moment of a database: by a scan of its pages where that can tell, by SQL in several sessions otherwise.
import type { Database, Session, Snapshot } from '../databases/database.ts'
import type { GraphDatabase } from '../databases/graph.ts'
import type { DatabaseSchema } from '../databases/schema.ts'
import { messageOf } from '../lib/errors.ts'
import { withDeadline } from '../lib/deadline.ts'
import { bindRule } from './bind.ts'
import type { Extent } from './portions.ts'
import { heldOf, type Holding } from './held.ts'
import { scanRules } from './scan-rules.ts'
import { errorResult, resultOf, type Answer } from './rule-result.ts'
import type { RuleResult, Validation } from './result.ts'
import type { Grouping, Held, Rule, Terms } from './rule.ts'
import { RuleSession, type RuleSessionOptions } from './rule-session.ts'
import { SAMPLE_ROWS } from './sample.ts'
import { groupingsOf, sharedGroupings, unitsOf } from './shared-groupings.ts'
import { createTerms } from './terms.ts'

export interface ValidateOptions {
  signal: AbortSignal
  /** Sessions that read side by side. */
  workers?: number
  /** Keys listed of each rule. */
  keysMax?: number
  /** Longest one rule may take. */
  ruleTimeoutMs?: number
  mode?: Validation['mode']
  /** `sql`: no scan of pages. */
  way?: 'auto' | 'sql'
  /** Milliseconds since the epoch. */
  now?: number
  /** Rows of a table when they were last recorded, or null. */
  rowsBefore?: (table: string) => number | null
  /** Other databases, for rules that compare. @throws PlanError for a name that is not there */
  databaseOf?: (name: string) => Database
  graphOf?: (name: string) => GraphDatabase | null
  progress?: (progress: ValidationProgress) => void
}

export interface ValidationProgress {
  rulesDone: number
  rulesTotal: number
  /** Rows judged so far and, where it can be told, how fast and how long it will still take. */
  rowsDone: number
  rowsPerSecond: number | null
  leftMs: number | null
}

/** A validation, and the rows of the tables it looked at, to be recorded for `row-count-drift`. */
export interface RecordedValidation extends Validation {
  rows: Record<string, number>
}

/** So many times as long as reading them takes it to put rows in order: measured on ten million. */
const SORTING = 5

const DEFAULTS = { workers: 2, keysMax: 20, ruleTimeoutMs: 600_000 }

/**
 * Judges all rules of one database on one snapshot. What goes wrong with one is its own error: the others are still judged.
 * @throws PlanError for a rule that the schema cannot answer, before anything is read. @throws OutsideError when the database cannot be read.
 */
export async function validate(
  database: Database,
  rules: readonly Rule[],
  options: ValidateOptions,
): Promise<RecordedValidation> {
  const startedAt = options.now ?? Date.now()
  const began = performance.now()
  const schema = await database.schema(options.signal)
  for (const rule of rules) bindRule(rule, schema)
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const readers = Math.max(1, options.workers ?? DEFAULTS.workers)
  const { results, rows, id } = await database.snapshot(readers, signal, async (snapshot) => {
    const run = new Run(schema, rules, { ...options, now: startedAt })
    try {
      return { results: await run.judgeAll(snapshot), rows: Object.fromEntries(run.rows), id: snapshot.id }
    } finally {
      // A statement that was given up still runs: closing its session would wait for it.
      if (run.isStuck) stop.abort()
    }
  })
  return {
    database: rules[0]?.database ?? '',
    identity: database.identity,
    snapshot: id,
    mode: options.mode ?? 'full',
    startedAt,
    durationMs: performance.now() - began,
    schemaHash: schema.hash,
    results,
    rows,
  }
}

class Run {
  /** By table: all of its rows, or those of the sample. */
  readonly rows = new Map<string, number>()
  isStuck = false
  readonly #schema: DatabaseSchema
  readonly #rules: readonly Rule[]
  readonly #options: ValidateOptions & { now: number }
  readonly #extents = new Map<string, Extent>()
  readonly #answers = new Map<string, Answer>()
  readonly #began = performance.now()

  constructor(schema: DatabaseSchema, rules: readonly Rule[], options: ValidateOptions & { now: number }) {
    this.#schema = schema
    this.#rules = rules
    this.#options = options
  }

  async judgeAll(snapshot: Snapshot): Promise<RuleResult[]> {
    const shared = new Map<string, Grouping>()
    const sessions = snapshot.sessions.map((session) => this.#session(session, shared))
    await this.#countRows(sessions)
    this.#tell()
    const asked = groupingsOf(this.#rules, (hear) => this.#listening(hear))
    for (const [key, grouping] of sharedGroupings(asked.values())) shared.set(key, grouping)
    if (snapshot.scan && this.#options.way !== 'sql' && this.#options.mode !== 'sampled') {
      const { keysMax = DEFAULTS.keysMax, signal } = this.#options
      const workers = this.#options.workers ?? DEFAULTS.workers
      const ask = {
        schema: this.#schema,
        rules: this.#rules,
        keysMax,
        workers,
        signal,
        progress: (done: number, total: number) => this.#tell(done / Math.max(1, total)),
      }
      for (const [name, answer] of await scanRules(snapshot.scan, ask)) this.#answers.set(name, answer)
      this.#tell()
    }
    const rest = this.#rules.filter((rule) => this.#answers.get(rule.name)?.type !== 'found')
    const units = unitsOf(
      rest.filter(({ kind }) => !kind.compare),
      asked,
      shared,
    )
    const waiting = units.toSorted((a, b) => this.#cost(b) - this.#cost(a))
    await Promise.all(sessions.map((session) => this.#work(session, waiting)))
    for (const rule of waiting.flat())
      this.#note(rule, {
        type: 'error',
        problem: 'not judged: the sessions are still busy with rules that took too long',
        durationMs: 0,
      })
    for (const rule of rest.filter(({ kind }) => kind.compare)) this.#note(rule, await this.#compare(rule))
    return this.#rules.map((rule) => this.#result(rule))
  }

  #terms() {
    const { now, rowsBefore = () => null } = this.#options
    return { now, rowsBefore }
  }

  /** Terms that tell which groupings are asked for, in memory or not. */
  #listening(hear: (grouping: Grouping) => null): Terms {
    const hold = ({ grouping }: Holding): number => {
      hear(grouping)
      return 0
    }
    const context = { extentOf: this.#extentOf, hold, calls: () => {} }
    const held = (grouping: Grouping): Held | null => heldOf(this.#schema, grouping, context)
    return createTerms(this.#schema, { ...this.#terms(), shared: hear, held })
  }

  readonly #extentOf = (table: string): Extent | null => this.#extents.get(table) ?? null

  #session(session: Session, shared: RuleSessionOptions['shared']): RuleSession {
    const { keysMax = DEFAULTS.keysMax, mode } = this.#options
    const sampleRows = mode === 'sampled' ? SAMPLE_ROWS : null
    const common = { ...this.#terms(), schema: this.#schema, extentOf: this.#extentOf }
    return new RuleSession(session, { ...common, keysMax, shared, sampleRows })
  }

  /** Tables are counted first: how much there is to do orders the work, and says how much was judged. */
  async #countRows(sessions: readonly RuleSession[]): Promise<void> {
    const uses = this.#rules.filter(({ kind }) => !kind.compare).flatMap((rule) => rule.kind.reads(rule.options))
    const tables = [...new Set(uses.map(({ table }) => table))].filter((name) => this.#schema.tables.has(name))
    await Promise.all(
      sessions.map(async (session) => {
        for (let table = tables.shift(); table !== undefined; table = tables.shift()) {
          // A view that fails is the error of the rule that reads it.
          const extent = await session.countRows(table).catch(() => null)
          this.#options.signal.throwIfAborted()
          if (extent === null) continue
          this.rows.set(table, extent.rows)
          this.#extents.set(table, extent)
        }
      }),
    )
  }

  async #work(session: RuleSession, waiting: Rule[][]): Promise<void> {
    for (let unit = waiting.shift(); unit; unit = waiting.shift())
      for (const [index, rule] of unit.entries()) {
        const answer = await this.#judge(session, rule)
        this.#options.signal.throwIfAborted()
        this.#note(rule, answer)
        if (answer.type !== 'late') continue
        this.isStuck = true
        if (index + 1 < unit.length) waiting.push(unit.slice(index + 1))
        return
      }
  }

  async #judge(session: RuleSession, rule: Rule): Promise<Answer> {
    const began = performance.now()
    const { mode, ruleTimeoutMs = DEFAULTS.ruleTimeoutMs, signal } = this.#options
    const durationMs = (): number => performance.now() - began
    if (mode === 'sampled' && !rule.kind.isRowwise)
      return { type: 'unjudged', problem: 'needs all rows: a sample cannot tell', durationMs: 0 }
    const limit = withDeadline(ruleTimeoutMs, signal)
    try {
      const found = await untilAborted(session.judge(rule, limit), limit)
      const judged = found.judged ?? this.#judged(rule, found.count)
      return { type: 'found', way: 'sql', ...found, judged, durationMs: durationMs() }
    } catch (error) {
      if (limit.aborted && !signal.aborted)
        return { type: 'late', problem: `took longer than ${ruleTimeoutMs} ms`, durationMs: durationMs() }
      const type = error instanceof Error && error.name === 'Unjudged' ? 'unjudged' : 'error'
      return { type, problem: messageOf(error), durationMs: durationMs() }
    }
  }

  async #compare(rule: Rule): Promise<Answer> {
    const began = performance.now()
    const {
      databaseOf,
      graphOf = () => null,
      mode,
      keysMax = DEFAULTS.keysMax,
      ruleTimeoutMs = DEFAULTS.ruleTimeoutMs,
      signal,
    } = this.#options
    const durationMs = (): number => performance.now() - began
    if (mode === 'sampled' || !databaseOf)
      return { type: 'unjudged', problem: 'compares databases, which this validation does not', durationMs: 0 }
    const limit = withDeadline(ruleTimeoutMs, signal)
    try {
      const context = { database: databaseOf, graph: graphOf, keysMax, signal: limit, progress: () => {} }
      const found = await rule.kind.compare?.(rule.options, context)
      if (!found) throw new Error(`rule kind ${rule.kind.id} compares nothing`)
      return { type: 'found', way: 'sql', ...found, plan: [...(found.notes ?? [])], durationMs: durationMs() }
    } catch (error) {
      signal.throwIfAborted()
      return { type: 'error', problem: messageOf(error), durationMs: durationMs() }
    }
  }

  /** Of a statement that says nothing of its own: what it stands for is one judgement, or one for each key it gave. */
  #judged({ kind, options }: Rule, count: number): number {
    const judged = kind.judged?.(options) ?? { rowsOf: kind.judges(options) ?? '' }
    return judged === 'one' ? Math.max(1, count) : (this.rows.get(judged.rowsOf) ?? count)
  }

  /** What rules are begun by: the longest first, so that the sessions end together. */
  #cost(rules: readonly Rule[]): number {
    return rules.reduce((sum, rule) => sum + this.#size([rule]) * (rule.kind.sorts ? SORTING : 1), 0)
  }

  #size(rules: readonly Rule[]): number {
    const tables = rules.flatMap(({ kind, options }) => [...new Set(kind.reads(options).map(({ table }) => table))])
    return tables.reduce((sum, table) => sum + (this.rows.get(table) ?? 0), 0)
  }

  #note(rule: Rule, answer: Answer): void {
    const before = this.#answers.get(rule.name)
    const plan =
      before?.type === 'not-eligible' && answer.type === 'found'
        ? [`no page scan: ${before.problem}`, ...answer.plan]
        : null
    this.#answers.set(rule.name, plan && answer.type === 'found' ? { ...answer, plan } : answer)
    this.#tell()
  }

  #result(rule: Rule): RuleResult {
    const answer = this.#answers.get(rule.name)
    const terms = createTerms(this.#schema, this.#terms())
    if (!answer) return errorResult(rule, terms, 'was not judged')
    return resultOf(rule, terms, answer, this.#options.mode === 'sampled')
  }

  /** @param scanned share of a page scan that is done: it answers all of its rules at once, at its end. */
  #tell(scanned = 0): void {
    const done = this.#rules.filter(
      ({ name }) => (this.#answers.get(name) ?? { type: 'not-eligible' }).type !== 'not-eligible',
    )
    const rowsTotal = this.#size(this.#rules)
    const rowsDone = Math.max(this.#size(done), Math.floor(scanned * rowsTotal))
    const elapsedMs = performance.now() - this.#began
    const rowsPerMs = rowsDone > 0 && elapsedMs > 0 ? rowsDone / elapsedMs : null
    this.#options.progress?.({
      rulesDone: done.length,
      rulesTotal: this.#rules.length,
      rowsDone,
      rowsPerSecond: rowsPerMs === null ? null : rowsPerMs * 1000,
      leftMs: rowsPerMs === null ? null : (rowsTotal - rowsDone) / rowsPerMs,
    })
  }
}

/** Gives up waiting when the signal aborts; what was asked goes on. */
function untilAborted<T>(asked: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', give, { once: true })
    asked.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
  })
}
