import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PlanError } from '../lib/errors.ts'
import type { Item } from '../plan/plan.ts'
import { readChecklist } from './read.ts'
import { readStages } from './items/stages.ts'

const read = (text: string) => readChecklist('release.md', Buffer.from(text))
const under = (heading: string, body: string) => read(`# Release\n\n## ${heading}\n\n${body}\n`)
const first = (heading: string, body: string): Item => {
  const item = under(heading, body).items[0]
  if (!item) throw new Error('no item')
  return item
}
const kinds = (heading: string, body: string) => under(heading, body).items.map(({ kind }) => kind)

const kindOf = (...titles: string[]) => {
  const text = titles.map((title, depth) => `${'#'.repeat(depth + 2)} ${title}\n\n- [ ] x\n`).join('\n')
  return read(`# Release\n\n${text}`).phases.at(-1)?.kind
}

const refusal = (text: string) => {
  try {
    read(text)
  } catch (error) {
    if (error instanceof PlanError) return error
    throw error
  }
  throw new Error('was read')
}

describe('boxes', () => {
  it('are read with state, label, line and the byte between the brackets', () => {
    const text = '# Größe\n\n- [ ] open\n- [x] **Disk**: enough\n1. [X] third\n\n* [~] half\n'
    const { items } = read(text)
    expect(items.map(({ state, label, line, text: words }) => [state, label, line, words])).toEqual([
      ['open', null, 3, 'open'],
      ['ticked', 'Disk', 4, 'Disk: enough'],
      ['ticked', null, 5, 'third'],
      ['partial', null, 7, 'half'],
    ])
    const bytes = Buffer.from(text)
    expect(items.map(({ box }) => bytes.subarray(box?.start, box?.end).toString())).toEqual([' ', 'x', 'X', '~'])
  })

  it('nest: children name their parent', () => {
    const { items } = read('# R\n\n- [ ] **Backup**\n  - [ ] taken\n  - size: `____ GB`\n  - only a note\n- [ ] next\n')
    expect(items.map(({ text, parent }) => [text, items.find(({ id }) => id === parent)?.text ?? null])).toEqual([
      ['Backup', null],
      ['taken', 'Backup'],
      ['size: ____ GB', 'Backup'],
      ['next', null],
    ])
  })

  it('in a heading are items that hold what stands under it', () => {
    const { items, phases } = read('# R\n\n### [ ] Smoke testing\n\n- [ ] login works\n')
    expect(phases[1]?.title).toBe('Smoke testing')
    expect(items.map(({ text, box, parent }) => [text, box !== null, parent !== null])).toEqual([
      ['Smoke testing', true, false],
      ['login works', true, true],
    ])
  })

  it('survive front matter, CRLF, comments, details and quotes', () => {
    const text =
      '---\ntitle: x\nlabels: y\n---\n\n# R\n\n<!-- - [ ] not this -->\n\n> - [ ] quoted\n\n<details>\n<summary>More</summary>\n\n- [ ] inside\n\n</details>\n'
    for (const document of [text, text.replaceAll('\n', '\r\n')]) {
      const checklist = read(document)
      expect(checklist.items.map((item) => item.text)).toEqual(['quoted', 'inside'])
      expect(checklist.phases.map(({ title }) => title)).toEqual(['R'])
    }
  })

  it('are not swallowed by a rule at the top of the document', () => {
    expect(read('---\n\nNote: read on\n\n- [ ] a\n\n---\n\n- [ ] b\n').items).toHaveLength(2)
  })

  it('claims no more than a claim: a ticked box is read as any other', () => {
    const [open, ticked] = under('Checks', '- [ ] **A**: error rate < 1%\n- [x] **A**: error rate < 1%').items
    expect({ ...ticked, id: 0, line: 0, box: 0, state: 0 }).toEqual({ ...open, id: 0, line: 0, box: 0, state: 0 })
  })
})

