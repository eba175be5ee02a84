// Against a real Postgres, Debian's.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, installPostgres, startPostgres, type PostgresServer } from '../../../test/servers/postgres.ts'
import type { Sample } from '../../plan/signal.ts'
import type { Source } from '../source.ts'
import { sql } from './sql.ts'

const bin = installPostgres()
if (!bin) console.warn('SKIPPED: sql.services.test.ts needs Postgres, which could not be installed')

describe.skipIf(!bin)('sql source on a real Postgres', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgres(bin ?? '')
    await server.ask(`CREATE TABLE jobs (version text, failed bigint);
      INSERT INTO jobs VALUES ('v1', 3), ('v2', 9007199254740993)`)
  })
  afterAll(() => server.stop())

  function sourceOf(query: string, given: Record<string, unknown> = {}): Source {
    return sql.create(sql.options.parse({ postgres: server.urlOf(), query, signal: 'failed-jobs', ...given }), {
      directory: '/',
      counters: () => Promise.resolve([]),
      instances: () => Promise.resolve({}),
      versions: () => ({ candidate: 'v2', stable: 'v1' }),
    })
  }
  const look = (query: string, given?: Record<string, unknown>): Promise<Sample[]> =>
    sourceOf(query, given).sample(1000, AbortSignal.timeout(20_000))

  it('reads one number, and one of each version', async () => {
    expect(
      (await look('SELECT avg(failed)::numeric(20, 1) FROM jobs WHERE version = $$v1$$;')).map(({ value }) => value),
    ).toEqual([3])
    const samples = await look('SELECT version, failed, 12 FROM jobs ORDER BY version')
    expect(samples.map(({ version, value, observations }) => [version, value, observations])).toEqual([
      ['v1', 3, 12],
      ['v2', Number('9007199254740993'), 12],
    ])
    expect((await look('SELECT NULL'))[0]).toMatchObject({ value: null, detail: 'the query answered with no number' })
    expect((await look('SELECT i::text, i FROM generate_series(1, 10000000) i'))[0]?.detail).toMatch(
      /more than 64 rows/,
    )
  })

  it.each([
    "INSERT INTO jobs VALUES ('v3', 1) RETURNING failed",
    'WITH gone AS (DELETE FROM jobs RETURNING failed) SELECT count(*) FROM gone',
    'SELECT 1; DELETE FROM jobs',
    'COMMIT',
    "SELECT nextval('numbers')",
    "SELECT set_config('transaction_read_only', 'off', false)::text, lo_create(0)::bigint",
  ])('does nothing but read: %s', async (query) => {
    await server.ask('CREATE SEQUENCE IF NOT EXISTS numbers')
    const samples = await look(query)
    expect(samples.every(({ value }) => value === null)).toBe(true)
    expect(samples[0]?.detail).toMatch(/^postgres:\/\/127\.0\.0\.1:\d+\/postgres: /)
    expect(await server.ask('SELECT count(*)::int AS rows FROM jobs')).toEqual([{ rows: '2' }])
  })

  it('has the server end a query that is late', async () => {
    const samples = await look('SELECT count(*) FROM pg_sleep(60)', { timeoutMs: 300 })
    expect(samples[0]?.detail).toMatch(/statement timeout/)
    const running =
      "SELECT count(*)::int AS running FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid() AND state = 'active'"
    expect(await server.ask(running)).toEqual([{ running: '0' }])
  })

  it('is unknown while Postgres is gone, of each version it told before, and answers again; it never tells the password', async () => {
    const source = sourceOf('SELECT version, failed FROM jobs')
    const lookAgain = (): Promise<Sample[]> => source.sample(1000, AbortSignal.timeout(20_000))
    expect((await lookAgain()).every(({ value }) => value !== null)).toBe(true)
    await server.crash()
    const gone = await lookAgain()
    expect(gone.map(({ version, value }) => [version, value])).toEqual([
      ['v2', null],
      ['v1', null],
    ])
    expect(JSON.stringify(gone)).not.toContain(PASSWORD)
    await server.start()
    expect((await lookAgain()).every(({ value }) => value !== null)).toBe(true)
  })
})
