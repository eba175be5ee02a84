import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { noData } from '../../../test/contracts/no-data.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { sqlite } from '../../backups/sqlite.ts'
import { createDataPort } from '../../app/data-port.ts'
import type { DataPort } from '../../plan/data-port.ts'
import { passed, unverified } from '../../plan/outcome.ts'
import { restoreTested } from './restore-tested.ts'

const DAY_MS = 86_400_000
let directory = ''
const dayBefore = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10)

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-restore-'))
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text)
  write(
    'drill.yaml',
    `drills:\n  - restoredAt: ${dayBefore(10)}\n    result: ok\n  - restoredAt: ${dayBefore(9)}\n    result: failed\n`,
  )
  write('drill.json', JSON.stringify({ restoredAt: `${dayBefore(10)}T10:00:00Z`, note: ANSI }))
  write(
    'log.md',
    `# Drills\n- ${dayBefore(200)} restored well\n- ${dayBefore(20)} restored well\n- ${dayBefore(1)} tape torn\n`,
  )
  write('later.json', JSON.stringify({ restoredAt: dayBefore(-30) }))
  write('vague.json', JSON.stringify({ restoredAt: '03/04/2026' }))
  write(
    'bomb.yaml',
    `a: &a [x]\n${'b: [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n'.repeat(1)}`,
  )
  write('large.txt', `restored ${dayBefore(1)}\n`.repeat(80_000))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const newestBackup = async () => ({ id: '20261121T101500Z-3f9a', takenAt: Date.now(), proof: 'ok' })
const copied: DataPort = { ...noData, newestBackup, verifyBackup: async () => passed('integrity_check ok') }
const from = (data: DataPort, options: object = {}) => ({ options, context: { data } })
const told = (record: string, options: object = {}) => ({ options: { record, ...options }, context: { directory } })
const statusOf = async (record: string, options: object = {}): Promise<string> =>
  (await runCheck(restoreTested, told(record, options))).status

checkContract(restoreTested, {
  passing: () => from(copied, { backup: 'database', durationMax: '1 min' }),
  failing: () => told('drill.json', { within: '9 days' }),
  unverified: () => from({ ...copied, verifyBackup: async () => unverified('the store is down') }),
  slow: () => from({ ...copied, verifyBackup: () => new Promise(() => {}) }),
  unreachable: { status: 'unverified', case: () => told('gone.json') },
  hostile: {
    'escapes for terminals': { status: 'passed', case: () => told('drill.json') },
    'a record without a date': { status: 'unverified', case: () => told('bomb.yaml') },
    'a record too large': { status: 'unverified', case: () => told('large.txt', { dates: 'restored (\\S+)' }) },
    'a directory': { status: 'unverified', case: () => told('.') },
  },
  mentions: () => ['database', 'into scratch', 'within 1 min'],
  recognises: {
    clear: [
      'Database restore tested',
      'Restore from the latest backup was verified',
      'Backup restoration process tested',
    ],
    unclear: [
      'Restore the database from the latest backup',
      'Restore procedure documented',
      'Database restore tested on staging',
      'If the restore was tested, continue',
      'Tests restored from stash',
    ],
  },
})

describe('restore-tested', () => {
  it('reads the date and the result where the record has them', async () => {
    const first = { field: 'drills[0].restoredAt', okField: 'drills[0].result', within: '30 days' }
    expect(await statusOf('drill.yaml', first)).toBe('passed')
    expect(await statusOf('drill.yaml', { field: 'drills[1].restoredAt', okField: 'drills[1].result' })).toBe('failed')
    expect(await statusOf('drill.yaml', { field: 'drills[0].restoredAt', okField: 'drills[0].none' })).toBe(
      'unverified',
    )
  })

  it('takes the latest date of a text that says so', async () => {
    const dates = '^- (\\S+) restored well'
    expect(await statusOf('log.md', { dates, within: '21 days' })).toBe('passed')
    expect(await statusOf('log.md', { dates, within: '19 days' })).toBe('failed')
    expect(await statusOf('log.md', { dates: 'never (\\S+)' })).toBe('unverified')
  })

  it('believes no date that is yet to come, or that may be read in two ways', async () => {
    expect(await statusOf('later.json')).toBe('unverified')
    expect(await statusOf('vague.json')).toBe('unverified')
  })

  it('restores a real copy, and fails for one that is damaged', async () => {
    using database = new DatabaseSync(join(directory, 'shop.db'))
    database.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY); INSERT INTO orders VALUES (1), (2)')
    const place = { name: 'database', directory, stateDirectory: join(directory, '.gonogo') }
    const backup = sqlite.create(sqlite.options.parse({ database: 'shop.db' }), place)
    const manifest = await backup.create(AbortSignal.timeout(30_000))
    const data = createDataPort({} as never, { database: backup })
    const whole = await runCheck(restoreTested, from(data))
    expect(whole).toMatchObject({ status: 'passed', summary: expect.stringContaining('restored and proved in') })
    expect(await runCheck(restoreTested, from(data, { durationMax: 0 }))).toMatchObject({ status: 'failed' })
    appendFileSync(manifest.file, 'x')
    expect(await runCheck(restoreTested, from(data))).toMatchObject({ status: 'failed' })
    expect(await runCheck(restoreTested, from(data, { backup: 'other' }))).toMatchObject({ status: 'unverified' })
  })
})
