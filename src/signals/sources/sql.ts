// Source `sql`: a number that a query answers with, of the service or of each version. Postgres or SQLite, read-only.
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import { publicUrl, url } from '../../lib/url-option.ts'
import type { Sample } from '../../plan/signal.ts'
import { everyMs, scale, signalName, timeoutMs, unit } from '../signal-fields.ts'
import { defineSource, type Source, type SourceContext } from '../source.ts'
import { versionsOfRelease } from '../version-names.ts'
import { askPostgres } from './sql/postgres-rows.ts'
import { readRows, ROWS_MAX, type Rows } from './sql/rows.ts'
import { askSqlite } from './sql/sqlite-rows.ts'

const options = z
  .strictObject({
    postgres: url('postgres', 'postgresql').optional().describe('Postgres URL to ask; a secret'),
    sqlite: z.string().min(1).optional().describe('SQLite file to ask, relative to gonogo.yaml'),
    query: z
      .string()
      .min(1)
      .describe('One SELECT: one row of one number, or rows of a version and a number; a third column: observations'),
    signal: signalName.describe('What the signal is called'),
    unit,
    scale,
    everyMs: everyMs(10_000),
    timeoutMs: timeoutMs(5000),
  })
  .refine((given) => (given.postgres === undefined) !== (given.sqlite === undefined), 'give either postgres or sqlite')

type Options = z.output<typeof options>

export const sql = defineSource<Options>({
  id: 'sql',
  summary: 'Number that a query on Postgres or SQLite answers with, of the service or of each version',
  options,
  example: {
    postgres: '${env:DATABASE_URL}',
    query: "SELECT version, count(*) FROM jobs WHERE state = 'failed' GROUP BY version",
    signal: 'failed-jobs',
  },
  failingExample: { query: 'SELECT 1', signal: 'depth' },
  secretFields: ['postgres'],
  signals: (given) => [given.signal],
  describe: (given) =>
    `${given.signal} by a query on ${given.sqlite ?? publicUrl(given.postgres ?? '')} every ${given.everyMs} ms`,
  create: (given, context) => createSqlSource(given, context),
})

function createSqlSource(given: Options, context: SourceContext): Source {
  const place = given.sqlite ?? publicUrl(given.postgres ?? '')

  /** What it turned out to be when it last answered; null: it never has. */
  let isPerVersion: boolean | null = null
  const lastVersions = (release: readonly string[]): (string | null)[] => {
    if (isPerVersion === false) return [null]
    return isPerVersion ? [...release] : [null, ...release]
  }

  function ask(signal: AbortSignal): Promise<Rows> {
    const { postgres, sqlite: path = '', query, timeoutMs: ms } = given
    if (postgres !== undefined) return askPostgres(postgres, query, ms, signal)
    const request = { path, query, lockTimeoutMs: ms, rowsMax: ROWS_MAX + 1 }
    return askSqlite(request, { directory: context.directory, timeoutMs: ms, signal })
  }

  async function sample(now: number, signal: AbortSignal): Promise<Sample[]> {
    const release = versionsOfRelease(context.versions())
    const about = { signal: given.signal, at: now, unit: given.unit }
    const unknown = (version: string | null, detail: string): Sample => ({
      ...about,
      version,
      value: null,
      observations: null,
      detail,
    })
    let rows: Rows
    try {
      rows = await ask(signal)
    } catch (error) {
      return lastVersions(release).map((version) => unknown(version, `${place}: ${messageOf(error)}`))
    }
    const reading = readRows(rows)
    if (typeof reading === 'string') return lastVersions(release).map((version) => unknown(version, reading))
    isPerVersion = reading.every(({ version }) => version !== null)
    const found = reading.map(({ version, value, observations }): Sample =>
      value === null
        ? unknown(version, 'the query answered with no number')
        : { ...about, version, value: value * given.scale, observations },
    )
    // No row is no answer, not zero: a query that means zero says so.
    const missing = isPerVersion ? release.filter((version) => !reading.some((row) => row.version === version)) : []
    return [...found, ...missing.map((version) => unknown(version, `the query answered with no row of ${version}`))]
  }

  return { sample, everyMs: given.everyMs, timeoutMs: given.timeoutMs + 1000 }
}
