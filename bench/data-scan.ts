// Rules by page scan ÷ one warm scan of the same file by SQLite, in turns; how time grows with the rows; peak memory.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createDataset, type Planted } from './data/dataset.ts'
import type { ScanRun } from './data/scan-once.ts'
import { median, type Bench, type BenchOptions, type BenchResult, type Measure } from './result.ts'

const RATIO_MAX = 1.5
const MEMORY_MB_MAX = 400
const GROWTH_MAX = 1.2

export const bench: Bench = {
  name: 'data-scan',
  summary: 'all 8 reference rules by page scan ÷ one warm scan by SQLite; growth from 1/100; peak memory',
  run,
}

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-data-scan-'))
  try {
    const full = quick ? 0.05 : 1
    const rounds = quick ? 5 : 7
    const large = measure(join(directory, 'large.db'), full, rounds, progress)
    const small = measure(join(directory, 'small.db'), full / 100, rounds, progress)
    return { measures: measuresOf(large, small), notes: notesOf(large) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Measured {
  size: number
  rows: number
  bytes: number
  runs: ScanRun[]
}

/** @throws Error when a count is not what was planted. */
function measure(file: string, size: number, rounds: number, progress: BenchOptions['progress']): Measured {
  const { rows, planted } = createDataset(file, { size, indexes: false })
  progress(`${rows.relationships} relationships, ${rows.evidence} pieces of evidence: made`)
  const script = fileURLToPath(new URL('data/scan-once.ts', import.meta.url))
  const runs = Array.from({ length: rounds }, (_, round): ScanRun => {
    const ended = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', script, file], {
      encoding: 'utf8',
    })
    if (ended.status !== 0) throw new Error(`a round failed: ${ended.stderr.slice(-2000)}`)
    const found = JSON.parse(ended.stdout) as ScanRun
    for (const name of Object.keys(planted) as (keyof Planted)[])
      if (found.counts[name] !== planted[name])
        throw new Error(`${name}: ${found.counts[name]} of ${planted[name]} were found`)
    progress(
      `round ${round + 1} of ${rounds}: ${Math.round(found.two.ms)} ms; SQLite ${Math.round(found.sqlite.ms)} ms`,
    )
    return found
  })
  return { size, rows: rows.entities + rows.relationships + rows.evidence, bytes: statSync(file).size, runs }
}

function measuresOf(large: Measured, small: Measured): Measure[] {
  const ratio = (what: string, name: 'one' | 'two', by: 'ms' | 'cpuMs', target?: Measure['target']): Measure => ({
    what,
    measured: median(large.runs.map((one) => one[name][by])),
    unit: 'ms',
    peer: { name: 'SQLite scan', measured: median(large.runs.map(({ sqlite }) => sqlite[by])) },
    pairedRatio: median(large.runs.map((one) => one[name][by] / one.sqlite[by])),
    ...(target ? { target } : {}),
  })
  const perRow = (measured: Measured) => median(measured.runs.map(({ two }) => (two.ms * 1e6) / measured.rows))
  return [
    ratio('8 rules, 2 workers', 'two', 'ms', { atMost: RATIO_MAX }),
    ratio('8 rules, 1 worker', 'one', 'ms'),
    ratio('8 rules, 2 workers: processor time', 'two', 'cpuMs'),
    ratio('8 rules, 1 worker: processor time', 'one', 'cpuMs'),
    {
      what: 'time per row, 2 workers',
      measured: perRow(large),
      unit: 'ns',
      peer: { name: 'of 1/100 of the rows', measured: perRow(small) },
      target: { atMost: GROWTH_MAX },
    },
    {
      what: 'peak memory, 2 workers',
      measured: Math.max(...large.runs.map(({ two }) => two.peakMb)),
      unit: 'MB',
      target: { atMost: MEMORY_MB_MAX },
    },
    {
      what: 'time, 1/100 of the rows, 2 workers',
      measured: median(small.runs.map(({ two }) => two.ms)),
      unit: 'ms',
    },
  ]
}

function notesOf({ rows, bytes, runs }: Measured): string[] {
  return [
    `${rows.toLocaleString('en-US')} rows, ${(bytes / 1e9).toFixed(2)} GB without indexes; ${runs.length} rounds, counts as planted in each`,
    'the scan by SQLite is the sum of one column of each table, on one connection, the file in memory of the system',
    'from the call to the answer: start of the process and of its threads included; TypeScript is stripped of its types on the way',
  ]
}
