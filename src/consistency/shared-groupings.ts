// Groupings that several rules ask for: put together once, with all the aggregates that any of them wants.
import type { Grouping, Rule, Terms } from './rule.ts'

/** What a grouping goes by: rules that ask for the same one may want different aggregates. */
export function groupingKey({ table, by }: Grouping): string {
  return JSON.stringify([table, by])
}

/** The groupings each rule asks for, by name of rule. `listen` makes terms that tell what is asked of them. */
export function groupingsOf(
  rules: readonly Rule[],
  listen: (hear: (grouping: Grouping) => null) => Terms,
): Map<string, Grouping[]> {
  const asked = new Map<string, Grouping[]>()
  for (const { name, kind, options } of rules) {
    const groupings: Grouping[] = []
    asked.set(name, groupings)
    const hear = (grouping: Grouping): null => {
      groupings.push(grouping)
      return null
    }
    try {
      kind.violations?.(options, listen(hear))
    } catch {
      // Said when the rule itself is judged.
    }
  }
  return asked
}

/** Those that at least two rules ask for, each with the aggregates of all of them. */
export function sharedGroupings(asked: Iterable<readonly Grouping[]>): Map<string, Grouping> {
  const all = Map.groupBy([...asked].flat(), groupingKey)
  const shared = new Map<string, Grouping>()
  for (const [key, [first, ...others]] of all) {
    if (!first || others.length === 0) continue
    const wanted = [first, ...others].flatMap(({ aggregates }) => aggregates)
    const aggregates = [...new Map(wanted.map((one) => [`${one.aggregate} ${one.column}`, one])).values()]
    shared.set(key, { table: first.table, by: first.by, aggregates })
  }
  return shared
}

/** Rules that share a grouping stand together, so that one session makes it; others alone. */
export function unitsOf(
  rules: readonly Rule[],
  asked: ReadonlyMap<string, readonly Grouping[]>,
  shared: ReadonlyMap<string, Grouping>,
): Rule[][] {
  const units: { rules: Rule[]; keys: Set<string> }[] = []
  for (const rule of rules) {
    const keys = new Set((asked.get(rule.name) ?? []).map(groupingKey).filter((key) => shared.has(key)))
    const touching = units.filter((unit) => [...keys].some((key) => unit.keys.has(key)))
    const joined = {
      rules: [...touching.flatMap((unit) => unit.rules), rule],
      keys: new Set([...touching.flatMap((unit) => [...unit.keys]), ...keys]),
    }
    units.splice(0, units.length, ...units.filter((unit) => !touching.includes(unit)), joined)
  }
  return units.map((unit) => unit.rules)
}
