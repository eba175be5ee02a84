// What a bench gives, how it is printed and where it is kept.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface BenchOptions {
  /** A smaller run for a first look; same targets. */
  quick: boolean
  /** Prints a line of progress. */
  progress(line: string): void
}

/** One figure. Its target is for the ratio where there is a peer, else for the figure itself. */
export interface Measure {
  what: string
  measured: number
  unit: string
  /** What it is measured against, in the same run and unit. */
  peer?: { name: string; measured: number }
  /** Where rounds were paired: the median of their ratios, which noise that hits both of a pair does not move. */
  pairedRatio?: number
  target?: { atMost: number } | { atLeast: number }
}

export interface BenchResult {
  measures: Measure[]
  /** What a reader of the figures must know: what was skipped, and why. */
  notes: string[]
}

export interface Bench {
  name: string
  summary: string
  run(options: BenchOptions): Promise<BenchResult>
}

/** Measured ÷ peer, of paired rounds where there are any; null without a peer. */
function ratioOf(measure: Measure): number | null {
  return measure.pairedRatio ?? (measure.peer ? measure.measured / measure.peer.measured : null)
}

/** Whether the target holds; null where there is none. A figure that is no number holds nothing. */
export function holds(measure: Measure): boolean | null {
  const { target } = measure
  if (!target) return null
  const value = ratioOf(measure) ?? measure.measured
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast
}

/** The middle one; of an even number the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? Number.NaN
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper
}

/** The table a person reads. */
export function tableText(name: string, result: BenchResult): string {
  const rows = result.measures.map((measure) => [
    measure.what,
    `${formatNumber(measure.measured)} ${measure.unit}`,
    measure.peer ? `${measure.peer.name} ${formatNumber(measure.peer.measured)}` : '',
    measure.peer ? formatNumber(ratioOf(measure) ?? Number.NaN) : '',
    targetText(measure),
    { true: 'ok', false: 'MISSED', null: '' }[String(holds(measure))] ?? '',
  ])
  const table = [[name, 'measured', 'peer', 'ratio', 'target', ''], ...rows]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? []
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '))
  return [...lines, ...result.notes.map((note) => `note: ${note}`)].join('\n')
}

/** Keeps a result as JSON under `bench/results/`. @returns the file. */
export function keepResult(name: string, options: { quick: boolean }, result: BenchResult): string {
  const directory = fileURLToPath(new URL('./results/', import.meta.url))
  mkdirSync(directory, { recursive: true })
  const file = join(directory, `${name}.json`)
  const { node, openssl, v8 } = process.versions
  const record = {
    bench: name,
    date: new Date().toISOString(),
    quick: options.quick,
    machine: {
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryBytes: totalmem(),
    },
    versions: { node, openssl, v8 },
    measures: result.measures.map((measure) => ({ ...measure, ratio: ratioOf(measure), ok: holds(measure) })),
    notes: result.notes,
  }
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`)
  return file
}

function targetText({ target }: Measure): string {
  if (!target) return ''
  return 'atMost' in target ? `<= ${formatNumber(target.atMost)}` : `>= ${formatNumber(target.atLeast)}`
}

function formatNumber(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(value < 10 ? 2 : 1)
}
