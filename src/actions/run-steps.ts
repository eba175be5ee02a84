// Runs the steps of an item in one shell and says how far they came.
import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { join } from 'node:path'
import { pause } from '../lib/deadline.ts'
import { messageOf } from '../lib/errors.ts'
import { excerpt, lastLine } from '../lib/excerpt.ts'
import type { ExecResult } from '../lib/exec.ts'
import { identify, isAlive } from '../lib/process-identity.ts'
import { findShell } from '../lib/shell.ts'
import type { EvidenceDraft } from '../plan/outcome.ts'
import type { CommandStep } from '../plan/plan.ts'
import type { ActionContext } from './action.ts'
import { recordBackgroundPrograms, stopBackgroundPrograms, type BackgroundProgram } from './background.ts'
import { judgePrinted, type Judgement } from './expected-output.ts'
import { readNote, sessionScript, splitByStep, type SessionStep } from './shell-session.ts'

const OUTPUT_BYTES_MAX = 8 << 20
const LOG_BYTES_MAX = 64 << 10
/** A start time that no process has: it was gone before it could be identified. */
const NEVER = -1

/** More than this is a log, and no answer that somebody wrote down. */
const JUDGED_CHARACTERS_MAX = 1 << 20
const TOO_MUCH: Judgement = { status: 'unverified', says: 'it printed more than can be judged' }
const UNSEEN: Judgement = { status: 'unverified', says: 'it keeps running, and what it prints was not judged' }

export interface StepsResult {
  /** How the shell ended; its output without the session's own lines. */
  result: ExecResult
  /** The step that was under way at the end, from 1; 0 when none was. */
  reached: number
  /** Last words of that step: what is usually wrong with it. */
  lastWords: string
  /** What went wrong with a background step, or null. */
  backgroundProblem: string | null
  /** What came of steps with an expectation, in order; a step that was stopped at is the last. */
  judgements: { step: number; judgement: Judgement }[]
  /** One piece for each step that was begun: its text and what it printed. */
  evidence: EvidenceDraft[]
}

export interface StepsOptions {
  env: Record<string, string>
  timeoutMs: number
  backgroundGraceMs: number
  /** Exit codes that are right for the last step. */
  exitCodes: readonly number[]
}

/**
 * Runs the steps in order. Background programs keep running when all went well; when not, those of this
 * item are ended: nobody else would know of them.
 */
export async function runSteps(
  steps: readonly CommandStep[],
  options: StepsOptions,
  context: ActionContext,
): Promise<StepsResult> {
  const name = randomBytes(6).toString('hex')
  const mark = `gonogo-${name}`
  const session = steps.map((step): SessionStep => toSessionStep(step, name, context.logDirectory))
  if (session.some((step) => step.logPath !== null || step.judged)) mkdirSync(context.logDirectory, { recursive: true })
  const frame = { setup: steps[0]?.setup ?? [], verdictPath: join(context.logDirectory, `verdict-${name}`) }
  const judges = judgeSession(steps, frame.verdictPath)
  const followed = followSession(session, mark, name, context, judges)
  const result = await context.exec(findShell(context.env), ['-c', sessionScript(session, mark, frame)], {
    cwd: context.directory,
    env: { ...context.env, ...options.env },
    timeoutMs: options.timeoutMs,
    signal: context.signal,
    outputBytesMax: OUTPUT_BYTES_MAX,
    onLine: followed.onLine,
  })
  for (const { step } of judges.judgements) rmSync(`${frame.verdictPath}-${step}`, { force: true })
  const { reached, programs } = followed
  const complete =
    reached === steps.length && result.ended === 'exited' && options.exitCodes.includes(result.exitCode ?? -1)
  if (complete && programs.length > 0) await pause(options.backgroundGraceMs, context.signal)
  const backgroundProblem = problemOf(programs, followed.unrecorded)
  if (!complete || backgroundProblem || context.signal.aborted) await stopBackgroundPrograms(programs)
  const stdout = splitByStep(result.stdout, steps.length, mark)
  const stderr = splitByStep(result.stderr, steps.length, mark)
  const printed = session.map(({ logPath }, index) => ({
    stdout: stdout[index] ?? '',
    stderr: logPath === null ? (stderr[index] ?? '') : readLog(logPath),
  }))
  const last = printed[reached - 1]
  return {
    result: { ...result, stdout: stdout.join(''), stderr: stderr.join('') },
    reached,
    lastWords: lastLine(last?.stderr ?? '') || lastLine(last?.stdout ?? ''),
    backgroundProblem,
    judgements: judges.judgements,
    evidence: printed.slice(0, reached).map((output, index) => ({
      name: `step ${index + 1}`,
      mediaType: 'text/plain',
      content: `$ ${session[index]?.script}\n${excerpt(output.stdout)}${excerpt(output.stderr)}`,
    })),
  }
}

