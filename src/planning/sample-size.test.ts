// Advice on sample size: what is said of stages that are too short, and of those that are not.
import { describe, expect, it } from 'vitest'
import { guardOf } from '../../test/contracts/guard-contract.ts'
import { verdict } from '../guards/kinds/verdict.ts'
import type { Delivery } from '../plan/release-plan.ts'
import { secondsToShow } from '../verdict/sample-size.ts'
import { sampleSizeAdvice, sampleSizes } from './sample-size.ts'

const stage = (name: string, weight: number, minutes: number) => ({
  name,
  weight,
  durationMs: minutes * 60_000,
  preview: false,
})
const stages = [stage('smoke', 1, 5), stage('some', 10, 15), stage('half', 50, 60), stage('full', 100, 60)]
const guards = [guardOf(verdict, { latency: null })]
const plan = (traffic: Delivery['traffic'], rules = guards) => ({
  delivery: { stages, traffic } as unknown as Delivery,
  guards: rules,
})

describe('sample size', () => {
  it('is said for every stage that compares versions, shorter with more traffic for the candidate', () => {
    const sizes = sampleSizes(plan({ requestsPerSecond: 100, errors: 1 })) ?? []
    expect(sizes.map(({ stage: name }) => name)).toEqual(['smoke', 'some', 'half'])
    const [smoke = 0, some = 0, half = 0] = sizes.map(({ doublingMs }) => doublingMs ?? 0)
    expect(smoke).toBeGreaterThan(8 * some)
    expect(some).toBeGreaterThan(half)
    // By simulation (bench/verdict, set C) 171 s and 67 s at 10 and 50 %.
    expect(some / 1000).toBeGreaterThan(140)
    expect(some / 1000).toBeLessThan(200)
    expect(half / 1000).toBeGreaterThan(50)
    expect(half / 1000).toBeLessThan(80)
  })

  it('advises the smallest share that shows a doubling within the first stage, or says that none does', () => {
    expect(sampleSizeAdvice(plan({ requestsPerSecond: 200, errors: 1 }))).toMatch(
      /^at 200 requests\/s and 1 % weight a doubling of 1 % errors takes about \d+ min to be shown, stage smoke lasts 5 min: start at 5 %$/,
    )
    expect(sampleSizeAdvice(plan({ requestsPerSecond: 1, errors: 0.1 }))).toContain('no share of this traffic shows it')
    expect(sampleSizeAdvice(plan({ requestsPerSecond: 50_000, errors: 1 }))).toBeNull()
  })

  it('says nothing where nobody judges, or nobody said what to expect', () => {
    expect(sampleSizes(plan(null))).toBeNull()
    expect(sampleSizes(plan({ requestsPerSecond: 10, errors: 1 }, []))).toBeNull()
    expect(sampleSizes(plan({ requestsPerSecond: 10, errors: 1 }, [guardOf(verdict, { errors: null })]))).toBeNull()
  })

  it('never ends where there is nothing to see', () => {
    expect(secondsToShow({ requestsPerSecond: 10, failingShare: 0, weight: 0.1 }, 2, 0.01)).toBe(Infinity)
    expect(secondsToShow({ requestsPerSecond: 0, failingShare: 0.1, weight: 0.1 }, 2, 0.01)).toBe(Infinity)
  })
})
