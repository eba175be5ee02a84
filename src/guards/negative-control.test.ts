import { describe, expect, it } from 'vitest'
import { onlyBounds, rule } from './fixtures.ts'
import { negativeControl } from './negative-control.ts'

const pace = { samplingMs: 1000, everyMs: { integrity: 10_000 } }
const control = (change: Parameters<typeof rule>[0], samplingMs = 1000) =>
  negativeControl(rule(change), onlyBounds, { ...pace, samplingMs })

describe('the negative control of a guard', () => {
  it.each([
    [{}, 2000, 'yes, within 2 s of the fault'],
    [{ consecutive: 5 }, 6000, 'yes, within 6 s of the fault'],
    [{ for: '5 min' }, 302_000, 'yes, within 5 min 2 s of the fault'],
    [{ signal: 'health', is: '==', value: 0, consecutive: 5 }, 5000, 'yes, within 5 s of the fault'],
    [{ signal: 'integrity', scope: 'service', is: '==', value: 0 }, 10_000, 'yes, within 10 s of the fault'],
    [{ value: 50, observationsMin: 5 }, 2000, 'yes, within 2 s of the fault, given 3 failed requests'],
    [{ value: 1, observationsMin: 200 }, 2000, 'yes, within 2 s of the fault, given 3 failed requests'],
    [
      { signal: 'response-time-p95', value: 2000, observationsMin: 20 },
      2000,
      'yes, within 2 s of the fault, given 20 requests a look',
    ],
    [
      { value: 5, relativeTo: 'baseline-points', observationsMin: 40 },
      2000,
      'yes, within 2 s of the fault, given 40 requests',
    ],
  ])('%j: within %d ms at the worst', (change, worstMs, sentence) => {
    expect(control(change)).toMatchObject({ canTurnRed: true, worstMs, sentence })
  })

  it('goes by the interval of the sampling', () => {
    expect(control({ consecutive: 5 }, 250).worstMs).toBe(1500)
  })

  it.each([
    [{ value: 100 }, /^no: no fault makes it so that error rate of the candidate > 100 %$/],
    [{ signal: 'health', is: '>', value: 1 }, /^no: no fault/],
    [{ signal: 'response-time', is: '<', value: 0 }, /^no: no fault/],
    [{ is: '>=', value: 0 }, /^no: it is red without any fault/],
    [{ signal: 'health', is: '!=', value: 3 }, /^no: it is red without any fault/],
  ])('finds that %j can never tell a fault', (change, sentence) => {
    expect(control(change)).toMatchObject({
      canTurnRed: false,
      worstMs: null,
      measuredMs: null,
      sentence: expect.stringMatching(sentence),
    })
  })

  it('holds what it promises: from wherever between two looks a fault begins', () => {
    for (const change of [{}, { consecutive: 3 }, { for: '4 s' }, { consecutive: 2, for: '2500ms' }]) {
      const { measuredMs, worstMs } = control(change)
      expect(measuredMs).toBeLessThan(worstMs ?? 0)
    }
  })
})
