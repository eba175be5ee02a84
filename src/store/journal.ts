// What happens to a run while Postgres is away (watchdog, emergency rollback): a file of lines, each on disk before the
// next thing is done, taken over into the ledger later.
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs'
import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { Ledger } from '../conduct/ports.ts'
import { syncDirectory } from '../lib/atomic-file.ts'
import { canonicalJson, sha256 } from '../lib/hash.ts'
import type { LedgerDraft } from '../plan/run-record.ts'

export interface JournalEntry extends Omit<LedgerDraft, 'key'> {
  /** Tells two equal events apart. */
  id: string
  /** Milliseconds since the epoch. */
  at: number
  /** SHA-256 of the canonical JSON of the rest. */
  hash: string
}

/** The journal of a run in the state directory. */
export function journalPath(stateDirectory: string, runId: string): string {
  return join(stateDirectory, 'runs', runId, 'journal.jsonl')
}

/** Appends one event; on disk when this returns. Needs nothing but the file. */
export function appendJournal(path: string, event: Omit<JournalEntry, 'id' | 'hash'>): void {
  const { at, kind, item, body } = event
  const entry = { id: randomUUID(), at, kind, item, body }
  const line = `${canonicalJson({ ...entry, hash: sha256(canonicalJson(entry)) })}\n`
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(path, 'a+', 0o600)
  try {
    // A writer that was killed may have left half a line; it must not swallow this one.
    writeSync(file, endsInsideLine(file) ? `\n${line}` : line)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  syncDirectory(dirname(path))
}

function endsInsideLine(file: number): boolean {
  const { size } = fstatSync(file)
  const last = Buffer.alloc(1)
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a
}

/** The events in order. `broken` counts lines that are not whole: torn by a kill, or altered. */
export function readJournal(path: string): { entries: JournalEntry[]; broken: number } {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
  const entries = lines.map(parseEntry).filter((entry) => entry !== null)
  return { entries, broken: lines.length - entries.length }
}

function parseEntry(line: string): JournalEntry | null {
  try {
    const { hash, ...rest } = JSON.parse(line) as JournalEntry
    return hash === sha256(canonicalJson(rest)) ? { hash, ...rest } : null
  } catch {
    return null
  }
}

/**
 * Takes the journal of a run over into its ledger. May be repeated: an event is written once. Each entry's body says in
 * `journal.at` when it happened; broken lines become a note.
 * @returns how many events the journal holds
 */
export async function importJournal(path: string, runId: string, ledger: Ledger): Promise<number> {
  const { entries, broken } = readJournal(path)
  for (const { hash, at, kind, item, body } of entries)
    await ledger.append(runId, { key: `journal:${hash}`, kind, item, body: { ...body, journal: { at } } })
  if (broken > 0) {
    const text = `${broken} line(s) of the journal could not be read`
    await ledger.append(runId, { key: `journal:broken:${broken}`, kind: 'note', item: null, body: { text } })
  }
  return entries.length
}
