// A query of Prometheus, now or over a window, and the bounds of what it answers.
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { plainNumber } from '../../lib/measure.ts'
import { plural } from '../../lib/plural.ts'
import type { Answer } from '../../lib/prometheus-api.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { lookThrough } from '../instrument.ts'
import { propose, SURE } from '../words.ts'
import {
  nameOf,
  PROMETHEUS,
  PROMETHEUS_SECRETS,
  prometheusAt,
  prometheusFields,
  seriesName,
} from './prometheus-options.ts'
import { AGGREGATES, boundsInWords, coveragePercent, judgeSeries, withUnit } from './series-bounds.ts'

const STEPS_MAX = 500
const STEP_MS_MIN = 1000
const SERIES_SHOWN_MAX = 50

const schema = z
  .strictObject({
    ...prometheusFields,
    query: z.string().min(1).describe("PromQL; of Loki too, where url is Loki's address with /loki"),
    overMs: durationOption.optional().describe('window up to now that is judged, as "30 min"; without it only now'),
    aggregate: z
      .enum(AGGREGATES)
      .default('every')
      .describe("what a window's values are made into, series by series; `every` judges all of them"),
    valueMin: z.number().optional().describe('smallest value that is right, itself included'),
    valueMax: z.number().optional().describe('largest value that is right, itself included'),
    scale: z.number().default(1).describe('what values are multiplied by first: 1000 makes seconds milliseconds'),
    unit: z.string().default('count').describe('unit of the values, after scaling'),
    seriesMin: z.number().int().min(1).default(1).describe('how many series there must be'),
    coveragePercentMin: z
      .number()
      .min(0)
      .max(100)
      .default(90)
      .describe('share of a window that must have values: a hole proves nothing'),
  })
  .refine((o) => o.valueMin !== undefined || o.valueMax !== undefined, 'give valueMin or valueMax')

type Options = z.output<typeof schema>

/** Calls that only PromQL has, or an aggregation over a metric. */
const PROMQL =
  /\b(?:i?rate|increase|histogram_quantile|(?:avg|max|min|sum|count)_over_time)\s*\(|^(?:sum|avg|max|min|count)\s*\([a-z_:][\w:]*\{/

export const prometheusQuery = defineCheck({
  id: 'prometheus-query',
  summary: 'asks Prometheus a query, now or over a window, and compares every series with bounds',
  options: schema,
  example: {
    url: 'http://prometheus.internal:9090',
    query: 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) * 100',
    overMs: '30 min',
    valueMax: 1,
    unit: 'percent',
  },
  failingExample: { query: 'vector(7)', valueMax: 5 },
  secretFields: [...PROMETHEUS_SECRETS],
  remedy: 'run the query in Prometheus and follow the series that is furthest out',

  recognise(item) {
    const [query, ...others] = item.code.filter((span) => PROMQL.test(span.trim()))
    const [bound, ...bounds] = item.thresholds.filter(({ value }) => value !== null)
    if (!query || others.length > 0 || !bound || bounds.length > 0 || bound.relativeTo) return null
    // A share in percent and one of 1 look alike: only where the query says which.
    const isPercent = bound.unit === 'percent'
    if (isPercent ? !/\*\s*100\b/.test(query) : bound.unit !== null && bound.unit !== 'count') return null
    if (query.includes(bound.text)) return null
    const side = bound.operator.startsWith('<') ? 'valueMax' : bound.operator.startsWith('>') ? 'valueMin' : null
    if (!side) return null
    const options = {
      url: PROMETHEUS,
      query: query.trim(),
      [side]: bound.value,
      ...(isPercent ? { unit: 'percent' } : {}),
    }
    return propose(SURE.likely, options, [query], `no address of Prometheus in the words: ${PROMETHEUS} is assumed`)
  },

  describe(options) {
    const { overMs, aggregate, unit } = options
    const made = aggregate === 'every' ? '' : `${aggregate} `
    const window = overMs === undefined ? 'now' : `${made}over ${formatDuration(overMs)}`
    return `${nameOf(options)}: ${excerpt(options.query, 300)} is ${boundsInWords(options, unit)}, ${window}`
  },

  run: (options, context) => lookThrough(context, () => ask(options, context)),
})

async function ask(options: Options, context: CheckContext): Promise<Outcome> {
  const api = prometheusAt(options, context)
  const { overMs } = options
  if (overMs === undefined) return judge(options, await api.query(options.query, context.signal), null)
  const window = { overMs, stepMs: Math.max(STEP_MS_MIN, Math.ceil(overMs / STEPS_MAX)) }
  const answer = await api.queryRange(options.query, window, context.signal)
  return judge(options, answer, coveragePercent(answer.series, window))
}

function judge(options: Options, { series, warnings }: Answer, coverage: number | null): Outcome {
  const { unit, overMs, seriesMin, coveragePercentMin } = options
  const judged = judgeSeries(series, options.aggregate, options, options.scale)
  const [worst] = judged
  const inWords = (value: number | null): string => (value === null ? 'no number' : withUnit(plainNumber(value), unit))
  const lines = judged.slice(0, SERIES_SHOWN_MAX).map(({ labels, value }) => `${seriesName(labels)}: ${inWords(value)}`)
  const evidence = [
    {
      name: 'query',
      mediaType: 'text/plain' as const,
      content: excerpt([options.query, '', ...lines, ...warnings.map((text) => `warning: ${text}`)].join('\n')),
    },
  ]
  if (!worst)
    return unverified('Prometheus has no series for the query', {
      evidence,
      remedy: 'correct the query; where none means zero, end it with "or vector(0)"',
    })
  const measurements =
    worst.value !== null && Number.isFinite(worst.value)
      ? [{ name: series.length > 1 ? 'worst value' : 'value', value: worst.value, unit }]
      : []
  const extra = { evidence, measurements }
  const during = overMs === undefined ? '' : ` over ${formatDuration(overMs)}`
  const seen = `${seriesName(worst.labels)} is ${inWords(worst.value)}${during}`
  const wanted = `${boundsInWords(options, unit)} wanted`
  const broken = judged.filter((one) => one.holds === false).length
  if (broken > 0) {
    const share = series.length > 1 ? ` (${broken} of ${plural(series.length, 'series', 'series')})` : ''
    return failed(`${seen}, ${wanted}${share}`, extra)
  }
  if (series.length < seriesMin)
    return failed(`${plural(series.length, 'series', 'series')} for the query, at least ${seriesMin} wanted`, extra)
  if (worst.holds === null) return unverified(`${seen}: nothing to compare, ${wanted}`, extra)
  if (coverage !== null && coverage < coveragePercentMin)
    return unverified(`only ${plainNumber(coverage)} % of the window has values, ${coveragePercentMin} % wanted`, {
      ...extra,
      remedy: 'ask again when the window has passed, or shorten `overMs`',
    })
  return passed(
    `${seen}, ${boundsInWords(options, unit)}${series.length > 1 ? ` (worst of ${series.length})` : ''}`,
    extra,
  )
}
