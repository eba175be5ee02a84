import { describe, expect, it } from 'vitest'
import { validationOutcome } from './outcome.ts'
import type { RuleResult, Validation } from './result.ts'

const result = (change: Partial<RuleResult>): RuleResult => ({
  rule: 'orphans',
  kind: 'reference',
  title: 'every a.b is a c.d',
  severity: 'error',
  status: 'passed',
  certainty: 'exact',
  count: 0,
  max: 0,
  judged: 1000,
  keyColumns: ['id'],
  keys: [],
  way: 'sql',
  plan: null,
  durationMs: 1,
  problem: null,
  ...change,
})
const broken = (change: Partial<RuleResult> = {}) => result({ status: 'failed', count: 12, keys: [[7n]], ...change })
const unjudged = result({
  rule: 'odd',
  status: 'unverified',
  certainty: 'error',
  count: null,
  judged: null,
  problem: 'no such column: x',
})

function outcomeOf(results: RuleResult[], successPercentMin: number | null = null, findings: string[] = []) {
  const validation: Validation = {
    database: 'main',
    identity: '/a.db',
    snapshot: 'now',
    mode: 'full',
    startedAt: 0,
    durationMs: 1,
    schemaHash: '',
    results,
  }
  return validationOutcome(validation, { successPercentMin, besides: [{ what: 'integrity', findings }] })
}

describe('the outcome of a validation', () => {
  it('passes when every rule holds, and says how well', () => {
    expect(outcomeOf([result({}), result({ rule: 'b' })])).toMatchObject({
      status: 'passed',
      summary: '2 rules hold (orphans: 0, b: 0); integrity: as it should be; validation success 100 %; judged in 1 ms',
    })
  })

  it('says the counts of a few rules, and not of many', () => {
    expect(outcomeOf([result({ count: 3, max: 4 })]).summary).toMatch(/^1 rule holds \(orphans: 3\);/)
    expect(outcomeOf(['a', 'b', 'c', 'd'].map((rule) => result({ rule }))).summary).toMatch(/^4 rules hold;/)
  })

  it('fails with the rule, its count and its limit, and shows the rows as evidence', () => {
    const outcome = outcomeOf([broken(), result({ rule: 'b' })])
    expect(outcome).toMatchObject({
      status: 'failed',
      summary:
        '1 of 2 rules does not hold: orphans (12, at most 0); integrity: as it should be; validation success 99.4 %; judged in 1 ms',
    })
    expect(outcome.evidence[0]?.content).toContain('"7"')
    expect(outcome.remedy).toContain('gonogo data fix main --dry-run')
  })

  it('never takes an error, a sample or nothing for a pass', () => {
    expect(outcomeOf([result({}), unjudged])).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('odd (no such column: x)'),
    })
    expect(outcomeOf([result({ status: 'unverified', certainty: 'sampled' })]).status).toBe('unverified')
    expect(outcomeOf([])).toMatchObject({
      status: 'unverified',
      summary: expect.stringMatching(/^no rule was judged;/),
    })
    expect(outcomeOf([result({}), unjudged], 50)).toMatchObject({ status: 'unverified' })
  })

  it('lets a warning through, and says it', () => {
    expect(outcomeOf([result({}), broken({ severity: 'warning' })])).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('orphans (12, at most 0, a warning)'),
    })
  })

  it('fails below the wanted success, which is not rounded up', () => {
    const few = [result({ judged: 1_000_000 }), broken({ count: 1, max: 5, status: 'passed' })]
    expect(outcomeOf(few, 100)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('validation success 99.9999 %, at least 100 % wanted'),
    })
    expect(outcomeOf(few, 95).status).toBe('passed')
  })

  it('fails on damage, whatever the rules say', () => {
    expect(outcomeOf([result({})], null, ['page 4 is never used'])).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('integrity: page 4 is never used'),
    })
  })
})
