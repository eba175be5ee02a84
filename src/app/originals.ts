// The documents that were planned, kept by their hash: a copy that was filled in is recognised by its original.
import { existsSync, readFileSync, readdirSync, statSync, utimesSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { withoutAnnotations } from '../checklist/returned/annotations.ts'
import { readChecklist } from '../checklist/read.ts'
import { asReturned, type Returned } from '../checklist/returned/returned.ts'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { sha256 } from '../lib/hash.ts'
import { plural } from '../lib/plural.ts'
import type { Checklist, DocumentInfo } from '../plan/plan.ts'

/** Only the newest are compared with a document. */
const COMPARED_MAX = 20

export interface Original {
  checklist: Checklist
  bytes: Uint8Array
  /** What the copy says more than its original. */
  returned: Returned
}

/** Keeps a document under its hash. It is a convenience: where it cannot be written, nothing else suffers. */
export function keepOriginal(stateDirectory: string, document: DocumentInfo, bytes: Uint8Array): void {
  if (sha256(bytes) !== document.sha256) return
  const file = fileOf(stateDirectory, document.sha256)
  try {
    writeFileAtomic(file.facts, `${JSON.stringify({ path: document.path })}\n`)
    if (existsSync(file.bytes)) utimesSync(file.bytes, new Date(), new Date())
    else writeFileAtomic(file.bytes, bytes)
  } catch {
    // A full or read-only disk is somebody else's news.
  }
}

/** The same for a document that was just planned from disk; one that changed meanwhile, or is a filled-in copy, is not kept. */
export function keepPlanned(project: { directory: string; stateDirectory: string }, document: DocumentInfo): void {
  try {
    const path = isAbsolute(document.path) ? document.path : join(project.directory, document.path)
    keepOriginal(project.stateDirectory, document, withoutAnnotations(readFileSync(path)))
  } catch {
    // As above.
  }
}

/** The kept document that this one is a filled-in copy of; null where there is none, or it is one itself. */
export function findOriginal(stateDirectory: string, candidate: Uint8Array): Original | null {
  const hashes = keptHashes(stateDirectory)
  if (hashes.includes(sha256(candidate))) return null
  const lines = countLines(candidate)
  for (const hash of hashes.slice(0, COMPARED_MAX)) {
    const original = readOriginal(stateDirectory, hash, lines)
    const returned = original && asReturned(original.bytes, original.checklist, candidate)
    if (returned) return { ...original, returned }
  }
  return null
}

/** Newest first. */
function keptHashes(stateDirectory: string): string[] {
  const directory = join(stateDirectory, 'documents')
  try {
    return readdirSync(directory)
      .filter((name) => /^[0-9a-f]{64}\.md$/.test(name))
      .map((name) => ({ hash: name.slice(0, 64), at: statSync(join(directory, name)).mtimeMs }))
      .toSorted((a, b) => b.at - a.at || (a.hash < b.hash ? -1 : 1))
      .map(({ hash }) => hash)
  } catch {
    return []
  }
}

/** Null where it is damaged or no longer read, and where it has another number of lines: filling in adds none. */
function readOriginal(
  stateDirectory: string,
  hash: string,
  lines: number,
): { checklist: Checklist; bytes: Uint8Array } | null {
  const file = fileOf(stateDirectory, hash)
  try {
    const bytes = readFileSync(file.bytes)
    if (countLines(bytes) !== lines) return null
    const { path } = JSON.parse(readFileSync(file.facts, 'utf8')) as { path: string }
    return sha256(bytes) === hash ? { checklist: readChecklist(path, bytes), bytes } : null
  } catch {
    return null
  }
}

function countLines(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) count++
  return count
}

function fileOf(stateDirectory: string, hash: string): { bytes: string; facts: string } {
  const base = join(stateDirectory, 'documents', hash)
  return { bytes: `${base}.md`, facts: `${base}.json` }
}

/** "returned.md is a filled-in copy of CHECKLIST.md (12 boxes ticked, 3 values): ..." */
export function describeCopy(shown: string, { checklist, returned }: Original): string {
  const ticked = [...returned.states.values()].filter((state) => state === 'ticked').length
  const values = [...returned.answers.values()].flatMap(({ blanks, choices }) => [
    ...Object.keys(blanks ?? {}),
    ...Object.keys(choices ?? {}),
  ]).length
  const { path, sha256: hash } = checklist.document
  const kept = path === shown ? `the ${path} that was planned before` : path
  return (
    `${shown} is a filled-in copy of ${kept} (${hash.slice(0, 12)}), with ${plural(ticked, 'tick')} and ${plural(values, 'value')}: ` +
    'the plan is that of the original; what is filled in are claims, not evidence'
  )
}