describe('phases', () => {
  it.each<[string[], string]>([
    [['Pre-Deployment Checklist'], 'readiness'],
    [['Pre-Deployment Checklist', 'Security Validation'], 'readiness'],
    [['Deployment Execution', 'Phase 1: Pre-Deployment Safety'], 'readiness'],
    [['Deployment', 'Post-deployment verification'], 'verify'],
    [['T-24 Hours', 'Code'], 'readiness'],
    [['Monitoring'], 'verify'],
    [['Rollback Procedures', 'Automatic Rollback Triggers'], 'triggers'],
    [['Emergency Procedures', 'Emergency Contacts'], 'contacts'],
    [['Emergency Procedures', 'Emergency Rollback'], 'rollback'],
    [['Success Criteria', 'Performance'], 'success'],
    [['Sign-off'], 'sign-off'],
    [['Troubleshooting', 'Log Analysis'], 'troubleshooting'],
    [['References', 'Quick Commands'], 'reference'],
  ])('%j is for %s', (titles, kind) => expect(kindOf(...titles)).toBe(kind))

  it('of unknown name belong to before or after the release by where they stand', () => {
    const { phases } = read(
      '# R\n\n## Legal\n\n- [ ] a\n\n## Deployment\n\n- [ ] b\n\n## Housekeeping\n\n- [ ] c\n\n## Words\n\nText.\n',
    )
    expect(phases.map(({ kind }) => kind)).toEqual(['notes', 'readiness', 'execute', 'verify', 'notes'])
  })

  it('hold their path, budget and anchor', () => {
    const { phases } = read('# R\n\n## T-0: Start\n\n### Migrate (5 minutes)\n\n- [ ] x\n')
    expect(phases[1]).toMatchObject({ anchor: { fromMs: 0, toMs: null }, budgetMs: null, path: ['R', 'T-0: Start'] })
    expect(phases[2]).toMatchObject({ anchor: null, budgetMs: 300_000, level: 3, line: 5 })
  })
})

describe('fenced blocks', () => {
  const block = '```bash\n# 1. Build\nmake build\n\n# 2. Serve\nnode server.js &\n# 3. Look\n# at the dashboard\n```'

  it('become ordered actions, and nothing to run where they only speak to people', () => {
    const { items } = under('Deployment', block)
    expect(
      items.map(({ kind, text, line, commands }) => [kind, text, line, commands.map(({ script }) => script)]),
    ).toEqual([
      ['action', 'Build', 6, ['make build']],
      ['action', 'Serve', 9, ['node server.js &']],
      ['check', 'Look: at the dashboard', 11, []],
    ])
  })

  it.each(['Troubleshooting', 'Quick reference', 'Rollback procedure', 'Emergency procedures', 'Contacts'])(
    'never run below "%s"',
    (heading) => expect(new Set(kinds(heading, block))).toEqual(new Set(['reference'])),
  )

  it('inside a box are the commands of that box', () => {
    const item = first('Deployment', '- [ ] **Migrate**\n  ```bash\n  make migrate\n  ```\n  - rows: `____`')
    expect(item).toMatchObject({ kind: 'action', line: 5, commands: [{ script: 'make migrate', line: 7 }] })
  })

  it('in another language, or with only comments, are nothing', () => {
    expect(kinds('Deployment', '- [ ] x\n\n```json\n[1]\n```\n\n```bash\n# just words\n```')).toEqual(['check'])
  })

  it('without a language may be a form: a record a line', () => {
    const { items } = under('Log', '```\nDate: ____________\n- [ ] Backup: ______\nNOTES:\n_______\n_______\n```')
    expect(
      items.map(({ kind, text, blanks, box }) => [kind, text, blanks.map(({ name }) => name), box !== null]),
    ).toEqual([
      ['record', 'Date', ['date'], false],
      ['record', 'Backup', ['value'], true],
      ['record', 'NOTES', ['value', 'value-2'], false],
    ])
  })
})

