// gonogo data validate | fix | undo | runs | init.
import { createInterface } from 'node:readline/promises'
import {
  chosenFixes,
  fixData,
  fixRuns,
  judgeData,
  testPerformance,
  undoData,
  type DataProject,
} from '../../app/data.ts'
import { databaseNameOf, databaseOf } from '../../app/databases.ts'
import { writeExpectedSchema } from '../../app/expected-schema.ts'
import { openProject, surroundingsOf } from '../../app/project.ts'
import { backupsOf } from '../../app/services.ts'
import { validationOutcome, plainNumbers } from '../../consistency/outcome.ts'
import type { Rule } from '../../consistency/rule.ts'
import { successPercent } from '../../consistency/result.ts'
import { proposeRules } from '../../consistency/propose/propose.ts'
import { rulesYaml } from '../../consistency/propose/rules-yaml.ts'
import { formatDuration } from '../../lib/duration.ts'
import { OutsideError, PlanError } from '../../lib/errors.ts'
import { worstStatus, type Status } from '../../plan/outcome.ts'
import { oneOf, print, type GlobalOptions } from '../common.ts'
import { fixText, runsText, undoText } from '../data/fix-text.ts'
import { judgePerformance, performanceText } from '../data/performance-text.ts'
import { progressLine } from '../progress-line.ts'
import { validationText } from '../data/validation-text.ts'
import { EXIT } from '../exit.ts'

interface DataOptions extends GlobalOptions {
  database?: string
  rules?: string
  preCheck?: boolean
  fullCheck?: boolean
  performanceTest?: boolean
  keys: string
  workers: string
  plans?: boolean
  dryRun?: boolean
  chunks?: boolean
  keepIncomplete?: boolean
  resume?: string
  backup: boolean
  yes?: boolean
  format: string
}

const VERBS = ['validate', 'fix', 'undo', 'runs', 'init'] as const

/** @param name the database, or of `undo` the run. */
export async function data(verb: string, name: string | undefined, options: DataOptions): Promise<number> {
  const chosen = oneOf('data', verb, VERBS)
  oneOf('--format', options.format, ['text', 'json'])
  const project = await openProject(options.project)
  const parts: DataProject = { project, surroundings: surroundingsOf(project, project.config.environment) }
  const ending = new AbortController()
  const stop = (): void => ending.abort()
  process.once('SIGINT', stop)
  try {
    switch (chosen) {
      case 'validate':
        return await validate(parts, name ?? null, options, ending.signal)
      case 'fix':
        return await fix(parts, name ?? null, options, ending.signal)
      case 'undo':
        return await undo(parts, name, options, ending.signal)
      case 'runs':
        return await runs(parts, name ?? null, options, ending.signal)
      case 'init':
        return await init(parts, name ?? null, ending.signal)
    }
  } finally {
    process.off('SIGINT', stop)
  }
}

/** Exit 0 every rule holds, 1 one does not, 3 not verified: a sample never ends with 0. */
async function validate(
  parts: DataProject,
  database: string | null,
  options: DataOptions,
  signal: AbortSignal,
): Promise<number> {
  const modes = (['preCheck', 'fullCheck', 'performanceTest'] as const).filter((mode) => options[mode])
  if (modes.length > 1) throw new PlanError('--pre-check, --full-check and --performance-test exclude each other')
  if (options.performanceTest) return performance(parts, database, options, signal)
  const mode = options.preCheck ? 'sampled' : options.fullCheck ? 'full-check' : 'full'
  const keysMax = wholeNumber('--keys', options.keys)
  const progress = progressLine()
  const { validation, besides } = await judgeData(
    parts,
    { database, rules: rulesAsked(options) },
    {
      mode,
      signal,
      keysMax,
      workers: wholeNumber('--workers', options.workers),
      progress: ({ rulesDone, rulesTotal, rowsPerSecond, leftMs }) =>
        progress.show(
          [
            `${rulesDone} of ${rulesTotal} rules`,
            rowsPerSecond === null ? '' : `${Math.round(rowsPerSecond).toLocaleString('en')} rows/s`,
            leftMs === null || leftMs <= 0 ? '' : `about ${formatDuration(leftMs)} left`,
          ]
            .filter(Boolean)
            .join(', '),
        ),
    },
  ).finally(() => progress.close())
  const { status } = validationOutcome(validation, { successPercentMin: null, besides })
  if (options.format === 'json')
    print(asJson({ status, successPercent: successPercent(validation.results), besides, ...validation }))
  else print(validationText(validation, { besides, keysMax, plans: options.plans === true }))
  return exitCodeOf(status)
}

/** Exit 0 within the limits of gonogo.yaml, 1 not, 3 where there is a limit on what could not be measured. */
async function performance(
  parts: DataProject,
  asked: string | null,
  options: DataOptions,
  signal: AbortSignal,
): Promise<number> {
  const database = databaseNameOf(parts.project, asked)
  const measured = await testPerformance(parts, { database, rules: rulesAsked(options) }, signal)
  const figures = judgePerformance(measured, parts.project.config.databases[database]?.performance ?? {})
  if (options.format === 'json') print(asJson({ figures, notes: measured.notes }))
  else print(performanceText(figures, measured.notes))
  const limited = figures.filter(({ limit }) => limit !== null)
  return limited.length === 0 ? EXIT.ok : exitCodeOf(worstStatus(limited.map(({ status }) => status)))
}

