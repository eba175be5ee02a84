// No request may fail, whatever is done: three routers under clients of all kinds; how soon a switch is one; what a broken candidate does.
// GONOGO_TRAFFIC="HAProxy,switches" runs a part of it.
import { endure } from './traffic/endurance.ts'
import { measureFaults } from './traffic/faults.ts'
import { SCENES } from './traffic/scenes.ts'
import { measureSwitches } from './traffic/switching.ts'
import type { Bench, BenchOptions, BenchResult } from './result.ts'

export const bench: Bench = {
  name: 'traffic',
  summary:
    'failed requests of built-in proxy, HAProxy and nginx through switches, drains, kills, upgrades; switch latency; shield and breaker',
  run,
}

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const notes: string[] = []
  const kinds = SCENES.filter((kind) => {
    const missing = kind.missing()
    if (missing !== null) notes.push(`SKIPPED: ${missing}`)
    return missing === null
  })
  const parts: Record<string, () => Promise<BenchResult>> = {
    ...Object.fromEntries(
      kinds.map((kind) => [kind.name, () => endure(kind, { requestsMin: quick ? 60_000 : 1_000_000, progress })]),
    ),
    switches: () => measureSwitches(kinds, progress),
    faults: () => measureFaults(kinds, { trials: quick ? 5 : 20, progress }),
  }
  const wanted = process.env['GONOGO_TRAFFIC']?.split(',') ?? Object.keys(parts)
  const left = Object.keys(parts).filter((part) => !wanted.includes(part))
  if (left.length > 0) notes.push(`SKIPPED by GONOGO_TRAFFIC: ${left.join(', ')}`)
  const results: BenchResult[] = []
  for (const part of wanted) {
    const runPart = parts[part]
    if (!runPart) throw new Error(`no part ${part}; there are: ${Object.keys(parts).join(', ')}`)
    results.push(await runPart())
  }
  return {
    measures: results.flatMap(({ measures }) => measures),
    notes: [...results.flatMap((result) => result.notes), ...notes],
  }
}
