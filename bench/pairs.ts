// Every target with every router: released, rolled back by a guard, taken back by the watchdog. Writes docs/pairs.md.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Machine } from './pairs/machine.ts'
import { pairsPage, type TriedPair } from './pairs/page.ts'
import { nameOf, supportedPairs } from './pairs/pairs.ts'
import { failuresOf, tryPair, type Trial } from './pairs/trial.ts'
import type { Bench, BenchOptions, BenchResult, Measure } from './result.ts'

/** The watchdog waits one second of it. */
const TAKEN_BACK_MS_MAX = 10_000
const PAGE = new URL('../docs/pairs.md', import.meta.url)
const KEPT = new URL('./results/pairs-tried.json', import.meta.url)

export const bench: Bench = {
  name: 'pairs',
  summary: 'every target × router pair: promoted, rolled back, taken back; GONOGO_PAIRS=haproxy chooses by name',
  run,
}

async function run({ progress }: BenchOptions): Promise<BenchResult> {
  const wanted = process.env['GONOGO_PAIRS'] ?? ''
  await using machine = new Machine()
  const supported = await supportedPairs(machine, wanted)
  const { pairs, others, skipped } = supported
  const tried: TriedPair[] = []
  for (const [index, pair] of pairs.entries()) {
    const startedAt = performance.now()
    const trial = await tryPair(pair, machine, `pair-${index + 1}`)
    tried.push({ name: nameOf(pair), trial })
    keepTrial(nameOf(pair), trial)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
    progress(`${index + 1}/${pairs.length} ${nameOf(pair)} (${pair.strategy}): ${inWords(trial)} [${seconds} s]`)
  }
  const known = knownTrials()
  const untried = [...pairs, ...others].filter((pair) => !known.some(({ name }) => name === nameOf(pair)))
  const notes = [
    ...skipped,
    ...untried.map((pair) => `${nameOf(pair)} was never tried: docs/pairs.md is left as it is`),
  ]
  if (wanted !== '') notes.push(`only pairs with "${wanted}": the others in docs/pairs.md are of earlier runs`)
  if (untried.length === 0) writeFileSync(PAGE, pairsPage(known, supported))
  return { measures: measuresOf(tried), notes }
}

/** Of this run and earlier ones, so that one pair can be tried again alone. */
function knownTrials(): TriedPair[] {
  if (!existsSync(KEPT)) return []
  const kept = JSON.parse(readFileSync(KEPT, 'utf8')) as Record<string, Trial>
  return Object.entries(kept).map(([name, trial]) => ({ name, trial }))
}

function keepTrial(name: string, trial: Trial): void {
  const kept = Object.fromEntries(knownTrials().map((known) => [known.name, known.trial]))
  mkdirSync(new URL('.', KEPT), { recursive: true })
  writeFileSync(KEPT, JSON.stringify({ ...kept, [name]: trial }, null, 2))
}

function inWords(trial: Trial): string {
  return failuresOf(trial).join('; ') || `as it should be, taken back in ${Math.round(trial.takenBackMs)} ms`
}

function measuresOf(tried: readonly TriedPair[]): Measure[] {
  const scenes = tried.length * 3
  const wrong = tried.reduce((sum, { trial }) => sum + failuresOf(trial).length, 0)
  return [
    {
      what: `of ${scenes} scenes: not as they should be`,
      measured: wrong,
      unit: 'scenes',
      target: { atMost: scenes === 0 ? -1 : 0 },
    },
    ...tried.map(({ name, trial }): Measure => ({
      what: `${name}: kill -9 -> the old version serves everything`,
      measured: trial.takenBackMs,
      unit: 'ms',
      target: { atMost: TAKEN_BACK_MS_MAX },
    })),
  ]
}
