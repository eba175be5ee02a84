// gonogo guards what-if | import: rules tried on the runs that were recorded, and rules of other tools read.
import { planProject } from '../../app/project.ts'
import { recordedRun } from '../../app/recorded-runs.ts'
import type { State } from '../../app/state.ts'
import { guardKind } from '../../catalog/catalog.ts'
import { importedAsYaml } from '../../guards/import/imported-as-yaml.ts'
import { importGuards } from '../../guards/import/import-guards.ts'
import { replayed, whatIf, whatIfInWords, type Replayed, type WhatIf } from '../../guards/what-if.ts'
import { formatDuration } from '../../lib/duration.ts'
import { PlanError } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import type { GuardRule } from '../../plan/guard-rule.ts'
import { FINAL_STATES, type RunRecord } from '../../plan/run-record.ts'
import { oneOf, print, readText, withState, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { paint } from '../screen.ts'

interface GuardsOptions extends GlobalOptions {
  run?: string[]
  guard?: string
  environment?: string
  format: string
}

/** Runs that are looked at unless they are named. */
const RUNS_MAX = 200

/** Exit 0; 3 when there is no run to try them on. */
export function guards(verb: string, files: string[], options: GuardsOptions): Promise<number> {
  const chosen = oneOf('guards', verb, ['what-if', 'import'])
  const format = oneOf('--format', options.format, ['text', 'json'])
  if (chosen === 'import') return Promise.resolve(importFiles(files, format))
  return withState(options, async (state, project) => {
    const { plan } = await planProject(project, options.environment ? { environment: options.environment } : {})
    const rules = chosenRules(plan.guards, options.guard)
    const runs = await chosenRuns(state, options.run)
    const results: Replayed[][] = []
    // One at a time: a recording may be large.
    for (const run of runs)
      results.push(replayed(rules, await recordedRun(state, project.stateDirectory, run), guardKind))
    const answers = whatIf(
      rules,
      results,
      runs.map(({ id }) => id),
    )
    if (format === 'json')
      print(JSON.stringify({ runs: runs.map(({ id }) => id), guards: answers.map(asJson) }, null, 2))
    else show(answers)
    return runs.length > 0 ? EXIT.ok : EXIT.unverified
  })
}

/** By id, by the item it stands at, or by its title. @throws PlanError where there is none. */
function chosenRules(rules: readonly GuardRule[], name: string | undefined): readonly GuardRule[] {
  if (rules.length === 0)
    throw new PlanError('there are no guards', { hint: 'write one under "guards" in gonogo.yaml, or bind a trigger' })
  if (name === undefined) return rules
  const found = rules.filter(({ id, item, title }) => [id, item, title].includes(name))
  if (found.length > 0) return found
  const ids = rules.map(({ id }) => id)
  const suggestion = nearest(name, ids)
  throw new PlanError(`there is no guard "${name}"`, {
    expected: `one of ${ids.join(', ')}`,
    ...(suggestion ? { hint: `did you mean "${suggestion}"?` } : {}),
  })
}

/** The named runs, else every one that is over; the oldest first. */
async function chosenRuns(state: State, ids: readonly string[] | undefined): Promise<RunRecord[]> {
  if (!ids) return (await state.runs.list(RUNS_MAX)).filter((run) => FINAL_STATES.includes(run.state)).toReversed()
  return await Promise.all(
    ids.map(async (id) => {
      const run = await state.runs.get(id)
      if (!run) throw new PlanError(`there is no run ${id}`, { hint: '"gonogo status" lists the runs' })
      return run
    }),
  )
}

function asJson({ rule, runs, blind, firings }: WhatIf): object {
  const { id, title, item, severity, condition } = rule
  return { id, title, item, severity, condition, runs, blind, fired: firings.length, firings }
}

function show(answers: readonly WhatIf[]): void {
  if ((answers[0]?.runs ?? 0) === 0) print(paint('yellow', 'no run is over yet: there is nothing to try the guards on'))
  for (const answer of answers) {
    const { rule, firings } = answer
    print(`${paint('bold', rule.title)}  ${paint('dim', `${rule.severity} when ${rule.condition}`)}`)
    print(`  ${paint(firings.length > 0 ? 'yellow' : 'dim', whatIfInWords(answer))}`)
    for (const { run, at, afterMs, sentence } of firings)
      print(`    ${run}  ${new Date(at).toISOString()}  after ${formatDuration(afterMs)}: ${sentence}`)
  }
}

/** Prints what to paste into gonogo.yaml; comments say what did not carry over. */
function importFiles(files: readonly string[], format: 'text' | 'json'): number {
  if (files.length === 0)
    throw new PlanError('names no file to import', { expected: 'AnalysisTemplate or Canary documents, in YAML' })
  const imported = importGuards(files.map((path) => ({ path, text: readText(path) })))
  print(format === 'json' ? JSON.stringify(imported, null, 2) : importedAsYaml(imported).trimEnd())
  return EXIT.ok
}
