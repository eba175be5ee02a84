// The same traffic for longer than the verdict needed: when the document's thresholds and the peers would have stopped it.
import { guardKind } from '../../src/catalog/catalog.ts'
import { createJudge, judge } from '../../src/guards/judge.ts'
import { verdict, type VerdictOptions } from '../../src/guards/kinds/verdict.ts'
import type { Histogram, Sample } from '../../src/plan/signal.ts'
import type { Tally } from '../../src/plan/tally.ts'
import { createPeer, type PeerName } from '../verdict/peers.ts'
import type { Random } from '../verdict/random.ts'
import type { Released } from './release.ts'

/** Who has not stopped it by then would not have. */
export const SECONDS_MAX = 1800
/** Of a recording, what the first requests of a fresh process say is not what goes on. */
const LOOKS_LEFT_OUT = 3

/** When a threshold of the document that rolls back would have tripped; null: not within half an hour. */
export function secondsOfThresholds(released: Released, random: Random): number | null {
  const { candidate, stable } = released
  const rules = released.rules.filter(({ kind, severity }) => kind !== 'verdict' && severity === 'rollback')
  let state = createJudge(rules, { candidate, stable })
  for (let second = 1; second <= SECONDS_MAX; second++) {
    const look = drawLook(released, random).map((sample) => ({ ...sample, at: second * 1000 }))
    const judged = judge(state, look, guardKind)
    if (judged.events.some(({ type }) => type === 'tripped')) return second
    state = judged.state
  }
  return null
}

/** Whether the verdict with other options would have stopped a release whose samples are these. */
export function wouldStop({ samples, rules, candidate, stable }: Released, change: Partial<VerdictOptions>): boolean {
  const rule = rules.find(({ kind }) => kind === verdict.id)
  if (!rule) throw new Error('the release was not judged by a verdict')
  const changed = { ...rule, options: { ...rule.options, ...change } }
  const { events } = judge(createJudge([changed], { candidate, stable, stage: 1 }), samples, guardKind)
  return events.some(({ type }) => type === 'tripped')
}

/** When a peer at its defaults would have rolled back; null: not within half an hour. */
export function secondsOfPeer(name: PeerName, released: Released, random: Random): number | null {
  const peer = createPeer(name)
  for (let second = 0; second < SECONDS_MAX; second++) {
    const look = drawLook(released, random)
    const tallyOf = (version: string): Tally | undefined =>
      look.find((sample) => sample.signal === 'requests' && sample.version === version)?.tally
    const [canary, baseline] = [tallyOf(released.candidate), tallyOf(released.stable)]
    if (!canary || !baseline) continue
    const isRolledBack = peer.observe(
      {
        nc: canary.requests,
        xc: canary.errors,
        nb: baseline.requests,
        xb: baseline.errors,
        canaryMs: timesOf(canary.latency, random),
        baselineMs: timesOf(baseline.latency, random),
      },
      second,
    )
    if (isRolledBack) return second + 1
  }
  return null
}

/** One of the recorded seconds, each as likely. */
function drawLook({ looks }: Released, random: Random): Sample[] {
  const from = Math.min(LOOKS_LEFT_OUT, looks.length - 1)
  return looks[from + Math.floor(random.uniform() * (looks.length - from))] ?? []
}

/** Times as the histogram has them, anywhere in their buckets. */
function timesOf(latency: Histogram | null, random: Random): number[] {
  if (!latency) return []
  return latency.counts.flatMap((count, bucket) => {
    const low = latency.boundsMs[bucket - 1] ?? 0
    const high = latency.boundsMs[bucket] ?? low
    return Array.from({ length: count }, () => low + random.uniform() * (high - low))
  })
}
