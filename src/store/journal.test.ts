import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Ledger } from '../conduct/ports.ts'
import type { LedgerDraft } from '../plan/run-record.ts'
import { appendJournal, importJournal, journalPath, readJournal } from './journal.ts'

const directory = mkdtempSync(join(tmpdir(), 'journal-'))
afterAll(() => rmSync(directory, { recursive: true }))

const event = (at: number) => ({ at, kind: 'rollback' as const, item: null, body: { to: 'v1', text: 'zurück' } })
const bodies = (path: string) => readJournal(path).entries.map((entry) => entry.at)

describe('the journal of a run', () => {
  it('keeps events in order, equal ones apart', () => {
    const path = journalPath(directory, 'r1')
    for (const at of [1, 2, 2]) appendJournal(path, event(at))
    expect(bodies(path)).toEqual([1, 2, 2])
    expect(new Set(readJournal(path).entries.map((entry) => entry.hash)).size).toBe(3)
  })

  it('is empty where there is no file', () => {
    expect(readJournal(journalPath(directory, 'nobody'))).toEqual({ entries: [], broken: 0 })
  })

  it('survives a last line torn at any byte, and goes on after it', () => {
    const path = journalPath(directory, 'torn')
    appendJournal(path, event(1))
    const first = readFileSync(path).length
    appendJournal(path, event(2))
    const both = readFileSync(path)
    // Without its line feed the second line is whole: nothing of it is lost.
    for (let length = first + 1; length < both.length - 1; length++) {
      truncateSync(path, length)
      expect(bodies(path)).toEqual([1])
      appendJournal(path, event(3))
      expect(readJournal(path)).toMatchObject({ entries: [{ at: 1 }, { at: 3 }], broken: 1 })
      writeFileSync(path, both)
    }
  })

  it('does not take an altered line for an event', () => {
    const path = journalPath(directory, 'altered')
    appendJournal(path, event(1))
    writeFileSync(path, readFileSync(path, 'utf8').replace('v1', 'v2'))
    expect(readJournal(path)).toEqual({ entries: [], broken: 1 })
  })

  it('is taken over into the ledger once, however often that is done', async () => {
    const path = journalPath(directory, 'import')
    appendJournal(path, event(5))
    appendFileSync(path, '{"half')
    const written = new Map<string, LedgerDraft>()
    const ledger = {
      append: async (_: string, draft: LedgerDraft) => void written.set(draft.key, draft),
    } as unknown as Ledger
    expect(await importJournal(path, 'import', ledger)).toBe(1)
    expect(await importJournal(path, 'import', ledger)).toBe(1)
    expect([...written.values()]).toMatchObject([
      { kind: 'rollback', body: { to: 'v1', journal: { at: 5 } } },
      { kind: 'note', body: { text: '1 line(s) of the journal could not be read' } },
    ])
  })
})
