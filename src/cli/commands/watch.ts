// gonogo watch: follows a run from another terminal, by its ledger.
import { planOf } from '../../app/hand-over.ts'
import { chooseRun } from '../../app/state.ts'
import { pause } from '../../lib/deadline.ts'
import type { Status } from '../../plan/outcome.ts'
import { FINAL_STATES, type LedgerEntry } from '../../plan/run-record.ts'
import { print, withState, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { mark, paint } from '../screen.ts'

export function watch(id: string | undefined, options: GlobalOptions): Promise<number> {
  return withState(options, async (state) => {
    const run = await chooseRun(state.runs, id)
    const plan = await planOf(state, run)
    const names = new Map(plan.checklist.items.map((item) => [item.id, item.label ?? item.text]))
    let seen = 0
    for (;;) {
      const entries = await state.ledger.entries(run.id)
      for (const entry of entries.slice(seen)) print(lineOf(entry, names))
      seen = entries.length
      const now = await state.runs.get(run.id)
      if (!now || FINAL_STATES.includes(now.state)) return now?.state === 'succeeded' ? EXIT.ok : EXIT.no
      await pause(500)
    }
  })
}

function lineOf(entry: LedgerEntry, names: ReadonlyMap<string, string>): string {
  const clock = paint('dim', new Date(entry.at).toISOString().slice(11, 19))
  const name = entry.item ? (names.get(entry.item) ?? entry.item) : ''
  const { body } = entry
  if (entry.kind === 'outcome')
    return `${clock} ${mark(body.status as Status)} ${name}  ${paint('dim', String(body.summary))}`
  const text = [
    body.event,
    body.stage,
    body.weight === undefined ? undefined : `${body.weight} %`,
    body.command,
    body.answer,
    body.sentence,
    body.how,
    body.will,
    body.reason,
    body.by,
  ]
  return `${clock}   ${entry.kind} ${name} ${paint('dim', text.filter((part) => part !== undefined && part !== null).join(' '))}`
}
