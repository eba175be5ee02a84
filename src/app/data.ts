// What can be asked of the project's data: judge its rules, repair what breaks them, take that back.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fixes } from '../catalog/fixes.ts'
import type { Project } from '../config/load.ts'
import { CONFIG_FILE } from '../config/locate.ts'
import { readExpectedSchema, type ExpectedSchema } from '../consistency/expected-schema.ts'
import { applyFixes, type FixOptions } from '../consistency/fix/apply-fixes.ts'
import type { FixReport } from '../consistency/fix/report.ts'
import { lookBesides, type Besides } from '../consistency/full-check.ts'
import { measurePerformance, type Performance } from '../consistency/performance.ts'
import { validate, type ValidateOptions } from '../consistency/validate.ts'
import type { Validation } from '../consistency/result.ts'
import {
  listFixRuns,
  undoFixes,
  type FixRun,
  type UndoOptions,
  type UndoReport,
} from '../consistency/undo/undo-fixes.ts'
import type { FixKind } from '../consistency/fix/fix.ts'
import type { Rule } from '../consistency/rule.ts'
import type { Database } from '../databases/database.ts'
import { PlanError, codeOf } from '../lib/errors.ts'
import type { ValidationAsk } from '../plan/data-port.ts'
import { databaseNameOf, databaseOf, declaredRulesOf, graphOf, rulesOf } from './databases.ts'
import type { Surroundings } from './project.ts'
import { readRecordedRows, recordRows } from './recorded-rows.ts'

/** Which database and which of its rules; null: the only one, all of them. */
export interface DataChoice {
  database: string | null
  rules: readonly string[] | null
}

export interface DataProject {
  project: Project
  surroundings: Surroundings
}

interface Chosen {
  name: string
  database: Database
  rules: Rule[]
}

/** @throws PlanError for names that are not there. */
export function chosenData({ project, surroundings }: DataProject, { database, rules }: DataChoice): Chosen {
  const name = databaseNameOf(project, database)
  return { name, database: databaseOf(project, name, surroundings), rules: rulesOf(project, name, rules, surroundings) }
}

/** What a validation came to, and what else was looked at with what was found there. */
export interface Judged {
  validation: Validation
  besides: Besides[]
}

export interface JudgeOptions extends Omit<ValidateOptions, 'rowsBefore' | 'databaseOf' | 'graphOf' | 'mode'> {
  mode: ValidationAsk['mode']
}

/** Judges rules on one moment. Row counts of a full validation are kept for the next one. @throws PlanError, OutsideError */
export async function judgeData(
  data: DataProject,
  choice: DataChoice,
  { mode, ...options }: JudgeOptions,
): Promise<Judged> {
  const { name, database, rules } = chosenData(data, choice)
  const { stateDirectory } = data.project
  const began = performance.now()
  const recorded = readRecordedRows(stateDirectory, name)
  const besides =
    mode === 'full-check' ? await lookBesides(database, expectedSchemaOf(data.project, name), options.signal) : []
  const judging = validate(database, rules, {
    ...options,
    mode: mode === 'sampled' ? 'sampled' : 'full',
    rowsBefore: (table) => recorded[table] ?? null,
    databaseOf: (other) => databaseOf(data.project, other, data.surroundings),
    graphOf: (other) => graphOf(data.project, other, data.surroundings),
  })
  const judged = await placed(data.project, judging).catch((error: unknown) => {
    // Of a database that is not whole, or not of the schema they are about, rules may not be told: that it is not is told already.
    if (besides.every(({ findings }) => findings.length === 0)) throw error
    return null
  })
  if (!judged) return { validation: notJudged(name, database), besides }
  const { rows, ...validation } = judged
  if (validation.mode === 'full') recordRows(stateDirectory, name, rows, validation.startedAt)
  // As long as all of it took: a full check is more than its rules.
  return { validation: { ...validation, durationMs: performance.now() - began }, besides }
}

function notJudged(name: string, { identity }: Database): Validation {
  const startedAt = Date.now()
  const snapshot = new Date(startedAt).toISOString()
  return { database: name, identity, snapshot, mode: 'full', startedAt, durationMs: 0, schemaHash: '', results: [] }
}

/** @throws PlanError, OutsideError */
export function testPerformance(data: DataProject, choice: DataChoice, signal: AbortSignal): Promise<Performance> {
  const { database, rules } = chosenData(data, choice)
  return placed(data.project, measurePerformance(database, rules, { signal }))
}

/** What the schema has against a rule is said with the line of gonogo.yaml that it stands in. */
async function placed<T>({ placeOf }: Project, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof PlanError)) throw error
    const { file, path } = error.place
    if (file !== undefined || !path?.startsWith('rules/')) throw error
    throw new PlanError(error.message, { ...error.place, ...placeOf(path.split('/')) })
  }
}

/** @throws PlanError where the file that gonogo.yaml names is not there, or no schema. */
function expectedSchemaOf({ config, directory, placeOf }: Project, name: string): ExpectedSchema | null {
  const file = config.databases[name]?.expectedSchema
  if (file === undefined) return null
  try {
    return readExpectedSchema(readFileSync(join(directory, file), 'utf8'), { file })
  } catch (error) {
    if (error instanceof PlanError) throw error
    throw new PlanError(`${file} cannot be read (${codeOf(error)})`, {
      ...placeOf(['databases', name, 'expectedSchema']),
      hint: `"gonogo data init ${name}" writes it`,
    })
  }
}

/** What a fix would be about. @throws PlanError for names that are not there, and where none of the rules has a fix. */
export function chosenFixes(data: DataProject, choice: DataChoice): Chosen {
  const chosen = chosenData(data, choice)
  if (chosen.rules.some(({ fix }) => fix !== null)) return chosen
  throw new PlanError(`no rule has a fix: ${chosen.rules.map(({ name }) => name).join(', ')}`, {
    expected: `"fix" at one of them in ${CONFIG_FILE}`,
    hint: '"gonogo kinds fix" lists what there is',
  })
}

/** @throws PlanError, OutsideError; nothing is half done then. */
export function fixData(data: DataProject, choice: DataChoice, options: Omit<FixOptions, 'kinds'>): Promise<FixReport> {
  const { database, rules } = chosenFixes(data, choice)
  // A kind is called with what its own schema gave, so its option type may be forgotten here.
  return placed(
    data.project,
    applyFixes(database, rules, { ...options, kinds: fixes as unknown as readonly FixKind[] }),
  )
}

/** @throws PlanError, OutsideError */
export function undoData(
  data: DataProject,
  database: string | null,
  run: number,
  options: UndoOptions,
): Promise<UndoReport> {
  const { project, surroundings } = data
  const name = databaseNameOf(project, database)
  // Rules that are gone since are no reason to keep what was done for them.
  const rules = declaredRulesOf(project, name, surroundings)
  return undoFixes(databaseOf(project, name, surroundings), run, { ...options, rules })
}

/** Newest last. @throws PlanError, OutsideError */
export function fixRuns(data: DataProject, database: string | null, signal: AbortSignal): Promise<FixRun[]> {
  const name = databaseNameOf(data.project, database)
  return listFixRuns(databaseOf(data.project, name, data.surroundings), signal)
}
