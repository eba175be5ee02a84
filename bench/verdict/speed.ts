// How many looks a second one core judges.
import { SplitTest } from '../../src/verdict/split-test.ts'
import { worseDesign } from '../../src/verdict/designs.ts'
import type { BenchOptions, Measure } from '../result.ts'
import { median } from '../result.ts'
import { createRandom } from './random.ts'

const LOOKS = 1 << 16

/** Errors at 100 requests a second; how often anything fails decides the work. */
export function speedMeasures({ quick, progress }: BenchOptions): Measure[] {
  progress('speed')
  return [0.01, 0.05].map((share) => {
    const random = createRandom(3)
    const looks = Array.from({ length: LOOKS }, () => {
      const [candidateRequests, stableRequests] = [random.poisson(10), random.poisson(90)]
      const candidateFailures = random.binomial(candidateRequests, share)
      const failures = candidateFailures + random.binomial(stableRequests, share)
      return { candidateRequests, stableRequests, failures, candidateFailures }
    })
    const rates = Array.from({ length: quick ? 5 : 15 }, () => {
      const startedAt = performance.now()
      for (let round = 0; round < 8; round++) {
        const test = new SplitTest(worseDesign(0.01))
        for (const look of looks) test.observe(look, 1000)
      }
      return (8 * LOOKS * 1000) / (performance.now() - startedAt)
    })
    const what = `looks judged, errors of ${100 * share} %`
    return { what, measured: median(rates.slice(2)) / 1e6, unit: 'million/s', target: { atLeast: 5 } }
  })
}
