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
import { checks } from './checks.ts'
import { issueError, masked } from './issues.ts'
import { routers } from './routers.ts'
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

/** Families of which one kind can be read without the others: id → what reads it. */
const LINES = { check: checks, router: routers, target: targets }

export type LineFamily = keyof typeof LINES

const readAll = (family: LineFamily) => () => Promise.all(Object.values(LINES[family]).map((read) => read()))

/** Files of the families; each is read when something of the family is wanted: a command starts with what it needs. */
const FAMILIES: { readonly [F in Family]: () => Promise<readonly unknown[]> } = {
  check: readAll('check'),
  action: async () => (await import('./actions.ts')).actions,
  backup: async () => (await import('./backups.ts')).backups,
  database: async () => (await import('./databases.ts')).databases,
  graph: async () => (await import('./graphs.ts')).graphs,
  rule: async () => (await import('./rules.ts')).rules,
  fix: async () => (await import('./fixes.ts')).fixes,
  router: readAll('router'),
  source: async () => (await import('./sources.ts')).sources,
  strategy: async () => (await import('./strategies.ts')).strategies,
  target: readAll('target'),
  guard: async () => (await import('./guards.ts')).guards,
}

export const FAMILY_NAMES = Object.keys(FAMILIES) as Family[]

const families = new Map<Family, readonly unknown[]>()
/** Kinds that were read one by one. */
const singles: Record<LineFamily, Map<string, unknown>> = { check: new Map(), router: new Map(), target: new Map() }

function linesOf(family: Family): LineFamily | null {
  return Object.hasOwn(LINES, family) ? (family as LineFamily) : null
}

/** Reads the kinds of these families; without any, of all. What was read stays. */
export async function loadKinds(wanted: readonly Family[] = FAMILY_NAMES): Promise<void> {
  await Promise.all(
    wanted.map(async (family) => {
      if (!families.has(family)) families.set(family, await FAMILIES[family]())
    }),
  )
}

/** Reads these kinds of a family; an id that none has is for `findKind` to refuse. */
export async function loadSome(family: LineFamily, ids: readonly string[]): Promise<void> {
  const lines: Readonly<Record<string, () => Promise<unknown>>> = LINES[family]
  await Promise.all(
    ids.map(async (id) => {
      const read = Object.hasOwn(lines, id) ? lines[id] : undefined
      if (read && !singles[family].has(id)) singles[family].set(id, await read())
    }),
  )
}

/** Every kind of a family, which `loadKinds` has read. */
export function kindsOf<F extends Family>(family: F): readonly Catalog[F][] {
  const kinds = families.get(family)
  if (!kinds) throw new Error(`the kinds of ${family} were not loaded`)
  // A kind is called with what its own schema gave, so its option type may be forgotten here.
  return kinds as readonly Catalog[F][]
}

/**
 * The kind with this id; it, or its family, was read before.
 * @throws PlanError naming the place, the nearest kind and all kinds.
 */
export function findKind<F extends Family>(family: F, id: string, place: PlanErrorPlace): Catalog[F] {
  const withLines = linesOf(family)
  const single = withLines && singles[withLines].get(id)
  if (single) return single as Catalog[F]
  // Which kinds there are is known without reading them.
  const isUnknown = withLines && !Object.hasOwn(LINES[withLines], id)
  const kind = isUnknown ? undefined : kindsOf(family).find((candidate) => candidate.id === id)
  if (kind) return kind
  const ids = withLines ? Object.keys(LINES[withLines]) : kindsOf(family).map((candidate) => candidate.id)
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
