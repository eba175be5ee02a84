// gonogo deploy: conducts the release of the reviewed plan.
import { createInterface } from 'node:readline/promises'
import { handOver, keepDocument } from '../../app/hand-over.ts'
import { keepOriginal } from '../../app/originals.ts'
import { openProject, planProject, surroundingsOf } from '../../app/project.ts'
import { conductRun, createRun } from '../../app/release.ts'
import { deliveredVersions } from '../../app/delivered-versions.ts'
import { deliveryParts } from '../../app/delivery-parts.ts'
import { openState, type State } from '../../app/state.ts'
import { openingInWords } from '../../conduct/delivery/opening.ts'
import type { Project } from '../../config/load.ts'
import { formatDuration, parseDurationMs } from '../../lib/duration.ts'
import { PlanError } from '../../lib/errors.ts'
import type { ReleasePlan } from '../../plan/release-plan.ts'
import { FINAL_STATES, type Pace, type RunRecord } from '../../plan/run-record.ts'
import { controlsInWords, guardControls, requireRedGuards } from '../../planning/guard-controls.ts'
import { deliveryCommands } from '../../planning/delivery-commands.ts'
import { requireLocked } from '../../planning/lock.ts'
import { oneOf, print, whoIs, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { jsonScreen, textScreen } from '../live.ts'
import { paint } from '../screen.ts'
import { check } from './check.ts'

interface DeployOptions extends GlobalOptions {
  verifyOnly?: boolean
  dryRun?: boolean
  yes?: boolean
  autoPromote?: string
  candidate?: string
  environment?: string
  timeScale: string
  waitMax?: string
  wait: boolean
  outsideWindow?: string
  as?: string
  json?: boolean
}

/** Exit 0 succeeded; 1 rolled back, aborted, NO-GO; 2 cannot run; 3 interrupted before its end. */
export async function deploy(options: DeployOptions): Promise<number> {
  if (options.verifyOnly)
    return check({
      project: options.project,
      format: 'text',
      ...(options.environment ? { environment: options.environment } : {}),
    })
  const project = await openProject(options.project)
  const pace = paceOf(options)
  const { plan: planned, bytes } = await planProject(project, options)
  if (options.dryRun) return showCommands(project, planned, options.json ?? false)
  requireLocked(project.directory, planned)
  requireRedGuards(planned, project)
  const delivery = deliveryParts(
    project,
    surroundingsOf(project, planned.environment),
    planned.delivery?.candidate ?? null,
  )
  const plan = withPromotion(planned, options.autoPromote)
  if (!options.json) introduce(plan, project, pace)
  if (!options.yes && !(await confirmed())) return EXIT.no

  const state = await openState(project.stateDirectory, (line) => process.stderr.write(`${line}\n`))
  try {
    const run = await createRun(state, {
      plan,
      pace,
      by: whoIs(options),
      delivery,
      outsideWindow: options.outsideWindow ?? null,
    })
    keepDocument(project.stateDirectory, run.id, bytes)
    keepOriginal(project.stateDirectory, plan.checklist.document, bytes)
    if (!options.json) print(`\nrun ${paint('bold', run.id)}`)
    return await conductToEnd(state, project, run, { noWait: !options.wait, json: options.json ?? false })
  } finally {
    await state.close()
  }
}

/** What the delivery would execute. Nothing is, and no secret is read: a plan that nobody has reviewed yet can be looked at too. */
function showCommands(project: Project, plan: ReleasePlan, json: boolean): number {
  const delivered = deliveredVersions(project, plan.delivery?.candidate ?? null)
  const parts = deliveryCommands(project, plan, delivered?.services ?? [])
  if (json) print(JSON.stringify(parts, null, 2))
  else if (parts.length === 0) print('nothing is delivered')
  else
    for (const { service, what, commands } of parts) {
      print(paint('bold', service === '' ? what : `${service}: ${what}`))
      for (const command of commands) print(`    ${command}`)
    }
  return EXIT.ok
}

/** Conducts a run in the foreground and hands over. Ctrl-C once stops conducting at a safe point; the run can be resumed. */
export async function conductToEnd(
  state: State,
  project: Project,
  run: RunRecord,
  options: { noWait: boolean; json: boolean },
): Promise<number> {
  const screen = options.json ? jsonScreen() : textScreen()
  const stop = new AbortController()
  const onSignal = (signal: NodeJS.Signals): void => {
    // A terminal that closes may say so twice.
    if (stop.signal.aborted && signal === 'SIGHUP') return
    if (stop.signal.aborted) process.exit(130)
    screen.close()
    process.stderr.write('stopping at a safe point; again to leave at once\n')
    stop.abort()
  }
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal)
  process.stdout.on('error', ignoreBrokenPipe)
  process.stderr.on('error', ignoreBrokenPipe)
  try {
    const ended = await conductRun({
      project,
      state,
      run,
      noWait: options.noWait,
      signal: stop.signal,
      emit: (event) => screen.show(event),
    })
    screen.close()
    return await sayEnd(state, project, ended, options.json)
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, onSignal)
  }
}

