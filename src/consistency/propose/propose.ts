// `gonogo data init`: the rules that a database seems to be meant to keep, each counted once on the rows that are there.
import type { Database, Session } from '../../databases/database.ts'
import { OutsideError } from '../../lib/errors.ts'
import { fromNames } from './from-names.ts'
import { fromSchema } from './from-schema.ts'
import { fromValues } from './from-values.ts'
import type { Candidate, ProposedRule } from './proposed-rule.ts'
import { verify } from './verify.ts'

interface ProposeOptions {
  /** Milliseconds since the epoch. */
  now: number
  signal: AbortSignal
  progress?: (line: string) => void
}

/** More tables than these in one database would make a list that nobody reads. */
const PROPOSED_MAX = 1000

/**
 * What the schema declares, what names suggest and values confirm. In doubt nothing is proposed: a rule that too many rows break is not
 * meant. Those that the database keeps to by itself are marked and not counted.
 * @throws OutsideError when the database cannot be read.
 */
export async function proposeRules(database: Database, options: ProposeOptions): Promise<ProposedRule[]> {
  const { signal, now, progress = () => {} } = options
  const schema = await database.schema(signal)
  return database.snapshot(1, signal, async ({ sessions: [session] }) => {
    if (!session) throw new OutsideError(database.engine, `${database.identity} gave no session`)
    const candidates = [...fromSchema(schema), ...fromNames(schema), ...(await fromValues(session, schema, now))]
    const proposed: ProposedRule[] = []
    for (const candidate of once(candidates)) {
      if (proposed.length >= PROPOSED_MAX) break
      progress(candidate.name)
      const rule = await confirmed(session, candidate)
      if (rule) proposed.push(rule)
    }
    return proposed
  })

  async function confirmed(session: Session, candidate: Candidate): Promise<ProposedRule | null> {
    if (candidate.isEnforced) return { ...candidate, violations: null }
    const found = await verify(session, schema, candidate, options)
    if (!found) return null
    const isMeant = candidate.basis === 'declared' || found.brokenShare <= candidate.brokenShareMax
    return isMeant ? { ...candidate, violations: found.violations } : null
  }
}

/** What is declared comes first, and stands for what would be guessed of the same column. */
function once(candidates: readonly Candidate[]): Candidate[] {
  const names = new Set<string>()
  return candidates.filter(({ name }) => !names.has(name) && names.add(name))
}
