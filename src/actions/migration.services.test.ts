// With the real tools: Knex, Alembic, Flyway and plain SQL on a real Postgres; Prisma on SQLite, with the engine that its npm package ships.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../test/contracts/check-contract.ts'
import { noData } from '../../test/contracts/no-data.ts'
import { installPostgres, startPostgres, type PostgresServer } from '../../test/servers/postgres.ts'
import { migrationStatus } from '../checks/data/migration-status.ts'
import { poll } from '../lib/deadline.ts'
import { exec } from '../lib/exec.ts'
import { emptySqlite, tablesOf, write } from '../migrations/sql-folder.fixture.ts'
import type { ActionContext } from './action.ts'
import { migration } from './migration.ts'

const FLYWAY = '11.8.2'
const root = mkdtempSync(join(tmpdir(), 'gonogo-migrations-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Whether the program ended well. Said out loud where what a suite needs cannot be had. */
function had(what: string, file: string, args: string[], cwd = root): boolean {
  const { status, error } = spawnSync(file, args, { cwd, stdio: 'ignore', timeout: 280_000 })
  if (status === 0 && !error) return true
  console.warn(`SKIPPED: migration.services.test.ts with ${what}, which could not be installed`)
  return false
}

function npmInstall(name: string, packages: string[]): boolean {
  write(root, { [`${name}/package.json`]: '{"private":true}' })
  return had(name, 'npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], join(root, name))
}

function fetchFlyway(): boolean {
  const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy'
  const artifact = `-Dartifact=org.flywaydb:flyway-commandline:${FLYWAY}:tar.gz`
  mkdirSync(join(root, 'flyway'))
  if (!had('flyway (needs java and mvn)', 'java', ['-version'])) return false
  if (!had('flyway', 'mvn', ['-q', '-B', copy, artifact, `-DoutputDirectory=${root}/flyway`])) return false
  const archive = readdirSync(join(root, 'flyway')).find((name) => name.endsWith('.tar.gz')) ?? ''
  return had('flyway', 'tar', ['xzf', archive], join(root, 'flyway'))
}

const bin = installPostgres()
if (!bin) console.warn('SKIPPED: migration.services.test.ts needs Postgres, which could not be installed')
const hasKnex = npmInstall('knex', ['knex@3', 'pg@8'])
const hasPrisma = npmInstall('prisma', ['prisma@6.19.0', '@prisma/adapter-libsql@6.19.0'])
const hasAlembic =
  had('alembic', 'python3', ['-m', 'venv', 'venv']) &&
  had('alembic', 'venv/bin/pip', ['install', '-q', 'alembic', 'psycopg[binary]'])
const hasFlyway = fetchFlyway()

let server: PostgresServer
let counted = 0

beforeAll(async () => {
  if (bin) server = await startPostgres(bin)
})
afterAll(async () => {
  if (bin) await server.stop()
})

const tools = [join(root, 'venv/bin'), join(root, 'flyway', `flyway-${FLYWAY}`)]
const env = { ...process.env, PATH: [...tools, process.env.PATH].join(delimiter) } as Record<string, string>

interface Project {
  directory: string
  name: string
  url: string
  context: ActionContext
  run(change?: Record<string, unknown>): ReturnType<typeof migration.run>
  undo(): ReturnType<typeof migration.undo>
  check(change?: Record<string, unknown>): ReturnType<typeof runCheck>
}

async function project(options: Record<string, unknown>, files: Record<string, string>, below = ''): Promise<Project> {
  const name = `shop${++counted}`
  const directory = join(root, below, name)
  mkdirSync(join(directory, 'run'), { recursive: true })
  write(directory, files)
  if (bin) await server.ask(`CREATE DATABASE ${name}`)
  const url = bin ? server.urlOf(name) : ''
  const signal = AbortSignal.timeout(200_000)
  const context: ActionContext = {
    signal,
    directory,
    env,
    commands: [],
    deed: name,
    data: noData,
    logDirectory: join(directory, 'run'),
    exec: (file, args, given) => exec(file, args, { cwd: directory, env, timeoutMs: 100_000, signal, ...given }),
    progress: () => {},
  }
  const all = (change: Record<string, unknown> = {}) =>
    migration.options.parse({ database: url, ...options, ...change })
  return {
    directory,
    name,
    url,
    context,
    run: (change) => migration.run(all(change), context),
    undo: () => migration.undo(all(), context),
    check: (change) =>
      runCheck(migrationStatus, { options: { database: url, ...options, ...change }, context: { directory, env } }),
  }
}

async function tables({ name }: Project): Promise<string[]> {
  const rows = await server.ask<{ tablename: string }>(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT SIMILAR TO '(gonogo|knex|flyway|alembic)%' ORDER BY 1`,
    name,
  )
  return rows.map(({ tablename }) => tablename)
}

/** What each tool's second migration notes of the time-outs it ran under. */
const SEEN =
  "CREATE TABLE seen AS SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement"
const LIMITS = { lockTimeoutMs: 1500, statementTimeoutMs: 45_000 }

async function seen({ name }: Project): Promise<unknown> {
  return (await server.ask('SELECT lock, statement FROM seen', name))[0]
}

/** The same story with every tool: pending, applied under time-outs, verified, taken back as far as there is a way. */
async function tellsItsStory(shop: Project, versions: [string, string], oneWay: boolean): Promise<void> {
  const [first, second] = versions
  expect(await shop.check()).toMatchObject({
    status: 'failed',
    summary: `pending: ${first}, ${second}; at most 0 wanted`,
  })
  const outcome = await shop.run(LIMITS)
  expect(outcome).toMatchObject({
    status: 'passed',
    summary: expect.stringContaining(`applied 2 migrations (${first}, ${second})`),
  })
  expect(outcome.summary).toContain('lock time-out 1500 ms')
  expect(await seen(shop)).toEqual({ lock: '1500ms', statement: '45s' })
  expect(await tables(shop)).toEqual(['orders', 'seen'])
  expect(await shop.check({ expectVersion: second })).toMatchObject({ status: 'passed' })
  expect(await shop.run()).toMatchObject({ status: 'passed', summary: expect.stringContaining('nothing is pending') })
  const options = migration.options.parse({})
  expect(migration.reversibility(options, shop.context)).toBe(oneWay ? 'one-way' : 'compensable')
  if (oneWay) return
  expect(await shop.undo()).toMatchObject({
    status: 'passed',
    summary: expect.stringContaining(`took back 2 migrations (${second}, ${first})`),
  })
  expect(await tables(shop)).toEqual([])
}

describe.skipIf(!bin)('plain SQL on Postgres', () => {
  const FILES = {
    'migrations/0001_orders.up.sql': 'CREATE TABLE orders (id int PRIMARY KEY);',
    'migrations/0001_orders.down.sql': 'DROP TABLE orders;',
    'migrations/0002_seen.up.sql': `${SEEN};`,
    'migrations/0002_seen.down.sql': 'DROP TABLE seen;',
  }
  const FOLDER = { tool: 'sql-folder' }

  it('is applied, checked and taken back', async () => {
    await tellsItsStory(await project(FOLDER, FILES), ['0001_orders', '0002_seen'], false)
  })

  it('names file and line of a failure, and leaves nothing of it', async () => {
    const shop = await project(FOLDER, {
      ...FILES,
      'migrations/0003_bad.up.sql':
        "-- Zürich 🚲\nCREATE TABLE bad (x int);\nSELECT '€';\nALTER TABLE nope ADD x int;\n",
    })
    expect(await shop.run()).toMatchObject({
      status: 'failed',
      summary:
        '0003_bad.up.sql:4: relation "nope" does not exist; all that 0003_bad did was rolled back; 0001_orders, 0002_seen are applied, 0003_bad is not',
    })
    expect(await tables(shop)).toEqual(['orders', 'seen'])
  })

  it('names the lock time-out when somebody holds the table', async () => {
    const shop = await project(FOLDER, { ...FILES, 'migrations/0003_more.up.sql': 'ALTER TABLE orders ADD total int;' })
    await shop.run({ to: '0002' })
    const holder = new Client({ connectionString: shop.url })
    await holder.connect()
    await holder.query('BEGIN; LOCK TABLE orders')
    try {
      expect(await shop.run({ lockTimeoutMs: 200 })).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('lock time-out of 200 ms'),
      })
    } finally {
      await holder.end()
    }
  })

  it('ends a statement that takes longer than it may', async () => {
    const shop = await project(FOLDER, { 'migrations/1_slow.sql': 'CREATE TABLE slow (x int);\nSELECT pg_sleep(60);' })
    expect(await shop.run({ statementTimeoutMs: 200 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('statement timeout'),
    })
    expect(await tables(shop)).toEqual([])
  })

  it('refuses a script that would end the transaction', async () => {
    const shop = await project(FOLDER, { 'migrations/1_a.sql': 'CREATE TABLE a (x int);\nCOMMIT;' })
    expect(await shop.run()).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('1_a.sql:2: it begins or ends a transaction'),
    })
    expect(await tables(shop)).toEqual([])
  })

  it('applies each migration once when two begin together', async () => {
    const shop = await project(FOLDER, FILES)
    const results = await Promise.all([shop.run(), shop.run()])
    expect(results.some(({ status }) => status === 'passed')).toBe(true)
    for (const { status, summary } of results)
      if (status !== 'passed') expect(summary).toContain('somebody else is migrating')
    expect(await server.ask('SELECT count(*) AS n FROM gonogo_migrations', shop.name)).toEqual([{ n: '2' }])
  })

  it('is applied and recorded, or neither, when its server connection is cut', async () => {
    const shop = await project(FOLDER, {
      ...FILES,
      'migrations/0003_slow.up.sql': 'CREATE TABLE slow (x int);\nSELECT pg_sleep(60);',
    })
    const running = shop.run()
    const cut = async (): Promise<true | null> =>
      (
        await server.ask(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${shop.name}' AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()`,
        )
      ).length > 0 || null
    expect(await poll(cut, { everyMs: 50, timeoutMs: 60_000 })).toBe(true)
    expect(await running).toMatchObject({ status: 'failed', summary: expect.stringContaining('0003_slow is not') })
    expect(await tables(shop)).toEqual(['orders', 'seen'])
  })
})

