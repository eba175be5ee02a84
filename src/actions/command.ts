// Runs what the document says at this item, as written, or a command of the configuration in its place.
import { z } from 'zod'
import { formatDuration } from '../lib/duration.ts'
import { excerpt, lastLine } from '../lib/excerpt.ts'
import type { ExecResult } from '../lib/exec.ts'
import { isPattern } from '../lib/pattern.ts'
import { findShell } from '../lib/shell.ts'
import { failed, passed, unverified, type Outcome } from '../plan/outcome.ts'
import type { CommandStep } from '../plan/plan.ts'
import { defineAction, type ActionContext } from './action.ts'
import type { Judgement } from './expected-output.ts'
import { runSteps } from './run-steps.ts'
import { STOPPED } from './shell-session.ts'
import { chooseWay, describeSteps, fillIn, refuse, shellStep } from './steps.ts'

const argv = z.array(z.string()).min(1)
const program = z.union([argv, z.string().min(1)])
const exitCode = z.number().int().min(0).max(255)

const schema = z
  .strictObject({
    run: argv
      .optional()
      .describe('program and its arguments, run without a shell, instead of the commands of the document'),
    shell: z.string().min(1).optional().describe('shell text to run instead of the commands of the document'),
    alternative: z
      .string()
      .min(1)
      .optional()
      .describe('which of several ways that the document gives is run, by its name there'),
    values: z
      .record(z.string(), z.string().regex(/^[\w.:/@%+=,-]+$/, 'letters, digits and _ . : / @ % + = , - only'))
      .default({})
      .describe('what stands for placeholders of the commands, by placeholder as written'),
    undo: program.optional().describe('what takes it back: program and arguments, or shell text'),
    verify: program
      .optional()
      .describe(
        'tells after a crash whether it was done: exit code 0 is done, 126 and 127 cannot tell, others not done',
      ),
    oneWay: z.string().min(1).optional().describe('why it cannot be taken back'),
    readOnly: z
      .boolean()
      .default(false)
      .describe('whether it changes nothing, so that there is nothing to take back and it may run twice'),
    timeoutMs: z
      .number()
      .int()
      .min(1)
      .max(86_400_000)
      .default(600_000)
      .describe('how long it, its undo and its verify may take each'),
    env: z
      .record(z.string(), z.string())
      .default({})
      .describe('environment variables for it; values are treated as secrets'),
    expect: z
      .strictObject({
        exitCode: z
          .union([exitCode, z.array(exitCode).min(1)])
          .default(0)
          .describe('exit code, or list of codes, that is right'),
        stdoutMatches: z
          .string()
          .refine(isPattern, 'not a regular expression')
          .optional()
          .describe('regular expression its output must match'),
      })
      .prefault({})
      .describe('what is right at the end'),
    backgroundGraceMs: z
      .number()
      .int()
      .min(0)
      .max(600_000)
      .default(500)
      .describe('how long a program started with & must stay alive to count as started'),
  })
  .refine((o) => o.run === undefined || o.shell === undefined, 'give run or shell, not both')
  .refine(
    (o) => [o.undo, o.oneWay, o.readOnly || undefined].filter(Boolean).length <= 1,
    'undo, oneWay and readOnly exclude each other',
  )

type Options = z.infer<typeof schema>
type Program = z.infer<typeof program>

