// The people of a test: they say yes to whatever they are asked, promote every stage, and ask once more to look at what is not green.
import { planOf } from '../../src/app/hand-over.ts'
import { sendTo } from '../../src/app/messages.ts'
import { openItems } from '../../src/app/questions.ts'
import type { State } from '../../src/app/state.ts'
import { pause } from '../../src/lib/deadline.ts'
import type { PlannedItem } from '../../src/plan/release-plan.ts'
import { FINAL_STATES, type RunRecord } from '../../src/plan/run-record.ts'
import type { Started } from './gonogo.ts'

/** How often a run that paused is told to look again: a machine under load may hiccup, a real fault stays. */
const RESUMES_MAX = 3
/** Long enough for a watch to be held again. */
const RETRY_MS = 5000

/** Answers for everybody until the deployment ends. @returns the run. */
export async function answerWhile(
  state: State,
  deploy: Started,
  atPosition: (position: string) => void,
): Promise<RunRecord> {
  const before = new Set((await state.runs.list(50)).map(({ id }) => id))
  const answered = new Set<string>()
  const ended = { yet: false }
  void deploy.finished.finally(() => (ended.yet = true))
  let times = 0
  let run: RunRecord | undefined
  while (!ended.yet) {
    await pause(200)
    run = (await state.runs.list(5)).find(({ id }) => !before.has(id))
    if (!run || FINAL_STATES.includes(run.state)) continue
    atPosition(run.position)
    await answer(state, run, answered)
    if (run.state === 'paused' && (await lookAgain(state, run, times + 1))) {
      times++
      await pause(RETRY_MS)
    }
  }
  const last = run && (await state.runs.get(run.id))
  if (!last) throw new Error(`the release did not start: ${deploy.said()}`)
  return last
}

/** A run that paused looks once more; a comparison of two versions that stays red on a busy machine is accepted by name. */
async function lookAgain(state: State, run: RunRecord, times: number): Promise<boolean> {
  const open = await openItems(state, run)
  if (open.length === 0 || open.some(({ status }) => status === 'asked')) return false
  const what = open.map(({ item, detail }) => `${item}: ${detail}`).join('; ')
  console.warn(`paused (${times}): ${what}`)
  const plan = await planOf(state, run)
  const compares = new Set(plan.items.filter(isComparison).map(({ item }) => item))
  if (times > RESUMES_MAX && open.every(({ item }) => compares.has(item)))
    for (const { item } of open) await sendTo(state, run, { type: 'waive', by: 'rita', item, reason: 'a busy machine' })
  else if (times > RESUMES_MAX) await sendTo(state, run, { type: 'abort', by: 'rita', reason: `still red: ${what}` })
  else await sendTo(state, run, { type: 'resume', by: 'rita' })
  return true
}

/** Whether the item judges the new version against the old one: the only figures that a busy machine makes red by itself. */
export function isComparison({ binding }: PlannedItem): boolean {
  return binding.type === 'watch' && binding.watches.some(({ relativeTo }) => relativeTo !== null)
}

async function answer(state: State, run: RunRecord, answered: Set<string>): Promise<void> {
  const { people, delivery } = await planOf(state, run)
  if (run.state === 'waiting' && run.position.startsWith('approval of stage') && once(answered, run.position))
    await sendTo(state, run, { type: 'promote', by: people[delivery?.approver ?? '']?.[0] ?? '' })
  for (const { item, role } of await openItems(state, run)) {
    const by = role === null ? undefined : people[role]?.[0]
    if (by && once(answered, item))
      await sendTo(state, run, { type: 'answer', by, item, answer: 'approve', reason: null, values: {} })
  }
}

function once(done: Set<string>, key: string): boolean {
  if (done.has(key)) return false
  done.add(key)
  return true
}
