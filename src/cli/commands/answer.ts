// gonogo approve | reject | waive | fill: what people say about items.
import { planOf } from '../../app/hand-over.ts'
import { sendTo } from '../../app/messages.ts'
import { openItems } from '../../app/questions.ts'
import { chooseRun, type State } from '../../app/state.ts'
import { mayAnswer } from '../../conduct/people.ts'
import { PlanError } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import type { ReleasePlan } from '../../plan/release-plan.ts'
import { FINAL_STATES, type RunRecord } from '../../plan/run-record.ts'
import { print, whoIs, withState, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'

interface AnswerOptions extends GlobalOptions {
  as?: string
  reason?: string
  set?: string[]
  all?: boolean
}

type Verb = 'approve' | 'reject' | 'waive' | 'fill'

export const approve = (run: string, items: string[], options: AnswerOptions): Promise<number> =>
  answer('approve', run, items, options)
export const reject = (run: string, items: string[], options: AnswerOptions): Promise<number> =>
  answer('reject', run, items, options)
export const waive = (run: string, items: string[], options: AnswerOptions): Promise<number> =>
  answer('waive', run, items, options)
export const fill = (run: string, items: string[], options: AnswerOptions): Promise<number> =>
  answer('fill', run, items, options)

function answer(verb: Verb, id: string, given: string[], options: AnswerOptions): Promise<number> {
  return withState(options, async (state) => {
    const run = await chooseRun(state.runs, id)
    if (FINAL_STATES.includes(run.state)) throw new PlanError(`run ${run.id} has ended: ${run.state}`)
    const plan = await planOf(state, run)
    const by = whoIs(options)
    const items = options.all ? await openPollsFor(state, run, plan, by) : given.map((item) => findItem(plan, item))
    if (items.length === 0) {
      if (options.all) {
        print(`nothing is asked of ${by}`)
        return EXIT.ok
      }
      throw new PlanError('name the items', { hint: `"gonogo status ${run.id}" lists what is open` })
    }
    for (const item of items) await say(state, run, plan, verb, item, by, options)
    print(`${verb} by ${by}: ${items.join(', ')}`)
    return EXIT.ok
  })
}

async function say(
  state: State,
  run: RunRecord,
  plan: ReleasePlan,
  verb: Verb,
  item: string,
  by: string,
  options: AnswerOptions,
): Promise<void> {
  const values = parseValues(options.set ?? [])
  if (verb === 'fill') return sendTo(state, run, { type: 'fill', by, item, values })
  if (verb === 'waive') {
    if (!options.reason) throw new PlanError('a waiver needs a reason', { hint: '--reason "..."' })
    requireWaiver(plan, item, by)
    return sendTo(state, run, { type: 'waive', by, item, reason: options.reason })
  }
  const role = roleFor(plan, item)
  if (role === null) return sendTo(state, run, { type: 'fill', by, item, values })
  if (!mayAnswer(plan.people, role, by)) {
    throw new PlanError(`${by} may not answer for ${item}`, {
      expected: `one of ${role}: ${plan.people[role]?.join(', ') ?? 'nobody'}`,
      hint: 'say who you are with --as',
    })
  }
  return sendTo(state, run, { type: 'answer', by, item, answer: verb, reason: options.reason ?? null, values })
}

/** A stage is accepted by the approver; anything else by anybody of the plan's people. The run checks it again. */
function requireWaiver(plan: ReleasePlan, item: string, by: string): void {
  const hint = 'say who you are with --as'
  const role = plan.delivery?.approver ?? ''
  if (plan.items.find((planned) => planned.item === item)?.binding.type === 'rollout') {
    if (mayAnswer(plan.people, role, by)) return
    throw new PlanError(`${by} may not accept a stage that is not green`, { expected: `one of ${role}`, hint })
  }
  if (Object.values(plan.people).some((people) => people.includes(by))) return
  throw new PlanError(`${by} is not among the people of this plan`, { hint })
}

/** Who answers: the poll's role; the approver for a delivery's stage; null: anybody, for a form. */
function roleFor(plan: ReleasePlan, item: string): string | null {
  const binding = plan.items.find((planned) => planned.item === item)?.binding
  if (binding?.type === 'poll') return binding.role
  if (binding?.type === 'record') return null
  if (binding?.type === 'rollout') return plan.delivery?.approver ?? ''
  throw new PlanError(`${item} is not a question`, { hint: `"gonogo waive" accepts an item as it is` })
}

async function openPollsFor(state: State, run: RunRecord, plan: ReleasePlan, by: string): Promise<string[]> {
  const open = await openItems(state, run)
  return open.filter(({ role }) => role !== null && mayAnswer(plan.people, role, by)).map(({ item }) => item)
}

/** The item with this id, or the only one whose id starts so. */
function findItem(plan: ReleasePlan, given: string): string {
  const ids = plan.items.map(({ item }) => item)
  if (ids.includes(given)) return given
  const starting = ids.filter((id) => id.startsWith(given))
  if (starting.length === 1 && starting[0]) return starting[0]
  const suggestion = nearest(given, ids)
  throw new PlanError(
    starting.length > 1
      ? `"${given}" begins ${starting.length} items: ${starting.slice(0, 4).join(', ')}`
      : `the plan has no item "${given}"`,
    {
      hint: suggestion ? `did you mean ${suggestion}?` : '"gonogo plan" lists them',
    },
  )
}

function parseValues(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new PlanError(`--set "${pair}" is not a value`, { expected: 'name=value' })
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
