import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { describe, expect, it } from 'vitest'
import { checkContract, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { memory, swapOf } from './memory.ts'

checkContract(memory, {
  passing: () => ({ options: { freeBytesMin: '1 MB', usedPercentMax: 100 } }),
  failing: () => ({ options: { freeBytesMin: '100 EB' } }),
  mentions: () => ['at least 1 MB', 'at most 100 %'],
  recognises: {
    clear: [
      { text: 'At least 4 GB free memory', thresholds: [thresholdOf('>=', 4e9, 'bytes', 'At least 4 GB')] },
      { text: 'Host memory usage < 80%', thresholds: [thresholdOf('<', 80, 'percent', '< 80%')] },
      { text: 'RAM available: 2 GB or more', thresholds: [thresholdOf('>=', 2e9, 'bytes', '2 GB or more')] },
    ],
    unclear: [
      { label: 'Memory Resources', text: 'Verify adequate memory for deployment process' },
      { text: 'Memory usage < 80%', thresholds: [thresholdOf('<', 80, 'percent', '< 80%')] },
      { text: 'Server memory usage > 90%', thresholds: [thresholdOf('>', 90, 'percent', '> 90%')] },
      { text: 'Each container has 2 GB free memory', thresholds: [thresholdOf('>=', 2e9, 'bytes', '2 GB')] },
    ],
  },
})

describe('memory', () => {
  it('fails a host that uses more than allowed', async () => {
    expect(await runCheck(memory, { options: { usedPercentMax: 0 } })).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/% used, but at most 0 % used wanted$/),
    })
  })

  it.runIf(process.platform === 'linux')('never reports more than the kernel says is available', async () => {
    const available = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]
    const { measurements } = await runCheck(memory, { options: { freeBytesMin: 1 } })
    const freeBytes = measurements[0]?.value ?? Number.NaN
    expect(freeBytes).toBeGreaterThan(0)
    // Other programs allocate and free between the two readings: a tenth of all memory is more than that.
    expect(freeBytes).toBeLessThan(Number(available) * 1024 + totalmem() / 10)
  })

  it('reads how much swap is used', () => {
    expect(swapOf('MemTotal: 10 kB\nSwapTotal:       1000 kB\nSwapFree:         250 kB\n')).toBe(75)
    expect(swapOf('SwapTotal:          0 kB\nSwapFree:           0 kB\n')).toBe(0)
    expect(swapOf('nonsense')).toBeNull()
  })

  it.runIf(process.platform === 'linux')('judges swap', async () => {
    expect(await runCheck(memory, { options: { swapUsedPercentMax: 100 } })).toMatchObject({ status: 'passed' })
    const outcome = await runCheck(memory, { options: { swapUsedPercentMax: 0 } })
    const used = swapOf(readFileSync('/proc/meminfo', 'utf8')) ?? 0
    if (used === 0) expect(outcome.summary).toContain('% of the swap')
    else expect(outcome.status).toBe('failed')
  })
})
