// How much of a checklist runs by itself, how much wants a binding, how much wants a person. In all and phase by phase.
import type { Checklist, Item } from '../plan/plan.ts'
import { runsAsWritten } from './commands/can-run.ts'

/**
 * `bound`: bound in gonogo.yaml; `asWritten`: its commands can be run as they are written; `proposed`: a binding wants
 * confirming; `person`: to be answered or filled in; `unverifiable`: nobody said how, so it is never green.
 */
export type Covered = 'bound' | 'asWritten' | 'proposed' | 'person' | 'unverifiable'

export interface Counts extends Record<Covered, number> {
  total: number
}

/** Every item that is executed, asked or judged counts once; reference items do not count. */
export interface Coverage extends Counts {
  /** The same for each phase that has such items, in document order. */
  phases: ({ phase: string } & Counts)[]
}

/** What is known of items besides what the document says, by id. */
export interface Known {
  /** Bound to something that runs, judges or skips. */
  bound: ReadonlySet<string>
  /** Bound to people. */
  asked: ReadonlySet<string>
  /** A binding is proposed. */
  proposed: ReadonlySet<string>
  /** True when the items below are. */
  gathering: ReadonlySet<string>
}

/** From the best to the worst: an item that only gathers others stands where the worst of them does. */
const ORDER: readonly Covered[] = ['bound', 'asWritten', 'person', 'proposed', 'unverifiable']

/** In which of the counts each item falls, in document order; reference items are not in it. */
export function coverageOf({ items }: Pick<Checklist, 'items'>, known: Known): Map<string, Covered> {
  const counted = items.filter(({ kind }) => kind !== 'reference')
  const worstBelow = new Map<string, Covered>()
  const found = new Map<string, Covered>()
  // From the end, since an item stands behind the one it is nested in.
  for (const item of counted.toReversed()) {
    const below = known.gathering.has(item.id) ? worstBelow.get(item.id) : undefined
    const own = below ?? ownCoverage(item, known)
    found.set(item.id, own)
    if (item.parent !== null) worstBelow.set(item.parent, worse(own, worstBelow.get(item.parent)))
  }
  return new Map(counted.map(({ id }) => [id, found.get(id) ?? 'unverifiable']))
}

/** Counts over the whole checklist and over its phases. */
export function measureCoverage(checklist: Checklist, covered: ReadonlyMap<string, Covered>): Coverage {
  const all = noCounts()
  const phases = new Map(checklist.phases.map(({ id }) => [id, { phase: id, ...noCounts() }]))
  for (const { id, phase } of checklist.items) {
    const how = covered.get(id)
    if (!how) continue
    for (const counts of [all, phases.get(phase)]) {
      if (!counts) continue
      counts.total++
      counts[how]++
    }
  }
  return { ...all, phases: [...phases.values()].filter(({ total }) => total > 0) }
}

function noCounts(): Counts {
  return { total: 0, bound: 0, asWritten: 0, proposed: 0, person: 0, unverifiable: 0 }
}

function ownCoverage(item: Item, { bound, asked, proposed }: Known): Covered {
  if (bound.has(item.id)) return 'bound'
  if (asked.has(item.id)) return 'person'
  if (item.commands.length > 0 && item.commands.every(runsAsWritten)) return 'asWritten'
  if (proposed.has(item.id)) return 'proposed'
  return item.verifiable === 'person' ? 'person' : 'unverifiable'
}

function worse(one: Covered, other: Covered | undefined): Covered {
  return other !== undefined && ORDER.indexOf(other) > ORDER.indexOf(one) ? other : one
}
