// The ledger as a file of its own: JSON Lines, one header and one line an entry. Strict enough that no byte of it
// can change without being found.
import { messageOf } from '../lib/errors.ts'
import { canonicalJson, sha256 } from '../lib/hash.ts'
import type { LedgerEntry } from '../plan/run-record.ts'
import { EMPTY, entryOf, verifyLedger } from './ledger-chain.ts'
import type { LedgerVerdict } from './ledger-chain.ts'

/** First line of an export. `count` and `lastHash` show when entries were cut off its end. */
interface Header {
  format: 'gonogo-ledger'
  version: 1
  runId: string
  count: number
  lastHash: string
  /** SHA-256 of the canonical JSON of the rest of the header. */
  hash: string
}

/** The ledger of a run as text; every line is canonical JSON and ends in a line feed. */
export function exportLedger(runId: string, entries: readonly LedgerEntry[]): string {
  const lines = [headerOf(runId, entries), ...entries.map(entryOf)]
  return lines.map((line) => `${canonicalJson(line)}\n`).join('')
}

function headerOf(runId: string, entries: readonly LedgerEntry[]): Header {
  const lastHash = (entries.at(-1) ?? EMPTY).hash
  const rest = { format: 'gonogo-ledger', version: 1, runId, count: entries.length, lastHash } as const
  return { ...rest, hash: sha256(canonicalJson(rest)) }
}

/**
 * Verifies an exported ledger byte for byte, and the evidence it refers to.
 * @param evidence gives a content by its hash, or null when it is missing or altered
 */
export async function verifyExport(
  file: Uint8Array,
  evidence: (sha256: string) => Promise<string | null>,
): Promise<LedgerVerdict & { runId: string | null }> {
  try {
    const { runId, entries } = parseExport(file)
    return { runId, ...(await verifyLedger(runId, entries, evidence)) }
  } catch (error) {
    return { runId: null, ok: false, problems: [{ seq: null, what: messageOf(error) }] }
  }
}

/**
 * Reads an export. It must be what `exportLedger` writes for the entries in it; whether these are linked is not looked at.
 * @throws Error that says what is not as it was written.
 */
export function parseExport(file: Uint8Array): { runId: string; entries: LedgerEntry[] } {
  // Fatal: a broken byte must not turn into the same replacement character as another broken byte.
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file)
  const [first, ...rest] = text.split('\n').slice(0, -1)
  const header = parseLine<Header>(first ?? '', 'header')
  const entries = rest.map((line, index) => parseLine<LedgerEntry>(line, `line ${index + 2}`))
  if (canonicalJson(header) !== canonicalJson(headerOf(header.runId, entries)))
    throw new Error('the header does not fit the entries: the file was cut, added to or altered')
  if (text !== exportLedger(header.runId, entries)) throw new Error('the file is not as it was written')
  return { runId: header.runId, entries }
}

function parseLine<T>(line: string, what: string): T {
  try {
    const value: unknown = JSON.parse(line)
    if (value !== null && typeof value === 'object') return value as T
  } catch {
    // Said below.
  }
  throw new Error(`${what} is not a JSON object`)
}
