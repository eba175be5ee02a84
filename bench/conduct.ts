// What conducting an item costs by itself: checks and actions that do nothing, against bare steps of the durable engine. All in one
// run, over one Postgres, in turns.
import { DBOS } from '@dbos-inc/dbos-sdk'
import { openProject, planProject } from '../src/app/project.ts'
import { createRun, servicesFor } from '../src/app/release.ts'
import { openState, type State } from '../src/app/state.ts'
import { openRun } from '../src/conduct/conduct.ts'
import { deedStep } from '../src/conduct/perform-action.ts'
import { conductPhase } from '../src/conduct/phase.ts'
import type { Durable } from '../src/conduct/ports.ts'
import type { RunContext } from '../src/conduct/run-context.ts'
import type { Services } from '../src/conduct/services.ts'
import { createEngine } from '../src/durable/dbos.ts'
import { passed } from '../src/plan/outcome.ts'
import { Project } from './fixture/project.ts'
import { median, type Bench, type BenchOptions, type BenchResult, type Measure } from './result.ts'

const ITEMS = 200
const RATIO_MAX = 1.5

export const bench: Bench = {
  name: 'conduct',
  summary: 'a check and an action that do nothing ÷ a bare step of the durable engine, in the same run',
  run,
}

/** Milliseconds for each item, one figure a round. */
type Times = Record<'step' | 'check' | 'action', number[]>

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 3 : 9
  // The first phase warms everything up and is not counted.
  const phases = Array.from({ length: rounds + 1 }, (_, index) => phaseText(index))
  await using project = await Project.create({
    document: `# Release\n\n${phases.join('\n')}`,
    config: (id) => configOf(id, rounds + 1),
  })
  const state = await openState(project.stateDirectory)
  try {
    const times: Times = { step: [], check: [], action: [] }
    await conductWith(project, state, async (context) => {
      await measureRound(context, 0)
      for (let round = 1; round <= rounds; round++) {
        const taken = await measureRound(context, round)
        for (const kind of ['step', 'check', 'action'] as const) times[kind].push(taken[kind])
        progress(
          `round ${round}: step ${taken.step.toFixed(2)} ms, check ${taken.check.toFixed(2)} ms, action ${taken.action.toFixed(2)} ms`,
        )
      }
    })
    return {
      measures: [
        against('a check that does nothing', 'check', times),
        against('an action that does nothing', 'action', times),
      ],
      notes: [
        `${rounds} rounds of ${ITEMS} each, actions and steps one by one in turns, medians; the check is "env", in a phase with its gate; the action is recorded by intent and outcome`,
      ],
    }
  } finally {
    await state.close()
  }
}

function against(what: string, kind: 'check' | 'action', times: Times): Measure {
  return {
    what,
    measured: median(times[kind]),
    unit: 'ms',
    peer: { name: 'bare step', measured: median(times.step) },
    pairedRatio: median(times[kind].map((ms, round) => ms / (times.step[round] ?? Number.NaN))),
    target: { atMost: RATIO_MAX },
  }
}

async function measureRound(context: RunContext, round: number): Promise<Record<keyof Times, number>> {
  const check = (await timed(() => checks(context, round))) / ITEMS
  const steps: number[] = []
  const actions: number[] = []
  for (let i = 0; i < ITEMS; i++) {
    const turn = [
      async () => steps.push(await timed(bareStep)),
      async () => actions.push(await timed(() => action(context, `nothing-${round}-${i}`))),
    ]
    // Neither always comes first.
    for (const work of i % 2 === 0 ? turn : turn.toReversed()) await work()
  }
  return { step: median(steps), check, action: median(actions) }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

function bareStep(): Promise<unknown> {
  return DBOS.runStep(async () => null, { name: 'bare' })
}

/** A phase of the document as it is conducted: its checks, its gate, its entries. */
async function checks(context: RunContext, round: number): Promise<void> {
  const phase = context.plan.checklist.phases.find(({ title }) => title === titleOf(round))
  if (!phase) throw new Error(`there is no phase ${titleOf(round)}`)
  await conductPhase(context, phase, { startedAt: null })
  const green = [...context.outcomes.values()].filter(({ status }) => status === 'passed').length
  if (green < ITEMS) throw new Error(`only ${green} checks passed: this measures something else`)
}

/** As `performAction` does it, but for what the action itself does. */
async function action(context: RunContext, id: string): Promise<void> {
  await deedStep(context, id, 1, () => ({
    will: 'nothing',
    wayBack: () => ({ reversibility: 'reversible', oneWayReason: null }),
    run: async () => passed('did nothing'),
    verify: async () => 'done',
  }))
}

/** Conducts a run whose workflow is `work`, with everything wired as for a release. */
async function conductWith(
  project: Project,
  state: State,
  work: (context: RunContext) => Promise<void>,
): Promise<void> {
  const opened = await openProject(project.directory)
  const { plan } = await planProject(opened)
  const pace = { timeScale: 1, waitMsMax: null }
  const record = await createRun(state, { plan, pace, by: 'ann', delivery: null })
  const stopping = new AbortController()
  const options = { project: opened, state, run: record, noWait: true, signal: stopping.signal, emit: () => {} }
  const services: Services = {
    ...servicesFor(options, stopping.signal, () => engine, { candidate: null, known: null }),
    abandon: (error) => {
      throw error
    },
  }
  const engine = await createEngine({
    databaseUrl: state.url,
    async conduct(runId: string, durable: Durable) {
      const context = await openRun(runId, durable, services)
      try {
        await work(context)
      } finally {
        await context.session.stop()
      }
    },
  })
  try {
    await engine.conduct(record.id, stopping.signal)
  } finally {
    stopping.abort()
    await engine.close()
  }
}

function titleOf(round: number): string {
  return `Pre-deployment checks ${round}`
}

function itemOf(round: number, index: number): string {
  return `Nothing is wrong with part ${round}.${index}.`
}

function phaseText(round: number): string {
  const items = Array.from({ length: ITEMS }, (_, index) => `- [ ] ${itemOf(round, index)}`)
  return `## ${titleOf(round)}\n${items.join('\n')}\n`
}

function configOf(id: (words: string) => string, phases: number): string {
  const bindings = Array.from({ length: phases * ITEMS }, (_, index) => {
    const item = itemOf(Math.floor(index / ITEMS), index % ITEMS)
    return `  ${id(item)}: { check: env, with: { present: [PATH] } }`
  })
  return `service: bench\nchecklist: CHECKLIST.md\nbindings:\n${bindings.join('\n')}\n`
}
