import { describe, expect, it } from 'vitest'
import { isUnwantedQuestion } from './polarity.ts'
import { readChecklist } from '../read.ts'

const read = (text: string) => readChecklist('a.md', Buffer.from(`# R\n\n${text}\n`))
const bad = (text: string): string[] =>
  read(text).items.flatMap(({ polarity, text: words }) => (polarity === 'bad-state' ? [words] : []))

describe('a bad state', () => {
  it.each([
    'Roll back if:',
    'Abort when:',
    'Stop the rollout if any of these holds:',
    'NO-GO if:',
    'Escalate if:',
    'Red flags:',
    'Warning signs:',
    'Immediate rollback:',
    'Rollback triggers:',
  ])('is listed behind "%s"', (lead) => {
    expect(bad(`## Safety\n\n**${lead}**\n\n- [ ] Orders are lost\n- p95 > 2 s`)).toEqual([
      'Orders are lost',
      'p95 > 2 s',
    ])
  })

  it.each(['Rollback triggers', 'When to roll back', 'Abort criteria', 'Rollback decision points'])(
    'is listed under "%s"',
    (heading) =>
      expect(bad(`## ${heading}\n\n- [ ] Orders are lost\n- [ ] p95 > 2 s`)).toEqual(['Orders are lost', 'p95 > 2 s']),
  )

  it('is what rings an alarm: a watch, and no trigger of a rollback', () => {
    const { items, triggers } = read(
      '## Alert thresholds\n\n- [ ] CPU > 90%\n- [ ] Payments fail\n- [ ] Error rate > 5%',
    )
    expect(items.map(({ kind, polarity }) => [kind, polarity])).toEqual(items.map(() => ['watch', 'bad-state']))
    expect(triggers).toEqual([])
  })

  it('is sorted by severity in a way back', () => {
    const { items, triggers } = read(
      '## Rollback plan\n\n- [ ] rehearsed\n\n**Severity 1 (immediate):**\n\n- Orders are lost\n\n**Steps:**\n\n1. Stop it\n\n**Severity 2 (fix forward):**\n\n- Non-critical bugs',
    )
    expect(items.filter(({ kind }) => kind === 'trigger').map(({ text }) => text)).toEqual([
      'Orders are lost',
      'Non-critical bugs',
    ])
    expect(triggers.map(({ severity }) => severity)).toEqual(['immediate', 'conditional'])
  })

  it('is asked for by a question that should be answered with no', () => {
    expect(isUnwantedQuestion('Do the logs contain any secrets?')).toBe(true)
    expect(isUnwantedQuestion('Are there any known issues?')).toBe(true)
    expect(isUnwantedQuestion('Is any traffic sent over HTTP ?')).toBe(true)
    expect(isUnwantedQuestion('Are secrets stored in a vault?')).toBe(false)
    expect(isUnwantedQuestion('Are logs sanitised to hide sensitive data?')).toBe(false)
    expect(isUnwantedQuestion('Does the service expose metrics?')).toBe(false)
    expect(isUnwantedQuestion('Is traffic sent over HTTPS?')).toBe(false)
  })
})

describe('a good state', () => {
  it.each([
    '## Pre-deployment\n\n- [ ] Rollback plan tested\n- [ ] Rollback triggers defined',
    '## Rollback triggers\n\n- [ ] Rollback criteria agreed\n- [ ] Abort procedure documented',
    '## Post-deployment\n\n- [ ] No errors in logs\n- [ ] Error rate not above 1%',
    '## Alerts\n\n- [ ] Alert rules configured\n- [ ] Paging tested',
    '## Rollback\n\n- [ ] Database rolled back (if applicable)\n- [ ] Stable version back',
    '## Checks\n\n**Steps after a rollback:**\n\n- [ ] Team informed',
  ])('%j', (text) => expect(bad(text)).toEqual([]))
})

describe('severity', () => {
  const severity = (heading: string, lead = '', text = 'Queue > 1000') =>
    read(`## ${heading}\n\n${lead === '' ? '' : `**${lead}**\n\n`}- [ ] ${text}`).triggers[0]?.severity

  it.each<[string, string, string]>([
    ['Rollback triggers', '', 'immediate'],
    ['Conditional rollback if', '', 'conditional'],
    ['Rollback triggers', 'Roll back immediately if:', 'immediate'],
    ['Rollback triggers', 'Consider a rollback if:', 'conditional'],
    ['Rollback triggers', 'You may roll back if:', 'conditional'],
    ['Rollback triggers', 'Minor, decide within 2 hours:', 'conditional'],
    ['Rollback triggers', 'P1:', 'immediate'],
    ['Rollback triggers', 'P2:', 'conditional'],
    ['Manual rollback triggers', '', 'conditional'],
    ['Automatic rollback triggers', '', 'immediate'],
  ])('under "%s", "%s" is %s', (heading, lead, expected) => expect(severity(heading, lead)).toBe(expected))

  it('keeps the figures of each trigger', () => {
    expect(read('## Roll back if\n\n- [ ] Error rate > 5% for 2 minutes').triggers[0]?.thresholds).toMatchObject([
      { operator: '>', value: 5, unit: 'percent', windowMs: 120_000 },
    ])
  })
})
