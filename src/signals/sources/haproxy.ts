// Source `haproxy`: requests, errors, queue and health from HAProxy's own statistics.
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import type { Row, Statistics } from '../../lib/haproxy-runtime.ts'
import { url } from '../../lib/url-option.ts'
import type { Sample } from '../../plan/signal.ts'
import { defineSource, type Source, type SourceContext } from '../source.ts'
import { isPerVersion, versionNames, versionOfName, versionsNamed, type VersionNames } from '../version-names.ts'
import { unknownWindowSamples, windowSamples, type WindowSignal } from '../window-samples.ts'
import { healthOfRows, lookOf, responseTimeOfRows, windowOfRows, type Look } from './haproxy/counting.ts'
import { readStatistics } from './haproxy/statistics.ts'

const options = z
  .strictObject({
    socket: z.string().min(1).optional().describe('Unix socket of the runtime API, as `/run/haproxy/admin.sock`'),
    tcp: z
      .string()
      .regex(/^.+:\d{1,5}$/, 'is no address like 127.0.0.1:9999')
      .optional()
      .describe('Address of the runtime API, `host:port`'),
    url: url('http', 'https')
      .optional()
      .describe('The statistics page over HTTP, where a restart shows only in counters that go down; a secret'),
    backend: z
      .union([z.string().min(1), versionNames])
      .describe('Backend of the service; or one for each version: a pattern with `{{version}}`, or a map to versions'),
    servers: versionNames
      .optional()
      .describe(
        'Servers of that backend by version: a pattern like `{{version}}-*`, or a map like `{ "blue-*": stable }`',
      ),
    timeoutMs: z.int().min(10).max(60_000).default(900).describe('A look that takes longer counts as unknown'),
  })
  .refine(
    (given) => [given.socket, given.tcp, given.url].filter((place) => place !== undefined).length === 1,
    'give one of socket, tcp and url',
  )
  .refine(
    ({ backend, servers }) => servers === undefined || !isBackendPerVersion(backend),
    'give versions either to `backend` or to `servers`',
  )

type Options = z.output<typeof options>

const COUNTED: readonly WindowSignal[] = ['requests', 'error-rate', 'request-rate', 'response-time']

export const haproxy = defineSource<Options>({
  id: 'haproxy',
  summary: "Requests, errors, response time, queue and health per version, from HAProxy's own statistics",
  options,
  example: { socket: '/run/haproxy/admin.sock', backend: 'web', servers: '{{version}}-*' },
  failingExample: { socket: '/run/haproxy/admin.sock' },
  secretFields: ['url'],
  signals: () => [...COUNTED, 'retries', 'queue', 'health'],
  describe: ({ socket, tcp, backend }) =>
    `statistics of HAProxy at ${socket ?? tcp ?? 'its statistics page'}, backend ${typeof backend === 'string' ? backend : Object.keys(backend).join(', ')}`,
  create: (given, context) => createHaproxySource(given, context),
})

/** The rows that are about one version, or about the service. */
interface Part {
  /** What counts requests. */
  counting: Row[]
  servers: Row[]
}

interface TimedLook extends Look {
  atMs: number
}

function createHaproxySource(given: Options, context: SourceContext): Source {
  let last: TimedLook | null = null

  async function sample(now: number, signal: AbortSignal): Promise<Sample[]> {
    const versions = [...versionsOf(given, context), null]
    let statistics: Statistics
    try {
      statistics = await readStatistics(given, context.directory, signal)
    } catch (error) {
      return versions.flatMap((version) => unknownSamples(version, now, messageOf(error)))
    }
    const look: TimedLook = { ...lookOf(statistics), atMs: performance.now() }
    const samples = versions.flatMap((version) => {
      const part = partOf(version, statistics.rows, given, context)
      return part.counting.length === 0
        ? unknownSamples(version, now, noRows(version, given))
        : [...countedSamples(version, part, last, look, now), ...stateSamples(version, part, now)]
    })
    last = look
    return samples
  }

  return { sample, timeoutMs: given.timeoutMs }
}

function isBackendPerVersion(backend: VersionNames): boolean {
  return typeof backend !== 'string' || isPerVersion(backend)
}

function versionsOf({ backend, servers }: Options, context: SourceContext): string[] {
  const names = servers ?? (isBackendPerVersion(backend) ? backend : null)
  return names === null ? [] : versionsNamed(names, context.versions())
}

function partOf(version: string | null, rows: readonly Row[], given: Options, context: SourceContext): Part {
  const { backend, servers } = given
  const release = context.versions()
  const ofService = rows.filter((row) =>
    isBackendPerVersion(backend) ? versionOfName(row.backend, backend, release) !== null : row.backend === backend,
  )
  const chosen =
    version === null
      ? ofService
      : ofService.filter((row) =>
          servers
            ? row.server !== null && versionOfName(row.server, servers, release) === version
            : versionOfName(row.backend, backend, release) === version,
        )
  const ofServers = chosen.filter((row) => row.server !== null)
  // A backend also counts the requests that no server took.
  const counting = version !== null && servers ? ofServers : chosen.filter((row) => row.server === null)
  return { counting, servers: ofServers }
}

function countedSamples(
  version: string | null,
  { counting }: Part,
  before: TimedLook | null,
  after: TimedLook,
  at: number,
): Sample[] {
  if (!before) return unknownCounts(version, at, 'first look: nothing to compare with')
  const window = windowOfRows(counting, before, after)
  if (!window) return unknownCounts(version, at, 'counters began anew: HAProxy was restarted or reloaded')
  const meanMs = responseTimeOfRows(counting, before, after)
  const totalMs = meanMs === null ? null : meanMs * window.requests
  const elapsedMs = after.atMs - before.atMs
  return [
    ...windowSamples({ version, at, elapsedMs }, { ...window, totalMs }, COUNTED),
    { signal: 'retries', version, at, value: window.retries, unit: 'count', observations: window.requests },
  ]
}

function stateSamples(version: string | null, { counting, servers }: Part, at: number): Sample[] {
  const queued = [...new Set([...counting, ...servers])].reduce((sum, row) => sum + (row.number('qcur') ?? 0), 0)
  const about = { version, at, unit: 'count', observations: null }
  return [
    { ...about, signal: 'queue', value: queued },
    { ...about, signal: 'health', ...healthOfRows(servers) },
  ]
}

function noRows(version: string | null, { backend }: Options): string {
  const name = typeof backend === 'string' ? `backend ${backend}` : `backends ${Object.keys(backend).join(', ')}`
  return version === null ? `HAProxy has no ${name}` : `HAProxy has no server of ${version} in ${name}`
}

function unknownCounts(version: string | null, at: number, detail: string): Sample[] {
  const retries = { signal: 'retries', version, at, value: null, unit: 'count', observations: null, detail }
  return [...unknownWindowSamples(version, at, detail, COUNTED), retries]
}

function unknownSamples(version: string | null, at: number, detail: string): Sample[] {
  const about = { version, at, value: null, unit: 'count', observations: null, detail }
  return [...unknownCounts(version, at, detail), { ...about, signal: 'queue' }, { ...about, signal: 'health' }]
}
