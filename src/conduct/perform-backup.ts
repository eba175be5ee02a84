// The backup of the plan: taken, proved, and, where a rollback may need it, laid ready beside the source.
import { formatSize } from '../lib/size.ts'
import type { BackupManifest } from '../backups/backup.ts'
import { formatDuration } from '../lib/duration.ts'
import { passed, unverified } from '../plan/outcome.ts'
import { doOnce } from './perform-action.ts'
import { attentiveStep } from './mailbox.ts'
import { nextAttempt, type RunContext } from './run-context.ts'

/** Takes backup `name`, verifies the copy, and stages it for the capsule when the plan restores from it. */
export async function performBackup(context: RunContext, id: string, name: string): Promise<void> {
  const attempt = nextAttempt(context, id)
  const result = await attentiveStep(context, `backup ${id} #${attempt}`, async () => {
    const backup = context.services.backups[name]
    if (!backup) throw new Error(`no backup "${name}"`)
    const { signal } = context.session
    const body = await doOnce(context, id, attempt, {
      will: `back up "${name}" and verify the copy`,
      run: async () => {
        const manifest = await backup.create(signal)
        if (!manifest.verified) return unverified(`${manifest.file} was written but not verified`)
        return passed(describe(manifest), {
          measurements: [
            { name: 'size', value: manifest.bytes, unit: 'bytes' },
            { name: 'duration', value: manifest.durationMs, unit: 'ms' },
          ],
          evidence: [{ name: 'manifest', mediaType: 'application/json', content: JSON.stringify(manifest, null, 2) }],
        })
      },
      // A copy that was cut off leaves nothing behind, so it is simply taken again.
      verify: async () => 'not-done',
    })
    const [newest] = await backup.list()
    const staged =
      body.status === 'passed' && newest && context.plan.delivery?.restore === name
        ? await backup.stage(newest, signal)
        : null
    return { body, manifest: newest ?? null, staged }
  })
  context.outcomes.set(id, result.body)
  if (result.staged && result.manifest)
    context.restore = { backup: name, manifest: result.manifest, step: result.staged }
}

function describe(manifest: BackupManifest): string {
  const rows = Object.values(manifest.rows).reduce((sum, count) => sum + count, 0)
  const took = formatDuration(manifest.durationMs)
  return `${manifest.id}: ${formatSize(manifest.bytes)}, ${rows} rows in ${Object.keys(manifest.rows).length} tables, ${manifest.verified?.method}, SHA-256 ${manifest.sha256.slice(0, 12)}, took ${took}; in ${manifest.file}`
}
