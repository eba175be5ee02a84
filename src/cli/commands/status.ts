// gonogo status: where a run stands, and what "rollback now" would mean.
import { conductorOf } from '../../app/conductor.ts'
import { openItems, type OpenItem } from '../../app/questions.ts'
import { chooseRun } from '../../app/state.ts'
import { formatDuration } from '../../lib/duration.ts'
import { describeWayBack } from '../../plan/way-back.ts'
import { FINAL_STATES, type RunRecord } from '../../plan/run-record.ts'
import { oneOf, print, withState, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { mark, paint, table } from '../screen.ts'

interface StatusOptions extends GlobalOptions {
  format: string
}

export function status(id: string | undefined, options: StatusOptions): Promise<number> {
  const format = oneOf('--format', options.format, ['text', 'json'])
  return withState(options, async (state, project) => {
    const runs = id ? [] : await state.runs.list(20)
    if (!id && runs.length === 0) {
      print('no run yet: gonogo deploy')
      return EXIT.ok
    }
    const run = await chooseRun(state.runs, id)
    const conductor = conductorOf(project.stateDirectory, run.id)
    const open = await openItems(state, run)
    if (format === 'json') print(JSON.stringify({ ...run, conductor, open, runs: runs.map((one) => one.id) }, null, 2))
    else show(run, conductor, open, runs)
    return EXIT.ok
  })
}

function show(run: RunRecord, conductor: number | null, open: readonly OpenItem[], runs: readonly RunRecord[]): void {
  const over = FINAL_STATES.includes(run.state)
  print(`${paint('bold', run.id)}  ${run.service} to ${run.environment}  ${paint('bold', run.state)}`)
  print(`  ${run.position}${run.reason ? `: ${run.reason}` : ''}`)
  if (!over) print(`  ${describeWayBack(run.wayBack)}`)
  print(
    paint(
      'dim',
      `  started by ${run.startedBy} ${formatDuration(Date.now() - run.createdAt)} ago${over ? '' : conductor ? `, conducted by process ${conductor}` : ', conducted by nobody'}`,
    ),
  )
  if (!over && !conductor) print(`      ${paint('cyan', `gonogo resume ${run.id}`)}`)
  if (open.length > 0)
    print(
      `\n${table(
        open.map((item) => [mark(item.status), item.item, item.text, paint('dim', item.detail)]),
        '  ',
      )}`,
    )
  const others = runs.filter((one) => one.id !== run.id)
  if (others.length > 0)
    print(
      `\n${table(
        others.map((one) => [one.id, one.service, one.environment, one.state, paint('dim', one.reason ?? '')]),
        '  ',
      )}`,
    )
}
