// Source `nginx-log`: requests, errors and response times from an access log, while it is written.
import { resolve } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import type { Sample } from '../../plan/signal.ts'
import { defineSource, type Source, type SourceContext } from '../source.ts'
import { versionNames, versionOfName, versionsNamed, versionsOfRelease } from '../version-names.ts'
import { unknownWindowSamples, WINDOW_SIGNALS, windowSamples } from '../window-samples.ts'
import { createCounting } from './nginx-log/counting.ts'
import { createFollower } from './nginx-log/follower.ts'
import { compileFormat, formatProblem } from './nginx-log/line-format.ts'

const field = z.string().min(1)

const options = z
  .strictObject({
    path: field.describe('Access log, relative to gonogo.yaml'),
    format: field
      .default('combined $request_time $upstream_addr')
      .describe("nginx's own `log_format` text, in which a leading `combined` stands for nginx's; or `json`"),
    status: field.default('status').describe('Variable, or key of the JSON, with the status'),
    time: field
      .nullable()
      .default('request_time')
      .describe('With the time of the answer; `upstream_response_time` tells each attempt; null: there is none'),
    timeUnit: z.enum(['s', 'ms']).default('s').describe('Unit of `time`'),
    version: field
      .nullable()
      .default('upstream_addr')
      .describe(
        'With what tells the version: an upstream address, a header as `sent_http_x_version`; null: nothing does',
      ),
    versions: versionNames
      .optional()
      .describe(
        "What is in `version`: a pattern with `{{version}}`, or a map like `{ '10.0.0.5:*': stable }`; left out: an address of an instance, or the version itself",
      ),
  })
  .superRefine(({ format, status, time, version }, issues) => {
    const message = formatProblem(format, wantedOf({ status, time, version }))
    if (message !== null) issues.addIssue({ code: 'custom', path: ['format'], message })
  })

type Options = z.output<typeof options>

export const nginxLog = defineSource<Options>({
  id: 'nginx-log',
  summary: 'Requests, errors and response times per version, from an access log of nginx while it is written',
  options,
  example: {
    path: '/var/log/nginx/access.log',
    format: 'combined $request_time $upstream_addr',
    versions: { '127.0.0.1:3000': 'stable', '127.0.0.1:3001': 'candidate' },
  },
  failingExample: { path: '/var/log/nginx/access.log', format: 'combined' },
  secretFields: [],
  signals: () => WINDOW_SIGNALS,
  describe: ({ path }) => `requests in the access log ${path}`,
  create: (given, context) => createLogSource(given, context),
})

/** Which fields of a line say what. */
interface Fields {
  status: string
  time: string | null
  version: string | null
}

function wantedOf({ status, time, version }: Fields): string[] {
  return [status, time, version].filter((name) => name !== null)
}

/** Attempts at one request that are told apart. */
const ATTEMPTS_MAX = 16

function createLogSource(given: Options, context: SourceContext): Source {
  const wanted = wantedOf(given)
  const parse = compileFormat(given.format, wanted)
  const slot = (name: string | null): number => (name === null ? -1 : wanted.indexOf(name))
  const slots = { status: slot(given.status), time: slot(given.time), version: slot(given.version) }
  const scale = given.timeUnit === 's' ? 1000 : 1
  let versionOfAddress: ReadonlyMap<string, string> = new Map()
  let lines = { read: 0, odd: 0 }
  let windowSinceMs = performance.now()

  const counting = createCounting((name) => {
    const release = context.versions()
    if (given.versions) return versionOfName(name, given.versions, release)
    return versionOfAddress.get(name) ?? versionsOfRelease(release).find((version) => version === name) ?? null
  })

  const follower = createFollower(resolve(context.directory, given.path), (line) => {
    if (line === '') return
    lines.read++
    const values = line === null ? null : parse(line)
    const status = values?.[slots.status] ?? ''
    if (!values || !/^\d{3}$/.test(status)) {
      lines.odd++
      return
    }
    const names = attemptsOf(values[slots.version] ?? '')
    const times = attemptsOf(values[slots.time] ?? '')
    counting.count({ status: Number(status), names, timesMs: times.map((time) => timeMsOf(time, scale)) })
  })

  async function sample(now: number, signal: AbortSignal): Promise<Sample[]> {
    const release = context.versions()
    const versions = [...(given.versions ? versionsNamed(given.versions, release) : versionsOfRelease(release)), null]
    const unknown = (why: string): Sample[] => versions.flatMap((version) => unknownWindowSamples(version, now, why))
    try {
      if (!given.versions) versionOfAddress = await addressesOf(context, versionOfAddress)
      const { problem, began, lost } = await follower.read(signal)
      if (began) windowSinceMs = performance.now()
      // What was read is not lost then: it belongs to the next look.
      if (signal.aborted) return unknown('the look was cancelled')
      if (problem !== null) return unknown(problem)
      if (began) return unknown('first look: reading begins at the end of the log')
      if (lost) return unknown(`${given.path} was cut off: lines may be missing`)
    } catch (error) {
      return unknown(messageOf(error))
    }
    const window = counting.take()
    const elapsedMs = performance.now() - windowSinceMs
    windowSinceMs += elapsedMs
    const { read, odd } = lines
    lines = { read: 0, odd: 0 }
    if (odd > read / 2) return unknown(`${odd} of ${read} lines do not have the format`)
    return versions.flatMap((version) => windowSamples({ version, at: now, elapsedMs }, window(version)))
  }

  return { sample, close: () => follower.close() }
}

/** `10.0.0.1:80, 10.0.0.2:80 : 10.0.0.3:80`: servers asked one after the other, in two groups. */
function attemptsOf(value: string): string[] {
  if (!value.includes(', ') && !value.includes(' : ')) return [value]
  return value
    .split(', ')
    .flatMap((part) => part.split(' : '))
    .slice(-ATTEMPTS_MAX)
}

function timeMsOf(text: string, scale: number): number | null {
  // `-` where nothing was measured.
  const time = text === '' ? Number.NaN : Number(text) * scale
  return Number.isFinite(time) && time >= 0 ? time : null
}

/** Remembered addresses, so that the last lines of an instance that has stopped still find their version. */
const ADDRESSES_MAX = 1024

async function addressesOf(
  context: SourceContext,
  known: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const addresses = [...known]
  for (const [version, instances] of Object.entries(await context.instances()))
    for (const { host, port } of instances)
      for (const name of host === 'localhost' ? ['127.0.0.1', '[::1]'] : [host.includes(':') ? `[${host}]` : host])
        addresses.push([`${name}:${port}`, version])
  return new Map(addresses.slice(-ADDRESSES_MAX))
}
