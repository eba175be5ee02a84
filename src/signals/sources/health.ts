// Source `health`: asks every instance of every version itself, past the router.
import type { Agent } from 'undici'
import { z } from 'zod'
import { withDeadline } from '../../lib/deadline.ts'
import { messageOf } from '../../lib/errors.ts'
import type { Sample } from '../../plan/signal.ts'
import { defineSource, type Source, type SourceContext } from '../source.ts'

const options = z.strictObject({
  path: z.string().startsWith('/').default('/health').describe('Path that answers 2xx when the instance is well'),
  timeoutMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(1000)
    .describe('An instance that has not answered by then is not well'),
})

type Options = z.output<typeof options>

/** Enough of an answer to tell it is one; the rest is thrown away. */
const BODY_BYTES_MAX = 65_536

export const health = defineSource<Options>({
  id: 'health',
  summary: 'Health endpoint of every instance, per version: 1 when all are well, 0 when any is not',
  options,
  example: { path: '/health', timeoutMs: 1000 },
  failingExample: { path: 'health' },
  secretFields: [],
  signals: () => ['health', 'health-time'],
  describe: ({ path, timeoutMs }) => `GET ${path} on every instance, at most ${timeoutMs} ms`,
  create: (given, context) => createHealthSource(given, context),
})

interface Look {
  id: string
  /** Null: not well; `problem` says why. */
  durationMs: number | null
  problem: string | null
}

function createHealthSource({ path, timeoutMs }: Options, context: SourceContext): Source {
  let agent: Agent | null = null
  let lastVersions: (string | null)[] = [null]

  async function ask(id: string, host: string, port: number, signal: AbortSignal): Promise<Look> {
    const undici = await import('undici')
    // A connection a look: an instance whose port no longer accepts must not hide behind an old connection.
    const dispatcher = (agent ??= new undici.Agent({ pipelining: 0 }))
    const startedAt = performance.now()
    const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    const deadline = withDeadline(timeoutMs, signal)
    try {
      const { statusCode, body } = await undici.request(`http://${authority}${path}`, { dispatcher, signal: deadline })
      await body.dump({ limit: BODY_BYTES_MAX, signal: deadline })
      const durationMs = performance.now() - startedAt
      return statusCode >= 200 && statusCode < 300
        ? { id, durationMs, problem: null }
        : { id, durationMs: null, problem: `${id} answered ${statusCode}` }
    } catch (error) {
      const why = deadline.aborted ? `no answer in ${timeoutMs} ms` : messageOf(error)
      return { id, durationMs: null, problem: `${id}: ${why}` }
    }
  }

  async function sample(now: number, signal: AbortSignal): Promise<Sample[]> {
    try {
      const versions = Object.entries(await context.instances())
      lastVersions = versions.map(([version]) => version)
      const looks = await Promise.all(
        versions.map(async ([version, instances]) => {
          const looked = await Promise.all(instances.map(({ id, host, port }) => ask(id, host, port, signal)))
          // Cancelled looks are nobody's illness.
          return signal.aborted
            ? unknownSamples(version, now, 'the look was cancelled')
            : judgeLooks(version, looked, now)
        }),
      )
      return looks.flat()
    } catch (error) {
      return lastVersions.flatMap((version) => unknownSamples(version, now, messageOf(error)))
    }
  }

  return { sample, timeoutMs: timeoutMs + 250 }
}

function judgeLooks(version: string, looks: readonly Look[], at: number): Sample[] {
  if (looks.length === 0) return unknownSamples(version, at, 'no instances')
  const problems = looks.map((look) => look.problem).filter((problem) => problem !== null)
  const slowestMs = problems.length > 0 ? null : Math.max(...looks.map((look) => look.durationMs ?? 0))
  const detail = problems.length > 0 ? { detail: problems.join('; ') } : {}
  const about = { version, at, observations: looks.length, ...detail }
  return [
    { ...about, signal: 'health', value: problems.length > 0 ? 0 : 1, unit: 'count' },
    { ...about, signal: 'health-time', value: slowestMs, unit: 'ms' },
  ]
}

function unknownSamples(version: string | null, at: number, detail: string): Sample[] {
  const about = { version, at, value: null, observations: null, detail }
  return [
    { ...about, signal: 'health', unit: 'count' },
    { ...about, signal: 'health-time', unit: 'ms' },
  ]
}
