// Source `otlp`: services send their own OpenTelemetry metrics here, over OTLP/HTTP; request durations become counts per version.
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import type { Sample } from '../../plan/signal.ts'
import { createPace } from '../pace.ts'
import { defineSource, type Source, type SourceContext } from '../source.ts'
import { versionNames, versionOfName, versionsOfRelease } from '../version-names.ts'
import { createVersionWindows } from '../version-windows.ts'
import { unknownWindowSamples, WINDOW_SIGNALS } from '../window-samples.ts'
import { createAccounts } from './otlp/accounts.ts'
import type { ResourceExport } from './otlp/points.ts'
import { openReceiver, type Receiver } from './otlp/receiver.ts'

const options = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on; others than this machine need another'),
  port: z.int().min(0).max(65_535).default(4318).describe('Port to listen on'),
  token: z.string().min(1).optional().describe('What senders must give as `authorization: Bearer TOKEN`; a secret'),
  service: z.string().min(1).optional().describe('`service.name` of the service; others are not counted. Default: all'),
  metrics: z
    .array(z.string().min(1))
    .min(1)
    .default(['http.server.request.duration', 'http.server.duration'])
    .describe('Histograms of request durations; of a service that sends several, the first counts'),
  versionAttribute: z.string().min(1).default('service.version').describe('Attribute that tells versions apart'),
  versions: versionNames
    .default('{{version}}')
    .describe('Its values: a pattern with `{{version}}`, or a map to versions like `{ "1.4.2": candidate }`'),
  bytesMax: z
    .int()
    .min(1024)
    .max(64 << 20)
    .default(4 << 20)
    .describe('Largest export that is read, unpacked'),
})

type Options = z.output<typeof options>

/** What the SDKs do unless OTEL_METRIC_EXPORT_INTERVAL says otherwise. */
const EXPORT_MS_ASSUMED = 60_000

export const otlp = defineSource<Options>({
  id: 'otlp',
  summary:
    'Requests, errors and response times per version, from OpenTelemetry metrics that services send over OTLP/HTTP',
  options,
  example: { port: 4318, service: 'shop' },
  failingExample: { port: 70_000 },
  secretFields: ['token'],
  signals: () => WINDOW_SIGNALS,
  describe: ({ host, port, metrics }) => `${metrics[0]} that services send to http://${host}:${port}/v1/metrics`,
  create: (given, context) => createOtlpSource(given, context),
})

/** The source; `onOpen` is told of the port, which matters where any free one was wanted. */
export function createOtlpSource(given: Options, context: SourceContext, onOpen?: (port: number) => void): Source {
  const pace = createPace()
  const windows = createVersionWindows({ intervalMs: EXPORT_MS_ASSUMED, word: 'export' })
  const accounts = createAccounts({
    metrics: given.metrics,
    versionOf: (point) => versionOf(point, given, context),
    sinceNano: `${Date.now()}000000`,
  })
  let receiver: Receiver | null = null
  let notes: string[] = []

  function onExport(exported: ResourceExport[]): void {
    const atMs = performance.now()
    const taken = accounts.take(exported)
    notes = taken.notes
    for (const { version, portion } of taken.accounted) windows.add(version, atMs, portion)
    for (const { resource } of exported) pace.hear(JSON.stringify(resource), [atMs])
    windows.pace(pace.intervalMs() ?? EXPORT_MS_ASSUMED)
  }

  async function sample(now: number): Promise<Sample[]> {
    const versions = versionsOfRelease(context.versions())
    try {
      if (!receiver) {
        receiver = await openReceiver({ ...given, onExport })
        onOpen?.(receiver.port)
      }
    } catch (error) {
      return [...versions, null].flatMap((version) => unknownWindowSamples(version, now, messageOf(error)))
    }
    const samples = windows.take(now, versions, context.versions().candidate)
    if (notes.length === 0) return samples
    const detailed = (one: Sample): Sample => ({
      ...one,
      detail: [one.detail, ...notes].filter(Boolean).join('; '),
    })
    return samples.map((one) => (one.value === null ? detailed(one) : one))
  }

  return {
    sample,
    async close() {
      await receiver?.close()
      receiver = null
    },
  }
}

function versionOf(
  { resource, attributes }: Pick<ResourceExport['points'][number], 'resource' | 'attributes'>,
  { service, versionAttribute, versions }: Options,
  context: SourceContext,
): string | null {
  if (service !== undefined && resource['service.name'] !== service) return null
  const value = attributes[versionAttribute] ?? resource[versionAttribute]
  if (value === undefined) return null
  const release = context.versions()
  const released = versionsOfRelease(release)
  if (released.length === 0 && typeof versions === 'string') return value
  const version = versionOfName(value, versions, release)
  return version !== null && (released.length === 0 || released.includes(version)) ? version : null
}
