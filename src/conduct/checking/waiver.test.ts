import { expect, it } from 'vitest'
import type { CheckPolicy } from '../../plan/binding.ts'
import { failed, passed } from '../../plan/outcome.ts'
import { coveringWaiver, waiverInWords, withEndedWaiver } from './waiver.ts'

const waiver = { by: 'ann', reason: 'known', untilMs: Date.parse('2027-02-01T00:00:00Z') }
const policy: CheckPolicy = { retries: 0, retryAfterMs: 0, soak: null, cacheMs: 0, when: null, waiver }

it('covers what is red, to the last moment of its day and not beyond', () => {
  expect(coveringWaiver(policy, 'failed', waiver.untilMs - 1)).toBe(waiver)
  expect(coveringWaiver(policy, 'unverified', 0)).toBe(waiver)
  expect(coveringWaiver(policy, 'failed', waiver.untilMs)).toBeNull()
})

it('covers nothing that is green, and is not there where nobody wrote it', () => {
  expect(coveringWaiver(policy, 'passed', 0)).toBeNull()
  expect(coveringWaiver(policy, 'skipped', 0)).toBeNull()
  expect(coveringWaiver({ ...policy, waiver: null }, 'failed', 0)).toBeNull()
  expect(coveringWaiver(null, 'failed', 0)).toBeNull()
})

it('says who, until when and why', () => {
  expect(waiverInWords(waiver)).toBe('waived by ann until 2027-02-01T00:00Z: known')
})

it('says of what is red that its waiver is over, and of nothing else', () => {
  const summary = 'gone (the waiver of ann ended 2027-02-01T00:00Z)'
  expect(withEndedWaiver(failed('gone'), policy, waiver.untilMs)).toMatchObject({ status: 'failed', summary })
  expect(withEndedWaiver(failed('gone'), policy, waiver.untilMs - 1).summary).toBe('gone')
  expect(withEndedWaiver(passed('there'), policy, waiver.untilMs).summary).toBe('there')
  expect(withEndedWaiver(failed('gone'), null, 0).summary).toBe('gone')
})
