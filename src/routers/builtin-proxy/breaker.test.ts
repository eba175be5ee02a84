import { expect, test, vi } from 'vitest'
import { Breaker, FailureRun } from './breaker.ts'
import { settingsSchema } from './settings.ts'

/** A breaker and what it told. */
function breakerWith(options: Record<string, unknown> = {}, mayOpen = () => true, run = new FailureRun()) {
  const changed = vi.fn<() => void>()
  const { breaker: settings } = settingsSchema.parse({ listen: { port: 0 }, breaker: options })
  const breaker = new Breaker(settings, run, mayOpen, changed)
  const answer = (failures: readonly boolean[]): void => {
    for (const failed of failures) breaker.answered(failed, performance.now())
  }
  return { breaker, changed, answer }
}

const FAILED = [true, true, true, true, true]

test('five failures in a row open it; a good answer between them does not', () => {
  const { breaker, changed, answer } = breakerWith()
  answer([true, true, true, true, false, true, true, true, true])
  expect(breaker.open).toBe(false)
  answer([true])
  expect(breaker.open).toBe(true)
  expect(changed).toHaveBeenCalledOnce()
})

test('a version fails as a whole: its backends are out by what all of them answered, and in by a good answer of any', () => {
  const run = new FailureRun()
  const [one, other] = [breakerWith({}, undefined, run), breakerWith({}, undefined, run)]
  one.answer([true, true])
  other.answer([true, true])
  expect([one.breaker.suspect, one.breaker.open, other.breaker.open]).toEqual([true, false, false])
  one.answer([true])
  other.answer([true])
  expect([one.breaker.open, other.breaker.open]).toEqual([true, true])
  const [bad, good] = [breakerWith({}, undefined, new FailureRun()), breakerWith()]
  bad.answer([true])
  good.answer([false])
  expect([bad.breaker.suspect, good.breaker.suspect]).toEqual([false, false])
})

test('a share of the last answers opens it where that is wanted', () => {
  const { breaker, answer } = breakerWith({ failures: 3, ofLast: 6 })
  answer([true, false, true, false, false, false, true, false, true])
  expect(breaker.open).toBe(false)
  answer([false, true])
  expect(breaker.open).toBe(true)
})

test('all 32 answers that it can remember count', () => {
  const { breaker, answer } = breakerWith({ failures: 32, ofLast: 32 })
  answer(Array.from({ length: 31 }, () => true))
  expect(breaker.open).toBe(false)
  answer([true])
  expect(breaker.open).toBe(true)
})

test('good answers in a row close it, a bad one among them begins the row anew', () => {
  const { breaker, answer } = breakerWith()
  answer([...FAILED, false, false, true, false, false])
  expect(breaker.open).toBe(true)
  answer([false])
  expect(breaker.open).toBe(false)
  answer([true])
  expect(breaker.open).toBe(false)
})

test('answers to what was asked before it opened do not close it', () => {
  const { breaker, answer } = breakerWith()
  const before = performance.now() - 1
  answer(FAILED)
  for (let i = 0; i < 10; i++) breaker.answered(false, before)
  expect(breaker.open).toBe(true)
})

test('a repeatable request may try it soon, another one only after long, one at a time', () => {
  const { breaker, answer } = breakerWith({ probeEveryMs: 200, openMs: 5000 })
  answer(FAILED)
  const now = performance.now()
  expect(breaker.takeProbe(true, now + 100)).toBe(false)
  expect(breaker.takeProbe(true, now + 210)).toBe(true)
  answer([true])
  expect(breaker.takeProbe(true, now + 220)).toBe(false)
  expect(breaker.takeProbe(true, now + 420)).toBe(true)
  answer([true])
  expect(breaker.takeProbe(false, now + 4000)).toBe(false)
  expect(breaker.takeProbe(false, now + 5500)).toBe(true)
  answer([false])
  expect(breaker.takeProbe(false, now + 5800)).toBe(true)
})

test('while a probe has not answered there is no second one, but not for ever', () => {
  const { breaker, answer } = breakerWith({ probeEveryMs: 10, openMs: 5000 })
  answer(FAILED)
  const now = performance.now()
  expect(breaker.takeProbe(true, now + 20)).toBe(true)
  expect(breaker.takeProbe(true, now + 4000)).toBe(false)
  expect(breaker.takeProbe(true, now + 5100)).toBe(true)
})

test('one that may not open says that it fails, and opens when it may', () => {
  let allowed = false
  const { breaker, answer } = breakerWith({}, () => allowed)
  answer(FAILED)
  expect([breaker.open, breaker.failing]).toEqual([false, true])
  allowed = true
  answer([true])
  expect(breaker.open).toBe(true)
})

test('switched off it never opens', () => {
  const { breaker, answer } = breakerWith({ enabled: false })
  answer([...FAILED, ...FAILED])
  expect(breaker.open).toBe(false)
})
