// A scan from rules to answers, in the process that reads the file: what can be answered is planned, read, and put together.
import type { ScanFound, ScanRule } from '../../page-scan.ts'
import { childless, comparisonOf, ownAggregate } from './answers.ts'
import { Eligibility } from './eligibility.ts'
import { readExtent, type Extent } from './extent.ts'
import { NotEligible } from './format.ts'
import type { Job, Work, WorkDone } from './jobs.ts'
import type { ScanTask } from './messages.ts'
import { candidatesOf, outcomeOf, together, type Outcome } from './outcome.ts'
import { PageSource } from './page-source.ts'
import { tablesOf } from './pass-order.ts'
import { planPasses, spanOf, type Plan, type PlannedRule } from './plan.ts'
import { COUNTERS, NEXT_PORTION, ROWS_DONE } from './read-pass.ts'
import { sameValues } from './same-values.ts'
import { readStoredTables } from './stored-schema.ts'
import { Threads } from './threads.ts'

const PROGRESS_MS = 100

type Progress = (rowsDone: number, rowsTotal: number) => void

/** One answer a rule, in their order. @throws OutsideError when the file cannot be read or is damaged. */
export async function scan(task: ScanTask, progress: Progress): Promise<ScanFound[]> {
  let source: PageSource | null = null
  try {
    source = PageSource.open(task.file, task.logEnd)
    if (task.schemaVersion !== null && source.facts.format.schemaVersion !== task.schemaVersion)
      throw new NotEligible('the schema has been changed since it was read')
    return await new Scan(task, source).run(progress)
  } catch (error) {
    if (error instanceof NotEligible) return task.rules.map(() => refused(error.message))
    throw error
  } finally {
    source?.close()
  }
}

function refused(reason: string): ScanFound {
  return { type: 'not-eligible', reason }
}

class Scan {
  readonly #task: ScanTask
  readonly #source: PageSource
  readonly #eligibility: Eligibility
  readonly #extents = new Map<string, Extent>()
  readonly #answers = new Map<ScanRule, ScanFound>()
  readonly #outcomes = new Map<Job, Outcome>()
  readonly #threads: Threads

  constructor(task: ScanTask, source: PageSource) {
    this.#task = task
    this.#source = source
    // Started first: they come up while the trees are walked.
    this.#threads = new Threads(source, threadsFor(source, task))
    this.#eligibility = new Eligibility(task.tables, readStoredTables(source), source.facts.format.encoding === 1)
  }

  async run(progress: Progress): Promise<ScanFound[]> {
    const rules = this.#task.rules.map((rule) => this.#admit(rule))
    const plan = this.#plan(rules.filter((rule) => !this.#answers.has(rule)))
    await this.#perform(plan, new SharedMemory(plan, progress))
    return rules.map((rule) => this.#answers.get(rule) ?? refused('it was not planned'))
  }

  /** The rule with the names of the schema; answered at once where SQL must be asked. */
  #admit(given: ScanRule): ScanRule {
    const rule = { ...given }
    const named: { table: string; parent?: string; child?: string } = rule
    try {
      this.#eligibility.check(rule)
      for (const role of ['table', 'parent', 'child'] as const) {
        const name = named[role]
        if (name !== undefined) named[role] = this.#eligibility.table(name).table.name
      }
      for (const table of tablesOf(rule)) spanOf(this.#extentOf(table), table)
    } catch (error) {
      if (!(error instanceof NotEligible)) throw error
      this.#answers.set(rule, refused(error.message))
    }
    return rule
  }

  #extentOf(table: string): Extent {
    const extent = this.#extents.get(table) ?? readExtent(this.#source, this.#eligibility.table(table).stored.root)
    this.#extents.set(table, extent)
    return extent
  }

