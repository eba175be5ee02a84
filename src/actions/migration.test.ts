import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { noData } from '../../test/contracts/no-data.ts'
import { exec } from '../lib/exec.ts'
import { emptySqlite, rowsOf, scratch, tablesOf, write } from '../migrations/sql-folder.fixture.ts'
import type { ActionContext } from './action.ts'
import { migration } from './migration.ts'

const SHOP = {
  'db/1_orders.up.sql': 'CREATE TABLE orders (id INTEGER PRIMARY KEY);',
  'db/1_orders.down.sql': 'DROP TABLE orders;',
  'db/2_buyers.up.sql': 'CREATE TABLE buyers (id INTEGER PRIMARY KEY);',
  'db/2_buyers.down.sql': 'DROP TABLE buyers;',
}

interface Shop {
  context: ActionContext
  lines: string[]
  database: string
  directory: string
}

function shop(files: Record<string, string> = SHOP, change: Partial<ActionContext> = {}): Shop {
  const directory = scratch(files)
  const database = emptySqlite(join(directory, 'shop.db'))
  const lines: string[] = []
  const signal = change.signal ?? AbortSignal.timeout(60_000)
  const context: ActionContext = {
    signal,
    directory,
    env: process.env as Record<string, string>,
    commands: [],
    deed: 'run-1 migrate',
    data: noData,
    logDirectory: join(directory, 'run'),
    exec: (file, args, options) => exec(file, args, { cwd: directory, timeoutMs: 60_000, signal, ...options }),
    progress: (line) => lines.push(line),
    ...change,
  }
  mkdirSync(context.logDirectory)
  return { context, lines, database, directory }
}

const optionsOf = (change: Record<string, unknown> = {}) =>
  migration.options.parse({ tool: 'sql-folder', directory: 'db', database: 'shop.db', ...change })

