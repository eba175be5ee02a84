import { expect, it } from 'vitest'
import { planOf } from './fixtures/plan.ts'
import { remedyOf } from './remedy.ts'

const { document } = planOf([], []).checklist
const troubleshooting = [
  { phase: 'p', line: 120, symptom: 'Connection refused', items: ['pool', 'other'] },
  { phase: 'p', line: 140, symptom: 'Slow queries', items: ['queries'] },
]

it('joins what the check advises with where the document tells the cure', () => {
  expect(remedyOf('pool', 'raise the limit.', { document, troubleshooting })).toBe(
    'raise the limit; the document tells what to do: "Connection refused" (DEPLOYMENT_CHECKLIST.md:120)',
  )
  expect(remedyOf('queries', null, { document, troubleshooting })).toContain('"Slow queries"')
})

it('says only what is known', () => {
  expect(remedyOf('disk', 'free some space', { document, troubleshooting })).toBe('free some space')
  expect(remedyOf('disk', null, { document, troubleshooting })).toBeNull()
  expect(remedyOf('pool', null, { document })).toBeNull()
})
