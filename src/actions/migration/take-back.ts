// Taking back exactly what this run applied, newest first, and looking whether it is gone.
import { formatDuration } from '../../lib/duration.ts'
import { plural } from '../../lib/plural.ts'
import { appliedOf, type MigrationPlace, type MigrationTool } from '../../migrations/tool.ts'
import { failed, passed, type Outcome } from '../../plan/outcome.ts'
import type { ActionContext } from '../action.ts'
import { names } from './apply.ts'
import { forgetRecord, readRecord } from './record.ts'

/** Runs the ways down of what the record says is ours and the tool says is applied. */
export async function takeBack(tool: MigrationTool, place: MigrationPlace, context: ActionContext): Promise<Outcome> {
  const record = readRecord(context)
  if (!record) return passed('nothing to take back: nothing was applied by this run')
  const before = await tool.status(place)
  if (!before.known) return failed(`nothing was taken back: ${before.why}`, { remedy: before.remedy })
  const applied = appliedOf(before.migrations)
  const ours = before.migrations.filter(({ version, applied: is }) => is && record.planned.includes(version))
  if (ours.length === 0) {
    forgetRecord(context)
    return passed('nothing to take back: none of what this run set out to apply is applied')
  }
  const later = applied
    .slice(applied.indexOf(ours[0]?.version ?? ''))
    .filter((version) => !record.planned.includes(version))
  if (later.length > 0)
    return failed(`nothing was taken back: ${later.join(', ')} was applied by somebody else on top of it`, {
      remedy: 'take that back first, or restore the backup',
    })
  const dead = ours.filter(({ down }) => !down)
  if (dead.length > 0)
    return failed(`nothing was taken back: no way down for ${names(dead)}`, {
      remedy: 'restore the backup, or write the way down',
    })
  const startedAt = performance.now()
  const versions = ours.map(({ version }) => version).toReversed()
  const result = await tool.down(place, versions, context.progress)
  const after = await tool.status(place)
  const tookMs = Math.round(performance.now() - startedAt)
  const extra = {
    measurements: [{ name: 'duration', value: tookMs, unit: 'ms' }],
    evidence: [{ name: 'output', mediaType: 'text/plain' as const, content: `${result.words}\n${result.timeouts}` }],
  }
  if (!after.known)
    return failed(`${result.problem || 'the tool ended well'}; what is applied now is not known: ${after.why}`, extra)
  const left = after.migrations.filter(({ version, applied: is }) => is && versions.includes(version))
  if (!result.ok || left.length > 0)
    return failed(
      `${result.problem || 'the tool ended well'}; still applied: ${left.length === 0 ? 'nothing of it' : names(left)}`,
      extra,
    )
  forgetRecord(context)
  return passed(
    `took back ${plural(ours.length, 'migration')} (${versions.join(', ')}) in ${formatDuration(tookMs)}`,
    extra,
  )
}
