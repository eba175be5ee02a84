// Options of the load check, and what follows from them.
import { z } from 'zod'
import { durationOption } from '../../../lib/duration-option.ts'
import { listOf, oneOrMore, timeoutMs, url } from '../../fields.ts'
import { PERCENTILES, type Percentile } from './report.ts'
import { authorizationOf, isHeader, type LoadRequest } from './request-bytes.ts'
import type { Schedule } from './schedule.ts'
import type { ToolLoad } from './tools/tool.ts'

/** Requests per second; more is nobody's. */
export const RATE_MAX = 1_000_000

const rate = z.number().positive().max(RATE_MAX)
const latency = z.number().positive().optional()
const headers = z
  .record(z.string(), z.string())
  .refine(
    (record) => Object.entries(record).every(([name, value]) => isHeader(name, value)),
    'not headers of a request',
  )

/** The parser of addresses drops tabs and turns backslashes: it alone knows which paths lead to another host. */
const isOwnPath = (path: string): boolean =>
  path.startsWith('/') &&
  URL.canParse(path, 'http://own.invalid') &&
  new URL(path, 'http://own.invalid').host === 'own.invalid'

/** The options by themselves; what must hold between them is checked by the kind. */
export const loadFields = z.strictObject({
  url: url('http', 'https').describe(
    'address; load goes to its host and to no other. User and password become headers',
  ),
  headers: headers.default({}).describe('headers of every request; values are treated as secrets'),
  requests: z
    .array(
      z.strictObject({
        path: z.string().refine(isOwnPath, 'not a path that begins with a slash and stays at its host').optional(),
        method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).default('GET'),
        headers: headers.default({}),
        body: z
          .string()
          .max(1 << 20)
          .default(''),
        weight: z.number().positive().max(1e6).default(1),
      }),
    )
    .min(1)
    .max(100)
    .default([{ method: 'GET', headers: {}, body: '', weight: 1 }])
    .describe('what is sent, each by its weight: path (without it that of `url`), method, headers, body'),
  requestsPerSecond: rate
    .optional()
    .describe('requests are due at this rate, whether or not earlier ones are answered'),
  stages: z
    .array(z.strictObject({ requestsPerSecond: z.number().min(0).max(RATE_MAX), duration: durationOption }))
    .min(1)
    .max(100)
    .optional()
    .describe('instead of one rate: from 0, each stage leads in a straight line to its rate'),
  maximum: z
    .boolean()
    .default(false)
    .describe('instead of a rate: each connection sends again as soon as it is answered'),
  duration: durationOption.default(30_000).describe('how long it is measured, where `stages` do not say'),
  warmUp: durationOption.default(0).describe('sent for so long before, and not counted'),
  connectionsMax: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(128)
    .describe('connections at once; with `maximum` exactly so many'),
  threads: z.number().int().min(1).max(64).default(2).describe('threads that send'),
  status: oneOrMore(z.number().int().min(200).max(599))
    .optional()
    .describe('statuses that count as good; without it 200 to 399'),
  latencyMsMax: z
    .strictObject({
      p50: latency,
      p75: latency,
      p90: latency,
      p95: latency,
      p99: latency,
      p999: latency,
      max: latency,
    })
    .default({})
    .describe('longest response times, by percentile, from the moment a request was due'),
  errorPercentMax: z.number().min(0).max(100).default(1).describe('share of requests that may fail'),
  requestsPerSecondMin: z.number().positive().optional().describe('good answers per second, at least'),
  tool: z
    .enum(['builtin', 'wrk', 'hey', 'k6'])
    .default('builtin')
    .describe('what sends it: gonogo itself, or an installed tool'),
  caFile: z.string().optional().describe('PEM file of a certificate authority to trust beside the usual ones'),
  timeoutMs: timeoutMs(10_000).describe('how long one answer may take'),
})

export type LoadOptions = z.infer<typeof loadFields>

/** When requests are due; null where as much is sent as goes. */
export function scheduleOf({ requestsPerSecond, stages, duration }: LoadOptions): Schedule | null {
  if (requestsPerSecond !== undefined)
    return { fromRequestsPerSecond: requestsPerSecond, stages: [{ requestsPerSecond, durationMs: duration }] }
  if (!stages) return null
  return {
    fromRequestsPerSecond: 0,
    stages: stages.map(({ duration: durationMs, ...stage }) => ({ ...stage, durationMs })),
  }
}

/** How long it is measured. */
export function durationMsOf({ stages, duration }: Pick<LoadOptions, 'stages' | 'duration'>): number {
  return stages ? stages.reduce((sum, stage) => sum + stage.duration, 0) : duration
}

/** The requests with all that they have in common. */
export function requestsOf({ url: base, headers: common, requests }: LoadOptions): LoadRequest[] {
  const origin = new URL(base)
  const authorization = authorizationOf(origin)
  const plain = new URL(origin.pathname + origin.search, origin.origin)
  return requests.map(({ path, headers: own, ...request }) => ({
    ...request,
    url: path === undefined ? plain : new URL(path, origin.origin),
    headers: { ...authorization, ...common, ...own },
  }))
}

/** The load as a tool of others is told it. */
export function toolLoadOf(options: LoadOptions): ToolLoad {
  const { connectionsMax, threads, timeoutMs: answerMs, status } = options
  return {
    requests: requestsOf(options),
    schedule: scheduleOf(options),
    durationMs: durationMsOf(options),
    connectionsMax,
    threads,
    timeoutMs: answerMs,
    statuses: status === undefined ? null : listOf(status),
  }
}

/** For each status up to 599 whether it counts as good. */
export function goodStatusesOf({ status }: LoadOptions): boolean[] {
  const good = status === undefined ? null : listOf(status)
  return Array.from({ length: 600 }, (_, code) => (good ? good.includes(code) : code >= 200 && code < 400))
}

/** The bounds that are given. */
export function latenciesOf({ latencyMsMax }: LoadOptions): Partial<Record<Percentile, number>> {
  return Object.fromEntries(
    (Object.keys(PERCENTILES) as Percentile[]).flatMap((name) => {
      const maxMs = latencyMsMax[name]
      return maxMs === undefined ? [] : [[name, maxMs]]
    }),
  )
}