export const command = defineAction({
  id: 'command',
  summary: 'runs the commands of the item as written, or a program in their place',
  options: schema,
  example: {
    run: ['npm', 'run', 'migrate'],
    undo: ['npm', 'run', 'migrate:down'],
    verify: ['npm', 'run', 'migrate:status'],
  },
  failingExample: { run: ['node', '-e', 'process.exit(1)'], oneWay: 'an example' },
  secretFields: ['env'],

  reversibility(options) {
    if (options.readOnly) return 'reversible'
    return options.undo === undefined ? 'one-way' : 'compensable'
  },

  describe(options, commands) {
    const way = options.readOnly
      ? 'changes nothing'
      : options.undo === undefined
        ? `one-way: ${options.oneWay ?? 'nobody said how to take it back'}`
        : `undo: ${show(options.undo)}`
    const what = options.run ?? options.shell
    return `run ${what === undefined ? describeSteps(commands) : show(what)}; ${way}`
  },

  async run(options, context) {
    if (context.signal.aborted) return unverified('cancelled before it began: nothing was run')
    if (options.run) return judgeProgram(options, await runProgram(options.run, options, context), context.signal)
    const written = options.shell === undefined ? context.commands : [shellStep(options.shell)]
    if (written.length === 0)
      return unverified('nothing to run: no command stands at this item', { remedy: 'bind it with run or shell' })
    const { steps: way, refusal } = chooseWay(written, options.alternative)
    if (refusal) return unverified(`nothing was run: ${refusal}`, { remedy: 'name one by `alternative`' })
    const steps = way.map((step) => fillIn(step, options.values))
    const refusals = steps.flatMap((step) => refuse(step, { ...context.env, ...options.env }, context.directory))
    if (refusals.length > 0)
      return unverified(`nothing was run: ${refusals.join('; ')}`, {
        remedy: 'bind the item with run or shell that can run by itself',
      })
    return runAndJudge(steps, options, context)
  },

  async verify(options, context) {
    if (options.verify === undefined) return options.readOnly ? 'not-done' : 'unknown'
    const { ended, exitCode: code } = await runProgram(options.verify, options, context)
    if (ended !== 'exited' || code === null || code === 126 || code === 127) return 'unknown'
    return code === 0 ? 'done' : 'not-done'
  },

  async undo(options, context) {
    if (options.readOnly) return passed('nothing to take back')
    if (options.undo === undefined) return failed(`cannot be taken back: ${options.oneWay ?? 'nobody said how'}`)
    const result = await runProgram(options.undo, options, context)
    const extra = { evidence: [outputOf('undo', options.undo, result)] }
    if (result.ended === 'exited' && result.exitCode === 0) return passed(`taken back by ${show(options.undo)}`, extra)
    return failed(`${show(options.undo)} ${ending(result)}`, {
      ...extra,
      remedy: lastLine(result.stderr) || 'take it back by hand',
    })
  },
})

async function runAndJudge(steps: readonly CommandStep[], options: Options, context: ActionContext): Promise<Outcome> {
  const exitCodes = [options.expect.exitCode].flat()
  const { env, timeoutMs, backgroundGraceMs } = options
  const { result, reached, lastWords, backgroundProblem, judgements, evidence } = await runSteps(
    steps,
    { env, timeoutMs, backgroundGraceMs, exitCodes },
    context,
  )
  const extra = { evidence, measurements: [durationOf(result)] }
  const at = steps.length === 1 ? '' : `step ${reached} of ${steps.length}, `
  const where = `${at}\`${excerpt(steps[Math.max(0, reached - 1)]?.script ?? '', 120)}\``
  if (result.ended === 'cancelled' || context.signal.aborted) return stoppedOutcome(where, context.signal, extra)
  const rest = steps.length - reached
  const judged = judgeSteps(steps, judgements, rest, extra)
  if (judged?.status === 'failed') return judged
  if (judged && result.exitCode === STOPPED) return judged
  if (rest > 0 || result.ended !== 'exited' || !exitCodes.includes(result.exitCode ?? -1)) {
    return failed(`${where} ${ending(result)}${notRun(rest)}`, { ...extra, remedy: lastWords || 'read its output' })
  }
  if (backgroundProblem) return failed(backgroundProblem, extra)
  if (judged) return judged
  return (
    judgeOutput(options, result.stdout, extra) ??
    passed(`ran ${describeSteps(steps)} in ${formatDuration(result.durationMs)}`, extra)
  )
}

