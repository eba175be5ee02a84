// What a stage came to in figures. Pure.
import { formatDuration } from '../lib/duration.ts'
import { plural } from '../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../plan/outcome.ts'
import type { VersionCounters } from '../plan/signal.ts'
import type { Stage } from '../plan/stage.ts'
import type { LiveDelivery } from './stand.ts'

/** What a stage came to, by the router's own counters over exactly that stretch. No request is no evidence. */
export function judgeStage(
  stage: Stage,
  live: LiveDelivery,
  before: VersionCounters[] | null,
  after: VersionCounters[] | null,
  durationMs: number,
): Outcome {
  // What the stage came to is the affair of guards and gates then, which see other figures than the router's.
  if (before === null || after === null)
    return passed(`${stage.weight} % for ${formatDuration(durationMs)}; the router counts no requests`)
  const during = (version: string) => {
    const to = after.find((entry) => entry.version === version) ?? NOTHING
    const earlier = before.find((entry) => entry.version === version) ?? NOTHING
    // Counters that went down are those of a router that was started again.
    const from = earlier.requests > to.requests ? NOTHING : earlier
    const requests = to.requests - from.requests
    return {
      requests,
      errors: to.errors - from.errors,
      diverted: (to.diverted ?? 0) - (from.diverted ?? 0),
      averageMs: requests > 0 ? (to.totalMs - from.totalMs) / requests : null,
    }
  }
  const candidate = during(live.candidate)
  const stable = during(live.stable)
  const figures = ({ requests, errors, averageMs }: typeof candidate): string =>
    `${errors} errors of ${requests} requests${averageMs === null ? '' : `, ${averageMs.toFixed(1)} ms average`}`
  const versus = stable.requests > 0 ? ` (${live.stable}: ${figures(stable)})` : ''
  const summary = `${stage.weight} % for ${formatDuration(durationMs)}: ${live.candidate} ${figures(candidate)}${versus}`
  const measurements = [
    { name: 'requests', value: candidate.requests, unit: 'count' },
    { name: 'errors', value: candidate.errors, unit: 'count' },
    ...(candidate.averageMs === null ? [] : [{ name: 'response time', value: candidate.averageMs, unit: 'ms' }]),
  ]
  if (stage.weight > 0 && candidate.requests === 0) {
    return unverified(`${summary}: no request reached it`, {
      measurements,
      remedy: 'send traffic, then "gonogo resume"',
    })
  }
  if (candidate.diverted > 0)
    return failed(
      `${summary}; ${plural(candidate.diverted, 'request')} went to ${live.stable} instead, because it failed`,
      {
        measurements: [...measurements, { name: 'diverted', value: candidate.diverted, unit: 'count' }],
        remedy: 'see why it failed; its users had the old version meanwhile',
      },
    )
  return passed(summary, { measurements })
}

const NOTHING = { requests: 0, errors: 0, totalMs: 0, diverted: 0 }
