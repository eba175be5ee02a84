// From rules to passes over tables: which columns are read, what is done with them, and where in the shared memory that goes.
import type { ScanRule } from '../../page-scan.ts'
import { Arena } from './arena.ts'
import { MISSING, NULL } from './batch.ts'
import { hasDefaults, type Eligibility } from './eligibility.ts'
import type { Extent } from './extent.ts'
import { NotEligible } from './format.ts'
import type { Job, Pass, Region, Span } from './jobs.ts'
import { fingerprintsFor } from './kernels/duplicates.ts'
import { partsOf } from './kernels/scatter.ts'
import { orderOf } from './pass-order.ts'
import { portionsOf } from './portions.ts'

const SPAN_MAX = 2 ** 31 - 64

/** A rule with what is done for it. */
export interface PlannedRule {
  rule: ScanRule
  /** All of these must succeed. */
  jobs: Job[]
}

export interface Plan {
  passes: Pass[]
  /** In the order of the rules given. */
  rules: PlannedRule[]
  arenaBytes: number
  threads: number
  /** About, of all passes. */
  rowsTotal: number
}

export interface PlanInput {
  eligibility: Eligibility
  extentOf(table: string): Extent
  pageSize: number
  threads: number
  keysMax: number
}

/** Names are those of the schema: see `withSchemaNames`. @throws NotEligible when row numbers are too far apart. */
export function planPasses(rules: readonly ScanRule[], input: PlanInput): Plan {
  return new Planning(rules, input).plan()
}

export function spanOf({ tree, rows }: Extent, table: string): Span {
  if (!tree.span) return { first: 0, size: 0 }
  const { first, last } = tree.span
  const size = last - first + 1
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last))
    throw new NotEligible(`${table} has row numbers beyond 2^53`)
  if (size > SPAN_MAX) throw new NotEligible(`the row numbers of ${table} are too far apart: about ${rows} in ${size}`)
  return { first, size }
}

class Planning {
  readonly #input: PlanInput
  readonly #rules: readonly ScanRule[]
  readonly #arena = new Arena()
  readonly #passes: Pass[]
  readonly #order: ReturnType<typeof orderOf>
  readonly #shared = new Map<string, Job>()

  constructor(rules: readonly ScanRule[], input: PlanInput) {
    this.#rules = rules
    this.#input = input
    this.#order = orderOf(rules)
    this.#passes = this.#order.map(({ table }) => this.#passOver(table))
  }

