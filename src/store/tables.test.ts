// Runs and ledger on a real Postgres, started once for this file.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LedgerDraft, RunRecord } from '../plan/run-record.ts'
import { openDatabase } from './database.ts'
import type { Database } from './database.ts'
import { openPostgres } from './embedded-postgres.ts'
import type { Postgres } from './embedded-postgres.ts'
import { verifyLedger } from './ledger-chain.ts'
import { createEnvironmentLocks } from './environment-locks.ts'
import { createLedger } from './ledger.ts'
import { createRuns } from './runs.ts'

const directory = mkdtempSync(join(tmpdir(), 'store-'))
chmodSync(directory, 0o755)
let postgres: Postgres
let database: Database
beforeAll(async () => {
  postgres = await openPostgres({ stateDirectory: directory })
  database = await openDatabase({ url: postgres.url })
})
afterAll(async () => {
  await database.close()
  await postgres.close()
  rmSync(directory, { recursive: true })
})

async function administer(...statements: string[]): Promise<void> {
  const client = new Client(postgres.url)
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

const note = (key: string, body: Record<string, unknown> = {}): LedgerDraft => ({ key, kind: 'note', item: null, body })
const noEvidence = async (): Promise<null> => null

const record = (id: string, change: Partial<RunRecord> = {}): RunRecord => ({
  id,
  service: 'shop',
  environment: id,
  planHash: 'h',
  state: 'planned',
  position: 'readiness',
  wayBack: { possible: true, estimateMs: 4000, how: 'traffic back to v1' },
  pace: { timeScale: 60, waitMsMax: null },
  startedBy: 'ann',
  createdAt: 1_700_000_000_000,
  endedAt: null,
  reason: null,
  ...change,
})

describe('the schema', () => {
  it('is made once by many who come at the same time', async () => {
    await administer('create database fresh')
    const url = postgres.url.replace('/postgres?', '/fresh?')
    const all = await Promise.all(Array.from({ length: 5 }, () => openDatabase({ url })))
    await Promise.all(all.map((one) => createLedger(one).append('r', note(String(Math.random())))))
    expect(await createLedger(all[0]!).entries('r')).toHaveLength(5)
    await Promise.all(all.map((one) => one.close()))
  })

  it('that its user may not make is an error with a remedy', async () => {
    await administer('create role guest login', 'create database barred')
    const url = postgres.url.replace('/postgres?', '/barred?')
    const asGuest = `${url}&options=${encodeURIComponent('-c role=guest')}`
    await expect(openDatabase({ url: asGuest })).rejects.toMatchObject({ system: 'postgres', retryable: false })
  })

  it('of a newer gonogo is left alone', async () => {
    await database.query((db) => sql`update gonogo.version set version = version + 1`.execute(db))
    await expect(openDatabase({ url: postgres.url })).rejects.toThrow(/this gonogo knows/)
    await database.query((db) => sql`update gonogo.version set version = version - 1`.execute(db))
  })
})

describe('the ledger', () => {
  it('numbers, links and gives back what was appended', async () => {
    const ledger = createLedger(database, () => 1234)
    const first = await ledger.append('linked', note('a', { text: 'NUL \u0000, Ö, 1e21', big: 1e21, gone: undefined }))
    const second = await ledger.append('linked', { ...note('b'), kind: 'outcome', item: 'disk' })
    expect(first).toMatchObject({ seq: 1, at: 1234, previous: '0'.repeat(64) })
    expect(second).toMatchObject({ seq: 2, previous: first.hash, item: 'disk' })
    expect(await ledger.entries('linked')).toEqual([first, second])
    expect(await verifyLedger('linked', await ledger.entries('linked'), noEvidence)).toEqual({ ok: true, problems: [] })
  })

  it('writes a key once and gives the entry that is there', async () => {
    const ledger = createLedger(database)
    const [one, twin] = await Promise.all([
      ledger.append('once', note('k')),
      ledger.append('once', note('k', { b: 1 })),
    ])
    expect(twin).toEqual(one)
    expect(await ledger.append('once', note('k'))).toEqual(one)
    expect(await createLedger(database).append('once', note('k'))).toEqual(one)
    expect(await ledger.entries('once')).toHaveLength(1)
  })

  it('keeps the chain when new and known keys come together', async () => {
    await createLedger(database).append('mixed', note('2'))
    const ledger = createLedger(database)
    const entries = await Promise.all(['1', '2', '3', '4'].map((key) => ledger.append('mixed', note(key))))
    expect(entries.map((entry) => entry.seq)).toEqual([2, 1, 3, 4])
    expect((await verifyLedger('mixed', await ledger.entries('mixed'), noEvidence)).ok).toBe(true)
  })

  it('writes what arrives while a write is under way as one insert, in order', async () => {
    let inserts = 0
    const counted: Database = {
      ...database,
      query: (work) => {
        inserts += 1
        return database.query(work)
      },
    }
    const ledger = createLedger(counted)
    const entries = await Promise.all(Array.from({ length: 100 }, (_, i) => ledger.append('many', note(`k${i}`))))
    expect(entries.map((entry) => entry.seq)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    // The end of the chain, the first entry, and the 99 that waited for it.
    expect(inserts).toBe(3)
  })

  it('writes what may come soon with the next entry and before it, and by itself when there is none', async () => {
    let inserts = 0
    const counting: Database = { ...database, query: (work) => (inserts++, database.query(work)) }
    const ledger = createLedger(counting)
    await ledger.append('soon', note('a'))
    inserts = 0
    const [b, c] = await Promise.all([ledger.append('soon', note('b'), 'soon'), ledger.append('soon', note('c'))])
    expect([b.seq, c.seq, inserts]).toEqual([2, 3, 1])
    expect((await ledger.append('soon', note('d'), 'soon')).seq).toBe(4)
  })

  it('stays one chain when two processes write to one run', async () => {
    const [a, b] = [createLedger(database), createLedger(database)]
    await Promise.all(Array.from({ length: 40 }, async (_, i) => await (i % 2 ? a : b).append('two', note(`k${i}`))))
    const entries = await a.entries('two')
    expect(entries).toHaveLength(40)
    expect((await verifyLedger('two', entries, noEvidence)).ok).toBe(true)
  })

  it('cannot be changed or emptied', async () => {
    for (const change of [
      'update gonogo.ledger set body = null',
      'delete from gonogo.ledger',
      'truncate gonogo.ledger',
    ])
      await expect(database.query((db) => sql.raw(change).execute(db))).rejects.toThrow(/append-only/)
  })

  it('loses nothing and writes nothing twice while connections are cut', async () => {
    const ledger = createLedger(database)
    const cutter = new Client(postgres.url)
    await cutter.connect()
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gonogo ${process.pid}'`
    const appends: Promise<unknown>[] = []
    for (let i = 0; i < 200; i++) {
      appends.push(ledger.append('cut', note(`k${i}`)))
      if (i % 20 === 0) await cutter.query(cut)
    }
    await Promise.all(appends)
    await cutter.end()
    const entries = await ledger.entries('cut')
    expect(entries.map((entry) => entry.key)).toEqual(Array.from({ length: 200 }, (_, i) => `k${i}`))
    expect((await verifyLedger('cut', entries, noEvidence)).ok).toBe(true)
  })

  it('says so when Postgres stays away', async () => {
    const url = postgres.url.replace('5432', '5433')
    await expect(openDatabase({ url, patienceMs: 50 })).rejects.toMatchObject({ system: 'postgres', retryable: true })
  })
})

describe('the runs', () => {
  it('are kept with their plan, changed and listed newest first', async () => {
    const runs = createRuns(database)
    await runs.create(record('r1'), '{"a": 1}')
    await runs.create(record('r2', { createdAt: 1_700_000_000_001 }), '{}')
    expect(await runs.get('r1')).toEqual(record('r1'))
    expect(await runs.plan('r1')).toBe('{"a": 1}')
    const wayBack = { possible: false, estimateMs: null, how: 'one-way' }
    await runs.update('r1', { state: 'paused', wayBack, reason: 'guard' })
    expect(await runs.get('r1')).toEqual(record('r1', { state: 'paused', wayBack, reason: 'guard' }))
    expect((await runs.list(2)).map((run) => run.id)).toEqual(['r2', 'r1'])
    expect([await runs.get('nobody'), await runs.plan('nobody')]).toEqual([null, null])
    await expect(runs.update('nobody', { state: 'failed' })).rejects.toThrow('there is no run nobody')
  })

  it('are alive one at a time in an environment; the error names the one in the way', async () => {
    const runs = createRuns(database)
    const here = { environment: 'production' }
    await runs.create(record('first', { ...here, state: 'running' }), '{}')
    await expect(runs.create(record('second', here), '{}')).rejects.toMatchObject({
      message: 'shop in production is being released: run first, started by ann, is running',
      place: { hint: 'gonogo status first' },
    })
    await runs.create(record('elsewhere', { environment: 'staging' }), '{}')
    await runs.update('first', { state: 'rolled-back' })
    await runs.create(record('second', here), '{}')
  })

  it('of one environment cannot be started by two at the same moment', async () => {
    const runs = createRuns(database)
    const starts = Array.from({ length: 8 }, (_, i) => runs.create(record(`race${i}`, { environment: 'race' }), '{}'))
    const results = await Promise.allSettled(starts)
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
  })

  it('take the same creation twice, but not another run of that id', async () => {
    const runs = createRuns(database)
    await runs.create(record('again'), '{}')
    await runs.create(record('again'), '{}')
    await expect(runs.create(record('again'), '{"other":1}')).rejects.toThrow('run again exists already')
  })
})

describe('environments that are kept closed', () => {
  const place = (environment: string) => ({ service: 'shop', environment })
  const closed = (environment: string) => ({ ...place(environment), owner: 'ann', reason: 'the audit', since: 1000 })

  it('take no run, and say who keeps them closed and why', async () => {
    const [locks, runs] = [createEnvironmentLocks(database), createRuns(database)]
    await locks.take(closed('e-closed'))
    await locks.take(closed('e-closed'))
    await expect(locks.take({ ...closed('e-closed'), owner: 'bob' })).rejects.toThrow(
      /kept closed by ann already: the audit/,
    )
    const attempt = runs.create(record('r-closed', { environment: 'e-closed' }), '{}')
    await expect(attempt).rejects.toMatchObject({
      message: 'shop in e-closed is kept closed by ann: the audit',
      place: { hint: expect.stringContaining('gonogo unlock --break') },
    })
    expect(await runs.get('r-closed')).toBeNull()
    await runs.create(record('r-elsewhere', { environment: 'e-elsewhere' }), '{}')
  })

  it('are opened by their owner; anybody else breaks them under a name, and both stay on record', async () => {
    const locks = createEnvironmentLocks(database)
    await locks.take(closed('e-broken'))
    const bob = { name: 'bob', reason: 'ann is ill', at: 2000 }
    await expect(locks.release(place('e-broken'), { ...bob, isBreaking: false })).rejects.toThrow(/it is ann who keeps/)
    expect(await locks.release(place('e-broken'), { ...bob, isBreaking: true })).toMatchObject({
      event: 'broken',
      owner: 'ann',
    })
    await expect(locks.release(place('e-broken'), { ...bob, isBreaking: true })).rejects.toThrow(
      /not kept closed by anybody/,
    )
    await locks.take({ ...closed('e-broken'), since: 3000 })
    const ann = { name: 'ann', isBreaking: false, reason: 'over', at: 4000 }
    expect(await locks.release(place('e-broken'), ann)).toMatchObject({ event: 'unlocked' })
    const history = await locks.history(place('e-broken'), 10)
    expect(history.map(({ event, by, owner }) => [event, by, owner])).toEqual([
      ['unlocked', 'ann', 'ann'],
      ['locked', 'ann', 'ann'],
      ['broken', 'bob', 'ann'],
      ['locked', 'ann', 'ann'],
    ])
    await expect(administer('delete from gonogo.lock_events')).rejects.toThrow(/append-only/)
  })

  it('a run that nobody conducts is given up under a name; one that somebody conducts is not', async () => {
    const [locks, runs] = [createEnvironmentLocks(database), createRuns(database)]
    await runs.create(record('r-left', { environment: 'e-left' }), '{}')
    const conductor = new Client(postgres.url)
    await conductor.connect()
    await conductor.query("select pg_advisory_lock(hashtextextended('r-left', 0))")
    const bob = { name: 'bob', reason: 'its laptop is gone', at: 2000 }
    await expect(locks.endRun(place('e-left'), bob)).rejects.toThrow(/being conducted at this moment/)
    await conductor.end()
    expect(await locks.endRun(place('e-left'), bob)).toBe('r-left')
    expect(await runs.get('r-left')).toMatchObject({ state: 'failed', reason: 'given up by bob: its laptop is gone' })
    expect(await locks.endRun(place('e-left'), bob)).toBeNull()
    await runs.create(record('r-next', { environment: 'e-left' }), '{}')
  })
})
