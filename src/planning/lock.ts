// gonogo.lock: which plan was reviewed. It is kept in git beside gonogo.yaml; `deploy` insists on it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { PlanError, codeOf } from '../lib/errors.ts'
import { canonicalJson, sha256 } from '../lib/hash.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'

export const LOCK_FILE = 'gonogo.lock'

const lockSchema = z.strictObject({
  plan: z.string().length(64),
  document: z.strictObject({ path: z.string(), sha256: z.string().length(64) }),
  configuration: z.string().length(64),
  environment: z.string(),
  candidate: z.string().nullable(),
  lockedBy: z.string(),
  lockedAt: z.string(),
})

type Lock = z.output<typeof lockSchema>

/** Records that this plan was reviewed. @returns path of the lock file. */
export function lockPlan(directory: string, plan: ReleasePlan, by: string, now: Date): string {
  const path = join(directory, LOCK_FILE)
  const lock: Lock = { ...identityOf(plan), lockedBy: by, lockedAt: now.toISOString() }
  writeFileAtomic(path, `${JSON.stringify(lock, null, 2)}\n`)
  return path
}

/**
 * Insists that the plan is the one that was reviewed.
 * @throws PlanError that says what changed since.
 */
export function requireLocked(directory: string, plan: ReleasePlan): void {
  const hint = 'review it again: "gonogo plan --lock"'
  const lock = readLock(directory)
  if (!lock)
    throw new PlanError('the plan was not reviewed yet', { file: LOCK_FILE, hint: 'review it: "gonogo plan --lock"' })
  if (lock.plan === plan.hash) return
  const now = identityOf(plan)
  const changes: string[] = []
  if (lock.document.path !== now.document.path)
    changes.push(`the document is ${now.document.path}, ${lock.document.path} was reviewed`)
  else if (lock.document.sha256 !== now.document.sha256) changes.push(`${now.document.path} changed`)
  if (lock.configuration !== now.configuration) changes.push('gonogo.yaml changed')
  if (lock.environment !== now.environment)
    changes.push(`the environment is ${now.environment}, ${lock.environment} was reviewed`)
  if (lock.candidate !== now.candidate)
    changes.push(`the candidate is ${now.candidate}, ${lock.candidate} was reviewed`)
  if (changes.length === 0) changes.push('this gonogo reads it differently')
  throw new PlanError(
    `${changes.join(', ')} since the plan was reviewed on ${lock.lockedAt.slice(0, 10)} by ${lock.lockedBy}`,
    { file: LOCK_FILE, hint },
  )
}

function identityOf(plan: ReleasePlan): Omit<Lock, 'lockedBy' | 'lockedAt'> {
  return {
    plan: plan.hash,
    document: { path: plan.checklist.document.path, sha256: plan.checklist.document.sha256 },
    configuration: sha256(canonicalJson(plan.config)),
    environment: plan.environment,
    candidate: plan.delivery?.candidate ?? null,
  }
}

function readLock(directory: string): Lock | null {
  let text: string
  try {
    text = readFileSync(join(directory, LOCK_FILE), 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
  try {
    return lockSchema.parse(JSON.parse(text))
  } catch {
    throw new PlanError('is not a lock that gonogo wrote', {
      file: LOCK_FILE,
      hint: 'write it anew: "gonogo plan --lock"',
    })
  }
}