describe('triggers and alerts', () => {
  it('name bad states with their figures', () => {
    const { items, triggers } = under(
      'Safety',
      '**Roll back immediately if:**\n- [ ] Error rate > 5%\n- [ ] Data corruption',
    )
    expect(items.map(({ kind, polarity }) => [kind, polarity])).toEqual([
      ['trigger', 'bad-state'],
      ['trigger', 'bad-state'],
    ])
    expect(triggers).toMatchObject([
      { item: items[0]?.id, severity: 'immediate', thresholds: [{ operator: '>', value: 5, unit: 'percent' }] },
      { item: items[1]?.id, severity: 'immediate', thresholds: [] },
    ])
  })

  it('leave the decision to people where the words do', () => {
    expect(under('Conditional rollback if:', '- Queue > 1000').triggers[0]?.severity).toBe('conditional')
    expect(under('Rollback', 'Consider a rollback if:\n\n1. Queue > 1000').triggers[0]?.severity).toBe('conditional')
  })

  it('are found in sentences and headings', () => {
    const checklist = read(
      '# R\n\n- [ ] x\n\n## Automatic rollback (if error rate > 5%)\n\nRoll back when p95 > 2 s for 5 minutes.\n',
    )
    expect(checklist.triggers.map(({ thresholds }) => thresholds[0])).toMatchObject([
      { subject: 'error rate', value: 5 },
      { aggregate: 'p95', value: 2000, windowMs: 300_000 },
    ])
  })

  it('are not what is done after a rollback, nor a mere mention of one', () => {
    const text =
      '- [ ] Database rolled back (if applicable)\n- [ ] Traffic is back on stable\n- [ ] Rollback plan tested'
    expect(under('Rollback verification', text).triggers).toEqual([])
    expect(read('# R\n\n- [ ] x\n\nDo not hesitate to roll back if something is odd.\n').triggers).toEqual([])
    expect(under('Before', '- [ ] Rollback plan ready if issues occur').triggers).toEqual([])
  })

  it('watch alert conditions as bad states, and metrics as good ones', () => {
    const alerts = under('Alert Conditions', '**Critical alerts:**\n- [ ] Memory > 90%').items[0]
    const metrics = under('Monitoring', '- [ ] **Memory**: < 80%').items[0]
    expect([alerts?.kind, alerts?.polarity]).toEqual(['watch', 'bad-state'])
    expect([metrics?.kind, metrics?.polarity]).toEqual(['watch', 'good'])
    expect(first('Monitoring', '- [ ] Alert rules configured').polarity).toBe('good')
  })
})

describe('people', () => {
  it('sign off, approve and decide in polls', () => {
    expect(kinds('Sign-off', '- [ ] **QA lead**: ______ Date: ____')).toEqual(['poll'])
    expect(kinds('Gates', '- [ ] Smoke results reviewed and approved')).toEqual(['poll'])
    expect(kinds('Gates', '- [ ] **Ready**\n  - Go / No-Go: `GO / NO-GO`')).toEqual(['check', 'poll'])
    expect(first('Sign-off', '- [ ] **QA lead**: ______ Date: ____').blanks.map(({ name }) => name)).toEqual([
      'signature',
      'date',
    ])
  })

  it('choose among alternatives in code marks or boxes', () => {
    expect(first('Checks', '- [ ] **A**: tested `Yes / No`').choices).toMatchObject([
      { options: ['Yes', 'No'], style: 'text' },
    ])
    expect(first('Checks', '- [ ] Better? ☐ Yes ☐ No ☐ Similar').choices).toMatchObject([
      { options: ['Yes', 'No', 'Similar'], style: 'boxes', label: 'Better' },
    ])
    expect(first('Checks', '**Approved:** [ ] Yes / [ ] No').choices).toMatchObject([{ options: ['Yes', 'No'] }])
    expect(first('Checks', '- [ ] serves `/api / v1`').choices).toEqual([])
  })

  it('fill in blanks with unit and target', () => {
    expect(first('Checks', '- [ ] API (P95): `_____ ms` (target: < 500ms)').blanks).toMatchObject([
      { name: 'value', label: 'API (P95)', unit: 'ms', target: { operator: '<', value: 500, aggregate: 'p95' } },
    ])
    expect(first('Checks', '**By**: **\\*\\***\\_\\_\\_**\\*\\***').blanks).toHaveLength(1)
    expect(first('Checks', '- **Date**: [TBD]').blanks).toHaveLength(1)
    expect(first('Checks', '- [ ] see [the guide](x.md) and snake__case').blanks).toEqual([])
  })

  it('answer conditions', () => {
    expect(first('Checks', '- [ ] CDN purged (if applicable)').condition).toBe('if applicable')
    expect(first('Migration (if needed)', '- [ ] done').condition).toBe('if needed')
    expect(first('Checks', '- [ ] CDN purged').condition).toBeNull()
  })
})

