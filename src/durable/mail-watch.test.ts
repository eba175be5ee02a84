import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { poll } from '../lib/deadline.ts'
import { openPostgres, type Postgres } from '../store/embedded-postgres.ts'
import { createMailWatch, type MailWatch } from './mail-watch.ts'

const directory = mkdtempSync(join(tmpdir(), 'mail-watch-'))
chmodSync(directory, 0o755)
let postgres: Postgres
let other: Client
const watches: MailWatch[] = []

beforeAll(async () => {
  postgres = await openPostgres({ stateDirectory: directory })
  other = new Client(postgres.url)
  await other.connect()
})
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.close()
})
afterAll(async () => {
  await other.end()
  await postgres.close()
  rmSync(directory, { recursive: true })
})

const nothing = async (): Promise<boolean> => false
const until = (probe: () => boolean) => poll(() => (probe() ? true : null), { everyMs: 5, timeoutMs: 900 })

/** A watch that listens, and has seen that nothing waits for run `r`. */
async function quietWatch(): Promise<MailWatch> {
  const watch = createMailWatch(postgres.url, () => {})
  watches.push(watch)
  const quiet = await poll(async () => ((await watch.ask('r', nothing), watch.mayHaveMail('r')) ? null : true), {
    everyMs: 5,
    timeoutMs: 5000,
  })
  expect(quiet).toBe(true)
  return watch
}

it('asks for a run that nobody has looked at, and as long as something waits', async () => {
  const watch = await quietWatch()
  expect(watch.mayHaveMail('another')).toBe(true)
  expect(await watch.ask('another', async () => true)).toBe(true)
  expect(watch.mayHaveMail('another')).toBe(true)
})

it('hears at once what another process sends', async () => {
  const watch = await quietWatch()
  await other.query(`select pg_notify('dbos_notifications_channel', 'r::messages')`)
  expect(await until(() => watch.mayHaveMail('r'))).toBe(true)
})

it('asks again when something arrives while it looks', async () => {
  const watch = await quietWatch()
  await watch.ask('r', async () => {
    watch.tell()
    return false
  })
  expect(watch.mayHaveMail('r')).toBe(true)
})

it('asks while it cannot hear, and listens again by itself', async () => {
  const watch = await quietWatch()
  await other.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'gonogo mail%'`)
  expect(await until(() => watch.mayHaveMail('r'))).toBe(true)
  const quietAgain = await poll(async () => ((await watch.ask('r', nothing), watch.mayHaveMail('r')) ? null : true), {
    everyMs: 20,
    timeoutMs: 10_000,
  })
  expect(quietAgain).toBe(true)
})