describe('migration', () => {
  it('applies what is pending, says so before, and takes exactly that back', async () => {
    const { context, database, lines } = shop()
    expect(await migration.run(optionsOf({ to: '1' }), context)).toMatchObject({ status: 'passed' })
    const second = { ...context, deed: 'run-2 migrate' }
    const outcome = await migration.run(optionsOf({ budgetMs: '10 min' }), second)
    expect(outcome).toMatchObject({
      status: 'passed',
      summary: expect.stringMatching(/^applied 1 migration \(2_buyers\) in /),
    })
    expect(outcome.measurements.map(({ name }) => name)).toEqual(['duration', 'migrations applied'])
    expect(lines).toContain('pending: 2_buyers')
    expect(migration.reversibility(optionsOf(), second)).toBe('compensable')
    expect(await migration.verify(optionsOf(), second)).toBe('done')
    expect(await migration.undo(optionsOf(), second)).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('took back 1 migration (2_buyers)'),
    })
    expect(tablesOf(database)).toEqual(['orders'])
    expect(await migration.undo(optionsOf(), second)).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('nothing to take back'),
    })
  })

  it('has nothing to do and nothing to take back where nothing is pending', async () => {
    const { context } = shop()
    await migration.run(optionsOf(), { ...context, deed: 'earlier' })
    expect(await migration.run(optionsOf(), context)).toMatchObject({
      status: 'passed',
      summary: 'nothing is pending: at 2_buyers',
    })
    expect(migration.reversibility(optionsOf(), context)).toBe('reversible')
    expect(await migration.undo(optionsOf(), context)).toMatchObject({ status: 'passed' })
  })

  it('is red over its budget, and says that it is applied', async () => {
    const { context, database } = shop()
    const outcome = await migration.run(optionsOf({ budgetMs: 0 }), context)
    expect(outcome).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/^took .+, budget 0 ms; it is applied: applied 2 migrations/),
    })
    expect(tablesOf(database)).toEqual(['buyers', 'orders'])
    expect(await migration.run(optionsOf({ budgetMs: 0 }), context)).toMatchObject({ status: 'passed' })
    expect(await migration.undo(optionsOf(), context)).toMatchObject({ status: 'passed' })
    expect(tablesOf(database)).toEqual([])
  })

  it('is one-way where a migration has no way down, and names it', async () => {
    const { context } = shop({ ...SHOP, 'db/3_drop.up.sql': 'DROP TABLE buyers;' })
    expect(await migration.run(optionsOf(), context)).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('one-way: no way down for 3_drop'),
    })
    expect(migration.reversibility(optionsOf(), context)).toBe('one-way')
    expect(migration.oneWayReason?.(optionsOf(), context)).toBe('no way down for 3_drop')
    expect(await migration.undo(optionsOf(), context)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('no way down for 3_drop'),
    })
  })

  it('applies nothing when each must have a way down and one has none', async () => {
    const { context, database } = shop({ ...SHOP, 'db/3_drop.up.sql': 'DROP TABLE buyers;' })
    expect(await migration.run(optionsOf({ down: 'required' }), context)).toMatchObject({
      status: 'failed',
      summary: 'nothing was applied: no way down for 3_drop',
    })
    expect(tablesOf(database)).toEqual([])
    expect(migration.reversibility(optionsOf({ down: 'required' }), context)).toBe('reversible')
  })

  it('says which one failed, where, and what holds now; a second attempt goes on, and the undo takes back both', async () => {
    const { context, database, directory } = shop({
      ...SHOP,
      'db/2_buyers.up.sql': 'CREATE TABLE buyers (id);\nINSERT INTO nowhere VALUES (1);',
    })
    const outcome = await migration.run(optionsOf(), context)
    expect(outcome).toMatchObject({
      status: 'failed',
      summary:
        '2_buyers.up.sql:2: no such table: nowhere; all that 2_buyers did was rolled back; 1_orders is applied, 2_buyers is not',
    })
    expect(await migration.verify(optionsOf(), context)).toBe('unknown')
    write(directory, SHOP)
    expect(await migration.run(optionsOf(), context)).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('(2_buyers)'),
    })
    expect(await migration.undo(optionsOf(), context)).toMatchObject({
      summary: expect.stringContaining('2_buyers, 1_orders'),
    })
    expect(tablesOf(database)).toEqual([])
  })

  it('refuses a migration that was edited after it was applied, and a version that is not there', async () => {
    const { context, database, directory } = shop()
    await migration.run(optionsOf({ to: '1_orders' }), context)
    expect(await migration.run(optionsOf({ to: '9' }), context)).toMatchObject({
      status: 'failed',
      summary: 'nothing was applied: there is no migration 9',
    })
    write(directory, { 'db/1_orders.up.sql': 'CREATE TABLE orders (id TEXT);' })
    expect(await migration.run(optionsOf(), context)).toMatchObject({
      status: 'failed',
      summary: 'nothing was applied: 1_orders.up.sql was edited after it was applied',
    })
    expect(tablesOf(database)).toEqual(['orders'])
  })

  it('does not take back what somebody built upon', async () => {
    const { context } = shop()
    await migration.run(optionsOf({ to: '1' }), context)
    await migration.run(optionsOf(), { ...context, deed: 'somebody else' })
    expect(await migration.undo(optionsOf(), context)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('2_buyers was applied by somebody else on top of it'),
    })
  })

  it('does not take back what somebody else applied in its place', async () => {
    const { context, database } = shop()
    const first = { ...context, deed: 'first', progress: () => {} }
    const second = { ...context, deed: 'second', progress: () => {} }
    const outcomes = await Promise.all([migration.run(optionsOf(), first), migration.run(optionsOf(), second)])
    expect(outcomes.some(({ status }) => status === 'passed')).toBe(true)
    // What one built upon the other has to go first, so the first may have to be asked again.
    const undone = []
    for (const who of [first, second, first]) undone.push(await migration.undo(optionsOf(), who))
    expect(tablesOf(database)).toEqual([])
    const done = undone.filter(({ status }) => status === 'passed').map(({ summary }) => summary)
    expect(done.flatMap((summary) => summary.match(/\d_\w+/g) ?? []).toSorted()).toEqual(['1_orders', '2_buyers'])
  })

  it('knows after a crash what was done: nothing before the record, then what the database says', async () => {
    const { context, database } = shop()
    expect(await migration.verify(optionsOf(), context)).toBe('not-done')
    const stop = new AbortController()
    const dying: ActionContext = {
      ...context,
      signal: stop.signal,
      progress: (line) => line.startsWith('pending') && stop.abort(),
    }
    expect(await migration.run(optionsOf(), dying)).toMatchObject({
      status: 'unverified',
      summary: 'applying 1_orders, 2_buyers was stopped; some of it may be applied',
    })
    expect(readdirSync(context.logDirectory).filter((name) => name.startsWith('migration-'))).toHaveLength(1)
    expect(await migration.verify(optionsOf(), context)).toBe('not-done')
    await migration.run(optionsOf(), context)
    expect(await migration.verify(optionsOf(), context)).toBe('done')
    expect(rowsOf(database, 'SELECT count(*) AS n FROM gonogo_migrations')).toEqual([{ n: 2 }])
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['a directory that is not there', { directory: 'no-such' }, 'there is no directory no-such'],
    ['a project without a tool', { tool: 'auto' }, 'no configuration of a migration tool'],
    ['a database that is not there', { database: 'no.db' }, 'there is no file'],
  ])('is unverified and changes nothing with %s', async (_, change, why) => {
    const { context } = shop()
    expect(await migration.run(optionsOf(change), context)).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining(why),
      remedy: expect.stringMatching(/\S/),
    })
    expect(readdirSync(context.logDirectory)).toEqual([])
  })

  it('says what to install where a tool is missing', async () => {
    const { context } = shop({ 'alembic.ini': '', 'alembic/versions/x.py': '' }, { env: { PATH: '/nowhere' } })
    expect(await migration.run(migration.options.parse({}), context)).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('alembic could not be started'),
      remedy: expect.stringContaining('pip install alembic'),
    })
  })

  it('does nothing when it was cancelled before', async () => {
    const { context, database } = shop(SHOP, { signal: AbortSignal.abort() })
    expect(await migration.run(optionsOf(), context)).toMatchObject({ status: 'unverified' })
    expect(existsSync(database) && tablesOf(database)).toEqual([])
  })

  it('describes what it would do, without the secrets of a URL', () => {
    const options = migration.options.parse({
      ...(migration.example as object),
      database: 'postgres://app:hush-hush@db/shop?sslmode=require',
    })
    expect(migration.options.parse(JSON.parse(JSON.stringify(options)))).toEqual(options)
    expect(migration.describe(options, [])).toBe(
      'apply pending migrations of sql-folder in db/migrations to postgres://db/shop, within 5 min; lock time-out 5 s, statement time-out 10 min; taken back where each has a way down, else one-way',
    )
  })

  it('refuses what is no duration', () => {
    expect(migration.options.safeParse({ budgetMs: 'soon' }).error?.issues[0]?.message).toContain(
      '"soon" is not a duration',
    )
  })
})
