// gonogo canary: the stages of a run's delivery and what they came to.
import { reportOf } from '../../app/hand-over.ts'
import { chooseRun } from '../../app/state.ts'
import type { LedgerEntry, StageBody } from '../../plan/run-record.ts'
import { oneOf, print, withState, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { mark, paint, table } from '../screen.ts'

interface CanaryOptions extends GlobalOptions {
  performanceOnly?: boolean
  generateSummary?: boolean
  format: string
}

/** Exit 0 when every stage that ended passed, 1 when one failed, 3 when none was reached or one is not verified. */
export function canary(id: string | undefined, options: CanaryOptions): Promise<number> {
  const format = oneOf('--format', options.format, ['text', 'json'])
  return withState(options, async (state, project) => {
    const run = await chooseRun(state.runs, id)
    const entries = await state.ledger.entries(run.id)
    const stages = stagesOf(entries)
    if (format === 'json') print(JSON.stringify({ run: run.id, stages }, null, 2))
    else if (options.generateSummary) print((await reportOf(state, project.stateDirectory, run)).summary.join('\n'))
    else show(run.id, stages, options.performanceOnly ?? false)
    const ended = stages.filter((stage) => stage.event === 'ended')
    if (ended.some((stage) => stage.verdict === 'failed')) return EXIT.no
    return ended.length === 0 || ended.some((stage) => stage.verdict !== 'passed') ? EXIT.unverified : EXIT.ok
  })
}

/** The last word on each stage. */
function stagesOf(entries: readonly LedgerEntry[]): StageBody[] {
  const last = new Map<string, StageBody>()
  for (const entry of entries)
    if (entry.kind === 'stage') last.set(String(entry.body.stage), entry.body as unknown as StageBody)
  return [...last.values()]
}

function show(run: string, stages: readonly StageBody[], figuresOnly: boolean): void {
  if (stages.length === 0) return print(`run ${run} has not delivered anything yet`)
  if (!figuresOnly) print(paint('bold', run))
  const rows = stages.map((stage) => {
    const verdict = stage.event === 'started' ? 'running' : (stage.verdict ?? 'unverified')
    return [mark(verdict), stage.stage, `${stage.weight} %`, paint('dim', stage.reason ?? '')]
  })
  print(table(rows, '  '))
}
