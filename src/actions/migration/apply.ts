// Applying what is pending: look, write down, apply, look again, judge. What holds is always what the tool says afterwards.
import { formatDuration } from '../../lib/duration.ts'
import { plural } from '../../lib/plural.ts'
import {
  appliedOf,
  pendingUpTo,
  type Migration,
  type MigrationPlace,
  type MigrationStatus,
  type MigrationTool,
  type ToolResult,
} from '../../migrations/tool.ts'
import { failed, passed, unverified, type EvidenceDraft, type Outcome } from '../../plan/outcome.ts'
import type { ActionContext } from '../action.ts'
import { recordPlanned, recordTouched } from './record.ts'

export interface Wanted {
  to?: string | undefined
  budgetMs?: number | undefined
  down: 'if-there' | 'required' | 'never'
}

type Known = Extract<MigrationStatus, { known: true }>

/** Applies up to the wanted version, and says what came of it. */
export async function applyPending(
  tool: MigrationTool,
  place: MigrationPlace,
  wanted: Wanted,
  context: ActionContext,
): Promise<Outcome> {
  const before = await tool.status(place)
  if (!before.known)
    return unverified(`nothing was applied: ${before.why}`, {
      remedy: before.remedy,
      evidence: said('status', before.words),
    })
  const pending = pendingUpTo(before.migrations, wanted.to)
  const refusal = refuse(tool, before, pending, wanted)
  if (refusal) return refusal
  if (!pending || pending.length === 0) return passed(`nothing is pending${upTo(wanted)}: ${standing(before)}`)
  context.progress(`pending: ${names(pending)}`)
  for (const note of before.notes) context.progress(note)
  recordPlanned(context, pending)
  const startedAt = performance.now()
  const result = await tool.apply(
    place,
    pending.map(({ version }) => version),
    context.progress,
  )
  const tookMs = Math.round(performance.now() - startedAt)
  if (result.touched) recordTouched(context, pending, result.touched)
  if (context.signal.aborted) return stopped(context.signal, pending, result)
  return judge(await tool.status(place), { pending, result, tookMs, wanted, notes: before.notes })
}

/** Nothing can be asked any more under a signal that has aborted; whoever resumes asks first. */
function stopped(signal: AbortSignal, pending: Migration[], { words }: ToolResult): Outcome {
  const isLate = (signal.reason as Error | undefined)?.name === 'TimeoutError'
  const how = isLate ? 'was not done by the deadline and was stopped' : 'was stopped'
  const summary = `applying ${names(pending)} ${how}; some of it may be applied`
  const extra = { evidence: said('output', words), remedy: 'resume: what is applied is not applied again' }
  return isLate ? failed(summary, extra) : unverified(summary, extra)
}

function refuse(
  tool: MigrationTool,
  { migrations, problems }: Known,
  pending: Migration[] | null,
  wanted: Wanted,
): Outcome | null {
  if (problems.length > 0)
    return failed(`nothing was applied: ${problems.join('; ')}`, { remedy: 'put the migrations right, then resume' })
  if (pending === null)
    return failed(`nothing was applied: there is no migration ${wanted.to}`, {
      remedy: `the newest is ${migrations.at(-1)?.version ?? 'none'}`,
    })
  const isAll = pending.length === migrations.filter(({ applied }) => !applied).length
  if (!tool.canStopAt && !isAll && pending.length > 0)
    return failed(`nothing was applied: ${tool.id} applies all that is pending and cannot stop at ${wanted.to}`, {
      remedy: 'take out `to`, or the later migrations',
    })
  const dead = pending.filter(({ down }) => !down)
  if (wanted.down !== 'required' || dead.length === 0) return null
  return failed(`nothing was applied: no way down for ${names(dead)}`, {
    remedy: 'write the way down, or set `down` to if-there',
  })
}

interface Applied {
  pending: Migration[]
  result: ToolResult
  tookMs: number
  wanted: Wanted
  notes: string[]
}

function judge(after: MigrationStatus, { pending, result, tookMs, wanted, notes }: Applied): Outcome {
  const evidence = [
    ...said('output', result.words),
    ...said('notes', [result.timeouts, ...notes].filter(Boolean).join('\n')),
  ]
  if (!after.known)
    return unverified(`${result.problem || 'the tool ended well'}; what is applied now is not known: ${after.why}`, {
      remedy: after.remedy,
      evidence: [...evidence, ...said('status', after.words)],
    })
  const now = new Set(appliedOf(after.migrations))
  const done = pending.filter(({ version }) => now.has(version))
  const open = pending.filter(({ version }) => !now.has(version))
  const measurements = [
    { name: 'duration', value: tookMs, unit: 'ms' },
    { name: 'migrations applied', value: done.length, unit: 'count' },
  ]
  const extra = { evidence, measurements }
  if (!result.ok || open.length > 0 || after.problems.length > 0) {
    const state = `${done.length === 0 ? 'none of it is' : `${names(done)} ${done.length === 1 ? 'is' : 'are'}`} applied, ${open.length === 0 ? 'nothing is pending' : `${names(open)} ${open.length === 1 ? 'is' : 'are'} not`}`
    const why = [
      result.problem || (open.length > 0 ? 'the tool ended well, but did not apply all' : ''),
      ...after.problems,
    ]
    return failed(`${why.filter(Boolean).join('; ')}; ${state}`, {
      ...extra,
      remedy: 'repair the migration, then resume: what is applied is not applied again',
    })
  }
  const dead = pending.filter(({ down }) => !down)
  const oneWay =
    wanted.down === 'never'
      ? '; one-way, as configured'
      : dead.length > 0
        ? `; one-way: no way down for ${names(dead)}`
        : ''
  const what = `applied ${plural(done.length, 'migration')} (${names(done)}) in ${formatDuration(tookMs)}${oneWay}; ${result.timeouts}`
  // The work is done and stays; but users waited longer than was agreed, and whether the release goes on is for a person to say.
  if (wanted.budgetMs !== undefined && tookMs > wanted.budgetMs)
    return failed(`took ${formatDuration(tookMs)}, budget ${formatDuration(wanted.budgetMs)}; it is applied: ${what}`, {
      ...extra,
      remedy: 'decide whether to go on: resume does not apply it again',
    })
  return passed(what, extra)
}

/** At most five versions, and how many more. */
export function names(migrations: readonly { version: string }[]): string {
  const shown = migrations.slice(0, 5).map(({ version }) => version)
  return [...shown, ...(migrations.length > 5 ? [`${migrations.length - 5} more`] : [])].join(', ')
}

function standing({ migrations }: Known): string {
  return `at ${appliedOf(migrations).at(-1) ?? 'the beginning'}`
}

function upTo({ to }: Wanted): string {
  return to === undefined ? '' : ` up to ${to}`
}

function said(name: string, content: string): EvidenceDraft[] {
  return content === '' ? [] : [{ name, mediaType: 'text/plain', content }]
}
