import { expect, it } from 'vitest'
import { createRelease } from '../release.fixture.ts'
import { openingInWords } from './opening.ts'

const CLOSED = "  freezes: [{ from: 2020-01-01, to: 2999-01-01, reason: 'the sale' }]\n"

it('outside of its calendar a delivery waits, and begins on the word of the approver, who is on record', async () => {
  const bench = createRelease({ delivery: CLOSED })
  await bench.conduct((event) => {
    if (event.type !== 'needs') return false
    if (event.reason.includes('frozen: the sale')) {
      expect(bench.told).toEqual([])
      void bench.send({ type: 'promote', by: 'ann' })
    } else void bench.approve('Product Owner', 'ann')
    return false
  })
  expect(bench.run.state).toBe('succeeded')
  const notes = bench.ledger.filter(({ kind }) => kind === 'note').map(({ body }) => String(body.text))
  expect(notes).toContainEqual(
    expect.stringMatching(/may not begin: frozen: the sale; the calendar opens .* 2 Jan 2999/),
  )
  expect(notes).toContain('ann lets it begin although it is frozen: the sale')
})

it('a pipeline that may not wait is told NO-GO, and nothing was touched', async () => {
  const bench = createRelease({ delivery: CLOSED, noWait: true, migrate: '{ shell: "true", undo: "true" }' })
  await bench.conduct()
  expect(bench.run).toMatchObject({
    state: 'aborted',
    reason: expect.stringContaining('NO-GO: the delivery may not begin'),
  })
  expect(bench.told).toEqual([])
})

it('a window that is open holds nothing up', async () => {
  const bench = createRelease({ delivery: "  windows: [{ days: mon-sun, from: '00:00', to: '24:00' }]\n" })
  await bench.conduct((event) => {
    if (event.type === 'needs') void bench.approve('Product Owner', 'ann')
    return false
  })
  expect(bench.run.state).toBe('succeeded')
  expect(openingInWords(bench.plan.delivery?.calendar ?? null, Date.now())).toMatch(/^the release window is open/)
  expect(openingInWords(null, Date.now())).toBeNull()
})

it.each([
  ["  windows: [{ days: funday, from: '09:00', to: '16:00' }]\n", /"funday" names no days/],
  ["  windows: [{ days: mon, from: '9', to: '16:00' }]\n", /"9" is no time of day/],
  ['  freezes: [{ from: soon, to: 2026-01-01, reason: x }]\n', /is no day/],
  ['  timezone: Mars/Olympus\n', /no time zone/],
])('refuses %s', (delivery, message) => {
  expect(() => createRelease({ delivery })).toThrow(message)
})
