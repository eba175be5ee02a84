// What a run makes of checks that must hold, do not apply, or are waived up to a day.
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createBench, type Bench } from './conduct.fixture.ts'

const DOCUMENT = `# Release

## Before

- [ ] Sun shines
- [ ] Moon holds
`

/** Writes a letter a look into the file `looks`; red while the file `red` is there. */
const LOOKS = '[sh, -c, "printf x >> looks; test ! -e red"]'

const bench = (moon: string): Bench =>
  createBench({
    document: DOCUMENT,
    config: (id) => `environments: { staging: {} }
people: { dba: [ann] }
bindings:
  ${id('Sun')}: { check: command, with: { run: ["true"] } }
  ${id('Moon')}: { check: command, with: { run: ${LOOKS} }, ${moon} }
`,
  })

const looks = ({ directory }: Bench): number => {
  const file = join(directory, 'looks')
  return existsSync(file) ? readFileSync(file, 'utf8').length : 0
}

describe('a check that must hold', () => {
  test('is looked at until its time is over, and says so', async () => {
    const run = bench('for: 300ms, every: 100ms')
    await run.conduct()
    expect(run.run.state).toBe('succeeded')
    expect(looks(run)).toBeGreaterThanOrEqual(3)
    const [entry] = run.ledger.filter(({ kind, item }) => kind === 'outcome' && item === run.id('Moon'))
    expect(entry?.body).toMatchObject({ status: 'passed', summary: expect.stringMatching(/looks in .*all green/) })
  })

  test('ends at its first red look, and is held anew when it is tried again', async () => {
    const run = bench('for: 300ms, every: 50ms')
    appendFileSync(join(run.directory, 'red'), '')
    await run.conduct((event) => event.type === 'needs')
    expect(looks(run)).toBe(1)
    expect(run.outcome('Moon')).toBe('failed')
    rmSync(join(run.directory, 'red'))
    await run.send({ type: 'resume', by: 'ann' })
    await run.conduct()
    expect(run.outcome('Moon')).toBe('passed')
  })

  test('hears people meanwhile', async () => {
    const run = bench('for: 1h, every: 50ms')
    const held = (event: { type: string; item?: string; status?: string }): boolean =>
      event.type === 'item' && event.item === run.id('Moon') && event.status === 'running'
    await run.conduct(held)
    await run.send({ type: 'abort', by: 'ann', reason: 'enough' })
    await run.conduct()
    expect(run.run).toMatchObject({ state: 'aborted' })
  })
})

describe('a check that is waived up to a day', () => {
  test('lets the run go on, by name and reason in the ledger', async () => {
    const run = bench('waive: { by: ann, reason: "known, OPS-1", until: 2999-12-31 }')
    appendFileSync(join(run.directory, 'red'), '')
    await run.conduct()
    expect(run.run.state).toBe('succeeded')
    expect(run.outcome('Moon')).toBe('failed')
    const [waiver] = run.ledger.filter(({ kind }) => kind === 'waiver')
    expect(waiver).toMatchObject({
      item: run.id('Moon'),
      body: { by: 'ann', reason: expect.stringContaining('OPS-1') },
    })
  })

  test('stops the run again once the day is over', async () => {
    const run = bench('waive: { by: ann, reason: known, until: 2020-01-31 }')
    appendFileSync(join(run.directory, 'red'), '')
    await run.conduct((event) => event.type === 'needs')
    expect(run.run.state).toBe('paused')
    expect(run.ledger.some(({ kind }) => kind === 'waiver')).toBe(false)
  })

  test('is no waiver where it is green', async () => {
    const run = bench('waive: { by: ann, reason: known, until: 2999-12-31 }')
    await run.conduct()
    expect(run.ledger.some(({ kind }) => kind === 'waiver')).toBe(false)
  })
})

test('a check whose condition does not hold is skipped, and nobody looks', async () => {
  const run = bench('when: { environment: staging }')
  await run.conduct()
  expect(run.run.state).toBe('succeeded')
  expect(run.outcome('Moon')).toBe('skipped')
  expect(looks(run)).toBe(0)
})
