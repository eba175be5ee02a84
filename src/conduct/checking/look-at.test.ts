import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { noData } from '../../../test/contracts/no-data.ts'
import { loadKinds } from '../../catalog/catalog.ts'
import { createRedactor } from '../../lib/redact.ts'
import type { CheckPolicy } from '../../plan/binding.ts'
import { lookAt, type CheckBinding, type LookServices } from './look-at.ts'

await loadKinds(['check'])

let directory = ''
let nowMs = 0
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-look-'))
  nowMs = 1_700_000_000_000
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const services = (change: Partial<LookServices> = {}): LookServices => ({
  directory,
  stateDirectory: join(directory, '.gonogo'),
  env: process.env as Record<string, string>,
  environment: 'production',
  resolve: (value) => value,
  data: noData,
  redactor: createRedactor(),
  clock: () => nowMs,
  ...change,
})

const NONE: CheckPolicy = { retries: 0, retryAfterMs: 1, soak: null, cacheMs: 0, when: null, waiver: null }

/** Counts its looks in a file; passes from the given one on. */
function countingCheck(passesFrom: number, policy: Partial<CheckPolicy> = {}): CheckBinding {
  const script = `const fs = require('fs'); fs.appendFileSync('looks', 'x'); const n = fs.readFileSync('looks').length; console.log('look', n); process.exit(n >= ${passesFrom} ? 0 : 1)`
  const options = { run: [process.execPath, '-e', script] }
  return { type: 'check', check: 'command', options, timeoutMs: 30_000, policy: { ...NONE, ...policy } }
}

const looks = (): number => readFileSync(join(directory, 'looks'), 'utf8').length
const never = new AbortController().signal

it('looks again where it did not pass, as often as it may', async () => {
  expect(await lookAt(countingCheck(3, { retries: 2 }), services(), never)).toMatchObject({
    status: 'passed',
    summary: expect.stringContaining('(3 looks)'),
  })
  rmSync(join(directory, 'looks'))
  expect(await lookAt(countingCheck(4, { retries: 2 }), services(), never)).toMatchObject({ status: 'failed' })
  expect(looks()).toBe(3)
})

it('does not wait for another look once it is stopped', async () => {
  const controller = new AbortController()
  const looking = lookAt(countingCheck(9, { retries: 5, retryAfterMs: 3_600_000 }), services(), controller.signal)
  await expect.poll(looks).toBe(1)
  controller.abort()
  expect((await looking).status).toBe('unverified')
})

it('uses a fresh pass again and shows its age; an old one, or a red one, is looked at anew', async () => {
  const check = countingCheck(2, { cacheMs: 600_000 })
  expect((await lookAt(check, services(), never)).status).toBe('failed')
  expect((await lookAt(check, services(), never)).status).toBe('passed')
  nowMs += 240_000
  expect(await lookAt(check, services(), never)).toMatchObject({
    status: 'passed',
    summary: expect.stringContaining('(looked at 4 min ago)'),
  })
  expect(looks()).toBe(2)
  nowMs += 400_000
  await lookAt(check, services(), never)
  expect(looks()).toBe(3)
})

it('remembers nothing for other options, another environment, or from the future', async () => {
  const check = countingCheck(1, { cacheMs: 600_000 })
  await lookAt(check, services(), never)
  await lookAt(check, services({ environment: 'staging' }), never)
  nowMs -= 1000
  await lookAt(check, services(), never)
  expect(looks()).toBe(3)
})

it('remembers nothing for another value behind the same reference, and is asked anew where there is none', async () => {
  const check = countingCheck(1, { cacheMs: 600_000 })
  const asked = { ...check, options: { ...check.options, env: { URL: '${env:URL}' } } }
  const resolving = (url: string) =>
    services({ resolve: (value) => JSON.parse(JSON.stringify(value).replaceAll('${env:URL}', url)) })
  await lookAt(asked, resolving('http://staging.test'), never)
  expect((await lookAt(asked, resolving('http://shop.test'), never)).summary).not.toContain('ago')
  expect((await lookAt(asked, resolving('http://shop.test'), never)).summary).toContain('ago')
  expect(looks()).toBe(2)
  const missing = services({
    resolve: () => {
      throw new Error('URL is not set')
    },
  })
  expect(await lookAt(asked, missing, never)).toMatchObject({ status: 'unverified', summary: 'URL is not set' })
})

it('a spoiled memory is no memory', async () => {
  const check = countingCheck(1, { cacheMs: 600_000 })
  await lookAt(check, services(), never)
  const folder = join(directory, '.gonogo', 'checks')
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '{"at":1,"outcome":{"status":"pas')
  expect((await lookAt(check, services(), never)).summary).not.toContain('ago')
  expect(looks()).toBe(2)
})

it('is skipped by a stated condition, which it names', async () => {
  const when = { environment: ['staging'], variable: null, file: null, not: false }
  expect(await lookAt(countingCheck(1, { when }), services(), never)).toMatchObject({
    status: 'skipped',
    summary: 'does not apply: wanted only when environment is staging',
  })
})

it('takes secrets of its options out of what the other side says, also out of what it remembers', async () => {
  const script = "console.log(process.argv[1], 'said'); process.exit(0)"
  const secret = 'c4n4ry-t0ken'
  const binding: CheckBinding = {
    ...countingCheck(1, { cacheMs: 600_000 }),
    options: { run: [process.execPath, '-e', script, '${env:TOKEN}'] },
  }
  const redactor = createRedactor({ TOKEN: secret })
  const resolve = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('${env:TOKEN}', secret)) as T
  const outcome = await lookAt(binding, services({ redactor, resolve }), never)
  expect(JSON.stringify(outcome)).toContain('said')
  expect(JSON.stringify(outcome)).not.toContain(secret)
  const folder = join(directory, '.gonogo', 'checks')
  for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name), 'utf8')).not.toContain(secret)
})

it('an unknown kind or wrong options are unverified, not a crash', async () => {
  const unknown: CheckBinding = { type: 'check', check: 'no-such-kind', options: {}, timeoutMs: 1000, policy: null }
  expect(await lookAt(unknown, services(), never)).toMatchObject({ status: 'unverified' })
})
