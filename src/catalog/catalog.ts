// Every kind there is. A kind's options are validated here and nowhere else.
import type { z } from 'zod'
import type { Action } from '../actions/action.ts'
import type { BackupKind } from '../backups/backup.ts'
import type { Check } from '../checks/check.ts'
import type { FixKind } from '../consistency/fix/fix.ts'
import type { RuleKind } from '../consistency/rule.ts'
import type { DatabaseKind } from '../databases/database.ts'
import type { GraphKind } from '../databases/graph.ts'
import type { GuardKind } from '../guards/guard-kind.ts'
import { PlanError, type PlanErrorPlace } from '../lib/errors.ts'
import { nearest } from '../lib/nearest.ts'
import type { RouterKind } from '../routers/router.ts'
import type { SourceKind } from '../signals/source.ts'
import type { Strategy } from '../strategies/strategy.ts'
import type { TargetKind } from '../targets/target.ts'
import { actions } from './actions.ts'
import { backups } from './backups.ts'
import { checks } from './checks.ts'
import { databases } from './databases.ts'
import { fixes } from './fixes.ts'
import { graphs } from './graphs.ts'
import { guards } from './guards.ts'
import { issueError, masked } from './issues.ts'
import { routers } from './routers.ts'
import { rules } from './rules.ts'
import { sources } from './sources.ts'
import { strategies } from './strategies.ts'
import { targets } from './targets.ts'

/** The kinds of each family. Which options one takes is known to its own schema only. */
export interface Catalog {
  check: Check
  action: Action
  backup: BackupKind
  database: DatabaseKind
  graph: GraphKind
  rule: RuleKind
  fix: FixKind
  router: RouterKind
  source: SourceKind
  strategy: Strategy
  target: TargetKind
  guard: GuardKind
}

export type Family = keyof Catalog

// A kind is called with what its own schema gave, so its option type may be forgotten here.
export const catalog = {
  check: checks,
  action: actions,
  backup: backups,
  database: databases,
  graph: graphs,
  rule: rules,
  fix: fixes,
  router: routers,
  source: sources,
  strategy: strategies,
  target: targets,
  guard: guards,
} as unknown as {
  readonly [F in Family]: readonly Catalog[F][]
}

/**
 * The kind with this id.
 * @throws PlanError naming the place, the nearest kind and all kinds.
 */
export function findKind<F extends Family>(family: F, id: string, place: PlanErrorPlace): Catalog[F] {
  const kinds: readonly Catalog[F][] = catalog[family]
  const kind = kinds.find((candidate) => candidate.id === id)
  if (kind) return kind
  const ids = kinds.map((candidate) => candidate.id)
  const suggestion = nearest(id, ids)
  throw new PlanError(`unknown ${family} kind "${id}"`, {
    ...place,
    expected: `one of ${ids.join(', ')}`,
    ...(suggestion ? { hint: `did you mean "${suggestion}"?` } : {}),
  })
}

/** The kind of a guard of a plan. @throws PlanError where this gonogo does not have it. */
export function guardKind(id: string): GuardKind {
  return findKind('guard', id, { path: 'guards' })
}

/**
 * Options as the kind wants them: defaults filled in.
 * @param shown what an error may show of them. Left out: nothing, since references may be resolved to secrets.
 * @throws PlanError for the first option that is not as the kind's schema says.
 */
export function parseOptions<T>(
  options: z.ZodType<T>,
  given: unknown,
  place: PlanErrorPlace,
  shown: unknown = masked(given),
): T {
  const result = options.safeParse(given ?? {})
  if (result.success) return result.data
  throw issueError(result.error, place, options, shown)
}