describe.skipIf(!bin || !hasKnex)('Knex', () => {
  const FILES = {
    'knexfile.js':
      "module.exports = { client: 'pg', connection: process.env.DATABASE_URL, migrations: { directory: './migrations' } }",
    'migrations/1_orders.js':
      "exports.up = (knex) => knex.schema.createTable('orders', (t) => { t.increments() })\nexports.down = (knex) => knex.schema.dropTable('orders')",
    'migrations/2_seen.js': `exports.up = (knex) => knex.raw(\`${SEEN}\`)\nexports.down = (knex) => knex.schema.dropTable('seen')`,
  }
  it('is applied, checked and taken back', async () => {
    await tellsItsStory(await project({}, FILES, 'knex'), ['1_orders.js', '2_seen.js'], false)
  })

  it('stops where it is told, and says which one failed with the words of the database', async () => {
    const bad = {
      'migrations/3_bad.js': "exports.up = (knex) => knex.raw('ALTER TABLE nope ADD x int')\nexports.down = () => {}",
    }
    const shop = await project({}, { ...FILES, ...bad }, 'knex')
    expect(await shop.run({ to: '1_orders' })).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('(1_orders.js)'),
    })
    expect(await shop.run()).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(
        /3_bad\.js.*relation "nope" does not exist.*2_seen\.js is applied, 3_bad\.js is not/s,
      ),
    })
    rmSync(join(shop.directory, 'migrations/1_orders.js'))
    expect(await shop.check()).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('their files are gone: 1_orders.js'),
    })
  })

  it('is unverified when the database does not answer', async () => {
    const shop = await project({}, FILES, 'knex')
    expect(await shop.check({ database: 'postgres://app:hush@127.0.0.1:1/none' })).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('ECONNREFUSED'),
    })
  })
})

