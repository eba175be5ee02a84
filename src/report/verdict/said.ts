// What the run itself said of each metric, in its ledger: as a guard tripped, at the end of a stage, or when a stage ended early.
import type { LedgerEntry, Statement } from '../../plan/run-record.ts'
import type { Judgement } from '../../plan/verdict.ts'
import type { LedgerReading } from '../entries.ts'
import type { JudgedMetric } from './shape.ts'

export interface Said {
  judgement: Judgement
  sentence: string
  at: number
}

const TRIPPED = /^(errors|latency|objective): (.+)$/s

/** The first time that this rule tripped on the metric; null when it did not. A rule that wanted samples says nothing of a metric. */
export function trippedOn(rule: string, metric: JudgedMetric, { guard }: LedgerReading): Said | null {
  for (const { entry, body } of guard) {
    const [, of, sentence] = (body.rule === rule && TRIPPED.exec(body.sentence)) || []
    if (of === metric && sentence) return { judgement: 'worse', sentence, at: body.sample?.at ?? entry.at }
  }
  return null
}

/** What was said last of the metric; `not-worse` is of when it was first said, if it was said from then on. */
export function lastSaid(metric: JudgedMetric, ledger: readonly LedgerEntry[]): Said | null {
  return ledger.reduce<Said | null>((last, entry) => {
    const said = saidIn(metric, entry)
    return said && last?.judgement === said.judgement ? { ...said, at: last.at } : (said ?? last)
  }, null)
}

/** One entry may speak of several guards: the least good statement counts. Words of people in its text are nobody's verdict. */
function saidIn(metric: JudgedMetric, entry: LedgerEntry): Said | null {
  const standing = (entry.body['standing'] ?? []) as Statement[]
  const statements = standing.flatMap(({ metric: of, judgement, sentence }): Said[] =>
    of === metric ? [{ judgement, sentence, at: entry.at }] : [],
  )
  const order = ['worse', 'undecided', 'not-worse']
  return statements.toSorted((a, b) => order.indexOf(a.judgement) - order.indexOf(b.judgement))[0] ?? null
}
