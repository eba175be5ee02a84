import { expect, test } from 'vitest'
import type { Sample } from '../plan/signal.ts'
import { rule } from './fixtures/plan.ts'
import { reportGuards } from './guards.ts'
import { Recording } from './recording.ts'

const VERSIONS = { stable: 'v1', candidate: 'v2' }
const UP = { operator: '>', value: null, valueMax: null } as const
const look = (version: string | null, value: number | null, signal = 'error-rate'): Sample => {
  return { signal, version, at: 0, value, unit: 'percent', observations: 9 }
}
const guardOf = (rest: Parameters<typeof rule>[0], samples: Sample[]) =>
  reportGuards([rule(rest)], [], new Recording(samples), VERSIONS)[0]

test('says when a rule trips in the words of the plan, whatever its kind', () => {
  expect(guardOf({ kind: 'other', condition: 'when it is full moon' }, [])?.condition).toBe('when it is full moon')
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

test('a rule over several series has no worst value, and has seen no more than the least seen of them', () => {
  const series = ['error-rate', 'memory'].map((signal) => ({ signal, scope: 'candidate' as const, bad: UP }))
  const samples = [look('v2', 1), look('v2', 2), look('v2', null), look('v2', 5, 'memory')]
  expect(guardOf({ series }, samples)).toMatchObject({ worst: null, samples: 1, unknown: 1 })
})

test('a sample of an old recording counts as its looks, and the worst of them is not lost in their mean', () => {
  const thinned = { sinceAt: 0, looks: 10, min: 1, max: 40, last: 2 }
  const samples = [{ ...look('v2', 5), thinned }, look('v2', 8), { ...look('v2', null), thinned }]
  expect(guardOf({}, samples)).toMatchObject({ worst: { value: 40 }, samples: 11, unknown: 10 })
  expect(guardOf({ operator: '<' }, samples)?.worst?.value).toBe(1)
})