/** The first step that printed something else than the document says, or that a person must look at; null when all is right. */
function judgeSteps(
  steps: readonly CommandStep[],
  judgements: readonly { step: number; judgement: Judgement }[],
  rest: number,
  extra: Partial<Outcome>,
): Outcome | null {
  const wrong =
    judgements.find(({ judgement }) => judgement.status === 'failed') ??
    judgements.find(({ judgement }) => judgement.status === 'unverified')
  if (!wrong) return null
  const { script, expects } = steps[wrong.step - 1] as CommandStep
  const says = `\`${excerpt(script, 120)}\`: ${wrong.judgement.says}${notRun(rest)}`
  if (wrong.judgement.status === 'failed')
    return failed(says, { ...extra, remedy: `the document says: ${expects?.text}` })
  return unverified(says, { ...extra, remedy: 'look at what it printed' })
}

function notRun(rest: number): string {
  return rest > 0 ? `; ${rest === 1 ? 'the last step was' : `${rest} steps were`} not run` : ''
}

function judgeProgram(options: Options, result: ExecResult, signal: AbortSignal): Outcome {
  const name = show(options.run ?? [])
  const extra = { evidence: [outputOf('output', options.run ?? [], result)], measurements: [durationOf(result)] }
  if (result.ended === 'cancelled') return stoppedOutcome(name, signal, extra)
  const right = result.ended === 'exited' && [options.expect.exitCode].flat().includes(result.exitCode ?? -1)
  if (!right) return failed(`${name} ${ending(result)}`, { ...extra, remedy: complaintOf(result) })
  return (
    judgeOutput(options, result.stdout, extra) ?? passed(`ran ${name} in ${formatDuration(result.durationMs)}`, extra)
  )
}

/** Null when the output is as expected. */
function judgeOutput(options: Options, stdout: string, extra: Partial<Outcome>): Outcome | null {
  const { stdoutMatches } = options.expect
  if (stdoutMatches === undefined || new RegExp(stdoutMatches, 'm').test(stdout)) return null
  return failed(`ran, but its output does not match /${stdoutMatches}/`, extra)
}

function stoppedOutcome(where: string, signal: AbortSignal, extra: Partial<Outcome>): Outcome {
  const late = (signal.reason as Error | undefined)?.name === 'TimeoutError'
  return late
    ? failed(`${where} was not done by the deadline and was stopped; it may be half done`, extra)
    : unverified(`${where} was stopped; it may be half done`, extra)
}

function runProgram(given: Program, options: Options, context: ActionContext): Promise<ExecResult> {
  const [file = '', ...args] = typeof given === 'string' ? [findShell(context.env), '-c', given] : given
  return context.exec(file, args, {
    cwd: context.directory,
    env: { ...context.env, ...options.env },
    timeoutMs: options.timeoutMs,
    signal: context.signal,
    onLine: (line) => context.progress(line),
  })
}

function show(given: Program): string {
  return `\`${typeof given === 'string' ? given : given.join(' ')}\``
}

/** `exited 3`, `was ended by SIGKILL`, `did not end within 5 s`. */
function ending({ ended, exitCode: code, signal, stderr, durationMs }: ExecResult): string {
  if (ended === 'not-started') return `could not be started: ${lastLine(stderr)}`
  if (ended === 'timed-out') return `did not end within ${formatDuration(durationMs)}`
  if (ended === 'cancelled') return 'was stopped'
  return code === null ? `was ended by ${signal}` : `exited ${code}`
}

function complaintOf({ stderr, stdout }: ExecResult): string {
  return lastLine(stderr) || lastLine(stdout) || 'read its output'
}

function outputOf(name: string, given: Program, { stdout, stderr }: ExecResult) {
  const text = typeof given === 'string' ? given : given.join(' ')
  return { name, mediaType: 'text/plain' as const, content: `$ ${text}\n${excerpt(stdout)}${excerpt(stderr)}` }
}

function durationOf({ durationMs }: ExecResult) {
  return { name: 'duration', value: Math.round(durationMs), unit: 'ms' }
}
