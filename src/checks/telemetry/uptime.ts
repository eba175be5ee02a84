// The share of good looks over a period, and that nothing was restarted meanwhile: a soak. From Prometheus, or a figure in JSON.
import { z } from 'zod'
import { askJson } from '../../lib/ask-json.ts'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { parsePath, valueAt } from '../../lib/json-path.ts'
import { plainNumber } from '../../lib/measure.ts'
import { plural } from '../../lib/plural.ts'
import type { Answer } from '../../lib/prometheus-api.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { publicUrl } from '../fields.ts'
import { accessOf, lookThrough } from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import {
  nameOf,
  PROMETHEUS,
  PROMETHEUS_SECRETS,
  prometheusAt,
  prometheusFields,
  seriesName,
} from './prometheus-options.ts'

const MINUTE_MS = 60_000
/** Steps of the look at how much of the period is known. */
const STEPS_MAX = 1000
const STEP_MS_MIN = 15_000

const schema = z
  .strictObject({
    ...prometheusFields,
    selector: z
      .string()
      .regex(/^[^{}]*$/, 'matchers without braces, as job="shop"')
      .default('')
      .describe('which targets, as Prometheus matches labels: job="shop"'),
    jsonPath: z
      .string()
      .refine((text) => parsePath(text) !== null, 'not a path such as "data.uptime"')
      .optional()
      .describe('asks url for JSON instead, and takes the percentage at this path: for uptime services'),
    overMs: durationOption.default(86_400_000).describe('period up to now, as "24 h" or "7 days"'),
    percentMin: z.number().min(0).max(100).default(99.9).describe('share of the looks that must be good'),
    restartsMax: z.number().int().min(0).optional().describe('how often processes may have started anew in the period'),
    coveragePercentMin: z.number().min(0).max(100).default(95).describe('share of the period that must be known'),
  })
  .refine((o) => o.overMs >= MINUTE_MS, 'a period of a minute at least')
  .refine((o) => o.jsonPath === undefined || o.restartsMax === undefined, 'restarts are counted by Prometheus only')

type Options = z.output<typeof schema>

export const uptime = defineCheck({
  id: 'uptime',
  summary: 'takes the share of good looks over a period, and restarts in it, from Prometheus or a figure in JSON',
  options: schema,
  example: {
    url: 'http://prometheus.internal:9090',
    selector: 'job="shop"',
    overMs: '24 h',
    percentMin: 99.9,
    restartsMax: 0,
  },
  failingExample: { selector: 'job="no-such-job"', percentMin: 100 },
  secretFields: [...PROMETHEUS_SECRETS],
  remedy: 'look at the graph of `up` for when it was down, and at the log of that time',

  recognise(item) {
    const words = sentenceOf(item)
    if (/\b(?:if|monitor(?:ing|s)?|SLA document|configured|bot|robot)\b/i.test(words)) return null
    const percent = item.thresholds.find(
      ({ unit, operator, value, subject }) =>
        unit === 'percent' &&
        operator.startsWith('>') &&
        value !== null &&
        value >= 50 &&
        /uptime|availab/i.test(`${subject} ${words}`),
    )
    const share = percent && find(words, /\b(?:up-?time|availability)\b[^\n;]{0,40}/i)
    const remark = `no address in the words: Prometheus at ${PROMETHEUS} is assumed`
    if (share)
      return propose(SURE.likely, { url: PROMETHEUS, percentMin: percent.value, ...periodIn(words) }, [share], remark)
    const calm = find(
      words,
      /\bno\s+(?:unexpected\s+)?(?:\w+\s+)?(?:restarts|crashes|downtime|outages)\b[^\n;]{0,30}\b\d+(?:\.\d+)?\+?\s*(?:h|hours?|days?|min(?:utes?)?)\b/i,
    )
    const period = calm ? periodIn(calm) : {}
    if (!calm || !('overMs' in period)) return null
    const percentMin = /downtime|outage/i.test(calm) ? 100 : 99.9
    return propose(SURE.likely, { url: PROMETHEUS, ...period, percentMin, restartsMax: 0 }, [calm], remark)
  },

  describe(options) {
    const over = `over ${formatDuration(options.overMs)}`
    if (options.jsonPath !== undefined)
      return `GET ${publicUrl(options.url)}: ${options.jsonPath} is at least ${options.percentMin} %`
    const restarts = options.restartsMax === undefined ? '' : `, ${plural(options.restartsMax, 'restart')} at most`
    return `${nameOf(options)}: up{${options.selector}} at least ${options.percentMin} % of the time ${over}${restarts}`
  },

  run: (options, context) =>
    lookThrough(context, () =>
      options.jsonPath === undefined ? askPrometheus(options, context) : askFigure(options, context),
    ),
})

