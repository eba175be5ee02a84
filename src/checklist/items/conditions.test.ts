import { describe, expect, it } from 'vitest'
import { readCondition, readHeadingCondition } from './conditions.ts'
import { readChecklist } from '../read.ts'

describe('a condition', () => {
  it.each([
    ['Purge the CDN (if applicable)', 'if applicable'],
    ['Password reset works (if configured)', 'if configured'],
    ['Start the mail relay (if mail is sent at all)', 'if mail is sent at all'],
    ['Warm the cache when using Redis', 'when using Redis'],
    ['Warm the cache if Redis is used', 'if Redis is used'],
    ['Optional: send a newsletter', 'Optional'],
    ['[Optional] send a newsletter', 'Optional'],
    ['Send a newsletter (optional)', 'optional'],
    ['Rewrite the guide (only for major releases)', 'only for major releases'],
    ['Rewrite the guide, only for major releases', 'only for major releases'],
    ['Consent banner shown, for EU customers only', 'for EU customers only'],
    ['Consent banner shown (EU only)', 'EU only'],
    ['Consent banner shown (for EU customers only)', 'for EU customers only'],
    ['Load test passed (N/A if no traffic change)', 'N/A if no traffic change'],
    ['Skip if nothing changed', 'Skip if nothing changed'],
    ['If the schema changed: run the migration', 'If the schema changed'],
    ['Migration reviewed, if any', 'if any'],
    ['キャッシュを消す（必要に応じて）', '（必要に応じて）'],
  ])('of %j is %j', (text, condition) => expect(readCondition(text)).toBe(condition))

  it.each([
    'Error rate below 1% (for 5 minutes)',
    'Roll back (if error rate > 5%)',
    'Alert fires when the disk is full',
    'Notify the team',
    'Test the optional parameters',
    'For the record: it works',
    'Backup finished (3 minutes)',
  ])('is not in %j', (text) => expect(readCondition(text)).toBeNull())

  it('of a heading holds for what stands under it, the nearest first; the title of the document states none', () => {
    const { items } = readChecklist(
      'a.md',
      Buffer.from(
        '# Release (if needed)\n\n## Cache (if Redis is used)\n\n- [ ] warm\n- [ ] flushed (optional)\n\n### Cluster\n\n- [ ] joined\n  - [ ] all nodes\n\n## Other\n\n- [ ] a\n',
      ),
    )
    expect(items.map(({ text, condition }) => [text, condition])).toEqual([
      ['warm', 'if Redis is used'],
      ['flushed (optional)', 'optional'],
      ['joined', 'if Redis is used'],
      ['all nodes', 'if Redis is used'],
      ['a', null],
    ])
    expect(readHeadingCondition('If critical issues are found:')).toBeNull()
  })
})

describe('ways of which one is taken', () => {
  const conditions = (text: string) =>
    readChecklist('a.md', Buffer.from(text)).items.map(({ text: words, condition }) => [words, condition])

  it('are conditions of all that stands in them', () => {
    const both = 'Option A: Containers / Option B: By hand'
    expect(
      conditions(
        '# R\n\n## Deployment\n\n### Option A: Containers\n\n- [ ] a\n\n#### Part\n\n- [ ] b\n\n### Option B: By hand\n\n- [ ] c\n\n### Rest\n\n- [ ] d\n',
      ),
    ).toEqual([
      ['a', `if "Option A: Containers" is chosen (one of: ${both})`],
      ['b', `if "Option A: Containers" is chosen (one of: ${both})`],
      ['c', `if "Option B: By hand" is chosen (one of: ${both})`],
      ['d', null],
    ])
  })

  it('stand between EITHER and OR', () => {
    expect(
      conditions('# R\n\n## EITHER:\n\n## All of it\n\n- [ ] a\n\n## OR:\n\n## The chart only\n\n- [ ] b\n'),
    ).toEqual([
      ['a', 'if "All of it" is chosen (one of: All of it / The chart only)'],
      ['b', 'if "The chart only" is chosen (one of: All of it / The chart only)'],
    ])
  })

  it('are told by words in front of lists', () => {
    expect(
      conditions('# R\n\n## Deployment\n\n**Option 1: Helm**\n\n- [ ] a\n\n**Option 2: Compose**\n\n- [ ] b\n').map(
        ([, condition]) => condition,
      ),
    ).toEqual([
      'if "Option 1: Helm" is chosen (one of: Option 1: Helm / Option 2: Compose)',
      'if "Option 2: Compose" is chosen (one of: Option 1: Helm / Option 2: Compose)',
    ])
    expect(conditions('# R\n\n## Deployment\n\nChoose one:\n\n- [ ] east\n- [ ] west\n')).toEqual([
      ['east', 'if "east" is chosen (one of: east / west)'],
      ['west', 'if "west" is chosen (one of: east / west)'],
    ])
  })

  it('are none where there is only one, or in the way back', () => {
    expect(conditions('# R\n\n## Option A\n\n- [ ] a\n')).toEqual([['a', null]])
    expect(
      conditions('# R\n\n## Rollback\n\n### Option 1\n\n1. a\n\n### Option 2\n\n1. b\n').map(
        ([, condition]) => condition,
      ),
    ).toEqual([null, null])
  })
})
