// Source `prometheus`: requests counted exactly from raw counters, by the usual conventions or own selectors, and own queries.
import { z } from 'zod'
import type { Sample } from '../../plan/signal.ts'
import { everyMs, scale, signalName, timeoutMs, unit } from '../signal-fields.ts'
import { defineSource, type Source, type SourceContext } from '../source.ts'
import { isPerVersion } from '../version-names.ts'
import { WINDOW_SIGNALS, type WindowSignal } from '../window-samples.ts'
import { createApi } from '../../lib/prometheus-api.ts'
import { createCounting } from './prometheus/count-requests.ts'
import type { VersionLabel } from './prometheus/label-values.ts'
import { createOwnQueries } from './prometheus/own-queries.ts'
import { namesVersion, placeholderProblem } from './prometheus/promql.ts'
import { readSelectors, readTemplate, type Reading } from './prometheus/reading.ts'
import { templates, type Template, type TemplateName } from './prometheus/templates.ts'

/** A reference that is resolved when the run begins. */
const REFERENCE = /\$\{(?:env|file):[^}]+\}/

const query = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    const problem = placeholderProblem(text)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })

/** Label values by version, as other sources name servers; here a value may also be empty: the label is not there. */
const versions = z.union([
  z.string().refine(isPerVersion, 'has no {{version}} in it'),
  z
    .record(z.string(), z.string().min(1))
    .refine((map) => Object.keys(map).length > 0 && Object.keys(map).length <= 64, 'names no version, or more than 64'),
])

const options = z
  .strictObject({
    url: z
      .string()
      .refine((text) => REFERENCE.test(text) || /^https?:$/.test(URL.parse(text)?.protocol ?? ''), 'is no http(s) URL')
      .describe('Address of Prometheus, or of what speaks its API: what stands before /api/v1'),
    bearer: z.string().min(1).optional().describe('Token of the header Authorization; a secret'),
    headers: z.record(z.string(), z.string()).default({}).describe('Further request headers; secrets'),
    template: z
      .enum(Object.keys(templates) as [TemplateName, ...TemplateName[]])
      .optional()
      .describe(
        `How requests are counted: ${Object.entries(templates)
          .map(([name, { title }]) => `\`${name}\` (${title})`)
          .join(', ')}`,
      ),
    service: z.string().min(1).optional().describe("The service, as the template's label of services names it"),
    namespace: z.string().min(1).optional().describe('Its namespace'),
    labels: z.record(z.string(), z.string()).default({}).describe('Further labels that the counters must have'),
    counts: z
      .strictObject({
        requests: query.describe('Selector of the counter of requests'),
        errors: query.describe('Selector of the counter of those that failed'),
        latencyBucket: query.optional().describe('Selector of the buckets of the durations'),
        latencySum: query.optional().describe('Selector of the sum of the durations'),
        latencyUnit: z.enum(['s', 'ms']).default('s').describe('Unit of the durations'),
      })
      .optional()
      .describe('Own counters instead of a template: selectors of raw series; `{{version}}` may stand in them'),
    queries: z
      .record(
        signalName,
        z
          .strictObject({
            query: query.describe('PromQL that gives one value; `{{version}}` and `{{window}}` may stand in it'),
            unit,
            scale,
            scope: z.enum(['version', 'service']).default('version').describe('Whether it is asked once a version'),
            range: z
              .strictObject({
                overMs: z.int().min(1000).max(86_400_000).describe('How far back'),
                stepMs: z.int().min(100).max(3_600_000).describe('From value to value'),
                take: z.enum(['last', 'max', 'min', 'mean']).default('max').describe('What becomes of the values'),
              })
              .refine(({ overMs, stepMs }) => overMs / stepMs <= 10_000, 'more than 10000 steps')
              .optional()
              .describe('Asks for a stretch of time (query_range) instead of now'),
          })
          .refine(
            (own) => namesVersion(own.query) === (own.scope === 'version'),
            'a query of scope `version` names {{version}}, one of scope `service` does not',
          ),
      )
      .default({})
      .describe('Signal → own query'),
    versionLabel: z.string().min(1).optional().describe("Label that tells versions apart. Default: the template's"),
    versions: versions
      .default('{{version}}')
      .describe(
        'Its values: a pattern with `{{version}}`, or a map to versions like `{ "shop-blue": stable, "shop-green": candidate }`',
      ),
    up: query
      .optional()
      .describe('Selector of `up` by `{{version}}`: a version that is up and shows no counters has 0 requests'),
    windowMs: z.int().min(1000).max(3_600_000).default(60_000).describe('What `{{window}}` stands for in own queries'),
    everyMs: everyMs(1000),
    timeoutMs: timeoutMs(5000),
  })
  .superRefine((given, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message })
    const { template, counts, queries } = given
    if (template !== undefined && counts !== undefined) refuse('give either a template or counts')
    if (template === undefined && counts === undefined && Object.keys(queries).length === 0)
      refuse('asks nothing: give a template, counts or queries')
    const chosen: Template | null = template === undefined ? null : templates[template]
    if (chosen?.otherNames !== undefined && given.versions === '{{version}}' && given.versionLabel === undefined)
      refuse(`needs \`versions\`: ${chosen.otherNames}`)
    const clash = Object.keys(queries).find((name) => countedSignals(given).includes(name as WindowSignal))
    if (clash !== undefined)
      refuse(`"${clash}" is given by the ${template === undefined ? 'counts' : 'template'} already`)
  })

