// Whether statements have been slow, by what Postgres itself has counted (pg_stat_statements).
import { z } from 'zod'
import { formatDuration } from '../../lib/duration.ts'
import { durationOption } from '../../lib/duration-option.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { pattern, publicUrl } from '../fields.ts'
import { look } from '../look.ts'
import { numberOf } from './postgres-server.ts'
import { askPostgres, postgresFields, type Ask, type Row } from './postgres-session.ts'

const LISTED_MAX = 20
const SQL_CHARS_MAX = 300

const schema = z.strictObject({
  url: postgresFields.url,
  meanTimeMax: durationOption.describe('longest mean time of a statement, such as "200 ms"'),
  callsMin: z.number().int().min(1).default(1).describe('statements that ran less often are not judged'),
  slowMax: z.number().int().min(0).default(0).describe('how many statements may be slower than that'),
  ignore: z.array(pattern).default([]).describe('regular expressions of statements that may be slow'),
  timeoutMs: postgresFields.timeoutMs,
})

type Options = z.infer<typeof schema>

export const postgresSlowQueries = defineCheck({
  id: 'postgres-slow-queries',
  summary: 'judges the mean times of the statements of a Postgres database, by pg_stat_statements',
  options: schema,
  example: { url: '${env:DATABASE_URL}', meanTimeMax: '200 ms', callsMin: 10, ignore: ['^COPY '] },
  failingExample: { url: 'postgres://127.0.0.1:1/app', meanTimeMax: 0 },
  secretFields: ['url'],
  remedy: 'EXPLAIN (ANALYZE, BUFFERS) the statement that is named, on a copy',
  needs: 'the Postgres extension pg_stat_statements',

  describe({ url, meanTimeMax, callsMin, slowMax, ignore }) {
    const aside = ignore.length > 0 ? `, those like ${ignore.join(' or ')} aside` : ''
    return `statements of ${publicUrl(url)} with at least ${callsMin} calls: at most ${slowMax} with a mean time over ${formatDuration(meanTimeMax)}${aside}`
  },

  run: (options, context) => look(context, () => askPostgres(options, context.signal, (ask) => judge(options, ask))),
})

const INSTALLED = `
  SELECT quote_ident(n.nspname) AS schema, current_setting('server_version_num')::int >= 130000 AS is_new
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'`

async function judge(options: Options, ask: Ask): Promise<Outcome> {
  const place = publicUrl(options.url)
  const [installed] = await ask(INSTALLED)
  if (!installed?.schema)
    return unverified(`${place}: the extension pg_stat_statements is not created in this database`, { remedy: INSTALL })
  const mean = installed.is_new === 't' ? 'mean_exec_time' : 'mean_time'
  let rows: Row[]
  try {
    rows = await ask(
      `SELECT left(query, ${SQL_CHARS_MAX}) AS query, calls, ${mean} AS mean_ms, count(*) OVER () AS judged
       FROM ${installed.schema}.pg_stat_statements
       WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND calls >= $1::bigint
       ORDER BY ${mean} DESC LIMIT 1000`,
      [String(options.callsMin)],
    )
  } catch (error) {
    if (/shared_preload_libraries/.test(String(error)))
      return unverified(`${place}: pg_stat_statements is created but not loaded`, { remedy: INSTALL })
    throw error
  }
  return told(options, rows)
}

const INSTALL =
  'add pg_stat_statements to shared_preload_libraries, restart Postgres, then CREATE EXTENSION pg_stat_statements'

function told(options: Options, rows: readonly Row[]): Outcome {
  const place = publicUrl(options.url)
  const ignored = options.ignore.map((text) => new RegExp(text, 'i'))
  const judged = rows
    .map(({ query, calls, mean_ms }) => ({ sql: query ?? '', calls: numberOf(calls), meanMs: numberOf(mean_ms) }))
    .filter(({ sql }) => !ignored.some((one) => one.test(sql)))
  const [slowest] = judged
  if (!slowest) return unverified(`${place}: no statement has run ${options.callsMin} times since statistics began`)
  if (judged.some(({ meanMs }) => meanMs === null)) return unverified(`${place} gives no times`)
  const slow = judged.filter(({ meanMs }) => Number(meanMs) > options.meanTimeMax)
  const most = Math.round(Number(slowest.meanMs) * 100) / 100
  const list = judged.slice(0, LISTED_MAX).map(({ sql, calls, meanMs }) => `${meanMs} ms, ${calls} calls: ${sql}`)
  const extra = {
    measurements: [
      { name: 'slow statements', value: slow.length, unit: 'count' },
      { name: 'slowest mean time', value: most, unit: 'ms' },
    ],
    evidence: [{ name: 'statements', mediaType: 'text/plain' as const, content: excerpt(list.join('\n')) }],
  }
  const statement = excerpt(slowest.sql.replace(/\s+/g, ' '), 80).replaceAll('\n', ' ')
  const words = `${place}: ${slow.length} of ${judged.length} statements slower than ${formatDuration(options.meanTimeMax)} on average, the slowest ${most} ms (${statement})`
  return slow.length > options.slowMax
    ? failed(`${words}; at most ${options.slowMax} wanted`, extra)
    : passed(words, extra)
}
