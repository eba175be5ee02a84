// gonogo check: is everything ready? Looks, changes nothing, needs no database.
import { createDataPort } from '../../app/data-port.ts'
import { backupsOf } from '../../app/services.ts'
import { openProject, planProject, surroundingsOf } from '../../app/project.ts'
import { inParallel } from '../../lib/in-parallel.ts'
import { runCheck } from '../../conduct/readiness.ts'
import { formatDuration } from '../../lib/duration.ts'
import type { Outcome } from '../../plan/outcome.ts'
import type { Item, Phase } from '../../plan/plan.ts'
import type { Binding } from '../../plan/binding.ts'
import type { NegativeControl } from '../../guards/negative-control.ts'
import { controlsInWords, guardControls } from '../../planning/guard-controls.ts'
import { oneOf, print, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { RESULTS, renderSuites } from '../../report/junit.ts'
import { columns, fit, mark, paint } from '../screen.ts'

interface CheckOptions extends GlobalOptions {
  format: string
  full?: boolean
  environment?: string
}

interface CheckResult {
  phase: Phase
  item: Item
  outcome: Outcome
  durationMs: number
}

/** Exit 0 GO, 1 NO-GO, 3 when something is not verified. */
export async function check(options: CheckOptions): Promise<number> {
  const format = oneOf('--format', options.format, ['text', 'json', 'junit'])
  const project = openProject(options.project)
  const { plan } = planProject(project, options.environment ? { environment: options.environment } : {})
  const surroundings = surroundingsOf(project, plan.environment)
  const phases = new Map(plan.checklist.phases.map((phase) => [phase.id, phase]))
  const items = new Map(plan.checklist.items.map((item) => [item.id, item]))
  const chosen = plan.items.flatMap(({ item: id, binding }) => {
    const item = items.get(id)
    const phase = item && phases.get(item.phase)
    const wanted = item && phase && binding.type === 'check' && (options.full || phase.kind === 'readiness')
    return wanted ? [{ item, phase, binding }] : []
  })
  const unbound = plan.items.filter(
    ({ item, binding }) => binding.type === 'unbound' && phases.get(items.get(item)?.phase ?? '')?.kind === 'readiness',
  )
  const data = createDataPort({ project, surroundings }, backupsOf(project, surroundings))
  const services = { directory: project.directory, data, ...surroundings }
  const results = await inParallel(chosen, 8, async ({ item, phase, binding }): Promise<CheckResult> => {
    const startedAt = performance.now()
    const outcome = await runCheck(
      binding as Extract<Binding, { type: 'check' }>,
      services,
      new AbortController().signal,
    )
    return {
      phase,
      item,
      outcome: redacted(outcome, surroundings.redactor.redact),
      durationMs: performance.now() - startedAt,
    }
  })
  const controls = guardControls(plan, project.config)
  const verdict = verdictOf(results, unbound.length, controls)
  if (format === 'json')
    print(
      JSON.stringify(
        {
          verdict: verdict.word,
          results: results.map(asJson),
          unbound: unbound.map(({ item }) => item),
          guards: controls,
        },
        null,
        2,
      ),
    )
  else if (format === 'junit') print(asJunit(plan.service, results))
  else show(results, unbound.length, controlsInWords(plan, controls), verdict)
  return verdict.exitCode
}

function redacted(outcome: Outcome, redact: (text: string) => string): Outcome {
  return {
    ...outcome,
    summary: redact(outcome.summary),
    evidence: [],
    ...(outcome.remedy ? { remedy: redact(outcome.remedy) } : {}),
  }
}

interface Verdict {
  word: 'GO' | 'NO-GO' | 'NOT VERIFIED'
  exitCode: number
}

function verdictOf(results: readonly CheckResult[], unbound: number, controls: readonly NegativeControl[]): Verdict {
  const failed = results.some(({ outcome }) => outcome.status === 'failed')
  if (failed || controls.some(({ canTurnRed }) => !canTurnRed)) return { word: 'NO-GO', exitCode: EXIT.no }
  const unknown = unbound > 0 || results.length === 0 || results.some(({ outcome }) => outcome.status === 'unverified')
  return unknown ? { word: 'NOT VERIFIED', exitCode: EXIT.unverified } : { word: 'GO', exitCode: EXIT.ok }
}

function asJson({ phase, item, outcome, durationMs }: CheckResult): object {
  const { status, summary, measurements, remedy } = outcome
  return {
    item: item.id,
    phase: phase.title,
    line: item.line,
    text: item.text,
    status,
    summary,
    measurements,
    remedy: remedy ?? null,
    durationMs: Math.round(durationMs),
  }
}

function asJunit(service: string, results: readonly CheckResult[]): string {
  const suites = [...Map.groupBy(results, (result) => result.phase)].map(([phase, group]) => ({
    name: phase.title,
    startedAt: null,
    cases: group.map(({ item, outcome, durationMs }) => ({
      name: item.label ?? item.text,
      seconds: durationMs / 1000,
      result: RESULTS[outcome.status],
      message: outcome.summary,
      output: outcome.remedy ?? '',
    })),
  }))
  return renderSuites(service, suites).trimEnd()
}

function show(results: readonly CheckResult[], unbound: number, controls: string | null, verdict: Verdict): void {
  let title = ''
  for (const { phase, item, outcome, durationMs } of results) {
    if (phase.title !== title) print(`\n${paint('bold', (title = phase.title))}`)
    print(
      `  ${mark(outcome.status)} ${fit(item.label ?? item.text, 34)}  ${fit(outcome.summary, Math.max(30, columns() - 52)).trimEnd()} ${paint('dim', formatDuration(durationMs))}`,
    )
    if (outcome.status !== 'passed' && outcome.remedy) print(`      ${paint('cyan', outcome.remedy)}`)
  }
  if (controls) print(`\n${controls}`)
  if (unbound > 0)
    print(`\n${paint('yellow', `${unbound} items before the release are not bound to anything`)}: gonogo bind`)
  print(`\n${paint(verdict.word === 'GO' ? 'green' : verdict.word === 'NO-GO' ? 'red' : 'yellow', verdict.word)}`)
}