describe.skipIf(!bin || !hasAlembic)('Alembic', () => {
  const revision = (id: string, before: string | null, up: string, down: string) =>
    `"""${id}"""\nfrom alembic import op\nrevision = '${id}'\ndown_revision = ${before === null ? 'None' : `'${before}'`}\n\ndef upgrade():\n    op.execute("""${up}""")\n\ndef downgrade():\n    ${down}\n`
  const FILES = {
    'alembic.ini': '[alembic]\nscript_location = alembic\n',
    'alembic/env.py': `import os
from alembic import context
from sqlalchemy import create_engine
engine = create_engine(os.environ['DATABASE_URL'].replace('postgres://', 'postgresql+psycopg://'))
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
`,
    'alembic/versions/a1.py': revision('a1', null, 'CREATE TABLE orders (id int)', "op.drop_table('orders')"),
    'alembic/versions/b2.py': revision('b2', 'a1', SEEN, "op.drop_table('seen')"),
  }

  it('is applied, checked and taken back', async () => {
    await tellsItsStory(await project({}, FILES), ['a1', 'b2'], false)
  })

  it('says which one failed, with the words of the database, and is one-way where downgrade does nothing', async () => {
    const bad = { 'alembic/versions/c3.py': revision('c3', 'b2', 'ALTER TABLE nope ADD x int', 'pass') }
    const shop = await project({}, { ...FILES, ...bad })
    expect(await shop.run()).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/^c3: .*relation "nope" does not exist.*a1, b2 are applied, c3 is not$/s),
    })
    expect(migration.oneWayReason?.(migration.options.parse({}), shop.context)).toBe('no way down for c3')
  })

  it('names a revision that is applied but gone', async () => {
    const shop = await project({}, FILES)
    await shop.run()
    rmSync(join(shop.directory, 'alembic/versions/b2.py'))
    expect(await shop.check()).toMatchObject({
      status: 'failed',
      summary: 'revision b2 is applied, but its file is gone',
    })
  })
})