/** Reads the session's notes as they come: where it is, and which programs it left in the background. */
function followSession(
  session: readonly SessionStep[],
  mark: string,
  name: string,
  context: ActionContext,
  judges: ReturnType<typeof judgeSession>,
) {
  const programs: BackgroundProgram[] = []
  const followed = { reached: 0, programs, unrecorded: null as string | null, onLine }
  function onLine(line: string, stream: 'stdout' | 'stderr'): void {
    const note = readNote(line, mark)
    if (note === null && line.trim() !== '') context.progress(line)
    judges.hear(line, stream, note)
    if (note === null || note.type === 'asked' || note.type === 'status' || stream === 'stderr') return
    followed.reached = note.step
    const { script, logPath } = session[note.step - 1] as SessionStep
    if (note.type === 'step') return context.progress(`$ ${script}`)
    const identity = identify(note.pid) ?? { pid: note.pid, startTicks: NEVER }
    programs.push({ process: identity, group: note.group, script, logPath: logPath ?? '' })
    try {
      // On record at once: if we are killed now, somebody else can still end it.
      recordBackgroundPrograms(context.logDirectory, name, programs)
    } catch (error) {
      followed.unrecorded = messageOf(error)
    }
  }
  return followed
}

/**
 * Judges steps with an expectation as soon as both of their streams are through, and tells the session to go on or to stop.
 * What a person must look at stops it where a later step changes something.
 */
function judgeSession(steps: readonly CommandStep[], verdictPath: string) {
  const judgements: StepsResult['judgements'] = []
  for (const [index, { background, expects }] of steps.entries())
    if (background && expects) judgements.push({ step: index + 1, judgement: UNSEEN })
  const heard = { stdout: [] as string[], stderr: [] as string[], statuses: [] as number[], asked: 0, characters: 0 }
  function hear(line: string, stream: 'stdout' | 'stderr', note: ReturnType<typeof readNote>): void {
    if (note === null) {
      heard.characters += line.length + 1
      if (heard.characters <= JUDGED_CHARACTERS_MAX) heard[stream].push(line)
    } else if (note.type === 'status') heard.statuses.push(note.code)
    else if (note.type === 'step') begin(stream)
    else if (note.type === 'asked' && ++heard.asked === 2) answer(note.step, note.exitCode)
  }
  function begin(stream: 'stdout' | 'stderr'): void {
    heard[stream] = []
    heard.characters = 0
  }
  function answer(step: number, exitCode: number): void {
    const { expects } = steps[step - 1] as CommandStep
    if (!expects) return
    const { stdout, stderr, statuses, characters } = heard
    const printed = { stdout: stdout.join('\n'), stderr: stderr.join('\n'), exitCode, statuses }
    const judgement = characters > JUDGED_CHARACTERS_MAX ? TOO_MUCH : judgePrinted(expects, printed)
    judgements.push({ step, judgement })
    heard.asked = 0
    heard.statuses = []
    const harmless = judgement.status !== 'failed' && steps.slice(step).every(({ looksOnly }) => looksOnly)
    try {
      writeFileAtomic(`${verdictPath}-${step}`, judgement.status === 'passed' || harmless ? 'go' : 'stop')
    } catch {
      // Without a verdict the session stops by itself.
    }
  }
  return { judgements, hear }
}

function problemOf(programs: readonly BackgroundProgram[], unrecorded: string | null): string | null {
  if (unrecorded) return `background programs could not be put on record: ${unrecorded}`
  const dead = programs.find((program) => !isAlive(program.process))
  return dead
    ? `\`${dead.script}\` did not stay alive: ${lastLine(readLog(dead.logPath)) || 'it printed nothing'}`
    : null
}

function toSessionStep(step: CommandStep, name: string, logDirectory: string): SessionStep {
  const { expects } = step
  const mayFail = expects?.exitCodes.some((code) => code !== 0) ?? false
  const flags = { judged: expects !== null, mayFail, reportsStatus: expects?.kind === 'status' }
  if (!step.background) return { script: step.script, logPath: null, ...flags }
  const script = /&\s*$/.test(step.script) ? step.script : `${step.script} &`
  return {
    script,
    judged: false,
    mayFail: false,
    reportsStatus: false,
    logPath: join(logDirectory, `background-line-${step.line}-${name}.log`),
  }
}

/** The end of a log: it may be long already. */
function readLog(path: string): string {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    const from = Math.max(0, fstatSync(file).size - LOG_BYTES_MAX)
    const bytes = Buffer.alloc(LOG_BYTES_MAX)
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, LOG_BYTES_MAX, from))
  } finally {
    closeSync(file)
  }
}
