import { describe, expect, it } from 'vitest'
import type { Expectation } from '../plan/plan.ts'
import { judgePrinted, type Printed } from './expected-output.ts'

const expects = (kind: Expectation['kind'], value: string | null = null, exitCodes = [0]): Expectation => ({
  kind,
  value,
  text: 'as the document says',
  exitCodes,
})
const printed = (stdout: string, change: Partial<Printed> = {}): Printed => ({
  stdout,
  stderr: '',
  exitCode: 0,
  statuses: [],
  ...change,
})
const judge = (wanted: Expectation, stdout: string, change: Partial<Printed> = {}) =>
  judgePrinted(wanted, printed(stdout, change)).status

const PSQL = ' count \n-------\n     0\n(1 row)\n'
const NO_ROWS = ' id | name \n----+------\n(0 rows)\n'

describe('what a command printed', () => {
  it('is nothing where nothing is wanted, also when a search says so by exit code 1', () => {
    const search = expects('empty', null, [0, 1])
    expect(judge(search, '', { exitCode: 1 })).toBe('passed')
    expect(judge(search, 'FATAL: x\n')).toBe('failed')
    expect(judge(search, '', { exitCode: 2 })).toBe('failed')
    expect(judge(expects('empty'), '', { exitCode: 1 })).toBe('failed')
    expect(judge(expects('empty'), NO_ROWS)).toBe('passed')
  })

  it('is no answer where there was nothing to look at', () => {
    expect(judge(expects('empty', null, [0, 1]), '', { exitCode: 1, stderr: 'cat: app.log: No such file' })).toBe(
      'unverified',
    )
    expect(judge(expects('empty'), '', { stderr: 'No resources found in prod namespace.' })).toBe('passed')
  })

  it('equals a value as it stands, in the cell of a client, or as JSON', () => {
    expect(judge(expects('equals', '0 0'), '0   0\n')).toBe('passed')
    expect(judge(expects('equals', '0'), PSQL)).toBe('passed')
    expect(judge(expects('equals', '5'), PSQL)).toBe('failed')
    expect(judge(expects('equals', '3'), 'COUNT(*)\n3\n')).toBe('passed')
    expect(judge(expects('equals', '{"a":1,"b":[2]}'), '{ "b": [2], "a": 1 }')).toBe('passed')
    expect(judge(expects('equals', '{"a":1}'), '{"a":1,"b":2}')).toBe('failed')
    expect(judge(expects('equals', '10'), '100')).toBe('failed')
  })

  it('holds a text as words of its own, and JSON with more in it', () => {
    expect(judge(expects('contains', 'healthy'), 'state: healthy')).toBe('passed')
    expect(judge(expects('contains', 'healthy'), 'state: unhealthy')).toBe('failed')
    expect(judge(expects('contains', '{"state":"up"}'), '{"version":"1","state":"up"}')).toBe('passed')
    expect(judge(expects('contains', '{"state":"up"}'), '{"state":"down"}')).toBe('failed')
  })

  it('is counted and compared', () => {
    expect(judge(expects('count', '2'), 'a\n\nb\n')).toBe('passed')
    expect(judge(expects('count', '2'), 'a\n')).toBe('failed')
    expect(judge(expects('count', '0'), NO_ROWS)).toBe('passed')
    expect(judge(expects('compare', '>= 3'), '3\n')).toBe('passed')
    expect(judge(expects('compare', '< 3'), '3\n')).toBe('failed')
    expect(judge(expects('compare', '< 3'), 'a lot')).toBe('unverified')
  })

  it('is judged by the HTTP status that was seen', () => {
    expect(judge(expects('status', '200'), '{}', { statuses: [200] })).toBe('passed')
    expect(judge(expects('status', '200'), '', { statuses: [200, 503] })).toBe('failed')
    expect(judge(expects('status', '200'), 'HTTP/1.1 301 Moved\n\nHTTP/1.1 200 OK\n')).toBe('passed')
    expect(judge(expects('status', '200'), '200')).toBe('passed')
    expect(judge(expects('status', '200'), '{}')).toBe('unverified')
  })

  it('is for a person where the document only describes it', () => {
    const judgement = judgePrinted(expects('described'), printed('web 1/1 Running'))
    expect(judgement.status).toBe('unverified')
    expect(judgement.says).toContain('a person must say')
  })
})
