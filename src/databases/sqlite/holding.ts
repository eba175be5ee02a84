// What a session of SQLite adds to its SQL to hold groups in memory and look them up.
import type { AggregateOptions, DatabaseSync } from 'node:sqlite'
import { HeldGroups, type HeldAggregate } from './held-groups.ts'

const ABSENT_AT_ONCE = 1000

/**
 * `gonogo_hold(id, least, most, aggregates)`: makes room for groups, called by a whole number; aggregates are joined with commas;
 * `gonogo_fill(id, number, value...)`: of all rows, a value for each aggregate; 1, or 0 where what came cannot be held;
 * `gonogo_held(id, number)`: whether there are rows of it, 1 or 0, null of null;
 * `gonogo_total(id, place, number)`: what the aggregate at this place, from 0, comes to; null of nothing;
 * `gonogo_absent(id, from)`: the first numbers from there on without rows, at most 1000, as a JSON array; null where there are none;
 * `gonogo_drop(id)`: gives the memory back.
 * Integers beyond 2^53 are an error.
 */
export function registerHolding(database: DatabaseSync): void {
  const groups = new Map<number, HeldGroups>()
  const groupsOf = (id: number): HeldGroups => {
    const found = groups.get(id)
    if (!found) throw new Error(`no groups ${id} are held`)
    return found
  }
  database.function('gonogo_hold', (id, least, most, aggregates) => {
    const names = String(aggregates).split(',').filter(Boolean) as HeldAggregate[]
    groups.set(Number(id), new HeldGroups(Number(least), Number(most), names))
    return 1
  })
  database.function('gonogo_drop', (id) => (groups.delete(Number(id)) ? 1 : 0))
  const filling = {
    start: null,
    varargs: true,
    step: (held: HeldGroups | null, id: number, number: unknown, ...values: unknown[]) => {
      const into = held ?? groupsOf(id)
      into.add(number, values)
      return into
    },
    result: (held: HeldGroups | null) => (held === null || held.settle() ? 1 : 0),
  }
  // Its types allow no state but values of SQL; it never sees this one.
  database.aggregate('gonogo_fill', filling as unknown as AggregateOptions)
  database.function('gonogo_held', { deterministic: true }, (id, number) =>
    number === null ? null : Number(groupsOf(id as number).has(number)),
  )
  database.function('gonogo_total', { deterministic: true }, (id, place, number) =>
    groupsOf(id as number).total(place as number, number),
  )
  database.function('gonogo_absent', { deterministic: true }, (id, from) =>
    listed(groupsOf(id as number).absentFrom(Number(from), ABSENT_AT_ONCE)),
  )
}

function listed(numbers: readonly number[]): string | null {
  return numbers.length === 0 ? null : JSON.stringify(numbers)
}
