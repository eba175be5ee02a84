// Looks at all sources again and again: drift-free, side by side, a slow one never in the way of the others.
import { messageOf } from '../lib/errors.ts'
import { pause, withDeadline } from '../lib/deadline.ts'
import type { Sample } from '../plan/signal.ts'
import type { Source } from './source.ts'

export interface NamedSource {
  /** Name in `gonogo.yaml`. */
  name: string
  /** What it gives: stands in for its samples when it does not answer at all. */
  signals: readonly string[]
  source: Source
}

export interface SamplingOptions {
  sources: readonly NamedSource[]
  everyMs: number
  /** Milliseconds since the epoch that never go back. @default the monotonic clock, set to the time of the start */
  clock?: () => number
  /** Called with each source's samples as soon as it has them. */
  onSamples: (samples: Sample[]) => void
  /** So many ticks were left out because this process was busy for longer than an interval. */
  onSkipped?: (ticks: number) => void
  /** Ends the sampling. */
  signal: AbortSignal
}

export interface Sampling {
  /** Resolves when sampling has ended and nothing is called any more; rejects with what `onSamples` threw. */
  done: Promise<void>
}

/** After the end, a source that heeds its signal gets this long to finish; one that does not is left behind. */
const LEAVE_MS_MAX = 1000
/** Versions times signals of one source that stand in for it when it is silent. */
const SERIES_MAX = 256

/** Starts sampling with a first look at once. */
export function startSampling(options: SamplingOptions): Sampling {
  const { sources, everyMs, onSamples, onSkipped, signal: parent, clock = monotonicEpochMs } = options
  const failure = new AbortController()
  const signal = AbortSignal.any([parent, failure.signal])
  const lookers = sources.map((named) => createLooker(named, everyMs, signal))
  const looks = new Set<Promise<void>>()

  async function handOver(looked: Promise<Sample[]>): Promise<void> {
    const samples = await looked
    try {
      if (!signal.aborted) onSamples(samples)
    } catch (error) {
      failure.abort(error)
    }
  }

  function tick(tickNumber: number): void {
    const now = clock()
    for (const looker of lookers) {
      const looked = looker.look(tickNumber, now)
      if (!looked) continue
      const look = handOver(looked).finally(() => looks.delete(look))
      looks.add(look)
    }
  }

  async function run(): Promise<void> {
    const startedAt = performance.now()
    for (let tickNumber = 0; !signal.aborted;) {
      tick(tickNumber)
      await pause(Math.max(0, startedAt + (tickNumber + 1) * everyMs - performance.now()), signal)
      const reached = Math.max(tickNumber + 1, Math.floor((performance.now() - startedAt) / everyMs))
      if (reached > tickNumber + 1 && !signal.aborted) onSkipped?.(reached - tickNumber - 1)
      tickNumber = reached
    }
    await Promise.race([Promise.allSettled(looks), pause(LEAVE_MS_MAX)])
    await Promise.race([Promise.allSettled(sources.map(({ source }) => source.close?.())), pause(LEAVE_MS_MAX)])
    if (failure.signal.aborted) throw failure.signal.reason
  }

  return { done: run() }
}

interface Looker {
  /** One look within its deadline, which never rejects; null when none is due at this tick. */
  look(tickNumber: number, now: number): Promise<Sample[]> | null
}

function createLooker({ name, signals, source }: NamedSource, everyMs: number, stop: AbortSignal): Looker {
  const timeoutMs = source.timeoutMs ?? Math.max(1, everyMs * 0.9)
  const ticksBetween = Math.max(1, Math.round((source.everyMs ?? everyMs) / everyMs))
  let lastTick = Number.NEGATIVE_INFINITY
  let busy = false
  /** Last known series, so that silence is heard in each of them. */
  let series: Pick<Sample, 'signal' | 'version' | 'unit'>[] = signals.map((signal) => ({
    signal,
    version: null,
    unit: '',
  }))

  const unknown = (now: number, detail: string): Sample[] =>
    series.map((about) => ({ ...about, at: now, value: null, observations: null, detail: `${name}: ${detail}` }))

  async function ask(now: number): Promise<Sample[]> {
    busy = true
    const deadline = withDeadline(timeoutMs, stop)
    const asked = Promise.resolve()
      .then(() => source.sample(now, deadline))
      .finally(() => (busy = false))
    try {
      const samples = await Promise.race([asked, rejectAt(deadline, `no answer in ${Math.round(timeoutMs)} ms`)])
      if (samples.length > 0)
        series = samples.slice(0, SERIES_MAX).map(({ signal, version, unit }) => ({ signal, version, unit }))
      return samples
    } catch (error) {
      return unknown(now, messageOf(error))
    }
  }

  function look(tickNumber: number, now: number): Promise<Sample[]> | null {
    if (tickNumber - lastTick < ticksBetween) return null
    const withinItsTime = (tickNumber - lastTick) * everyMs < timeoutMs
    if (busy && withinItsTime) return null
    // A source that did not stop at its deadline is not asked again before it has: looks never pile up.
    if (busy) return Promise.resolve(unknown(now, 'still busy with an earlier look'))
    lastTick = tickNumber
    return ask(now)
  }

  return { look }
}

function rejectAt(deadline: AbortSignal, message: string): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = (): void => reject(new Error(message))
    if (deadline.aborted) refuse()
    deadline.addEventListener('abort', refuse, { once: true })
  })
}

/** Wall-clock at the start of this process plus monotonic time since: setting the clock does not disturb it. */
function monotonicEpochMs(): number {
  return Math.round(performance.timeOrigin + performance.now())
}
