import { expect, test } from 'vitest'
import type { GuardRule } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'
import { rule } from './fixtures/plan.ts'
import { describeRule, reportGuards } from './guards.ts'
import { Recording } from './recording.ts'

const VERSIONS = { stable: 'v1', candidate: 'v2' }
const look = (version: string | null, value: number | null, signal = 'error-rate'): Sample => {
  return { signal, version, at: 0, value, unit: 'percent', observations: 9 }
}
const guardOf = (rest: Partial<GuardRule>, samples: Sample[]) =>
  reportGuards([rule(rest)], [], new Recording(samples), VERSIONS)[0]

test.each([
  [{}, 'error rate of the candidate > 50 %, at least 5 observations'],
  [
    { consecutive: 5, forMs: 300_000, observationsMin: 0 },
    'error rate of the candidate > 50 %, 5 samples in a row, for 5 min',
  ],
  [
    { relativeTo: 'baseline', value: 10, observationsMin: 0, scope: 'any' },
    'error rate of any version > 10 % above baseline',
  ],
  [{ relativeTo: 'baseline-points', value: 5, observationsMin: 0 }, 'error rate of the candidate > baseline plus 5 %'],
  [{ signal: 'integrity', operator: '==', value: 0, scope: 'service', observationsMin: 0 }, 'integrity is bad'],
  [
    { operator: 'between', value: 1, valueMax: 5, observationsMin: 0 },
    'error rate of the candidate between 1 % and 5 %',
  ],
] as [Partial<GuardRule>, string][])('%j reads: %s', (rest, words) => {
  expect(describeRule(rule(rest), 'percent')).toBe(words)
})

test('the worst is looked for in the rule’s scope and in the direction of its bad state', () => {
  const samples = [look('v1', 90), look('v2', 3), look('v2', 7), look('v2', null), look(null, 99)]
  expect(guardOf({}, samples)).toMatchObject({ worst: { value: 7, version: 'v2' }, samples: 2, unknown: 1 })
  expect(guardOf({ operator: '<' }, samples)?.worst?.value).toBe(3)
  expect(guardOf({ scope: 'stable' }, samples)?.worst?.value).toBe(90)
  expect(guardOf({ scope: 'any' }, samples)?.worst?.value).toBe(90)
  expect(guardOf({ scope: 'service' }, samples)?.worst?.value).toBe(99)
})

test('for a yes-or-no signal one bad look among good ones is the worst', () => {
  const samples = [1, 0, 1].map((value) => look('v2', value, 'health'))
  expect(guardOf({ signal: 'health', operator: '==', value: 0 }, samples)?.worst?.value).toBe(0)
})

test('without a version there is nothing in its scope: samples of the whole service are not taken for it', () => {
  const [guard] = reportGuards([rule()], [], new Recording([look(null, 99)]), { stable: null, candidate: null })
  expect(guard).toMatchObject({ worst: null, samples: 0, unknown: 0 })
})
