// The backup of the plan: taken, proved, and, where a rollback may need it, laid ready beside the source.
import { formatSize } from '../lib/size.ts'
import type { BackupManifest } from '../backups/backup.ts'
import { formatDuration } from '../lib/duration.ts'
import { passed, unverified, type Outcome } from '../plan/outcome.ts'
import { doOnce } from './perform-action.ts'
import { attentiveStep } from './mailbox.ts'
import { nextAttempt, type Restorable, type RunContext } from './run-context.ts'
import { refreshWayBack } from './stand.ts'

/** Takes backup `name`, verifies the copy, and stages it for the capsule when the plan restores from it. */
export async function performBackup(context: RunContext, id: string, name: string): Promise<void> {
  const attempt = nextAttempt(context, id)
  const restoring = context.plan.delivery?.restore === name
  const { body, restore } = await attentiveStep(context, `backup ${id} #${attempt}`, async () => {
    const kept: { restore: Restorable | null } = { restore: null }
    const result = await doOnce(context, id, attempt, {
      will: `back up "${name}" and verify the copy`,
      run: async () => {
        const manifest = await create(context, name)
        if (!manifest.verified) return unverified(`${manifest.file} was written but not verified`)
        if (restoring) kept.restore = await lay(context, name, manifest)
        return outcomeOf(manifest)
      },
      // A copy that was cut off leaves nothing behind, so it is simply taken again.
      verify: async () => 'not-done',
    })
    // Written down already by a process that was killed before the step was recorded: the same copy is laid ready again.
    if (restoring && result.status === 'passed') kept.restore ??= await layNewest(context, name)
    return { body: result, restore: kept.restore }
  })
  context.outcomes.set(id, body)
  if (!restore) return
  context.restore = restore
  for (const action of context.performed) context.backedUp.add(action.item)
  await refreshWayBack(context)
}

async function create(context: RunContext, name: string): Promise<BackupManifest> {
  const backup = context.services.backups[name]
  if (!backup) throw new Error(`no backup "${name}"`)
  return backup.create(context.session.signal)
}

/** A ready-to-swap copy beside the source, and where traffic is: to hold it while the data is swapped. */
async function lay(context: RunContext, name: string, manifest: BackupManifest): Promise<Restorable | null> {
  const { backups, delivery } = context.services
  const step = await backups[name]?.stage(manifest, context.session.signal)
  if (!step) return null
  const table = (await delivery?.router.current().catch(() => null)) ?? null
  return { backup: name, manifest, step, table }
}

async function layNewest(context: RunContext, name: string): Promise<Restorable | null> {
  try {
    const [newest] = (await context.services.backups[name]?.list()) ?? []
    return newest ? await lay(context, name, newest) : null
  } catch {
    // The backup itself is there and proved; a rollback that wants to put it back will say that it was not laid ready.
    return null
  }
}

function outcomeOf(manifest: BackupManifest): Outcome {
  return passed(describe(manifest), {
    measurements: [
      { name: 'size', value: manifest.bytes, unit: 'bytes' },
      { name: 'duration', value: manifest.durationMs, unit: 'ms' },
    ],
    evidence: [{ name: 'manifest', mediaType: 'application/json', content: JSON.stringify(manifest, null, 2) }],
  })
}

function describe(manifest: BackupManifest): string {
  const rows = Object.values(manifest.rows).reduce((sum, count) => sum + count, 0)
  const took = formatDuration(manifest.durationMs)
  return `${manifest.id}: ${formatSize(manifest.bytes)}, ${rows} rows in ${Object.keys(manifest.rows).length} tables, ${manifest.verified?.method}, SHA-256 ${manifest.sha256.slice(0, 12)}, took ${took}; in ${manifest.file}`
}
