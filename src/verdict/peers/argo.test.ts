import { describe, expect, it } from 'vitest'
import {
  ARGO_DEFAULTS,
  NO_MEASUREMENT,
  afterMeasurement,
  assessMetric,
  assessRun,
  measurementPhase,
  worsePhase,
} from './argo.ts'
import type { ArgoLimits, ArgoPhase, ArgoProgress } from './argo.ts'
import type { Truth } from './argo-evaluate.ts'

const limits = (given: Partial<ArgoLimits>): ArgoLimits => ({ ...ARGO_DEFAULTS, intervalMs: 60_000, ...given })
const progress = (given: Partial<ArgoProgress>): ArgoProgress => ({ ...NO_MEASUREMENT, last: 'Successful', ...given })

// Expected phases: argo-rollouts, utils/evaluate/evaluate_test.go.
describe('a measurement', () => {
  it.each<{ success: Truth | null; failure: Truth | null; phase: ArgoPhase }>([
    { success: true, failure: false, phase: 'Successful' },
    { success: true, failure: true, phase: 'Failed' },
    { success: false, failure: true, phase: 'Failed' },
    { success: false, failure: false, phase: 'Inconclusive' },
    { success: null, failure: false, phase: 'Successful' },
    { success: null, failure: true, phase: 'Failed' },
    { success: true, failure: null, phase: 'Successful' },
    { success: false, failure: null, phase: 'Failed' },
    { success: null, failure: null, phase: 'Successful' },
    { success: 'error', failure: true, phase: 'Error' },
    { success: true, failure: 'error', phase: 'Error' },
  ])('success $success, failure $failure: $phase', ({ success, failure, phase }) => {
    expect(measurementPhase(success, failure)).toBe(phase)
  })

  it('an error is not counted as a measurement; anything else ends a row of errors', () => {
    const before = progress({ count: 4, consecutiveError: 4 })
    expect(afterMeasurement(before, 'Error')).toMatchObject({ count: 4, consecutiveError: 5 })
    for (const phase of ['Successful', 'Failed', 'Inconclusive'] as const)
      expect(afterMeasurement(before, phase)).toMatchObject({ count: 5, consecutiveError: 0 })
  })
})

// Expected phases: argo-rollouts, analysis/analysis_test.go, TestAssessMetricStatus*.
describe('a metric', () => {
  it.each<{
    name: string
    given: Partial<ArgoLimits>
    seen: Partial<ArgoProgress>
    running: ArgoPhase
    ending: ArgoPhase
  }>([
    { name: 'not measured yet', given: {}, seen: { last: null }, running: 'Pending', ending: 'Successful' },
    {
      name: 'more failures than the limit',
      given: { failureLimit: 2 },
      seen: { failed: 3, count: 3 },
      running: 'Failed',
      ending: 'Failed',
    },
    {
      name: 'as many failures as the limit',
      given: { failureLimit: 3 },
      seen: { failed: 3, count: 3 },
      running: 'Running',
      ending: 'Successful',
    },
    {
      name: 'one failure, no limit given',
      given: {},
      seen: { failed: 1, count: 1 },
      running: 'Failed',
      ending: 'Failed',
    },
    {
      name: 'failures that are not counted',
      given: { failureLimit: -1 },
      seen: { failed: 50, count: 50 },
      running: 'Running',
      ending: 'Successful',
    },
    {
      name: 'more inconclusive ones than the limit',
      given: { inconclusiveLimit: 2 },
      seen: { inconclusive: 3, count: 3 },
      running: 'Inconclusive',
      ending: 'Inconclusive',
    },
    {
      name: 'as many inconclusive ones as the limit',
      given: { inconclusiveLimit: 3 },
      seen: { inconclusive: 3, count: 3 },
      running: 'Running',
      ending: 'Successful',
    },
    {
      name: 'five errors in a row',
      given: {},
      seen: { consecutiveError: 5, count: 5 },
      running: 'Error',
      ending: 'Error',
    },
    {
      name: 'four errors in a row',
      given: {},
      seen: { consecutiveError: 4, count: 5 },
      running: 'Running',
      ending: 'Successful',
    },
    {
      name: 'the count reached',
      given: { count: 10 },
      seen: { successful: 10, count: 10 },
      running: 'Successful',
      ending: 'Successful',
    },
    {
      name: 'the count reached, half of them inconclusive',
      given: { count: 10 },
      seen: { successful: 5, inconclusive: 5, count: 10 },
      running: 'Inconclusive',
      ending: 'Inconclusive',
    },
    {
      name: 'one success of no given interval',
      given: { intervalMs: null },
      seen: { successful: 1, count: 1 },
      running: 'Successful',
      ending: 'Successful',
    },
    {
      name: 'failures before errors',
      given: {},
      seen: { failed: 1, consecutiveError: 9, inconclusive: 9 },
      running: 'Failed',
      ending: 'Failed',
    },
    {
      name: 'enough successes in a row',
      given: { failureLimit: -1, consecutiveSuccessLimit: 3 },
      seen: { successful: 4, failed: 9, consecutiveSuccess: 3, count: 13 },
      running: 'Successful',
      ending: 'Successful',
    },
    {
      name: 'too few successes in a row when the count is reached',
      given: { failureLimit: -1, consecutiveSuccessLimit: 3, count: 5 },
      seen: { successful: 4, failed: 1, consecutiveSuccess: 2, count: 5 },
      running: 'Inconclusive',
      ending: 'Inconclusive',
    },
  ])('$name: $running, and $ending when the run ends', ({ given, seen, running, ending }) => {
    expect(assessMetric(progress(seen), limits(given))).toBe(running)
    expect(assessMetric(progress(seen), limits(given), true)).toBe(ending)
  })
})

