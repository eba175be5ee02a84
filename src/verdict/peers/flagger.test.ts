import { describe, expect, it } from 'vitest'
import { BEFORE_FIRST_TICK, FLAGGER_BUILTIN, flaggerCheck, flaggerTick, flaggerWeights } from './flagger.ts'
import type { FlaggerCheck, FlaggerProgress, FlaggerRule } from './flagger.ts'

const rule: FlaggerRule = { threshold: 2, weights: [10, 20, 30] }

function after(checks: readonly FlaggerCheck[], given = rule): FlaggerProgress {
  return checks.reduce<FlaggerProgress>((before, check) => flaggerTick(before, given, () => check), BEFORE_FIRST_TICK)
}

// Rules: flagger, pkg/controller/scheduler.go and scheduler_metrics.go.
describe('a check', () => {
  it.each([
    { name: 'request-success-rate', value: 99, check: 'passed' },
    { name: 'request-success-rate', value: 98.99, check: 'failed' },
    { name: 'request-duration', value: 500, check: 'passed' },
    { name: 'request-duration', value: 500.1, check: 'failed' },
    { name: 'request-duration', value: null, check: 'no-values' },
    { name: 'request-success-rate', value: Number.NaN, check: 'no-values' },
  ] as const)('$name of $value has $check', ({ name, value, check }) => {
    expect(flaggerCheck(value, FLAGGER_BUILTIN[name])).toBe(check)
  })

  it('a range has both its ends', () => {
    const range = { min: 10, max: 1000 }
    expect([9, 10, 1000, 1001].map((value) => flaggerCheck(value, range))).toEqual([
      'failed',
      'passed',
      'passed',
      'failed',
    ])
  })
})

describe('the ticks', () => {
  it('move the weight step by step, then promote', () => {
    const steps = [0, 1, 2, 3].map((ticks) => after(Array(ticks).fill('passed')).steps)
    expect(steps).toEqual([0, 1, 2, 3])
    expect(after(Array(4).fill('passed')).phase).toBe('promoted')
  })

  it('ask for no check before the canary has traffic', () => {
    expect(after(['failed'])).toEqual({ failedChecks: 0, steps: 1, phase: 'progressing' })
  })

  it('hold the weight where a check failed', () => {
    expect(after(['passed', 'failed'])).toEqual({ failedChecks: 1, steps: 1, phase: 'progressing' })
  })

  it('add failures up, whatever lies in between, and roll back a tick after the last straw', () => {
    const checks: FlaggerCheck[] = ['passed', 'failed', 'passed', 'failed']
    expect(after(checks)).toMatchObject({ failedChecks: 2, phase: 'progressing' })
    const rolledBack = after([...checks, 'passed'])
    expect(rolledBack).toMatchObject({ failedChecks: 2, phase: 'rolled-back' })
  })

  it('count no values as a failed check', () => {
    expect(after(['passed', 'no-values'])).toMatchObject({ failedChecks: 1 })
  })

  it('change nothing when it is over', () => {
    const over = after(['passed', 'failed', 'failed', 'passed'])
    expect(flaggerTick(over, rule, () => 'passed')).toBe(over)
  })
})

describe('the weights', () => {
  it.each([
    { name: 'up to the highest', step: 10, max: 50, weights: [10, 20, 30, 40, 50] },
    { name: 'beyond the highest by a part of a step', step: 20, max: 50, weights: [20, 40, 60] },
    { name: 'never beyond all', step: 40, max: 100, weights: [40, 80, 100] },
    { name: 'as listed', step: [1, 5, 25], max: 100, weights: [1, 5, 25] },
    { name: 'none', step: 0, max: 100, weights: [] },
  ])('$name', ({ step, max, weights }) => {
    expect(flaggerWeights(step, max)).toEqual(weights)
  })
})