describe('tables', () => {
  it('hold rows to fill in against their target', () => {
    const table =
      '| Metric | Target | Actual | Status |\n|---|---|---|---|\n| Downtime | < 2 min | `____` | ☐ |\n| Uptime | 100% | | ☐ |'
    const { items } = under('Metrics summary', table)
    expect(items).toMatchObject([
      { text: 'Downtime', thresholds: [{ value: 120_000 }], blanks: [{ name: 'actual', target: { value: 120_000 } }] },
      { text: 'Uptime', thresholds: [{ operator: '==', value: 100 }], table: { Target: '100%' } },
    ])
    expect(items.every(({ box }) => box !== null)).toBe(true)
  })

  it('of commands and what they should give are checks', () => {
    const table = '| Command | Expected |\n|---|---|\n| `curl localhost/health` | 200 |'
    expect(first('Checks', table)).toMatchObject({ kind: 'check', commands: [{ script: 'curl localhost/health' }] })
  })
})

it('reads canary stages as stages, not as bounds', () => {
  const { items } = under(
    'Canary',
    '- [ ] **Smoke (1% traffic, 5 min)**: basics\n- [ ] Half: 50% of traffic for 1 hour\n- [ ] error rate < 1%',
  )
  expect(readStages(items).map(({ stage }) => stage)).toEqual([
    { name: 'smoke', weight: 1, durationMs: 300_000, preview: false },
    { name: 'half', weight: 50, durationMs: 3_600_000, preview: false },
  ])
  expect(items.map(({ thresholds }) => thresholds.length)).toEqual([0, 0, 1])
})

describe('what cannot be read', () => {
  it('says so for a document with nothing to check', () => {
    expect(refusal('# Thoughts\n\nNothing here.\n').toLine()).toMatch(
      /^release\.md:1: holds nothing to check.*expected boxes/,
    )
  })

  it('says so for a document nested too deep, with the line', () => {
    expect(refusal(`# R\n\n${'> '.repeat(5000)}- [ ] x\n`).place).toMatchObject({ file: 'release.md', line: 3 })
  })

  it('never fails otherwise, whatever the bytes', () => {
    const pieces = fc.constantFrom(
      '# A\n',
      '## Rollback if\n',
      '- [ ] x > 5%\n',
      '  - [x] `Yes / No`\n',
      '```bash\n',
      '# 1. s\n',
      '```\n',
      '| a | b |\n|--|--|\n',
      '| ☐ | ____ |\n',
      '**Lead:**\n',
      '> ',
      '\t',
      '\r\n',
      '____',
      '[ ] GO / [ ] NO\n',
      '<details>\n',
      '---\n',
      'â€“',
      '\u{1f512}',
      '1. ',
      '\\',
      '\u0000',
      '<<EOF\n',
      '"',
      '(5 consecutive)',
    )
    const document = fc.array(fc.oneof(pieces, fc.string({ maxLength: 8 })), { maxLength: 40 })
    fc.assert(
      fc.property(document, (parts) => {
        try {
          const { items } = read(parts.join(''))
          expect(new Set(items.map(({ id }) => id)).size).toBe(items.length)
        } catch (error) {
          if (!(error instanceof PlanError)) throw error
        }
      }),
      { numRuns: 1500 },
    )
  })
})