/** Exit 0 repaired or nothing to repair, 1 it would not be enough. */
async function fix(
  parts: DataProject,
  asked: string | null,
  options: DataOptions,
  signal: AbortSignal,
): Promise<number> {
  const database = databaseNameOf(parts.project, asked)
  const choice = { database, rules: rulesAsked(options) }
  // Before anybody is asked, or a backup taken.
  const { rules } = chosenFixes(parts, choice)
  const isDryRun = options.dryRun === true
  if (!isDryRun && !(await isConfirmed(rules, database, options))) return EXIT.no
  if (!isDryRun && options.backup && options.resume === undefined) await backUpFirst(parts, database, signal)
  const progress = progressLine()
  const report = await fixData(parts, choice, {
    signal,
    dryRun: isDryRun,
    mode: options.chunks || options.resume !== undefined ? 'chunks' : 'transaction',
    keepIncomplete: options.keepIncomplete === true,
    ...(options.resume === undefined ? {} : { resume: wholeNumber('--resume', options.resume) }),
    progress: ({ rule, rulesDone, rulesTotal, rowsDone, rowsTotal }) =>
      progress.show(
        `${rule}: ${rowsTotal === undefined ? 'looking' : `${rowsDone} of ${rowsTotal} rows`}, ${rulesDone} of ${rulesTotal} rules done`,
      ),
  }).finally(() => progress.close())
  print(options.format === 'json' ? asJson(report) : fixText(report, database))
  return report.outcome === 'rolled-back' || report.outcome === 'incomplete' ? EXIT.no : EXIT.ok
}

async function isConfirmed(rules: readonly Rule[], database: string, { yes }: DataOptions): Promise<boolean> {
  if (yes) return true
  const fixing = rules.flatMap(({ name, fix: how }) => (how ? [`${name} (${how.kind})`] : []))
  if (!process.stdin.isTTY)
    throw new PlanError('nobody is there to confirm the fix', { hint: 'look with --dry-run, then add --yes' })
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await lines.question(`Repair ${fixing.join(', ')} in "${database}"? [y/N] `)
  lines.close()
  return /^y(es)?$/i.test(answer.trim())
}

/** The fix has an undo of its own; a copy is the way back from everything else. */
async function backUpFirst(
  { project, surroundings }: DataProject,
  database: string,
  signal: AbortSignal,
): Promise<void> {
  const of = Object.entries(project.config.backups).find(([, entry]) => entry.rules === database)
  if (!of) {
    process.stderr.write(
      `no backup is configured for "${database}" (a backup with "rules: ${database}"): going on with the undo log alone\n`,
    )
    return
  }
  const manifest = await backupsOf(project, surroundings)[of[0]]?.create(signal)
  if (!manifest?.verified)
    throw new OutsideError('backup', 'the copy before the fix could not be proved', {
      hint: 'look into it, or add --no-backup',
    })
  process.stderr.write(`backed up first: ${manifest.id} (${manifest.verified.method})\n`)
}

/** Exit 0 all taken back, 1 rows edited since were left alone. Without a run it is the newest that is not undone. */
async function undo(
  parts: DataProject,
  given: string | undefined,
  options: DataOptions,
  signal: AbortSignal,
): Promise<number> {
  const database = options.database ?? null
  const run = given === undefined ? await newestRun(parts, database, signal) : wholeNumber('RUN', given)
  const progress = progressLine()
  const report = await undoData(parts, database, run, {
    signal,
    mode: options.chunks ? 'chunks' : 'transaction',
    progress: ({ rowsDone, rowsTotal }) => progress.show(`${rowsDone} of ${rowsTotal} rows`),
  }).finally(() => progress.close())
  print(options.format === 'json' ? asJson(report) : undoText(report))
  return report.conflicts.count === 0 ? EXIT.ok : EXIT.no
}

async function newestRun(parts: DataProject, database: string | null, signal: AbortSignal): Promise<number> {
  const newest = (await fixRuns(parts, database, signal)).findLast(({ state }) => state !== 'undone')
  if (newest) return newest.run
  throw new PlanError('there is no fix to undo', { hint: '"gonogo data runs" lists what was ever fixed' })
}

async function runs(
  parts: DataProject,
  asked: string | null,
  options: DataOptions,
  signal: AbortSignal,
): Promise<number> {
  const database = databaseNameOf(parts.project, asked)
  const found = await fixRuns(parts, database, signal)
  print(options.format === 'json' ? asJson(found) : runsText(found, database))
  return EXIT.ok
}

/** Prints rules for gonogo.yaml; writes the expected schema where one is configured and not there yet. */
async function init(parts: DataProject, asked: string | null, signal: AbortSignal): Promise<number> {
  const { project, surroundings } = parts
  const name = databaseNameOf(project, asked)
  const database = databaseOf(project, name, surroundings)
  const progress = progressLine()
  const rules = await proposeRules(database, { now: Date.now(), signal, progress: progress.show }).finally(() =>
    progress.close(),
  )
  if (rules.length === 0) process.stderr.write(`nothing to propose: no table of "${name}" asks for a rule\n`)
  print(rulesYaml(rules, Object.keys(project.config.databases).length > 1 ? name : null).trimEnd())
  const written = await writeExpectedSchema(project, name, database, signal)
  if (written) process.stderr.write(`${written}\n`)
  return EXIT.ok
}

/** @throws PlanError where the option is there and names nothing: judging no rule is no answer. */
function rulesAsked({ rules }: DataOptions): string[] | null {
  if (rules === undefined) return null
  const names = rules
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  if (names.length > 0) return names
  throw new PlanError('--rules names no rule', { expected: 'names of rules, with commas between' })
}

/** @throws PlanError naming the option. */
function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new PlanError(`${option} "${text}" is not known`, { expected: 'a whole number of 1 or more' })
}

function exitCodeOf(status: Status): number {
  return status === 'passed' ? EXIT.ok : status === 'failed' ? EXIT.no : EXIT.unverified
}

const asJson = (value: unknown): string => JSON.stringify(value, plainNumbers, 2)
