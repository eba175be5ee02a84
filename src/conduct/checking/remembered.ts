// Passes that may be used again while they are fresh: one file each in the state directory. Only passes: what was not green is looked at anew.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { formatDuration } from '../../lib/duration.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Outcome } from '../../plan/outcome.ts'

const KEPT_MS = 30 * 86_400_000
const BYTES_MAX = 4 << 20

const kept = z.strictObject({
  at: z.number(),
  outcome: z.strictObject({
    status: z.literal('passed'),
    summary: z.string(),
    measurements: z.array(z.strictObject({ name: z.string(), value: z.number(), unit: z.string() })),
    evidence: z.array(
      z.strictObject({ name: z.string(), mediaType: z.enum(['text/plain', 'application/json']), content: z.string() }),
    ),
  }),
})

/** What tells one question from another: kind, options with the values they refer to, where. Only its hash is kept. */
export function questionKey(question: {
  check: string
  options: unknown
  environment: string
  directory: string
}): string {
  return sha256(JSON.stringify(question))
}

/** A pass of this question, at most `maxAgeMs` old, saying how old it is; null without one. */
export function recallPass(stateDirectory: string, key: string, maxAgeMs: number, now: number): Outcome | null {
  try {
    const { at, outcome } = kept.parse(JSON.parse(readFileSync(fileOf(stateDirectory, key), 'utf8')))
    const ageMs = now - at
    if (ageMs < 0 || ageMs > maxAgeMs) return null
    return { ...outcome, summary: `${outcome.summary} (looked at ${formatDuration(ageMs)} ago)` }
  } catch {
    return null
  }
}

/** Keeps a pass, redacted before. What cannot be kept is looked at again. */
export function rememberPass(stateDirectory: string, key: string, outcome: Outcome, now: number): void {
  const { summary, measurements, evidence } = outcome
  const text = JSON.stringify({ at: now, outcome: { status: 'passed', summary, measurements, evidence } })
  if (text.length > BYTES_MAX) return
  try {
    mkdirSync(folderOf(stateDirectory), { recursive: true })
    forgetOld(folderOf(stateDirectory), now)
    writeFileAtomic(fileOf(stateDirectory, key), text, 0o600)
  } catch {
    // A full disk costs a second look, not the release.
  }
}

function forgetOld(folder: string, now: number): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (now - statSync(path).mtimeMs > KEPT_MS) rmSync(path, { force: true })
  }
}

const folderOf = (stateDirectory: string): string => join(stateDirectory, 'checks')
const fileOf = (stateDirectory: string, key: string): string => join(folderOf(stateDirectory), `${key}.json`)
