// Load at a given rate, or as much as goes: response times, errors and throughput of a service under it.
import { formatDuration } from '../../lib/duration.ts'
import { messageOf } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import { trustOptions } from '../../lib/trust.ts'
import { failed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext, type Recognise } from '../check.ts'
import { publicUrl } from '../fields.ts'
import { look } from '../look.ts'
import { findAddress } from './find-address.ts'
import { allWordsOf, find, isPlaceholder, propose, SURE } from '../words.ts'
import {
  durationMsOf,
  goodStatusesOf,
  latenciesOf,
  loadFields,
  RATE_MAX,
  requestsOf,
  scheduleOf,
  toolLoadOf,
  type LoadOptions,
} from './load/options.ts'
import { judgeLoad, PERCENTILES, reportOf } from './load/report.ts'
import { bytesOf } from './load/request-bytes.ts'
import { Arrivals, type Schedule } from './load/schedule.ts'
import { hey } from './load/tools/hey.ts'
import { k6 } from './load/tools/k6.ts'
import { runTool, type LoadTool } from './load/tools/tool.ts'
import { wrk } from './load/tools/wrk.ts'

const TOOLS: Record<'wrk' | 'hey' | 'k6', LoadTool> = { wrk, hey, k6 }
/** A request that leaves later than this after it was due is late. */
const LATE_MS = 10
const DURATION_MS_MAX = 24 * 3_600_000

const schema = loadFields
  .refine(
    (o) => [o.requestsPerSecond !== undefined, o.stages !== undefined, o.maximum].filter(Boolean).length === 1,
    'give one of requestsPerSecond, stages and maximum',
  )
  .refine(
    (o) => durationMsOf(o) > 0 && durationMsOf(o) + o.warmUp <= DURATION_MS_MAX,
    'lasts no time, or more than a day',
  )
  .superRefine((options, context) => {
    const problem = refusalOf(options)
    if (problem) context.addIssue({ code: 'custom', message: problem, path: ['tool'] })
  })

/** What a tool of others cannot do. References in the address are not resolved yet when options are only checked. */
function refusalOf(options: LoadOptions): string | null {
  if (options.tool === 'builtin') return null
  if (options.warmUp > 0) return 'warmUp is for the builtin tool only'
  if (options.caFile !== undefined) return 'caFile is for the builtin tool only'
  return URL.canParse(options.url) ? TOOLS[options.tool].refuses(toolLoadOf(options)) : null
}

export const load = defineCheck({
  id: 'load',
  summary: 'sends load at a given rate, or as much as goes, and judges response times, errors and throughput',
  options: schema,
  example: {
    url: 'https://staging.shop.internal/products',
    requestsPerSecond: 200,
    duration: '2 min',
    latencyMsMax: { p95: 300, p99: 800 },
    errorPercentMax: 0.1,
  },
  failingExample: { url: 'http://127.0.0.1:1/', requestsPerSecond: 20, duration: '1 s' },
  secretFields: ['url', 'headers', 'requests'],
  remedy: 'look at what the service waits for under load: its processor, its database, its limits on connections',
  needs: 'only where `tool` asks for it: wrk, hey or k6',
  alone: true,
  recognise: (item) => recogniseLoad(item),

  describe(options) {
    const bounds = [
      ...Object.entries(options.latencyMsMax).map(([name, ms]) => `${name} at most ${ms} ms`),
      `errors at most ${options.errorPercentMax} %`,
      ...(options.requestsPerSecondMin === undefined ? [] : [`at least ${options.requestsPerSecondMin} requests/s`]),
    ]
    const by = options.tool === 'builtin' ? '' : ` by ${options.tool}`
    return `send ${rateText(options)} to ${publicUrl(options.url)} for ${formatDuration(durationMsOf(options))}${by}: ${bounds.join(', ')}`
  },

  run: (options, context) => look(context, () => send(options, context)),
})

