import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { plan as planCommand } from '../cli/commands/plan.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { LedgerEntry, RunRecord } from '../plan/run-record.ts'
import { requireLocked } from '../planning/lock.ts'
import { keepDocument, returnedDocument } from './hand-over.ts'
import { keepOriginal } from './originals.ts'
import { openProject, planProject } from './project.ts'
import type { State } from './state.ts'

const DOCUMENT = `# Release of the shop

## Before

- [ ] **Disk**: at least 5 GB are free, now \`_____ GB\`
- [x] The moon is up
- [ ] Better than before? \`Yes / No\`

## Sign-off

**By:** ____ **Date:** ____
`

let directory = ''
let document = ''
let stateDirectory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-originals-'))
  document = join(directory, 'CHECKLIST.md')
  stateDirectory = join(directory, '.gonogo')
  writeFileSync(document, DOCUMENT)
  writeFileSync(join(directory, 'gonogo.yaml'), 'service: shop\nchecklist: CHECKLIST.md\n')
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(directory, { recursive: true, force: true })
})

async function planned(file?: string): Promise<{ plan: ReleasePlan; bytes: Uint8Array; said: string[] }> {
  const said: string[] = []
  const project = await openProject(directory)
  return { ...(await planProject(project, file ? { file } : {}, (line) => said.push(line))), said }
}

async function lock(): Promise<void> {
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  await planCommand(undefined, { project: directory, format: 'text', lock: true, as: 'ann' })
  vi.restoreAllMocks()
}

/** A run of the plan whose disk check passed, as database and ledger would give it. */
function conducted(plan: ReleasePlan): { state: Pick<State, 'runs' | 'ledger'>; run: RunRecord } {
  const run = {
    id: 'r1',
    startedBy: 'ada',
    state: 'succeeded',
    service: 'shop',
    createdAt: 0,
    endedAt: 60_000,
  } as RunRecord
  const item = (words: string): string => plan.checklist.items.find(({ text }) => text.includes(words))?.id ?? ''
  const entry = (id: string, status: string, measurements: object[]): LedgerEntry => ({
    seq: 1,
    at: 0,
    previous: '',
    hash: '',
    key: `outcome:${id}:1`,
    kind: 'outcome',
    item: id,
    body: { status, summary: `it ${status}`, measurements, evidence: [], startedAt: 0, endedAt: 60_000 },
  })
  const entries = [
    entry(item('Disk'), 'passed', [{ name: 'free', value: 82_100_000_000, unit: 'bytes' }]),
    entry(item('moon'), 'unverified', []),
    entry(item('Better'), 'failed', []),
  ]
  const runs = { plan: () => Promise.resolve(JSON.stringify(plan)) } as unknown as State['runs']
  const ledger = { entries: () => Promise.resolve(entries) } as unknown as State['ledger']
  return { state: { runs, ledger }, run }
}

async function conductAndReturn(report?: string): Promise<string> {
  const { plan, bytes } = await planned()
  keepDocument(stateDirectory, 'r1', bytes)
  const { state, run } = conducted(plan)
  return Buffer.from(await returnedDocument(state, stateDirectory, run, report)).toString()
}

