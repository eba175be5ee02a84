import { describe, expect, it } from 'vitest'
import { measureCoverage } from './coverage.ts'
import { readChecklist } from './read.ts'
import { recognise, withProposals, type Recogniser } from './recognise.ts'

const TEXT = `# Release

## Pre-deployment

- [ ] Database healthy
- [ ] Disk has at least 5 GB free
- [ ] Team briefed
- [ ] Vibes

## Deployment

\`\`\`bash
# 1. Ship
make ship
# 2. Watch
tail -f app.log
\`\`\`

## Rollback triggers

- [ ] Error rate > 5%

## Quick reference

\`\`\`bash
make help
\`\`\`
`
const checklist = readChecklist('release.md', Buffer.from(TEXT))
const disk: Recogniser = {
  id: 'disk',
  recognise: ({ text, thresholds }) =>
    /disk/i.test(text) && thresholds.length > 0
      ? { options: { path: '.' }, confidence: 0.9, why: 'says "Disk"' }
      : null,
}
const item = (words: string) => {
  const found = checklist.items.find(({ text }) => text.includes(words))
  if (!found) throw new Error(`no item ${words}`)
  return found
}

describe('coverage', () => {
  it('counts every item that is not reference once', () => {
    const coverage = measureCoverage(withProposals(checklist, [disk]), new Set())
    expect(coverage).toMatchObject({ total: 7, bound: 0, asWritten: 1, proposed: 1, person: 1, unverifiable: 4 })
  })

  it('counts what is bound as bound and nothing else', () => {
    const bound = new Set(checklist.items.map(({ id }) => id))
    const coverage = measureCoverage(checklist, bound)
    expect(coverage).toMatchObject({ total: 7, bound: 7, asWritten: 0, unverifiable: 0, next: null })
  })

  it('names the surest proposal first, then a trigger nobody watches, then what a machine could tell', () => {
    const proposed = withProposals(checklist, [disk])
    const order = ['Disk', 'Error rate', 'Database', 'Vibes']
    const bound = new Set<string>()
    for (const words of order) {
      const next = measureCoverage(proposed, bound).next
      if (words !== 'Vibes') expect(next?.text).toContain(words)
      bound.add(next?.item ?? '')
    }
  })

  it('names a proposal for a trigger before any other, however sure, and says what can be confirmed', () => {
    const proposals = new Map([
      [item('Error rate').id, { confidence: 0.6, why: 'says "Error rate"' }],
      [item('Disk').id, { confidence: 0.9, why: 'says "Disk"' }],
    ])
    const next = measureCoverage(checklist, new Set(), proposals).next
    expect(next).toMatchObject({ item: item('Error rate').id, proposed: true, why: 'says "Error rate"' })
    expect(measureCoverage(checklist, new Set(), new Map()).next).toMatchObject({ proposed: false })
  })
})

describe('recognition', () => {
  it('proposes the surest kind with its reason', () => {
    const vague: Recogniser = { id: 'command', recognise: () => ({ options: {}, confidence: 0.3, why: 'anything' }) }
    expect(recognise(item('Disk'), [vague, disk])).toEqual({
      check: 'disk',
      options: { path: '.' },
      confidence: 0.9,
      why: 'says "Disk"',
    })
  })

  it('abstains when two kinds are as sure, and when none says anything', () => {
    expect(recognise(item('Disk'), [disk, { ...disk, id: 'memory' }])).toBeNull()
    expect(recognise(item('Vibes'), [disk, { id: 'silent' }])).toBeNull()
  })

  it('proposes nothing for reference commands', () => {
    const any: Recogniser = { id: 'command', recognise: () => ({ options: {}, confidence: 1, why: 'a command' }) }
    const reference = checklist.items.find(({ kind }) => kind === 'reference')
    expect(reference && recognise(reference, [any])).toBeNull()
  })
})
