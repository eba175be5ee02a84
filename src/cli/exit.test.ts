import { afterEach, expect, it, vi } from 'vitest'
import { OutsideError, PlanError } from '../lib/errors.ts'
import { sayError, sayUsageError } from './exit.ts'

afterEach(() => vi.restoreAllMocks())

function said(error: unknown): string {
  let text = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    text += String(chunk)
    return true
  })
  expect(sayError(error)).toBe(2)
  return text
}

it('says an error in one line, whatever it quotes', () => {
  const error = new OutsideError('target app', 'v2-1 ended; its last lines: \n  one\n  two\n; it was stopped', {
    hint: 'see log',
  })
  expect(said(error)).toBe('gonogo: target app: v2-1 ended; its last lines: one | two; it was stopped; see log\n')
  expect(said(new PlanError('is wrong', { file: 'a.yaml', line: 3 }))).toBe('gonogo: a.yaml:3: is wrong\n')
})

it('says of what was cancelled no more than that', () => {
  const ending = new AbortController()
  ending.abort()
  expect(said(ending.signal.reason)).toBe('gonogo: cancelled\n')
})

it('shows the stack of a bug', () => {
  expect(said(new TypeError('no'))).toMatch(/^gonogo: no\n.*bug in gonogo.*\n.*TypeError: no\n\s+at /)
})

it('says a wrong command line like any other error', () => {
  const lines: string[] = []
  sayUsageError("error: unknown command 'deply'\n(Did you mean deploy?)\n", (text) => lines.push(text))
  expect(lines).toEqual(["gonogo: unknown command 'deply'; did you mean deploy?; add --help to see what there is\n"])
})
