// Databases and backups as checks and actions see them: what they ask for comes back as an outcome.
import { newestVerified } from '../backups/newest-verified.ts'
import { fixOutcome, undoOutcome } from '../consistency/fix/outcome.ts'
import { validationOutcome } from '../consistency/outcome.ts'
import { PlanError, messageOf } from '../lib/errors.ts'
import type { DataPort } from '../plan/data-port.ts'
import { failed, passed, unverified, type Outcome } from '../plan/outcome.ts'
import type { Backup } from '../backups/backup.ts'
import { fixData, fixRuns, undoData, type DataProject } from './data.ts'
import { joinedJudging } from './joined-judging.ts'

/** @param backups those of the project, by name. */
export function createDataPort(data: DataProject, backups: Readonly<Record<string, Backup>>): DataPort {
  const judge = joinedJudging(data)
  return {
    validate: (ask, signal) =>
      told(async () => {
        const { validation, besides } = await judge(ask, signal)
        return validationOutcome(validation, { successPercentMin: ask.successPercentMin, besides })
      }),

    fix: (ask, signal, progress) =>
      told(async () => {
        const unfinished = await runOf(data, ask, signal)
        const report = await fixData(data, ask, {
          label: ask.name,
          mode: ask.chunked ? 'chunks' : 'transaction',
          signal,
          ...(unfinished?.state === 'fixing' ? { resume: unfinished.run } : {}),
          progress: ({ rule, rulesDone, rulesTotal }) => progress(`${rule} (${rulesDone} of ${rulesTotal})`),
        })
        return fixOutcome(report)
      }),

    async fixState(ask, signal) {
      try {
        const run = await runOf(data, ask, signal)
        if (!run) return 'not-done'
        // One that was killed between two chunks is gone on with by doing it again.
        return run.state === 'fixed' || run.state === 'incomplete' ? 'done' : 'not-done'
      } catch {
        return 'unknown'
      }
    },

    undoFix: (ask, signal) =>
      told(async () => {
        const run = await runOf(data, ask, signal)
        if (!run || run.state === 'undone') return passed('nothing is left to take back')
        const mode = ask.chunked ? 'chunks' : 'transaction'
        return undoOutcome(await undoData(data, ask.database, run.run, { mode, signal }))
      }),

    async newestBackup(name) {
      const newest = await newestVerified(backupOf(backups, name))
      if (!newest) return null
      const { id, takenAt, verified } = newest.manifest
      return { id, takenAt, proof: verified?.method ?? '' }
    },

    verifyBackup: (name, signal) =>
      told(async () => {
        const backup = backupOf(backups, name)
        const newest = await newestVerified(backup)
        if (!newest) return failed('there is no proved copy')
        const { ok, summary } = await backup.verify(newest.manifest, signal)
        return ok ? passed(summary) : failed(summary)
      }),
  }
}

/** The run that this name has made, the newest where it was undone and done again. */
async function runOf(data: DataProject, ask: { database: string | null; name: string }, signal: AbortSignal) {
  return (await fixRuns(data, ask.database, signal)).findLast(({ label }) => label === ask.name) ?? null
}

function backupOf(backups: Readonly<Record<string, Backup>>, name: string | null): Backup {
  const names = Object.keys(backups)
  const chosen = name ?? (names.length === 1 ? names[0] : undefined)
  const found = chosen === undefined ? undefined : backups[chosen]
  if (found) return found
  throw new PlanError(name === null ? 'which backup?' : `there is no backup "${name}"`, {
    expected: names.length > 0 ? `one of ${names.join(', ')}` : 'a section "backups" in gonogo.yaml',
  })
}

/** What cannot be asked, or is not answered, is no verdict. */
async function told(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    return unverified(messageOf(error))
  }
}
