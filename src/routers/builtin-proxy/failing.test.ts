import { expect, test } from 'vitest'
import { failureOf, mayRetry } from './failing.ts'
import type { AttemptTrace } from './failing.ts'

const sent: AttemptTrace = {
  sent: true,
  answering: false,
  relayed: false,
  timedOut: false,
  bytesRead: 0,
  elapsedMs: 1,
}

test.each([
  ['nothing was sent', { sent: false }, 'ECONNREFUSED', 'unreachable'],
  ['the request cannot be forwarded', { sent: false }, 'UND_ERR_INVALID_ARG', 'bad-request'],
  ['a used connection closes at once', { bytesRead: 500 }, 'ECONNRESET', 'stale'],
  ['a used connection closes while the backend works', { bytesRead: 500, elapsedMs: 400 }, 'ECONNRESET', 'broken'],
  ['a used connection closes inside the head', { bytesRead: 500, answering: true }, 'ECONNRESET', 'broken'],
  ['a new connection closes', {}, 'ECONNRESET', 'broken'],
  ['no answer in time', { timedOut: true, elapsedMs: 400 }, undefined, 'timed-out'],
  ['the answer stops in the middle', { answering: true, relayed: true }, 'ECONNRESET', 'cut'],
] as const)('%s', (_, change, code, expected) => {
  expect(failureOf({ ...sent, ...change }, code)).toBe(expected)
})

test('what was never sent may always be sent again', () => {
  expect(mayRetry('unreachable', false)).toBe(true)
})

test('what may have been worked on is sent again only when that does no harm', () => {
  for (const failure of ['stale', 'broken', 'timed-out'] as const) {
    expect(mayRetry(failure, true)).toBe(true)
    expect(mayRetry(failure, false)).toBe(false)
  }
})

test('an answer that began to reach the client, or a bad request, is never tried again', () => {
  expect(mayRetry('cut', true)).toBe(false)
  expect(mayRetry('bad-request', true)).toBe(false)
})
