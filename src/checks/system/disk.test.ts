import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { disk } from './disk.ts'

const free = { text: 'Disk space > 10 GB free', thresholds: [thresholdOf('>', 10e9, 'bytes', '> 10 GB')] }
const used = { text: 'Disk usage < 80%', thresholds: [thresholdOf('<', 80, 'percent', '< 80%')] }

checkContract(disk, {
  passing: () => ({ options: { path: tmpdir(), freeBytesMin: '1 kB', freePercentMin: 0 } }),
  failing: () => ({ options: { path: tmpdir(), freeBytesMin: '100 EB' } }),
  unverified: () => ({ options: { path: '/no/such/path', freeBytesMin: 1 } }),
  unreachable: { status: 'unverified', case: () => ({ options: { path: '/no/such/path', freePercentMin: 0 } }) },
  mentions: () => [tmpdir(), 'at least 1 kB'],
  recognises: {
    clear: [
      free,
      used,
      { text: 'At least 20% of the disk is free', thresholds: [thresholdOf('>=', 20, 'percent', 'At least 20%')] },
    ],
    unclear: [
      { label: 'Disk Space', text: 'Confirm sufficient disk space for backups and logs' },
      { ...used, text: 'Response time < 80%' },
      { text: 'Alert when disk usage > 90%', thresholds: [thresholdOf('>', 90, 'percent', '> 90%')] },
      { text: 'Alerts fire when disk usage is < 80%', thresholds: [thresholdOf('<', 80, 'percent', '< 80%')] },
    ],
  },
})

describe('disk', () => {
  it('measures what df measures', async () => {
    const { measurements } = await runCheck(disk, { options: { path: tmpdir(), freeBytesMin: 1 } })
    const line = execFileSync('df', ['-P', '-k', tmpdir()], { encoding: 'utf8' }).trim().split('\n').at(-1) ?? ''
    const [, , usedKib, freeKib] = line.split(/\s+/).map(Number) as [number, number, number, number]
    const [freeBytes, freePercent] = measurements.map((measurement) => measurement.value) as [number, number]
    expect(freeBytes / (freeKib * 1024)).toBeCloseTo(1, 1)
    expect(freePercent / ((100 * freeKib) / (usedKib + freeKib))).toBeCloseTo(1, 1)
  })

  it('fails a share that is too small', async () => {
    const [, share] = (await runCheck(disk, { options: { path: tmpdir(), freePercentMin: 0 } })).measurements
    const options = { path: tmpdir(), freePercentMin: Math.min(100, (share?.value ?? 0) + 1) }
    expect((await runCheck(disk, { options })).status).toBe('failed')
  })

  it('counts inodes as df does', async () => {
    const line = execFileSync('df', ['-P', '-i', tmpdir()], { encoding: 'utf8' }).trim().split('\n').at(-1) ?? ''
    const [, all = 0, , left = 0] = line.split(/\s+/).map(Number)
    const outcome = await runCheck(disk, { options: { path: tmpdir(), inodesFreePercentMin: 0 } })
    if (all === 0) return expect(outcome.status).toBe('unverified')
    const share = outcome.measurements.find(({ name }) => name === 'free inodes')?.value ?? Number.NaN
    expect(share / ((100 * left) / all)).toBeCloseTo(1, 1)
    const more = { path: tmpdir(), inodesFreePercentMin: 100 }
    expect(await runCheck(disk, { options: more })).toMatchObject({ status: left < all ? 'failed' : 'passed' })
  })

  it('turns a bound on usage into one on what is free', () => {
    expect(disk.recognise?.(itemOf(used))?.options).toEqual({ path: '.', freePercentMin: 20 })
  })

  it('wants a bound, in a unit it knows', () => {
    expect(disk.options.safeParse({}).success).toBe(false)
    expect(disk.options.safeParse({ freeBytesMin: '10 parsecs' }).success).toBe(false)
    expect(disk.options.parse({ freeBytesMin: '1.5 GiB' }).freeBytesMin).toBe(1.5 * 2 ** 30)
  })
})
