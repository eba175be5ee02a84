// How many documents of Elasticsearch (or OpenSearch) match a query over the newest stretch: errors that were logged there.
import { z } from 'zod'
import { askJson } from '../../lib/ask-json.ts'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { publicUrl, url } from '../fields.ts'
import { ACCESS_SECRETS, accessFields, accessOf, lookThrough, objectOf } from '../instrument.ts'

const ELASTICSEARCH = 'http://127.0.0.1:9200'

const schema = z
  .strictObject({
    url: url('http', 'https').default(ELASTICSEARCH).describe('address of Elasticsearch or OpenSearch'),
    ...accessFields,
    index: z
      .string()
      .regex(/^[^/?#\s]+$/, 'not the name of an index')
      .describe('index, alias or pattern, as "logs-shop-*"'),
    query: z.string().min(1).describe('what counts, in the words of the search bar: level:error AND service:shop'),
    timeField: z.string().min(1).default('@timestamp').describe('field that says when'),
    lastMs: durationOption.default(3_600_000).describe('stretch up to now that is counted, as "30 min"'),
    countMax: z.number().int().min(0).optional().describe('how many documents may match'),
    countMin: z.number().int().min(1).optional().describe('how many documents must match'),
    documentsMin: z
      .number()
      .int()
      .min(1)
      .default(1)
      .describe('how many documents of any kind the stretch must have to judge by'),
  })
  .refine((o) => o.countMax !== undefined || o.countMin !== undefined, 'give countMax or countMin')

type Options = z.output<typeof schema>

export const elasticsearchCount = defineCheck({
  id: 'elasticsearch-count',
  summary: 'counts the documents of Elasticsearch or OpenSearch that match a query in the newest stretch',
  options: schema,
  example: {
    url: 'https://logs.internal:9200',
    index: 'logs-shop-*',
    query: 'level:error',
    lastMs: '30 min',
    countMax: 10,
  },
  failingExample: { index: 'logs-*', query: 'level:error', countMax: 0 },
  secretFields: ['url', ...ACCESS_SECRETS],
  remedy: 'search for the same in Kibana, and settle what the documents complain of',

  describe({ url: address, index, query, lastMs, countMax, countMin }) {
    const wanted = [
      countMin === undefined ? '' : `at least ${countMin}`,
      countMax === undefined ? '' : `at most ${countMax}`,
    ]
    return `${publicUrl(address)}, ${index}: ${wanted.filter(Boolean).join(' and ')} of ${excerpt(query, 200)} in the last ${formatDuration(lastMs)}`
  },

  run: (options, context) =>
    lookThrough(context, async () => {
      const [matching, all] = await Promise.all([count(options, options.query, context), count(options, '*', context)])
      return judge(options, matching, all)
    }),
})

/** The number of documents; null where not every part of the index answered, or the answer makes no sense. */
async function count(options: Options, query: string, context: CheckContext): Promise<number | null> {
  const access = accessOf(options, context.directory)
  const address = new URL(options.url)
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/${options.index}/_count`
  const sinceMs = Date.now() - options.lastMs
  const filter = [
    { query_string: { query } },
    { range: { [options.timeField]: { gte: sinceMs, format: 'epoch_millis' } } },
  ]
  const { data } = await askJson(
    {
      system: 'Elasticsearch',
      url: address.href,
      method: 'POST',
      ...access,
      headers: { ...access.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ query: { bool: { filter } } }),
    },
    context.signal,
  )
  const { count: found, _shards: shards } = objectOf(data)
  const isWhole = (objectOf(shards).failed ?? 0) === 0
  return isWhole && typeof found === 'number' && Number.isInteger(found) && found >= 0 ? found : null
}

function judge(
  { lastMs, countMax, countMin, documentsMin }: Options,
  matching: number | null,
  all: number | null,
): Outcome {
  if (matching === null || all === null)
    return unverified('no whole count came', { remedy: 'see that the index is healthy: GET /_cluster/health' })
  const measurements = [
    { name: 'matching documents', value: matching, unit: 'count' },
    { name: 'documents', value: all, unit: 'count' },
  ]
  const seen = `${matching.toLocaleString('en')} of ${plural(all, 'document')} in the last ${formatDuration(lastMs)}`
  if (countMax !== undefined && matching > countMax)
    return failed(`${seen}, at most ${countMax} wanted`, { measurements })
  if (all < documentsMin)
    return unverified(`${seen}: at least ${plural(documentsMin, 'document')} wanted to judge by`, {
      measurements,
      remedy: 'correct `index` and `timeField`, and see that logs still arrive',
    })
  if (countMin !== undefined && matching < countMin)
    return failed(`${seen}, at least ${countMin} wanted`, { measurements })
  return passed(seen, { measurements })
}