  plan(): Plan {
    const rules = this.#rules.map((rule) => ({ rule, jobs: this.#jobsOf(rule) }))
    const arenaBytes = this.#arena.place()
    for (const [step, pass] of this.#passes.entries()) {
      pass.dirty = this.#arena.dirtyAt(step)
      sortColumns(pass)
    }
    const rowsTotal = this.#order.reduce((sum, { table }) => sum + this.#input.extentOf(table).rows, 0)
    const { threads } = this.#input
    return { passes: this.#passes, rules, arenaBytes, threads, rowsTotal }
  }

  #passOver(table: string): Pass {
    const { tree } = this.#input.extentOf(table)
    const { stored } = this.#input.eligibility.table(table)
    return {
      do: 'pass',
      positions: [],
      withBytes: [],
      absent: hasDefaults(stored) ? MISSING : NULL,
      leaves: tree.leaves,
      portions: portionsOf(tree.leaves, this.#input.pageSize),
      rowids: tree.span ?? { first: Infinity, last: -Infinity },
      jobs: [],
      dirty: [],
      keysMax: this.#input.keysMax,
    }
  }

  #jobsOf(rule: ScanRule): Job[] {
    switch (rule.type) {
      case 'value': {
        const { test, nulls } = rule
        const column = this.#column(rule.table, rule.column, needsBytes(test))
        const texts = test.type === 'enum' ? test.values.filter((value) => typeof value === 'string') : null
        const bytes = texts && texts.map((text) => new Uint8Array(Buffer.from(text)))
        return [this.#add(rule.table, { do: 'check-value', column, test, texts: bytes, nulls })]
      }
      case 'reference': {
        const rows = this.#rowsOf(rule.parent)
        const column = this.#column(rule.table, rule.column)
        const { span, bits } = rows
        return [rows, this.#add(rule.table, { do: 'check-reference', column, span, bits: bits[0]!, nulls: rule.nulls })]
      }
      case 'requires-child':
        return [this.#rowsOf(rule.table), this.#referredBy(rule)]
      case 'duplicates':
        return [this.#duplicates(rule.table, rule.column)]
      case 'aggregate':
        return [
          this.#rowsOf(rule.table),
          this.#referredBy(rule),
          this.#numbersOf(rule.table, rule.column),
          this.#aggregateOf(rule),
        ]
    }
  }

  #rowsOf(table: string): Job & { do: 'mark-rows' } {
    return this.#once(`rows ${table}`, () => {
      const step = this.#order.findIndex((reading) => reading.table === table)
      const span = this.#span(table)
      return this.#addTo(step, { do: 'mark-rows', span, bits: this.#claims(span.size / 8, step) })
    })
  }

  /** Of which rows are referred to; an aggregate over a column without nulls tells that by itself. */
  #referredBy({ table, child, childColumn }: { table: string; child: string; childColumn: string }): Job {
    const aggregate = this.#rules.find(
      (rule): rule is ScanRule & { type: 'aggregate' } =>
        rule.type === 'aggregate' &&
        rule.table === table &&
        rule.child === child &&
        rule.childColumn === childColumn &&
        this.#input.eligibility.isNeverNull(child, rule.childValue),
    )
    return aggregate ? this.#aggregateOf(aggregate) : this.#keysOf(child, childColumn, table)
  }

  #keysOf(child: string, column: string, parent: string): Job & { do: 'mark-keys' } {
    return this.#once(`keys ${child} ${parent} ${column}`, () => {
      const span = this.#span(parent)
      const bits = this.#claims(span.size / 8, this.#step(child))
      return this.#add(child, { do: 'mark-keys', column: this.#column(child, column), span, bits })
    })
  }

  #numbersOf(table: string, column: string): Job & { do: 'keep-numbers' } {
    return this.#once(`numbers ${table} ${column}`, () => {
      const span = this.#span(table)
      const numbers = this.#arena.claim(8 * span.size, this.#step(table), this.#passes.length)
      return this.#add(table, { do: 'keep-numbers', column: this.#column(table, column), span, numbers })
    })
  }

  #duplicates(table: string, column: string): Job & { do: 'find-duplicates' } {
    return this.#once(`duplicates ${table} ${column}`, () => {
      const { rows } = this.#input.extentOf(table)
      const size = fingerprintsFor(rows)
      const step = this.#step(table)
      const parts = 2 ** size.partsLog2
      return this.#add(table, {
        do: 'find-duplicates',
        column: this.#column(table, column, true),
        span: this.#span(table),
        entries: this.#arena.claim(8 * parts * size.capacity, step, step),
        filled: this.#arena.claim(4 * parts, step, step),
        ...size,
      })
    })
  }

  #aggregateOf(rule: ScanRule & { type: 'aggregate' }): Job & { do: 'aggregate' } {
    const { aggregate, child } = rule
    return this.#once(`aggregate ${aggregate} ${child} ${rule.table} ${rule.childColumn} ${rule.childValue}`, () => {
      const span = this.#span(rule.table)
      const claim = (bytes: number) => this.#arena.claim(bytes, this.#step(child), this.#passes.length)
      return this.#add(child, {
        do: 'aggregate',
        key: this.#column(child, rule.childColumn),
        value: this.#column(child, rule.childValue),
        span,
        aggregate,
        numbers: aggregate === 'count' ? null : claim(8 * span.size),
        counts: aggregate === 'noisy-or' ? null : claim(4 * span.size),
        valued: claim(span.size / 8 + 4),
        isNeverNull: this.#input.eligibility.isNeverNull(child, rule.childValue),
        locks: claim(4 * partsOf(span.size).count),
      })
    })
  }

  /** The same work is done once, whichever rules ask for it. */
  #once<T extends Job>(key: string, make: () => T): T {
    const there = this.#shared.get(key)
    if (there) return there as T
    const made = make()
    this.#shared.set(key, made)
    return made
  }

  /** One for each thread. */
  #claims(bytes: number, step: number): Region[] {
    return Array.from({ length: this.#input.threads }, () => this.#arena.claim(bytes + 4, step, this.#passes.length))
  }

  #span(table: string): Span {
    return spanOf(this.#input.extentOf(table), table)
  }

  /** The pass that reads the table's columns. */
  #step(table: string): number {
    return this.#order.findIndex((reading) => reading.table === table && !reading.onlyRowids)
  }

  #add<T extends Job>(table: string, job: T): T {
    return this.#addTo(this.#step(table), job)
  }

  #addTo<T extends Job>(step: number, job: T): T {
    this.#passes[step]?.jobs.push(job)
    return job
  }

  #column(table: string, column: string, withBytes = false): number {
    const { position } = this.#input.eligibility.column(table, column)
    const pass = this.#passes[this.#step(table)]
    if (!pass) throw new Error(`no pass over ${table}`)
    let index = pass.positions.indexOf(position)
    if (index === -1) index = pass.positions.push(position) - 1
    pass.withBytes[index] ||= withBytes
    return index
  }
}

/** Readers take columns in the order of the record. */
function sortColumns(pass: Pass): void {
  const order = pass.positions.map((_, index) => index).toSorted((a, b) => pass.positions[a]! - pass.positions[b]!)
  const placeOf = (index: number) => order.indexOf(index)
  for (const job of pass.jobs) {
    if ('column' in job) job.column = placeOf(job.column)
    if ('key' in job) [job.key, job.value] = [placeOf(job.key), placeOf(job.value)]
  }
  pass.withBytes = order.map((index) => pass.withBytes[index] ?? false)
  pass.positions = order.map((index) => pass.positions[index]!)
}

function needsBytes(test: (ScanRule & { type: 'value' })['test']): boolean {
  return test.type === 'regex' || (test.type === 'enum' && test.values.some((value) => typeof value === 'string'))
}
