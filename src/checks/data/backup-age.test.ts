import { describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { noData } from '../../../test/contracts/no-data.ts'
import { PlanError } from '../../lib/errors.ts'
import type { DataPort } from '../../plan/data-port.ts'
import { failed, passed } from '../../plan/outcome.ts'
import { backupAge } from './backup-age.ts'

const MINUTE_MS = 60_000

/** A project whose newest proved copy is so old. */
const copied = (ageMs: number, change: Partial<DataPort> = {}): DataPort => ({
  ...noData,
  newestBackup: async () => ({
    id: '20261121T101500Z-3f9a',
    takenAt: Date.now() - ageMs,
    proof: 'integrity_check: ok',
  }),
  verifyBackup: async () => passed('integrity_check ok, SHA-256 matches, 3 tables'),
  ...change,
})
const at = (ageMs: number, options: object = {}, change: Partial<DataPort> = {}) => ({
  options: { backup: 'database', ageMax: '1 h', ...options },
  context: { data: copied(ageMs, change) },
})

checkContract(backupAge, {
  passing: () => at(30 * MINUTE_MS),
  failing: () => at(61 * MINUTE_MS),
  slow: () => at(0, { verify: true }, { verifyBackup: () => new Promise(() => {}) }),
  unreachable: {
    status: 'unverified',
    case: () =>
      at(
        0,
        {},
        { newestBackup: () => Promise.reject(new PlanError('there is no backup "database"', { expected: 'main' })) },
      ),
  },
  mentions: () => ['database', '1 h'],
  failingExample: () => ({ data: copied(MINUTE_MS) }),
})

describe('backup-age', () => {
  it('fails where nothing was ever backed up, and says what to type', async () => {
    expect(await runCheck(backupAge, { options: { ageMax: '1 h' }, context: { data: noData } })).toMatchObject({
      status: 'failed',
      remedy: 'gonogo backup create',
    })
  })

  it('fails when the copy, proved again, is no longer whole', async () => {
    const verifyBackup = async () => failed('SHA-256 is another')
    expect(await runCheck(backupAge, at(0, { verify: true }, { verifyBackup }))).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/0 ms old.*SHA-256 is another|old .*SHA-256 is another/),
    })
  })
})
