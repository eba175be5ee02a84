// A conductor that was killed in the middle of an action: what the next one makes of it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EMPTY, link } from '../store/ledger-chain.ts'
import type { Bench } from './conduct.fixture.ts'
import { createRelease } from './release.fixture.ts'

const logOf = (bench: Bench): string => {
  const path = join(bench.directory, 'log')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** The run as a conductor left it that was killed right after it had begun to migrate. */
async function beginMigration(bench: Bench): Promise<string> {
  await bench.conduct((event) => event.type === 'phase')
  const item = bench.id('Schema is migrated')
  const draft = { key: `intent:${item}:1`, kind: 'intent' as const, item, body: { will: 'migrate' } }
  bench.ledger.push(link('run', bench.ledger.at(-1) ?? EMPTY, draft, Date.now()))
  return item
}

const goBack = (bench: Bench): Promise<void> =>
  bench.send({
    type: 'rollback',
    by: 'ann',
    mode: 'emergency',
    reason: 'it burns',
    skipValidation: true,
    restoreData: false,
  })

/** A program of the killed conductor's first attempt at `item`. */
function leaveOrphan(bench: Bench, item: string, script: string): Promise<unknown> {
  const orphan = spawn('sh', ['-c', script], {
    cwd: bench.directory,
    env: { ...process.env, GONOGO_DEED: `run ${item} #1` },
    detached: true,
    stdio: 'ignore',
  })
  return once(orphan, 'exit')
}

test('a run that is taken back takes back what was done before the kill, and has it on record', async () => {
  const bench = createRelease()
  const item = await beginMigration(bench)
  writeFileSync(join(bench.directory, 'log'), 'up\n')
  await goBack(bench)
  await bench.conduct()
  expect(bench.run.state).toBe('rolled-back')
  expect(logOf(bench)).toBe('up\ndown\n')
  expect(bench.ledger.find((entry) => entry.key === `outcome:${item}:1`)?.body.status).toBe('passed')
})

test('a run that is taken back neither does nor undoes what was not done', async () => {
  const bench = createRelease()
  const item = await beginMigration(bench)
  await goBack(bench)
  await bench.conduct()
  expect(bench.run.state).toBe('rolled-back')
  expect(logOf(bench)).toBe('')
  expect(bench.ledger.find((entry) => entry.key === `outcome:${item}:1`)?.body.status).toBe('skipped')
})

test('what nobody can tell is undone: half of it may have been done', async () => {
  const bench = createRelease({ migrate: '{ shell: "echo up >> log", undo: "echo down >> log" }' })
  const item = await beginMigration(bench)
  await goBack(bench)
  await bench.conduct()
  expect(logOf(bench)).toBe('down\n')
  expect(bench.ledger.find((entry) => entry.key === `outcome:${item}:1`)?.body.status).toBe('unverified')
})

test.skipIf(process.platform !== 'linux')('a program that is still at it is waited for, not run beside', async () => {
  const bench = createRelease()
  const item = await beginMigration(bench)
  const over = leaveOrphan(bench, item, 'sleep 0.7; echo up >> log')
  await bench.conduct((event) => event.type === 'stage')
  await over
  expect(logOf(bench)).toBe('up\n')
})

test.skipIf(process.platform !== 'linux')('on the way back it is ended', async () => {
  const bench = createRelease()
  const item = await beginMigration(bench)
  const over = leaveOrphan(bench, item, 'sleep 30; echo up >> log')
  await goBack(bench)
  await bench.conduct()
  expect(await over).toEqual([null, 'SIGTERM'])
  expect(bench.run.state).toBe('rolled-back')
  expect(logOf(bench)).toBe('')
})

test('an outcome that did not reach the ledger beside its step is written by the next process', async () => {
  const bench = createRelease()
  const item = bench.id('Schema is migrated')
  await bench.conduct((event) => event.type === 'stage')
  const at = bench.ledger.findIndex((entry) => entry.key === `outcome:${item}:1`)
  expect(at).toBeGreaterThan(0)
  bench.ledger.splice(at, 1)
  await goBack(bench)
  await bench.conduct()
  expect(bench.ledger.find((entry) => entry.key === `outcome:${item}:1`)?.body.status).toBe('passed')
  expect(logOf(bench)).toBe('up\ndown\n')
})
