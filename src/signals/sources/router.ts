// Source `router`: requests counted, error rate, request rate and response times from the router's own counters.
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import type { Sample, VersionCounters } from '../../plan/signal.ts'
import { addWindows, windowBetween, type CounterWindow } from '../counter-window.ts'
import { defineSource, type Source, type SourceContext } from '../source.ts'
import { unknownWindowSamples, WINDOW_SIGNALS, windowSamples } from '../window-samples.ts'

/** Versions whose last counters are remembered: a release has two, a router's history has a few more. */
const VERSIONS_MAX = 32

const options = z.strictObject({
  service: z.string().min(1).optional().describe('Of which service, where the delivery has several'),
})

type Options = z.output<typeof options>

export const router = defineSource<Options>({
  id: 'router',
  summary: "Requests, errors and response times per version and of the whole service, from the router's counters",
  options,
  example: {},
  failingExample: { url: 'http://localhost:9000' },
  secretFields: [],
  signals: () => WINDOW_SIGNALS,
  describe: ({ service }) => `requests, errors and response times from the router of ${service ?? 'the release'}`,
  create: createRouterSource,
})

interface Look {
  atMs: number
  counters: Map<string, VersionCounters>
}

function createRouterSource({ service }: Options, context: SourceContext): Source {
  let last: Look | null = null

  async function sample(now: number, signal: AbortSignal): Promise<Sample[]> {
    let counters: VersionCounters[]
    try {
      const counted = await context.counters(signal, service)
      if (!counted) return unknownWindowSamples(null, now, 'the router counts nothing')
      counters = counted
    } catch (error) {
      const versions = [...(last?.counters.keys() ?? []), null]
      return versions.flatMap((version) => unknownWindowSamples(version, now, messageOf(error)))
    }
    // Monotonic: a rate must not depend on somebody setting the clock.
    const look: Look = { atMs: performance.now(), counters: remember(last, counters) }
    const samples = samplesBetween(last, look, counters, now)
    last = look
    return samples
  }

  return { sample }
}

/** A version that a router leaves out for a while keeps its last counters: coming back is not starting from zero. */
function remember(last: Look | null, counters: readonly VersionCounters[]): Look['counters'] {
  const known = new Map(last?.counters)
  for (const entry of counters) {
    known.delete(entry.version)
    known.set(entry.version, entry)
  }
  for (const version of known.keys()) {
    if (known.size <= VERSIONS_MAX) break
    known.delete(version)
  }
  return known
}

function samplesBetween(last: Look | null, look: Look, counters: readonly VersionCounters[], now: number): Sample[] {
  if (!last) return [...counters.map((entry) => entry.version), null].flatMap((version) => firstLook(version, now))
  const elapsedMs = look.atMs - last.atMs
  const windows = new Map<string, CounterWindow | null>()
  for (const entry of counters)
    windows.set(entry.version, windowBetween(last.counters.get(entry.version) ?? null, entry))
  const samples: Sample[] = []
  for (const [version, window] of windows)
    samples.push(
      ...(window
        ? windowSamples({ version, at: now, elapsedMs }, window)
        : unknownWindowSamples(version, now, 'counters went back: the router was restarted')),
    )
  const complete = [...windows.values()].filter((window) => window !== null)
  const service = complete.length === windows.size ? addWindows(complete) : null
  samples.push(
    ...(service
      ? windowSamples({ version: null, at: now, elapsedMs }, service)
      : unknownWindowSamples(null, now, 'the versions cannot be added up at this look')),
  )
  return samples
}

function firstLook(version: string | null, at: number): Sample[] {
  return unknownWindowSamples(version, at, 'first look: nothing to compare with')
}
