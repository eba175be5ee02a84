import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { fileState } from './file-state.ts'

const SECRET = 'content-to-hide'
const HOUR_MS = 3_600_000
let directory = ''

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-file-'))
  writeFileSync(join(directory, 'new.txt'), `one\n${SECRET}\n`)
  writeFileSync(join(directory, 'old.txt'), '')
  utimesSync(join(directory, 'old.txt'), new Date(), new Date(Date.now() - 50 * HOUR_MS))
  writeFileSync(join(directory, 'coming.txt'), 'x')
  utimesSync(join(directory, 'coming.txt'), new Date(), new Date(Date.now() + HOUR_MS))
  writeFileSync(join(directory, 'huge.bin'), '')
  truncateSync(join(directory, 'huge.bin'), 10e9)
  execFileSync('mkfifo', [join(directory, 'pipe')])
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const at = (path: string, options: Record<string, unknown> = {}) => ({
  options: { path, ...options },
  context: { directory },
})
const age = {
  text: '`var/heartbeat` was updated less than 5 minutes ago',
  thresholds: [thresholdOf('<', 300_000, 'ms', 'less than 5 minutes')],
}

checkContract(fileState, {
  passing: () => at('new.txt', { ageMax: '24 h', sizeBytesMin: 1, contains: 'one' }),
  failing: () => at('old.txt', { ageMax: '24 h' }),
  unverified: () => at('.', { sizeBytesMin: 1 }),
  unreachable: { status: 'failed', case: () => at('gone.txt') },
  hostile: {
    'a file of 10 GB': { status: 'unverified', case: () => at('huge.bin', { contains: 'x' }) },
    'a pipe into which nobody writes': { status: 'unverified', case: () => at('pipe', { contains: 'x' }) },
    'a device without end': { status: 'unverified', case: () => at('/dev/zero', { sha256: '0'.repeat(64) }) },
  },
  secret: { value: SECRET, case: () => at('new.txt', { lacks: [SECRET] }) },
  mentions: () => ['new.txt', '1 day', '1 B'],
  recognises: {
    clear: [
      'Maintenance flag `var/maintenance.lock` is removed',
      'Dump `backups/app.sql` exists and is not empty',
      age,
    ],
    unclear: [
      '`config/production.yml` exists',
      'README.md updated',
      '`POST /api/orders` removed',
      '`https://shop.internal/x.js` deleted',
      '`old.txt` should be deleted if it is there',
      'Old backups removed',
    ],
  },
})

describe('file-state', () => {
  const summaryOf = async (path: string, options: Record<string, unknown>) =>
    (await runCheck(fileState, at(path, options))).summary

  it('says everything that is wrong with it', async () => {
    expect(await summaryOf('old.txt', { ageMax: '1 h', sizeBytesMin: 10, contains: ['a', 'b'] })).toBe(
      'old.txt: changed 2 days 2 h ago, at most 1 h wanted; 0 B, at least 10 B wanted; text 1 of contains is not in it; text 2 of contains is not in it',
    )
  })

  it('takes a time to come for no young file', async () => {
    expect(await runCheck(fileState, at('coming.txt', { ageMax: '24 h' }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('in the future'),
    })
  })

  it('knows what must not be there, and what must be old or small', async () => {
    expect(await runCheck(fileState, at('gone.txt', { exists: false }))).toMatchObject({ status: 'passed' })
    expect(await runCheck(fileState, at('new.txt', { exists: false }))).toMatchObject({ status: 'failed' })
    expect(await runCheck(fileState, at('old.txt', { ageMin: '2 days', sizeBytesMax: 0 }))).toMatchObject({
      status: 'passed',
    })
    expect(await runCheck(fileState, at('new.txt', { ageMin: '2 days' }))).toMatchObject({ status: 'failed' })
  })

  it('compares checksums', async () => {
    const sha256 = createHash('sha256').update(`one\n${SECRET}\n`).digest('hex').toUpperCase()
    expect(await runCheck(fileState, at('new.txt', { sha256 }))).toMatchObject({ status: 'passed' })
    expect(await runCheck(fileState, at('old.txt', { sha256 }))).toMatchObject({ status: 'failed' })
  })

  it('refuses to ask more of what must not be there', () => {
    expect(fileState.options.safeParse({ path: 'x', exists: false, ageMax: '1 h' }).success).toBe(false)
  })

  it('proposes the age of the words', () => {
    expect(fileState.recognise?.(itemOf(age))?.options).toEqual({ path: 'var/heartbeat', ageMax: 300_000 })
  })
})