type Options = z.output<typeof options>

export const prometheus = defineSource<Options>({
  id: 'prometheus',
  summary: 'Requests, errors and response times per version from raw counters of Prometheus, and own queries',
  options,
  example: {
    url: 'http://prometheus.internal:9090',
    template: 'express',
    service: 'shop',
    queries: { memory: { query: 'process_resident_memory_bytes{version="{{version}}"}', unit: 'bytes' } },
  },
  failingExample: { url: 'http://prometheus.internal:9090' },
  secretFields: ['url', 'bearer', 'headers'],
  signals: (given) => [...countedSignals(given), ...Object.keys(given.queries)],
  describe: (given) => {
    const counted = given.template ?? (given.counts ? 'own counters' : null)
    const asked = [...(counted === null ? [] : [counted]), ...Object.keys(given.queries)].join(', ')
    return `${asked} from Prometheus at ${URL.parse(given.url)?.host ?? 'its address'}`
  },
  create: (given, context) => createPrometheusSource(given, context),
})

/** What the counters tell: without buckets no quantiles, without a sum no mean. */
function countedSignals({ template, counts }: Pick<Options, 'template' | 'counts'>): WindowSignal[] {
  if (template !== undefined) return WINDOW_SIGNALS
  if (counts === undefined) return []
  return WINDOW_SIGNALS.filter((signal) => {
    if (signal === 'response-time') return counts.latencySum !== undefined
    return counts.latencyBucket !== undefined || !signal.startsWith('response-time')
  })
}

function createPrometheusSource(given: Options, context: SourceContext): Source {
  const { counts, queries, up, windowMs } = given
  const api = createApi(given)
  const template: Template | null = given.template === undefined ? null : templates[given.template]
  const by: VersionLabel = { label: given.versionLabel ?? template?.versionLabel ?? 'version', names: given.versions }
  const release = (): ReturnType<SourceContext['versions']> => context.versions()
  const read: Reading | null =
    (template && readTemplate(template, given, by)) ?? (counts ? readSelectors(counts, by) : null)
  const looks = [
    ...(read ? [createCounting({ api, read, by, signals: countedSignals(given), up, release })] : []),
    ...(Object.keys(queries).length > 0 ? [createOwnQueries({ api, queries, by, windowMs, release })] : []),
  ]

  async function sample(now: number, signal: AbortSignal): Promise<Sample[]> {
    return (await Promise.all(looks.map((look) => look(now, signal)))).flat()
  }

  // Requests are asked for, then what belongs to them, then newcomers: three answers at most, one after the other.
  return { sample, everyMs: given.everyMs, timeoutMs: 3 * given.timeoutMs + 500 }
}