describe.skipIf(!bin || !hasFlyway)('Flyway', () => {
  const FILES = {
    'flyway.toml': '',
    'sql/V1__orders.sql': 'CREATE TABLE orders (id int);',
    'sql/U1__orders.sql': 'DROP TABLE orders;',
    'sql/V2__seen.sql': `${SEEN};`,
  }

  it('is applied and checked; undo scripts do not count in an edition that does not run them', async () => {
    await tellsItsStory(await project({}, FILES), ['1', '2'], true)
  })

  it('names file, line and words of a failure, and a file that was edited', async () => {
    const shop = await project(
      {},
      { ...FILES, 'sql/V3__bad.sql': 'CREATE TABLE bad (x int);\nALTER TABLE nope ADD x int;' },
    )
    expect(await shop.run()).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(
        /V3__bad\.sql.*relation "nope" does not exist.*Line +: 2.*1, 2 are applied, 3 is not/s,
      ),
    })
    rmSync(join(shop.directory, 'sql/V3__bad.sql'))
    write(shop.directory, { 'sql/V1__orders.sql': 'CREATE TABLE orders (id bigint);' })
    expect(await shop.check()).toMatchObject({
      status: 'failed',
      summary: 'V1__orders.sql was edited after it was applied',
    })
  })
})

describe.skipIf(!hasPrisma)('Prisma on SQLite', () => {
  const FILES = {
    'prisma.config.ts': `import { PrismaLibSQL } from '@prisma/adapter-libsql'
export default { schema: 'prisma/schema.prisma', experimental: { adapter: true }, engine: 'js', adapter: async () => new PrismaLibSQL({ url: 'file:./shop.db' }) }
`,
    'prisma/schema.prisma':
      'generator client {\n  provider = "prisma-client"\n  output = "./generated"\n  engineType = "client"\n}\ndatasource db {\n  provider = "sqlite"\n  url = "file:./shop.db"\n}\nmodel orders {\n  id Int @id\n}\n',
    'prisma/migrations/migration_lock.toml': 'provider = "sqlite"\n',
    'prisma/migrations/1_orders/migration.sql': 'CREATE TABLE orders (id INTEGER PRIMARY KEY);\n',
    'prisma/migrations/1_orders/down.sql': 'DROP TABLE orders;\n',
    'prisma/migrations/2_buyers/migration.sql': 'CREATE TABLE buyers (id INTEGER PRIMARY KEY);\n',
    'prisma/migrations/2_buyers/down.sql': 'DROP TABLE buyers;\n',
  }
  // A database that Prisma has been used on: its engine for driver adapters cannot tell the status of one without its table.
  const TABLE =
    'CREATE TABLE _prisma_migrations (id TEXT PRIMARY KEY NOT NULL, checksum TEXT NOT NULL, finished_at DATETIME, migration_name TEXT NOT NULL, logs TEXT, rolled_back_at DATETIME, started_at DATETIME NOT NULL DEFAULT current_timestamp, applied_steps_count INTEGER UNSIGNED NOT NULL DEFAULT 0)'
  const shopOf = async (files: Record<string, string> = FILES): Promise<Project> => {
    const shop = await project({ database: undefined }, files, 'prisma')
    emptySqlite(join(shop.directory, 'shop.db'), TABLE)
    return shop
  }
  const own = (shop: Project) =>
    tablesOf(join(shop.directory, 'shop.db')).filter((name) => name !== '_prisma_migrations')

  it('is applied and checked; an undo that the tool only says it did is not believed', async () => {
    const shop = await shopOf()
    expect(await shop.check()).toMatchObject({
      status: 'failed',
      summary: 'pending: 1_orders, 2_buyers; at most 0 wanted',
    })
    expect(await shop.run({ to: '1_orders' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('cannot stop at 1_orders'),
    })
    expect(await shop.run()).toMatchObject({
      status: 'passed',
      summary: expect.stringMatching(/^applied 2 migrations.*time-outs could not be set/),
    })
    expect(own(shop)).toEqual(['buyers', 'orders'])
    expect(await shop.check()).toMatchObject({ status: 'passed' })
    expect(migration.reversibility(migration.options.parse({}), shop.context)).toBe('compensable')
    // This engine runs the first statement of a script and says that it ran all: BEGIN, so nothing is lost, and nothing is believed.
    expect(await shop.undo()).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('still applied: 1_orders, 2_buyers'),
    })
    expect(own(shop)).toEqual(['buyers', 'orders'])
  })

  it('says which one failed and what it left, and is one-way without a down.sql', async () => {
    const shop = await shopOf({
      ...FILES,
      'prisma/migrations/3_bad/migration.sql': 'CREATE TABLE half (x int);\nALTER TABLE nope ADD x int;\n',
    })
    const outcome = await shop.run()
    expect(outcome).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(
        /^3_bad: .*no such table: nope.*3_bad failed and was left.*1_orders, 2_buyers are applied, 3_bad is not$/s,
      ),
    })
    expect(migration.reversibility(migration.options.parse({}), shop.context)).toBe('one-way')
    expect(await shop.run()).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('nothing was applied: 3_bad failed'),
    })
  })

  it('is unverified, and says so, where the tool cannot look', async () => {
    const shop = await shopOf({ ...FILES, 'prisma.config.ts': 'throw new Error("no configuration today")' })
    expect(await shop.check()).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('no configuration today'),
    })
  })
})
