import { describe, expect, it } from 'vitest'
import type { Sample } from '../plan/signal.ts'
import { onlyBounds, rule, sample } from './fixtures.ts'
import { replayed, whatIf, whatIfInWords, type RecordedRun } from './what-if.ts'

/** A run whose candidate had these error rates, a second apart. */
function run(id: string, values: (number | null)[], change: Partial<RecordedRun> = {}): RecordedRun {
  const samples = values.map((value, at) => sample(at, value, value === null ? { observations: null } : {}))
  return { id, candidate: 'v2', stable: 'v1', samplingMs: 1000, samples, stagesAt: [0], untilAt: null, ...change }
}

const tryOut = (given: Parameters<typeof rule>[0], runs: RecordedRun[]) => {
  const rules = [rule(given)]
  const [answer] = whatIf(
    rules,
    runs.map((one) => replayed(rules, one, onlyBounds)),
    runs.map(({ id }) => id),
  )
  if (!answer) throw new Error('no answer')
  return answer
}

describe('a guard tried on recorded runs', () => {
  const runs = [run('r1', [0, 0, 8, 9]), run('r2', [0, 1, 0]), run('r3', [7, 0, 0])]

  it('says in which it would have fired, when and why', () => {
    const answer = tryOut({ value: 5, consecutive: 2 }, runs)
    expect(answer.firings).toEqual([
      { run: 'r1', at: 3000, afterMs: 3000, sentence: 'v2 error rate 9 % > 5 %, 2 samples, 37 requests' },
    ])
    expect(whatIfInWords(answer)).toBe('would have fired on 1 of 3 runs')
    expect(whatIfInWords(tryOut({ value: 5 }, runs))).toBe('would have fired on 2 of 3 runs')
    expect(whatIfInWords(tryOut({ value: 50 }, runs))).toBe('would have fired on 0 of 3 runs')
  })

  it('counts a run once, at the first trip', () => {
    expect(tryOut({ value: 5 }, [run('r1', [9, 0, 9, 0, 9])]).firings).toMatchObject([{ at: 0 }])
  })

  it('says nothing of runs that have no samples of it: no data is not "did not fire"', () => {
    const answer = tryOut({ value: 5 }, [...runs, run('r4', []), run('r5', [null, null])])
    expect(answer.blind).toEqual(['r4', 'r5'])
    expect(whatIfInWords(answer)).toBe('would have fired on 2 of 3 runs; 2 runs have no samples of it')
  })

  it('looks at the candidate from its first stage on, and no longer than guards acted', () => {
    const values = [100, 100, 0, 0, 100]
    expect(tryOut({}, [run('r1', values, { stagesAt: [2000] })]).firings).toMatchObject([{ at: 4000, afterMs: 2000 }])
    expect(tryOut({}, [run('r1', values, { stagesAt: [2000], untilAt: 3000 })]).firings).toEqual([])
    expect(tryOut({}, [run('r1', values, { stagesAt: [] })]).blind).toEqual(['r1'])
    expect(tryOut({}, [run('r1', values, { stagesAt: null })]).firings).toMatchObject([{ at: 0 }])
  })

  it('compares with the time before the release as the run itself did', () => {
    const before = [0, 1, 2].map((at): Sample =>
      sample(at, 100, { signal: 'response-time', version: 'v1', unit: 'ms' }),
    )
    const candidate = [3, 4].map((at): Sample => sample(at, 130, { signal: 'response-time', unit: 'ms' }))
    const given = { signal: 'response-time', value: 20, relativeTo: 'baseline' }
    const recorded = run('r1', [], { samples: [...candidate, ...before], stagesAt: [3000] })
    expect(tryOut(given, [recorded]).firings).toMatchObject([{ at: 3000 }])
    expect(tryOut({ ...given, value: 40 }, [recorded]).firings).toEqual([])
  })
})
