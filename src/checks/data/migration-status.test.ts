import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, stepOf } from '../../../test/contracts/check-contract.ts'
import { emptySqlite, write } from '../../migrations/sql-folder.fixture.ts'
import { migrationStatus } from './migration-status.ts'

const directory = mkdtempSync(join(tmpdir(), 'gonogo-migration-status-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
write(directory, {
  'migrations/0001_orders.sql': 'CREATE TABLE orders (id INTEGER PRIMARY KEY);\n',
  'migrations/0002_buyers.sql': 'CREATE TABLE buyers (id INTEGER PRIMARY KEY);\n',
  'slow/node_modules/.bin/prisma': '#!/bin/sh\nexec sleep 60\n',
  'slow/prisma/migrations/migration_lock.toml': '',
})
emptySqlite(join(directory, 'app.db'))
emptySqlite(
  join(directory, 'done.db'),
  'CREATE TABLE gonogo_migrations (position INTEGER PRIMARY KEY, version TEXT, checksum TEXT, applied_at TEXT)',
)

/** As if the folder had been applied to it, the way its own runner records it. */
async function record(): Promise<void> {
  const { readFolder } = await import('../../migrations/sql-folder/read-folder.ts')
  const database = new DatabaseSync(join(directory, 'done.db'))
  for (const { version, checksum } of readFolder(join(directory, 'migrations'), false).migrations)
    database.prepare('INSERT INTO gonogo_migrations (version, checksum) VALUES (?, ?)').run(version, checksum)
  database.close()
}
await record()
const { chmodSync } = await import('node:fs')
chmodSync(join(directory, 'slow/node_modules/.bin/prisma'), 0o755)

const asked = (database: string, more: Record<string, unknown> = {}) => ({
  options: { tool: 'sql-folder', database, ...more },
  context: { directory },
})

checkContract(migrationStatus, {
  passing: () => asked('done.db', { expectVersion: '0002' }),
  failing: () => asked('app.db', { pendingMax: 1 }),
  unverified: () => asked('none.db'),
  slow: () => ({ options: { tool: 'prisma', project: 'slow' }, context: { directory } }),
  secret: {
    value: 'password-to-hide',
    case: () => asked('postgres://app:password-to-hide@127.0.0.1:1/app'),
  },
  mentions: () => ['sql-folder', 'done.db', '0002'],
  failingExample: () => ({ directory }),
  recognises: {
    clear: [
      'All migrations applied',
      'All database migrations have been applied',
      'No pending migrations (`npx prisma migrate status`)',
      { text: 'Migration status: `npx knex migrate:status`', commands: [stepOf('npx knex migrate:status')] },
      'Database migrations are up to date',
    ],
    unclear: [
      'Migrations',
      'Migrations applied (`npm run migrate`)',
      'All migrations applied to staging',
      'No pending migrations (`npx prisma migrate deploy`)',
      'Migrations are backward compatible',
      { text: 'Migrate the database', commands: [stepOf('alembic current'), stepOf('alembic upgrade head')] },
      'If no migrations are pending, skip this step',
      'Data migration reviewed',
    ],
  },
})

describe('migration-status', () => {
  it('names what is pending', async () => {
    expect(await runCheck(migrationStatus, asked('app.db'))).toMatchObject({
      status: 'failed',
      summary: 'pending: 0001_orders, 0002_buyers; at most 0 wanted',
      measurements: [
        { name: 'pending migrations', value: 2, unit: 'count' },
        { name: 'applied migrations', value: 0, unit: 'count' },
      ],
    })
  })

  it('passes with some pending where that is allowed', async () => {
    expect(await runCheck(migrationStatus, asked('app.db', { pendingMax: 2 }))).toMatchObject({ status: 'passed' })
  })

  it('fails at another version than expected', async () => {
    expect(await runCheck(migrationStatus, asked('done.db', { expectVersion: '0001' }))).toMatchObject({
      status: 'failed',
      summary: 'the newest applied migration is 0002_buyers, 0001 wanted',
    })
  })

  it('names the tool that the sentence names', () => {
    const item = {
      text: 'All Alembic migrations applied successfully',
      label: null,
      code: [],
      thresholds: [],
      commands: [],
    }
    expect(migrationStatus.recognise?.(item)?.options).toEqual({ tool: 'alembic' })
  })

  it('names the tool that the command belongs to', () => {
    const item = {
      text: 'No pending migrations: alembic current',
      label: null,
      code: ['alembic current'],
      thresholds: [],
      commands: [],
    }
    expect(migrationStatus.recognise?.(item)?.options).toEqual({ tool: 'alembic' })
  })
})
