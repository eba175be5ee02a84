import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { cpu } from './cpu.ts'

const below = (text: string) => ({ text, thresholds: [thresholdOf('<', 70, 'percent', '< 70%')] })
const SHORT = { sampleMs: 100 }

checkContract(cpu, {
  passing: () => ({ options: { usedPercentMax: 100, loadPerCoreMax: 1e6, coresMin: 1, ...SHORT } }),
  failing: () => ({ options: { coresMin: 1_000_000 } }),
  slow: () => ({ options: { usedPercentMax: 100, sampleMs: 20_000 } }),
  mentions: () => ['100 %', 'at least 1 core', '5 min'],
  recognises: {
    clear: ['At least 8 CPU cores', '4 vCPUs minimum', below('Host CPU usage < 70%')],
    unclear: [
      below('CPU usage < 70%'),
      { text: 'Server CPU > 90%', thresholds: [thresholdOf('>', 90, 'percent', '> 90%')] },
      below('Alert when server CPU is not < 70%'),
      below('Server CPU < 70% under load'),
      'CPU usage normal',
      'CPU limits: 2 cores',
    ],
  },
})

describe('cpu', () => {
  it('sees a processor that is busy', async () => {
    const options = { usedPercentMax: 0, ...SHORT }
    const looking = runCheck(cpu, { options })
    // A tenth of a second of work between the two readings.
    const until = performance.now() + 100
    while (performance.now() < until);
    const outcome = await looking
    expect(outcome).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/% used, but at most 0 % used wanted$/),
    })
    expect(outcome.measurements.find(({ name }) => name === 'processor use')?.value).toBeGreaterThan(0)
  })

  it('counts the cores that are there', async () => {
    const run = (coresMin: number) => runCheck(cpu, { options: { coresMin } })
    expect(await run(availableParallelism())).toMatchObject({ status: 'passed' })
    expect(await run(availableParallelism() + 1)).toMatchObject({ status: 'failed' })
  })

  it('proposes what the words name', () => {
    expect(cpu.recognise?.(itemOf('8 CPU cores available'))?.options).toEqual({ coresMin: 8 })
    expect(cpu.recognise?.(itemOf(below('Host CPU usage < 70%')))?.options).toEqual({ usedPercentMax: 70 })
  })
})
