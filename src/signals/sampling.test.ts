import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { pause } from '../lib/deadline.ts'
import type { Sample } from '../plan/signal.ts'
import { startSampling, type NamedSource } from './sampling.ts'
import type { Source } from './source.ts'

function reading(signal: string, at: number, value: number): Sample {
  return { signal, version: 'v2', at, value, unit: 'count', observations: null }
}

function named(name: string, sample: Source['sample'], extra: Partial<Source> = {}): NamedSource {
  return { name, signals: [name], source: { sample, ...extra } }
}

const quick = (name: string): NamedSource => named(name, (now) => Promise.resolve([reading(name, now, 1)]))
/** Ends when it is told to, as a source should. */
const slow = (name: string, extra: Partial<Source> = {}): NamedSource =>
  named(name, async (now, signal) => wait(60_000, [reading(name, now, 1)], { signal }), extra)

/** Samples until `enough` says so, or ten seconds have passed. */
async function sampleUntil(
  enough: (samples: Sample[]) => boolean,
  options: { sources: NamedSource[]; everyMs: number; clock?: () => number; onSkipped?: (ticks: number) => void },
): Promise<Sample[]> {
  const stop = new AbortController()
  const samples: Sample[] = []
  const sampling = startSampling({
    ...options,
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(10_000)]),
    onSamples: (more) => {
      samples.push(...more)
      if (enough(samples)) stop.abort()
    },
  })
  await sampling.done
  return samples
}

/** Samples of so long a time, which passes at once and by exact milliseconds. */
async function sampleInFakeTime(
  options: { sources: NamedSource[]; everyMs: number },
  durationMs: number,
): Promise<Sample[]> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const stop = new AbortController()
  const samples: Sample[] = []
  const sampling = startSampling({ ...options, signal: stop.signal, onSamples: (more) => samples.push(...more) })
  await vi.advanceTimersByTimeAsync(durationMs)
  stop.abort()
  await vi.runAllTimersAsync()
  await sampling.done
  return samples
}

afterEach(() => {
  vi.useRealTimers()
})

const ofSignal = (samples: Sample[], signal: string): Sample[] => samples.filter((sample) => sample.signal === signal)
const count = (signal: string, least: number) => (samples: Sample[]) => ofSignal(samples, signal).length >= least