// Expected phases: argo-rollouts, analysis/analysis_test.go, TestAssessRunStatus* and TestReconcileAnalysisRunTerminate*.
describe('a run', () => {
  const well = { limits: limits({ count: 1 }), progress: progress({ successful: 1, count: 1 }) }
  const going = { limits: limits({}), progress: progress({ successful: 1, count: 1 }) }
  const failed = { limits: limits({}), progress: progress({ failed: 1, count: 1 }) }
  const erred = { limits: limits({}), progress: progress({ consecutiveError: 5, last: 'Error' }) }
  const unclear = { limits: limits({}), progress: progress({ inconclusive: 1, count: 1 }) }

  it.each<{ name: string; metrics: Parameters<typeof assessRun>[0]; phase: ArgoPhase }>([
    { name: 'all well', metrics: [well, well], phase: 'Successful' },
    { name: 'one still going', metrics: [well, going], phase: 'Running' },
    { name: 'one failed ends the others', metrics: [going, failed], phase: 'Failed' },
    { name: 'one inconclusive ends the others', metrics: [going, unclear], phase: 'Inconclusive' },
    { name: 'one in error ends the others', metrics: [going, erred], phase: 'Error' },
    { name: 'the worst counts', metrics: [unclear, failed, erred], phase: 'Failed' },
    { name: 'an error before inconclusive', metrics: [unclear, erred], phase: 'Error' },
    { name: 'a dry run has no say', metrics: [well, { ...failed, dryRun: true }], phase: 'Successful' },
    { name: 'a dry run is waited for', metrics: [well, { ...going, dryRun: true }], phase: 'Running' },
  ])('$name: $phase', ({ metrics, phase }) => {
    expect(assessRun(metrics)).toBe(phase)
  })

  it('that is told to end is through', () => {
    expect(assessRun([going, { limits: limits({}), progress: NO_MEASUREMENT }], true)).toBe('Successful')
  })

  it('from the best phase to the worst', () => {
    const order: ArgoPhase[] = ['Successful', 'Running', 'Pending', 'Inconclusive', 'Error', 'Failed']
    for (const [index, phase] of order.entries())
      for (const other of order.slice(index))
        expect([worsePhase(phase, other), worsePhase(other, phase)]).toEqual([other, other])
  })
})
