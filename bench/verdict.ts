// The canary verdict: sets A-H of simulated releases against oracles, published numbers found again, peers on the same releases.
import type { Bench } from './result.ts'
import { errorMeasures } from './verdict/error-sets.ts'
import { latencyMeasures } from './verdict/latency-sets.ts'
import { peerMeasures } from './verdict/peer-sets.ts'
import { publishedMeasures } from './verdict/published.ts'
import { speedMeasures } from './verdict/speed.ts'

export const bench: Bench = {
  name: 'verdict',
  summary: 'Canary verdict: false alarms, delay against an oracle that knows the fault, peers, published numbers',
  async run(options) {
    const measures = [
      ...speedMeasures(options),
      // Before the long simulations: they leave the compiler with other types in mind.
      ...(await latencyMeasures(options)),
      ...publishedMeasures(options),
      ...errorMeasures(options),
      ...peerMeasures(options),
    ]
    const notes = [
      'releases at 100 requests a second, 1, 10, 25, 50 % for 300 s each, a look every second, budget 1 %, unless a row says otherwise',
      'the oracle is the likelihood-ratio test that is told the odds ratio and the onset, without boosting',
      'times are whole looks: where the oracle needs 2 s, one look more is a ratio of 1.5',
    ]
    return { measures, notes }
  },
}
