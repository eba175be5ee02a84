// What a proposed rule comes to on the rows that are there, by the rule's own statement.
import { sql } from 'kysely'
import type { Session } from '../../databases/database.ts'
import type { DatabaseSchema } from '../../databases/schema.ts'
import { PlanError } from '../../lib/errors.ts'
import { compileStatement } from '../compile.ts'
import type { RuleKind } from '../rule.ts'
import { acyclic } from '../rules/acyclic.ts'
import { aggregateEquals } from '../rules/aggregate-equals.ts'
import { duplicateGroups } from '../rules/duplicate-groups.ts'
import { enumeration } from '../rules/enum.ts'
import { freshness } from '../rules/freshness.ts'
import { notNull } from '../rules/not-null.ts'
import { range } from '../rules/range.ts'
import { reference } from '../rules/reference.ts'
import { regex } from '../rules/regex.ts'
import { unique } from '../rules/unique.ts'
import { createTerms } from '../terms.ts'
import type { Candidate, ProposedKind } from './proposed-rule.ts'

const KINDS: Record<ProposedKind, unknown> = {
  acyclic,
  'aggregate-equals': aggregateEquals,
  'duplicate-groups': duplicateGroups,
  enum: enumeration,
  freshness,
  'not-null': notNull,
  range,
  reference,
  regex,
  unique,
}

interface Verified {
  violations: number
  /** Violations ÷ rows that say anything; 1 where there is none to say it. */
  brokenShare: number
}

/**
 * Null where the rule cannot be put to this schema: wrong types, a pattern that the engine has no equal of.
 * @throws OutsideError when the database cannot be read.
 */
export async function verify(
  session: Session,
  schema: DatabaseSchema,
  candidate: Candidate,
  { now, signal }: { now: number; signal: AbortSignal },
): Promise<Verified | null> {
  const kind = KINDS[candidate.kind] as RuleKind
  const parsed = kind.options.safeParse(candidate.options)
  if (!parsed.success) return null
  const terms = createTerms(schema, { now })
  const ask = (query: ReturnType<typeof sql>) => session.all(compileStatement(schema.engine, query))
  try {
    if (kind.mismatch?.(parsed.data, terms)) return null
    const violations = kind.violations
      ? Number((await ask(sql`SELECT count(*) AS n FROM (${kind.violations(parsed.data, terms)}) AS found`))[0]?.n)
      : await searched(kind, parsed.data)
    const [use] = kind.reads(parsed.data)
    const value = use?.column ? sql`count(${sql.id(use.column)})` : sql`count(*)`
    const said = use ? Number((await ask(sql`SELECT ${value} AS n FROM ${terms.relation(use.table)}`))[0]?.n) : 0
    return { violations, brokenShare: said === 0 ? 1 : violations / said }
  } catch (error) {
    if (error instanceof PlanError) return null
    throw error
  }

  async function searched(searching: RuleKind, options: unknown): Promise<number> {
    const found = await searching.search?.(options, terms, { read: ask, keysMax: 1, signal })
    return found?.count ?? 0
  }
}
