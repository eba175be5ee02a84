// The hash chain of a run's ledger, pure: linking entries, and finding what no longer fits.
import { canonicalJson, sha256 } from '../lib/hash.ts'
import type { EvidenceRef, LedgerDraft, LedgerEntry } from '../plan/run-record.ts'

/** Where a chain ends: what the next entry is linked to. */
export interface Tail {
  seq: number
  hash: string
}

/** Before the first entry. */
export const EMPTY: Tail = { seq: 0, hash: '0'.repeat(64) }

/** What is wrong with a ledger, and at which entry; `seq` null: with the whole. */
interface LedgerProblem {
  seq: number | null
  what: string
}

export interface LedgerVerdict {
  ok: boolean
  problems: LedgerProblem[]
}

/** The draft as the entry after `tail`. The body must be plain JSON already. */
export function link(runId: string, tail: Tail, draft: LedgerDraft, at: number): LedgerEntry {
  const { key, kind, item, body } = draft
  const entry = { seq: tail.seq + 1, at, previous: tail.hash, key, kind, item, body }
  return { ...entry, hash: hashOf(runId, entry) }
}

/** Exactly the members of an entry: nothing that is not hashed travels along. */
export function entryOf({ seq, at, previous, key, kind, item, body, hash }: LedgerEntry): LedgerEntry {
  return { seq, at, previous, key, kind, item, body, hash }
}

/** SHA-256 of the canonical JSON of the run's id and everything of the entry but its hash. */
function hashOf(runId: string, entry: Omit<LedgerEntry, 'hash'>): string {
  const { seq, at, previous, key, kind, item, body } = entry
  return sha256(canonicalJson({ runId, seq, at, previous, key, kind, item, body }))
}

/**
 * Verifies the chain and every piece of evidence the entries refer to.
 * @param entries in order of `seq`
 * @param evidence gives a content by its hash, or null when it is missing or altered; a store's `get`
 */
export async function verifyLedger(
  runId: string,
  entries: readonly LedgerEntry[],
  evidence: (sha256: string) => Promise<string | null>,
): Promise<LedgerVerdict> {
  const problems = checkChain(runId, entries)
  const seen = new Set<string>()
  for (const entry of entries)
    for (const ref of evidenceIn(entry.body)) {
      if (seen.has(ref.sha256)) continue
      seen.add(ref.sha256)
      const content = await evidence(ref.sha256)
      if (content === null)
        problems.push({ seq: entry.seq, what: `evidence "${ref.name}" (${ref.sha256}) is missing or was altered` })
    }
  return { ok: problems.length === 0, problems }
}

function checkChain(runId: string, entries: readonly LedgerEntry[]): LedgerProblem[] {
  const problems: LedgerProblem[] = []
  let tail = EMPTY
  for (const entry of entries) {
    const { seq } = entry
    if (seq !== tail.seq + 1) problems.push({ seq, what: `follows entry ${tail.seq}: something was removed or added` })
    else if (entry.previous !== tail.hash) problems.push({ seq, what: 'does not continue the entry before it' })
    if (entry.hash !== hashOf(runId, entry)) problems.push({ seq, what: 'its content is not what was hashed' })
    tail = entry
  }
  return problems
}

/** Every evidence reference inside a body, at any depth. */
function evidenceIn(value: unknown): EvidenceRef[] {
  if (Array.isArray(value)) return value.flatMap(evidenceIn)
  if (value === null || typeof value !== 'object') return []
  const { name, mediaType, sha256: hash } = value as Record<string, unknown>
  if (typeof name === 'string' && typeof mediaType === 'string' && typeof hash === 'string')
    return [value as EvidenceRef]
  return Object.values(value).flatMap(evidenceIn)
}
