import { describe, expect, it } from 'vitest'
import type { CommandStep } from '../plan/plan.ts'
import { coverageOf, measureCoverage, type Known } from './coverage.ts'
import { readChecklist } from './read.ts'
import { recognise, type Recogniser } from './statements/recognise.ts'

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

/** A command with nothing in its way. */
const plain: Partial<CommandStep> = {
  language: 'shell',
  problem: null,
  alternative: null,
  variables: [],
  placeholders: [],
  endless: false,
  interactive: false,
}
const nothing: Known = { bound: new Set(), asked: new Set(), proposed: new Set(), gathering: new Set() }
const counts = (known: Partial<Known>, of = checklist) => measureCoverage(of, coverageOf(of, { ...nothing, ...known }))

describe('coverage', () => {
  it('counts every item that is not reference once, in all and in its phase', () => {
    const coverage = counts({ proposed: new Set([item('Disk').id]) })
    expect(coverage).toMatchObject({ total: 7, bound: 0, asWritten: 1, proposed: 1, person: 1, unverifiable: 4 })
    const sums = coverage.phases.map(({ total, bound, asWritten, proposed, person, unverifiable }) => [
      total,
      bound + asWritten + proposed + person + unverifiable,
    ])
    expect(sums).toEqual([
      [4, 4],
      [2, 2],
      [1, 1],
    ])
  })

  it('counts what is bound as bound and nothing else', () => {
    const bound = new Set(checklist.items.map(({ id }) => id))
    expect(counts({ bound })).toMatchObject({ total: 7, bound: 7, asWritten: 0, unverifiable: 0 })
  })

  it('counts what is asked of people for them, also where it has commands', () => {
    const asked = new Set([item('Ship').id, item('Vibes').id])
    expect(counts({ asked })).toMatchObject({ asWritten: 0, person: 3, unverifiable: 4 })
  })

  it('does not run as written what asks, ends never, is SQL, is no shell, is one of several, or wants variables', () => {
    const ship = item('Ship')
    const variants: Partial<CommandStep>[] = [
      { endless: true },
      { interactive: true },
      { placeholders: ['<TAG>'] },
      { language: 'sql' },
      { problem: 'no shell' },
      { alternative: { group: 'a', name: 'Method 1' } },
      { variables: ['DATABASE_URL'] },
    ]
    for (const variant of [{}, ...variants]) {
      const commands = ship.commands.map((command) => ({ ...command, ...plain, ...variant }))
      const of = { ...checklist, items: [{ ...ship, commands }] }
      expect([variant, counts({}, of).asWritten]).toEqual([variant, Object.keys(variant).length === 0 ? 1 : 0])
    }
  })

  it('lets an item that only gathers others stand where the worst of them does', () => {
    const nested = readChecklist(
      'nested.md',
      Buffer.from('# R\n\n## Before\n\n- [ ] All well\n  - [ ] One\n  - [ ] Two\n'),
    )
    const [all, one, two] = nested.items.map(({ id }) => id)
    const gathering = new Set([all ?? ''])
    const covered = (bound: (string | undefined)[]) =>
      coverageOf(nested, { ...nothing, gathering, bound: new Set(bound.flatMap((id) => id ?? [])) }).get(all ?? '')
    expect([covered([]), covered([one]), covered([one, two])]).toEqual(['unverifiable', 'unverifiable', 'bound'])
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