/** A terminal that is closed is no reason to leave a candidate alone at once. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Whoever read the output is gone (`| head`): the release goes on without an audience. */
function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
}

async function sayEnd(state: State, project: Project, run: RunRecord, json: boolean): Promise<number> {
  if (!FINAL_STATES.includes(run.state)) {
    const live = run.wayBack.possible && run.wayBack.how.startsWith('traffic')
    const warning = live ? '; the candidate is live: the watchdog takes traffic back unless you resume' : ''
    print(`\nrun ${run.id} is not over (${run.position})${warning}\n    ${paint('cyan', `gonogo resume ${run.id}`)}`)
    return EXIT.unverified
  }
  const files = await handOver(state, project.stateDirectory, run)
  if (!json) {
    const took = run.endedAt === null ? '' : ` after ${formatDuration(run.endedAt - run.createdAt)}`
    print(`\n${paint('bold', `${run.service}: ${run.state}${took}`)}`)
    print(`    report              ${files.report}\n    returned checklist  ${files.returned}`)
  }
  return run.state === 'succeeded' ? EXIT.ok : EXIT.no
}

function paceOf(options: DeployOptions): Pace {
  const timeScale = Number(options.timeScale)
  if (!(timeScale >= 1))
    throw new PlanError(`--time-scale ${options.timeScale} is not possible`, { expected: 'a number from 1 up' })
  const waitMsMax = options.waitMax === undefined ? null : parseDurationMs(options.waitMax)
  if (options.waitMax !== undefined && waitMsMax === null)
    throw new PlanError(`--wait-max ${options.waitMax} is not a duration`, { expected: 'one like "5 s"' })
  return { timeScale, waitMsMax }
}

/** `--auto-promote` is the person's choice for this run; the reviewed plan stays what it is. */
function withPromotion(plan: ReleasePlan, given: string | undefined): ReleasePlan {
  if (given === undefined || !plan.delivery) return plan
  const autoPromote = oneOf('--auto-promote', given, ['true', 'false', 'yes', 'no'])
  return { ...plan, delivery: { ...plan.delivery, autoPromote: autoPromote === 'true' || autoPromote === 'yes' } }
}

function introduce(plan: ReleasePlan, { config }: Project, pace: Pace): void {
  const { delivery } = plan
  const what = delivery
    ? `${delivery.candidate} by ${delivery.strategy}: ${delivery.stages.map((stage) => `${stage.weight} % ${formatDuration(stage.durationMs)}`).join(', ')}`
    : 'no delivery'
  print(`${paint('bold', plan.service)} to ${plan.environment}: ${what}`)
  print(`${plan.items.length} items, ${plan.guards.length} guards, plan ${plan.hash.slice(0, 12)}`)
  const opening = openingInWords(delivery?.calendar ?? null, Date.now())
  if (opening) print(opening)
  const controls = controlsInWords(plan, guardControls(plan, config))
  if (controls) print(controls)
  if (pace.timeScale > 1 || pace.waitMsMax !== null) {
    const cap = pace.waitMsMax === null ? '' : `, none longer than ${formatDuration(pace.waitMsMax)}`
    print(paint('yellow', `rehearsal: waits are divided by ${pace.timeScale}${cap}; the report says so`))
  }
}

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) throw new PlanError('nobody is there to confirm', { hint: 'add --yes' })
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await lines.question('Go? [y/N] ')
  lines.close()
  return /^y(es)?$/i.test(answer.trim())
}