describe('sampling', () => {
  it('looks at once, and then on ticks: one that comes late does not push the next ones back', async () => {
    const starts: number[] = []
    const source = named('a', (now) => {
      starts.push(performance.now())
      // From 50 to 75 the process is busy with something else.
      if (starts.length === 1) setTimeout(() => vi.advanceTimersByTime(25), 50)
      return Promise.resolve([reading('a', now, 1)])
    })
    await sampleInFakeTime({ sources: [source], everyMs: 20 }, 95)
    const first = starts[0] ?? 0
    expect(starts.map((at) => Math.round(at - first))).toEqual([0, 20, 40, 75, 80, 100, 120])
  })

  it('gives all samples of a tick the same time, from the clock it was given', async () => {
    let now = 1000
    const samples = await sampleUntil(count('b', 3), {
      sources: [quick('a'), quick('b')],
      everyMs: 10,
      clock: () => (now += 500),
    })
    expect(ofSignal(samples, 'b').map(({ at }) => at)).toEqual([1500, 2000, 2500])
    expect(ofSignal(samples, 'a').map(({ at }) => at)).toEqual([1500, 2000, 2500])
  })

  it('does not let a slow source hold up the others, and says that it is unknown', async () => {
    const samples = await sampleUntil(count('slow', 4), { sources: [slow('slow'), quick('fast')], everyMs: 300 })
    expect(ofSignal(samples, 'slow').every(({ value }) => value === null)).toBe(true)
    expect(ofSignal(samples, 'slow')[0]?.detail).toMatch(/^slow: (no answer in 270 ms|.*abort)/)
    expect(ofSignal(samples, 'fast').length).toBeGreaterThanOrEqual(4)
    expect(ofSignal(samples, 'fast').every(({ value }) => value === 1)).toBe(true)
  })

  it('never asks a source that has not finished, even one that ignores its deadline, and says so at each tick', async () => {
    let running = 0
    let most = 0
    const stubborn = named('stubborn', async (now) => {
      most = Math.max(most, ++running)
      await wait(100)
      running--
      return [reading('stubborn', now, 1)]
    })
    const samples = await sampleUntil(count('stubborn', 20), { sources: [stubborn], everyMs: 20 })
    expect(most).toBe(1)
    expect(samples.every(({ value }) => value === null)).toBe(true)
    expect(samples.some(({ detail }) => detail === 'stubborn: still busy with an earlier look')).toBe(true)
  })

  it('gives a source the time it asks for, without a word at the ticks in between', async () => {
    const patient = named('patient', (now) => pause(70).then(() => [reading('patient', now, 1)]), { timeoutMs: 5000 })
    const samples = await sampleInFakeTime({ sources: [patient, quick('fast')], everyMs: 20 }, 239)
    expect(ofSignal(samples, 'patient').map(({ value }) => value)).toEqual([1, 1, 1])
    expect(ofSignal(samples, 'fast')).toHaveLength(12)
  })

  it('looks at a source no more often than it wants', async () => {
    const rare = named('rare', (now) => Promise.resolve([reading('rare', now, 1)]), { everyMs: 100 })
    const samples = await sampleInFakeTime({ sources: [rare, quick('fast')], everyMs: 20 }, 219)
    expect(ofSignal(samples, 'rare')).toHaveLength(3)
    expect(ofSignal(samples, 'fast')).toHaveLength(11)
  })

  it('turns a source that throws into unknown samples of the series it had', async () => {
    let looks = 0
    const failing = named('a', (now) => {
      if (looks++ > 0) throw new Error('broken')
      return Promise.resolve([reading('a', now, 7)])
    })
    const samples = await sampleUntil(count('a', 2), { sources: [failing], everyMs: 10 })
    expect(samples[0]).toMatchObject({ version: 'v2', value: 7 })
    expect(samples[1]).toMatchObject({ version: 'v2', value: null, unit: 'count', detail: 'a: broken' })
  })

  it('notes ticks that were skipped because the process was busy', async () => {
    let skipped = 0
    let looks = 0
    const blocking = named('a', (now) => {
      const until = performance.now() + (looks++ === 1 ? 100 : 0)
      while (performance.now() < until);
      return Promise.resolve([reading('a', now, 1)])
    })
    await sampleUntil(count('a', 4), { sources: [blocking], everyMs: 20, onSkipped: (ticks) => (skipped += ticks) })
    expect(skipped).toBeGreaterThanOrEqual(3)
  })

  it('ends at its signal, cancels looks that are under way and says nothing more', async () => {
    const stop = new AbortController()
    let cancelled = false
    let told = 0
    const source = named(
      'a',
      async (_, signal) => {
        stop.abort()
        await wait(60_000, null, { signal }).catch(() => (cancelled = true))
        return []
      },
      { timeoutMs: 60_000 },
    )
    await startSampling({ sources: [source], everyMs: 10, signal: stop.signal, onSamples: () => told++ }).done
    expect([cancelled, told]).toEqual([true, 0])
  })

  it('lets its sources go at the end, once', async () => {
    let closed = 0
    const holding = named('a', (now) => Promise.resolve([reading('a', now, 1)]), {
      close: () => {
        closed++
        return Promise.reject(new Error('it would not'))
      },
    })
    await sampleUntil(count('a', 2), { sources: [holding, quick('b')], everyMs: 10 })
    expect(closed).toBe(1)
  })

  it('ends with the error when the samples cannot be taken in', async () => {
    const { done } = startSampling({
      sources: [quick('a')],
      everyMs: 10,
      signal: AbortSignal.timeout(10_000),
      onSamples: () => {
        throw new Error('a bug')
      },
    })
    await expect(done).rejects.toThrow('a bug')
  })
})