async function send(options: LoadOptions, context: CheckContext): Promise<Outcome> {
  const { warmUp, connectionsMax, threads, tool, timeoutMs: answerMs } = options
  const where = publicUrl(options.url)
  let ca: string[] | undefined
  try {
    ca = trustOptions(options.caFile, context.directory).ca
  } catch (error) {
    return unverified(`certificate authority: ${messageOf(error)}`)
  }
  const found = await findAddress(options.url, answerMs, context.signal)
  if ('problem' in found) return failed(`${where} takes no connections: ${found.problem}`)
  const bounds = { ...options, latencyMsMax: latenciesOf(options) }
  if (tool !== 'builtin') {
    const result = await runTool(TOOLS[tool], toolLoadOf(options), context)
    if (!('problem' in result)) return judgeLoad(where, result, bounds, options.maximum)
    const { problem, remedy } = result
    return unverified(`${where}: ${problem}`, remedy === undefined ? {} : { remedy })
  }
  const { runLoad } = await import('./load/run-load.ts')
  const schedule = scheduleOf(options)
  const workload = {
    target: {
      host: found.address,
      port: found.port,
      tls: new URL(options.url).protocol === 'https:' ? tlsOf(found.host, ca) : null,
    },
    requests: requestsOf(options).map((request) => ({ ...bytesOf(request), weight: request.weight })),
    schedule: schedule && warmedUp(schedule, warmUp),
    durationMs: warmUp + durationMsOf(options),
    warmUpMs: warmUp,
    connectionsMax,
    timeoutMs: answerMs,
    lateMsMax: LATE_MS,
    goodStatuses: goodStatusesOf(options),
  }
  const tally = await runLoad(workload, Math.min(threads, connectionsMax), context.signal)
  return judgeLoad(where, reportOf(tally, durationMsOf(options)), bounds, options.maximum)
}

/** A name is asked for and checked; an address has no name to ask for. */
function tlsOf(host: string, ca: string[] | undefined) {
  const isName = !/^[\d.]+$|:/.test(host)
  return { servername: isName ? host : '', ...(ca ? { ca } : {}) }
}

function warmedUp(schedule: Schedule, warmUpMs: number): Schedule {
  const { fromRequestsPerSecond: requestsPerSecond, stages } = schedule
  return warmUpMs > 0 ? { ...schedule, stages: [{ requestsPerSecond, durationMs: warmUpMs }, ...stages] } : schedule
}

function rateText(options: LoadOptions): string {
  const schedule = scheduleOf(options)
  if (!schedule) return `as much as ${plural(options.connectionsMax, 'connection')} can`
  if (options.requestsPerSecond !== undefined) return `${options.requestsPerSecond} requests/s`
  return `${plural(new Arrivals(schedule).count, 'request')} in ${plural(schedule.stages.length, 'stage')}`
}

const CLAIM =
  /\b(?:load|stress)[- ]?test(?:s|ed|ing)?\b|\bsustain(?:s|ed)?\b|\bunder load\b|\bhandles? (?:at least )?\d/i
const ELSE =
  /\b(?:plan\w*|schedul\w*|document\w*|script\w*|review\w*|report\w*|configur\w*|tools?|environment|if|not|never|alerts?|monitor\w*|database|quer(?:y|ies)|queue|messages?|events?|jobs?|users?)\b/i

/** Of a rate that is borne so much is answered well and in time. */
const BORNE_SHARE = 0.99

/** Load is proposed only where the words name its rate: how much a service bears nobody can guess. */
function recogniseLoad(item: Parameters<Recognise>[0]): ReturnType<Recognise> {
  const words = allWordsOf(item)
  const claim = find(words, CLAIM)
  if (!claim || ELSE.test(words) || item.commands.length > 0) return null
  const said =
    /(?<![\d.,])(\d{1,3}(?:,\d{3})+|\d+)\+?\s*(?:RPS|QPS|req(?:uests?)?\s*(?:\/|per )\s*s(?:ec(?:ond)?)?)\b/i.exec(
      words,
    )
  const requestsPerSecond = Number(said?.[1]?.replaceAll(',', ''))
  if (!said || !(requestsPerSecond > 0 && requestsPerSecond <= RATE_MAX)) return null
  const address = find(words, /https?:\/\/[^\s`"'<>)\]]+/i)?.replace(/[.,;:]+$/, '')
  if (address && (isPlaceholder(address) || !URL.canParse(address))) return null
  const slowest = item.thresholds.flatMap(({ unit, operator, aggregate, value }) =>
    unit === 'ms' && operator.startsWith('<') && value && aggregate && Object.hasOwn(PERCENTILES, aggregate)
      ? [[aggregate, value]]
      : [],
  )
  const latencyMsMax = slowest.length > 0 ? { latencyMsMax: Object.fromEntries(slowest) } : {}
  // A service that falls behind answers in the end: what it bears is what it answers in time.
  const requestsPerSecondMin = requestsPerSecond * BORNE_SHARE
  const options = { url: address ?? '${env:BASE_URL}/', requestsPerSecond, requestsPerSecondMin, ...latencyMsMax }
  return address
    ? propose(SURE.said, options, [claim, said[0]])
    : propose(
        SURE.assumed,
        options,
        [claim, said[0]],
        'no address in the words: set BASE_URL to where load may be sent',
      )
}
