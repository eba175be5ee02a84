// The peers on the same simulated releases: how often they stop a good version, and how long a bad one lasts.
import type { BenchOptions, Measure } from '../result.ts'
import { ERRORS, NULLS } from './error-sets.ts'
import { ours } from './error-watchers.ts'
import { createPeer, PEER_NAMES, type PeerName } from './peers.ts'
import { simulate, summary, type Scenario, type Watcher } from './scenario.ts'

/** Rows of set B that say most; the others differ by the size of the effect only. */
const SHOWN = ['1 % to 2 %', '1 % to 5 %', '1 % to 100 %', '0.1 % to 5.1 %', '5 % to 100 %']

/** No targets: these are the others', and beside them what the product does. */
export function peerMeasures({ quick, progress }: BenchOptions): Measure[] {
  const runs = quick ? 50 : 400
  const outage = { ...(ERRORS[0] as Scenario), name: '1 % to 100 %', stable: () => 0.01, candidate: () => 1 - 1e-12 }
  const rows = [...ERRORS, outage].filter(({ name }) => SHOWN.includes(name)).map(inRelease)
  const good = NULLS.filter(({ name }) => name === 'base 1 %' || name.startsWith('common rise'))
  const watchers = { gonogo: ours, ...Object.fromEntries(PEER_NAMES.map((name) => [name, () => watch(name)])) }
  return Object.entries(watchers).flatMap(([name, create]) => {
    progress(name)
    return [
      ...good.map((scenario): Measure => {
        const { share } = summary(simulate(scenario, create, runs, 8))
        return { what: `${name}: false alarms, ${scenario.name}`, measured: 100 * share, unit: '%' }
      }),
      ...rows.map((scenario): Measure => {
        const { median } = summary(simulate(scenario, create, runs, 8))
        return { what: `${name}: median, ${scenario.name}`, measured: median, unit: 's' }
      }),
    ]
  })
}

/** They judge by the release's length: what is not stopped by then is out. */
function inRelease(scenario: Scenario): Scenario {
  return { ...scenario, seconds: 1200 }
}

function watch(name: PeerName): Watcher {
  const peer = createPeer(name)
  return {
    observe: ({ candidate, stable }, t) =>
      peer.observe({ nc: candidate.requests, xc: candidate.failures, nb: stable.requests, xb: stable.failures }, t),
  }
}
