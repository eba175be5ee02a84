import { expect, it } from 'vitest'
import { planRelease } from './plan-release.ts'
import { written } from './planning.fixture.ts'
import { verificationOf } from './verification.ts'

const DOCUMENT = `# Shop 2

## Before

- [ ] Disk has room
- [ ] Servers
  - [ ] Memory is free
  - [ ] Clock is right
- [ ] Stakeholders informed
- [ ] Colours are nice
- [ ] Rate limit holds
- [ ] Moon is up
- [ ] Not for us
- [ ] Cache is cleared
`

const verified = (bindings: (id: (words: string) => string) => string) => {
  const { project, checklist, id } = written(DOCUMENT, (of) => `people: { team: [ann] }\nbindings:\n${bindings(of)}`)
  return { found: verificationOf(planRelease({ project, checklist })), id }
}

it('counts by whom or what each item is verified', () => {
  const { found } = verified(
    (id) => `  ${id('Disk')}: { check: disk, with: { freePercentMin: 1 } }
  ${id('Memory')}: { check: command, with: { run: ["true"] } }
  ${id('Clock')}: { check: command, with: { run: ["true"] } }
  ${id('Stakeholders')}: { poll: team }
  ${id('Colours')}: { poll: team, why: a matter of taste }
  ${id('Rate limit')}: { poll: team }
  ${id('Not for us')}: { skip: no }
  ${id('Cache')}: { action: command, with: { run: ["true"] } }
  ${id('Servers')}: { children: true }
`,
  )
  expect(found).toMatchObject({ total: 10, machine: 5, check: 4, deed: 1, person: 3, skipped: 1, nobody: 1 })
})

it('says why an item is a person’s: by gonogo.yaml, by its words, or that nobody said why', () => {
  const { found, id } = verified(
    (of) => `  ${of('Stakeholders')}: { poll: team }
  ${of('Colours')}: { poll: team, why: a matter of taste }
  ${of('Rate limit')}: { poll: team }
`,
  )
  expect(found.people).toEqual([
    { item: id('Stakeholders'), reason: 'people informed or ready' },
    { item: id('Colours'), reason: 'a matter of taste' },
    { item: id('Rate limit'), reason: null },
  ])
})

it('takes what a person stated for a person’s, though a check looks at it', () => {
  const { found, id } = verified((of) => `  ${of('Moon')}: { check: attestation, with: { statement: moon } }\n`)
  expect(found).toMatchObject({ check: 0, person: 1 })
  expect(found.people).toEqual([{ item: id('Moon'), reason: 'stated by people, and held to it' }])
})

it('takes what only gathers others for the worst of them', () => {
  const { found } = verified(
    (id) => `  ${id('Memory')}: { check: command, with: { run: ["true"] } }
  ${id('Servers')}: { children: true }
`,
  )
  expect(found).toMatchObject({ check: 1, nobody: 9 })
})