/** "for 24 hours", as an option. */
function periodIn(words: string): { overMs?: string } {
  const found = /\b(\d+)\+?\s*(h|hours?|days?|min(?:utes?)?)\b/i.exec(words)
  return found ? { overMs: `${found[1]} ${(found[2] ?? '').toLowerCase()}` } : {}
}

async function askFigure(options: Options, context: CheckContext): Promise<Outcome> {
  const { url, jsonPath = '', percentMin } = options
  const request = { system: publicUrl(url), url, ...accessOf(options, context.directory) }
  const { data } = await askJson(request, context.signal)
  const found = valueAt(data, parsePath(jsonPath) ?? [])
  const percent = typeof found === 'string' && found.trim() !== '' ? Number(found.replace(/\s*%$/, '')) : found
  if (typeof percent !== 'number' || !(percent >= 0 && percent <= 100))
    return unverified(`${jsonPath} of ${publicUrl(url)} is no percentage`, { remedy: 'correct `jsonPath`' })
  const extra = { measurements: [{ name: 'uptime', value: percent, unit: 'percent' }] }
  const seen = `${publicUrl(url)} says ${plainNumber(percent)} %`
  return percent < percentMin ? failed(`${seen}, at least ${percentMin} % wanted`, extra) : passed(seen, extra)
}

async function askPrometheus(options: Options, context: CheckContext): Promise<Outcome> {
  const { overMs, selector, restartsMax } = options
  const api = prometheusAt(options, context)
  const stepMs = Math.max(STEP_MS_MIN, Math.ceil(overMs / STEPS_MAX))
  const [up, known, restarts] = await Promise.all([
    api.query(`avg_over_time(up{${selector}}[${overMs}ms]) * 100`, context.signal),
    api.query(`count_over_time(up{${selector}}[${overMs}ms:${stepMs}ms])`, context.signal),
    restartsMax === undefined
      ? null
      : api.query(`changes(process_start_time_seconds{${selector}}[${overMs}ms])`, context.signal),
  ])
  return judge(options, { up, known, restarts, steps: Math.floor(overMs / stepMs) })
}

interface Answers {
  up: Answer
  /** Steps of the period at which a target was looked at. */
  known: Answer
  restarts: Answer | null
  steps: number
}

function judge(options: Options, { up, known, restarts, steps }: Answers): Outcome {
  const { overMs, percentMin, restartsMax, coveragePercentMin } = options
  const over = `over ${formatDuration(overMs)}`
  const looks = valuesOf(up).toSorted((a, b) => a.value - b.value)
  const [worst] = looks
  if (!worst) return unverified(`Prometheus knows no \`up\` of {${options.selector}}`, { remedy: 'correct `selector`' })
  const begun = restarts ? valuesOf(restarts) : []
  const total = begun.reduce((sum, { value }) => sum + value, 0)
  const seenSteps = valuesOf(known).map(({ value }) => value)
  const coverage = seenSteps.length === 0 ? 0 : Math.min(100, (Math.min(...seenSteps) / steps) * 100)
  const lines = [
    ...looks.slice(0, 50).map(({ name, value }) => `${name}: ${plainNumber(value)} % up`),
    ...begun.slice(0, 50).map(({ name, value }) => `${name}: ${plural(value, 'restart')}`),
  ]
  const extra = {
    evidence: [{ name: 'series', mediaType: 'text/plain' as const, content: lines.join('\n') }],
    measurements: [
      { name: 'uptime', value: worst.value, unit: 'percent' },
      ...(restarts && begun.length > 0 ? [{ name: 'restarts', value: total, unit: 'count' }] : []),
    ],
  }
  const seen = `${worst.name} was up ${plainNumber(worst.value)} % ${over}`
  if (worst.value < percentMin) return failed(`${seen}, at least ${percentMin} % wanted`, extra)
  if (restartsMax !== undefined && total > restartsMax)
    return failed(`${plural(total, 'restart')} ${over}, at most ${restartsMax} wanted`, extra)
  if (restartsMax !== undefined && begun.length === 0)
    return unverified(`${seen}; nothing says when its process was started`, {
      ...extra,
      remedy: 'export process_start_time_seconds, as the client libraries of Prometheus do',
    })
  if (coverage < coveragePercentMin)
    return unverified(`${seen}, but only ${plainNumber(coverage)} % of that is known`, {
      ...extra,
      remedy: 'ask again when the period has passed',
    })
  return passed(seen + (restarts ? `, ${plural(total, 'restart')}` : ''), extra)
}

/** Of each series the one number that it has. */
function valuesOf({ series }: Answer): { name: string; value: number }[] {
  return series.flatMap(({ labels, samples }) => {
    const value = samples.at(-1)?.value
    return value === undefined || !Number.isFinite(value) ? [] : [{ name: seriesName(labels), value }]
  })
}
