// Reading documents changed at random: nothing but the reader's own refusal may be thrown, and none may take long.
import { readChecklist } from '../src/checklist/read.ts'
import { PlanError } from '../src/lib/errors.ts'
import { mutate, originals, randomFrom } from './reading/mutations.ts'
import { busyMs } from './reading/processor-time.ts'
import { median, type Bench, type BenchOptions, type BenchResult } from './result.ts'

const CASES = 100_000
const CASES_QUICK = 5000
const SEED = 20_261
const SECONDS_PER_MB_MAX = 1
/** What is smaller is judged as if it had so many bytes: a pause of the machine's own says nothing about the reader. */
const BYTES_JUDGED_MIN = 20_000

export const bench: Bench = {
  name: 'reading-fuzz',
  summary: `${CASES.toLocaleString('en-US')} documents changed at random: what is thrown, and the slowest`,
  run,
}

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const { documents, absent } = originals()
  const random = randomFrom(SEED)
  const cases = quick ? CASES_QUICK : CASES
  const count = { read: 0, refused: 0, thrown: 0, bytes: 0 }
  const thrown: string[] = []
  let slowest = 0
  for (let index = 0; index < cases; index++) {
    if (index % 10_000 === 0 && index > 0) progress(`${index} of ${cases}`)
    const bytes = mutate(documents, random)
    count.bytes += bytes.length
    const outcome = attempt(bytes)
    count[outcome.what]++
    if (outcome.what === 'thrown' && thrown.length < 5) thrown.push(`case ${index}: ${outcome.error}`)
    slowest = Math.max(slowest, secondsPerMb(bytes, outcome.ms))
  }
  return {
    measures: [
      {
        what: 'documents changed at random',
        measured: cases,
        unit: 'cases',
        target: { atLeast: quick ? CASES_QUICK : CASES },
      },
      { what: 'read', measured: count.read, unit: 'cases' },
      { what: 'refused with the reader’s own error', measured: count.refused, unit: 'cases' },
      { what: 'threw anything else', measured: count.thrown, unit: 'cases', target: { atMost: 0 } },
      { what: 'slowest', measured: slowest, unit: 's/MB', target: { atMost: SECONDS_PER_MB_MAX } },
    ],
    notes: [
      `${(count.bytes / 1e6).toFixed(0)} MB from ${documents.length} documents, seed ${SEED}`,
      `documents below ${BYTES_JUDGED_MIN / 1000} kB count as that long; of a slow one the median of 3 readings, processor time of the main thread`,
      ...thrown,
      ...absent.map((folder) => `SKIPPED: ${folder} is absent`),
    ],
  }
}

interface Outcome {
  what: 'read' | 'refused' | 'thrown'
  error: string
  ms: number
}

function attempt(bytes: Uint8Array): Outcome {
  let what: Outcome['what'] = 'read'
  let error = ''
  const ms = busyMs(() => {
    try {
      readChecklist('fuzz.md', bytes)
    } catch (thrown) {
      what = thrown instanceof PlanError ? 'refused' : 'thrown'
      error = String((thrown as Error).stack ?? thrown).slice(0, 300)
    }
  })
  return { what, error, ms }
}

function secondsPerMb(bytes: Uint8Array, firstMs: number): number {
  const megabytes = Math.max(bytes.length, BYTES_JUDGED_MIN) / 1e6
  const seconds = (ms: number) => ms / 1000 / megabytes
  if (seconds(firstMs) <= SECONDS_PER_MB_MAX / 2) return seconds(firstMs)
  return seconds(median([firstMs, attempt(bytes).ms, attempt(bytes).ms]))
}