describe('a returned document', () => {
  it('is filled in from what the run came to', async () => {
    const before = DOCUMENT.split('\n')
    expect((await conductAndReturn()).split('\n').filter((line, index) => line !== before[index])).toEqual([
      '- [x] **Disk**: at least 5 GB are free, now `82.1 GB`',
      '- [ ] The moon is up',
      '- [ ] Better than before? `No`',
      '**By:** ____ **Date:** 1970-01-01',
    ])
  })

  it('put where the original was has the same plan, and says what it is', async () => {
    const original = await planned()
    expect(original.said).toEqual([])
    writeFileSync(document, await conductAndReturn())
    const again = await planned()
    expect(again.plan).toEqual(original.plan)
    expect(Buffer.from(again.bytes).toString()).toBe(DOCUMENT)
    expect(again.said).toEqual([
      expect.stringMatching(
        /^CHECKLIST\.md is a filled-in copy of .* with 1 tick and 3 values: .* claims, not evidence$/,
      ),
    ])
  })

  it('under another name has the same plan, too', async () => {
    const original = (await planned()).plan.hash
    writeFileSync(join(directory, 'returned.md'), await conductAndReturn())
    expect(await planned('returned.md')).toMatchObject({
      plan: { hash: original },
      said: [expect.stringContaining('copy of CHECKLIST.md')],
    })
  })

  it('is returned to itself, with notes and without', async () => {
    for (const report of [undefined, 'runs/r1/report.html']) {
      writeFileSync(document, DOCUMENT)
      const once = await conductAndReturn(report)
      expect(once).not.toBe(DOCUMENT)
      writeFileSync(document, once)
      expect(await conductAndReturn(report)).toBe(once)
      expect(once.includes('"gonogo"): it passed)')).toBe(report !== undefined)
    }
  })

  it('that was changed elsewhere is a document of its own', async () => {
    const original = (await planned()).plan.hash
    writeFileSync(document, (await conductAndReturn()).replace('5 GB are', '1 GB is'))
    const { plan, said } = await planned()
    expect(said).toEqual([])
    expect(plan.hash).not.toBe(original)
  })
})

describe('a locked document', () => {
  it('may be filled in by hand and is still the one that was reviewed', async () => {
    await lock()
    writeFileSync(document, DOCUMENT.replace('[ ] **Disk**', '[x] **Disk**').replace('**By:** ____', '**By:** Ada'))
    requireLocked(directory, (await planned()).plan)
    writeFileSync(document, DOCUMENT.replace('at least 5', 'at least 1'))
    const changed = await planned()
    expect(() => requireLocked(directory, changed.plan)).toThrow(/CHECKLIST\.md changed/)
  })

  it('that is locked filled in stays the plan of its original', async () => {
    await lock()
    const { hash } = (await planned()).plan
    writeFileSync(document, DOCUMENT.replace('[ ] **Disk**', '[x] **Disk**'))
    await lock()
    expect((await planned()).plan.hash).toBe(hash)
    expect(readdirSync(join(stateDirectory, 'documents')).filter((name) => name.endsWith('.md'))).toHaveLength(1)
  })

  it('is read by itself where its original is gone or damaged: boxes alone change no item', async () => {
    await lock()
    const ids = (await planned()).plan.checklist.items.map(({ id }) => id)
    const [kept = ''] = readdirSync(join(stateDirectory, 'documents')).filter((name) => name.endsWith('.md'))
    writeFileSync(join(stateDirectory, 'documents', kept), 'damaged')
    writeFileSync(document, DOCUMENT.replace('[ ] **Disk**', '[x] **Disk**'))
    const { plan, said } = await planned()
    expect(said).toEqual([])
    expect(plan.checklist.items.map(({ id }) => id)).toEqual(ids)
    expect(plan.checklist.items[0]?.state).toBe('ticked')
  })

  it('is planned just as well where nothing can be kept', async () => {
    const { plan, bytes } = await planned()
    mkdirSync(stateDirectory, { recursive: true })
    writeFileSync(join(stateDirectory, 'documents'), 'a file where a directory should be')
    expect(() => keepOriginal(stateDirectory, plan.checklist.document, bytes)).not.toThrow()
    expect((await planned()).plan.hash).toBe(plan.hash)
  })
})

it('notes of a document whose original nobody kept are not read as words of its items', async () => {
  const noted = await conductAndReturn('report.html')
  rmSync(stateDirectory, { recursive: true })
  writeFileSync(document, noted)
  const ids = (await planned()).plan.checklist.items.map(({ text }) => text)
  expect(ids).toContain('The moon is up')
  expect(existsSync(join(stateDirectory, 'documents'))).toBe(false)
  expect(readFileSync(document, 'utf8')).toBe(noted)
})
