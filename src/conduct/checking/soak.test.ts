import { expect, it } from 'vitest'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { holdSoaks, type SoakWorld } from './soak.ts'

/** A world whose clock only waits move; `answer` says what a subject comes to at a time. */
function world(answer: (subject: string, atMs: number) => Outcome): SoakWorld<string> & { looks: string[] } {
  let nowMs = 0
  const looks: string[] = []
  return {
    looks,
    now: async () => nowMs,
    wait: async (durationMs) => void (nowMs += Math.max(1, durationMs)),
    look: async (batch) => batch.map((subject) => (looks.push(`${subject}@${nowMs}`), answer(subject, nowMs))),
  }
}

const hold = (subject: string, forMs: number, everyMs: number) => ({ subject, soak: { forMs, everyMs } })

it('passes what holds to the end, and says how often it looked', async () => {
  const here = world(() => passed('up'))
  const [outcome] = await holdSoaks([hold('api', 60_000, 20_000)], here)
  expect(here.looks).toEqual(['api@0', 'api@20000', 'api@40000', 'api@60000'])
  expect(outcome).toMatchObject({ status: 'passed', summary: 'up (4 looks in 1 min, all green)' })
})

it('ends with the first look that is not green, and says how long it held', async () => {
  const here = world((_, at) => (at >= 40_000 ? failed('down') : passed('up')))
  const [outcome] = await holdSoaks([hold('api', 3_600_000, 20_000)], here)
  expect(outcome).toMatchObject({ status: 'failed', summary: 'down (held for 40 s of 1 h)' })
  expect(here.looks).toHaveLength(3)
})

it('is not green when one look saw nothing', async () => {
  const here = world((_, at) => (at === 0 ? unverified('no answer') : passed('up')))
  expect(await holdSoaks([hold('api', 1000, 100)], here)).toMatchObject([
    { status: 'unverified', summary: 'no answer' },
  ])
})

it('holds several at once, each at its own pace, and gives them back in order', async () => {
  const here = world((subject, at) => (subject === 'b' && at >= 5000 ? failed('b down') : passed(subject)))
  const outcomes = await holdSoaks([hold('a', 10_000, 10_000), hold('b', 10_000, 5000), hold('c', 4000, 2000)], here)
  expect(outcomes.map(({ status }) => status)).toEqual(['passed', 'failed', 'passed'])
  expect(here.looks).toEqual(['a@0', 'b@0', 'c@0', 'c@2000', 'c@4000', 'b@5000', 'a@10000'])
})

it('looks twice at least, however short it is', async () => {
  const here = world(() => passed('up'))
  await holdSoaks([hold('a', 1, 1)], here)
  expect(here.looks).toHaveLength(2)
})

it('a wait that ends early only means another wait', async () => {
  const here = world(() => passed('up'))
  let nowMs = 0
  const restless = { ...here, now: async () => nowMs, wait: async () => void (nowMs += 7) }
  const [outcome] = await holdSoaks([hold('a', 100, 50)], restless)
  expect(outcome?.status).toBe('passed')
  expect(here.looks).toHaveLength(3)
})
