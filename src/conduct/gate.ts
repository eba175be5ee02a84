// A gate: nothing goes on until every item before it is passed, does not apply, or was waived by a named person.
import type { PlannedItem } from '../plan/release-plan.ts'
import { passed, type Outcome } from '../plan/outcome.ts'
import { worstStatus, type Status } from '../plan/outcome.ts'
import { insistOnWaiting, listen, PATIENCE_MS } from './mailbox.ts'
import { judgePoll } from './people.ts'
import { labelOf, itemOf, nextAttempt, recordOutcome, type RunContext } from './run-context.ts'

/** Tries an item again on a person's word. */
export type Retry = (items: readonly PlannedItem[]) => Promise<void>

/** Waits until the given items are settled. @throws Diverted when the run is to go back, or may not wait. */
export async function settle(context: RunContext, items: readonly PlannedItem[], retry: Retry): Promise<void> {
  const { services, runId } = context
  const announced = new Set<string>()
  for (;;) {
    await closePolls(context, items)
    const open = items.filter((planned) => isOpen(context, planned))
    if (open.length === 0) break
    const asked = open.filter((planned) => isUnanswered(context, planned))
    const bad = open.filter((planned) => !isUnanswered(context, planned))
    await insistOnWaiting(context, open.map(({ item }) => labelOf(context, item)).join('; '))
    const news = open.filter((planned) => !announced.has(newsKey(context, planned)))
    for (const planned of news) announced.add(newsKey(context, planned))
    if (news.length > 0) await announce(context, asked, bad)
    const heard = await listen(context, PATIENCE_MS)
    if (heard.type === 'resume' && bad.length > 0) await retry(bad)
    if (heard.type === 'accepted') await retry(bad.filter(({ item }) => item === heard.item))
  }
  if (announced.size > 0) {
    await services.runs.update(runId, { state: 'running', reason: null })
    services.emit({ type: 'run', state: 'running', reason: null })
  }
}

/** An item is news when it is asked for the first time, and each time it was tried again without success. */
function newsKey(context: RunContext, { item }: PlannedItem): string {
  return `${item}:${context.outcomes.get(item)?.endedAt ?? ''}`
}

/** The verdict over items: what a phase came to. */
export function verdictOver(context: RunContext, items: readonly PlannedItem[]): Status {
  const statuses = items
    .filter(({ binding }) => binding.type !== 'record' && binding.type !== 'guard')
    .map(({ item }): Status =>
      context.waived.has(item) ? 'passed' : (context.outcomes.get(item)?.status ?? 'unverified'),
    )
  return statuses.length === 0 ? 'passed' : worstStatus(statuses)
}

function isOpen(context: RunContext, { item, binding }: PlannedItem): boolean {
  if (binding.type === 'record' || binding.type === 'guard' || binding.type === 'children') return false
  if (context.waived.has(item)) return false
  const status = context.outcomes.get(item)?.status
  return status !== 'passed' && status !== 'skipped'
}

function isUnanswered(context: RunContext, { item, binding }: PlannedItem): boolean {
  return binding.type === 'poll' && context.outcomes.get(item)?.status !== 'failed'
}

/** Turns polls that are decided into outcomes. */
async function closePolls(context: RunContext, items: readonly PlannedItem[]): Promise<void> {
  for (const { item, binding } of items) {
    if (binding.type !== 'poll') continue
    const answers = context.answers.get(item) ?? []
    const verdict = judgePoll(binding, answers, context.plan.people[binding.role] ?? [])
    if (verdict.verdict === 'open' || context.judgedAnswers.get(item) === answers.length) continue
    context.judgedAnswers.set(item, answers.length)
    const outcome: Outcome =
      verdict.verdict === 'approved' ? passed(verdict.summary) : { ...passed(verdict.summary), status: 'failed' }
    const attempt = nextAttempt(context, item)
    const now = await context.durable.now()
    context.outcomes.set(item, await recordOutcome(context, item, attempt, outcome, now))
  }
}

async function announce(
  context: RunContext,
  asked: readonly PlannedItem[],
  bad: readonly PlannedItem[],
): Promise<void> {
  const { services, runId } = context
  for (const { item, binding } of asked) {
    const summary =
      binding.type === 'poll' ? `${binding.role}: ${context.plan.people[binding.role]?.join(', ') ?? ''}` : ''
    services.emit({
      type: 'item',
      item,
      text: itemOf(context, item).label ?? itemOf(context, item).text,
      status: 'asked',
      summary,
    })
  }
  const reasons: string[] = []
  const commands: string[] = []
  if (bad.length > 0) {
    reasons.push(`${bad.length} ${bad.length === 1 ? 'item is' : 'items are'} not green`)
    commands.push(`gonogo resume ${runId}`, `gonogo waive ${runId} ${bad[0]?.item} --reason "..."`)
  }
  if (asked.length > 0) {
    reasons.push(`${asked.length} ${asked.length === 1 ? 'answer is' : 'answers are'} wanted`)
    commands.push(`gonogo approve ${runId} ${asked[0]?.item}`)
  }
  const reason = reasons.join(', ')
  await services.runs.update(runId, { state: bad.length > 0 ? 'paused' : 'waiting', reason })
  services.emit({ type: 'needs', reason, commands })
}