  /** With fewer threads, and then without the rules that need most, until it fits into the memory allowed. */
  #plan(rules: readonly ScanRule[]): Plan {
    const { memoryBytesMax, keysMax } = this.#task
    const { count } = this.#threads
    const { pageSize } = this.#source.facts.format
    const plan = (some: readonly ScanRule[], threads: number): Plan =>
      planPasses(some, {
        eligibility: this.#eligibility,
        extentOf: (table) => this.#extentOf(table),
        pageSize,
        threads,
        keysMax,
      })
    for (let threads = count; threads > 0; threads--) {
      const planned = plan(rules, threads)
      if (planned.arenaBytes <= memoryBytesMax) return planned
    }
    const needs = rules.map((rule) => plan([rule], 1).arenaBytes)
    const largest = rules[needs.indexOf(Math.max(...needs))]
    if (!largest) return plan([], count)
    this.#answers.set(largest, refused(`it takes more than the ${memoryBytesMax} bytes of memory allowed`))
    return this.#plan(rules.filter((rule) => rule !== largest))
  }

  async #perform(plan: Plan, memory: SharedMemory): Promise<void> {
    for (const pass of plan.passes) {
      for (const { offset, bytes } of pass.dirty) new Uint8Array(memory.arena, offset, bytes).fill(0)
      const done = await this.#together(plan, memory, pass)
      const rows = done.reduce((sum, one) => sum + one.rows, 0)
      for (const [index, job] of pass.jobs.entries()) {
        const results = done.flatMap((one) => one.results.slice(index, index + 1))
        this.#outcomes.set(job, outcomeOf(job, results, rows, memory.arena, this.#task.keysMax))
        if (job.do === 'find-duplicates') await this.#match(job, plan, memory)
      }
    }
    for (const planned of plan.rules) this.#answers.set(planned.rule, await this.#answer(planned, plan, memory))
  }

  /** Before the memory is used for something else. */
  async #match(job: Job & { do: 'find-duplicates' }, plan: Plan, memory: SharedMemory): Promise<void> {
    const outcome = this.#outcomes.get(job)
    if (!outcome || outcome.refusal !== null) return
    const results = (await this.#together(plan, memory, { ...job, do: 'match' })).flatMap((done) => done.results)
    outcome.refusal = results.find(({ refusal }) => refusal !== null)?.refusal ?? null
    outcome.candidates = candidatesOf(results)
  }

  async #answer({ rule, jobs }: PlannedRule, plan: Plan, memory: SharedMemory): Promise<ScanFound> {
    const refusal = this.#refusedBy(jobs)
    if (refusal !== null) return refused(refusal)
    const judged = this.#outcomes.get(rule.type === 'reference' ? jobs[1]! : jobs[0]!)?.rows ?? 0
    const { keysMax } = this.#task
    if (rule.type === 'requires-child') return childless(jobs, judged, memory.arena, keysMax)
    if (rule.type === 'duplicates') return this.#sameValues(rule, jobs)
    if (rule.type !== 'aggregate') {
      const { count, keys } = this.#outcomes.get(jobs.at(-1)!)!
      return { type: 'exact', count, judged, keys }
    }
    const comparison = comparisonOf(rule, jobs, this.#outcomes.get(ownAggregate(jobs))!, keysMax)
    const done = await this.#together(plan, memory, comparison)
    const found = together(
      done.flatMap(({ results }) => results),
      keysMax,
    )
    if (found.refusal !== null) return refused(found.refusal)
    return { type: 'exact', count: found.count, judged, keys: found.keys }
  }

  #refusedBy(jobs: readonly Job[]): string | null {
    return jobs.map((job) => this.#outcomes.get(job)?.refusal ?? null).find((reason) => reason !== null) ?? null
  }

  /** Rows with the same fingerprint, one by one. */
  #sameValues({ table, column }: ScanRule & { type: 'duplicates' }, jobs: readonly Job[]): ScanFound {
    const { candidates, rows } = this.#outcomes.get(jobs[0]!)!
    try {
      const { position } = this.#eligibility.column(table, column)
      const { root } = this.#extentOf(table).tree
      const same = sameValues(this.#source, root, position, candidates, this.#task.keysMax)
      return { type: 'exact', judged: rows, ...same }
    } catch (error) {
      if (error instanceof NotEligible) return refused(error.message)
      throw error
    }
  }

  #together(plan: Plan, { arena, counters, tell }: SharedMemory, work: Work): Promise<WorkDone[]> {
    Atomics.store(new Int32Array(counters), NEXT_PORTION, 0)
    return this.#threads.together(plan.threads, { work, arena, counters }, tell)
  }
}

/** Threads take a moment to come up: a small file is read before they have. */
function threadsFor({ facts }: PageSource, { workers, bytesPerWorker }: ScanTask): number {
  return Math.max(1, Math.min(workers, Math.floor((facts.pages * facts.format.pageSize) / bytesPerWorker)))
}

/** What threads share, and how far they are. */
class SharedMemory {
  readonly arena: SharedArrayBuffer
  readonly counters: SharedArrayBuffer
  readonly tell: () => void

  constructor({ arenaBytes, rowsTotal }: Plan, progress: Progress) {
    this.arena = new SharedArrayBuffer(arenaBytes)
    this.counters = new SharedArrayBuffer(4 * COUNTERS)
    const counted = new Int32Array(this.counters)
    let toldAt = performance.now()
    this.tell = () => {
      if (performance.now() - toldAt < PROGRESS_MS) return
      toldAt = performance.now()
      const done = 1024 * Atomics.load(counted, ROWS_DONE)
      progress(done, Math.max(done, rowsTotal))
    }
  }
}
