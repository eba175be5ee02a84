// What sessions can do beyond SQLite's own functions: regular expressions, comparison with other engines, groups in memory.
import type { DatabaseSync } from 'node:sqlite'
import { registerComparison } from './comparison.ts'
import { registerHolding } from './holding.ts'

/** `value REGEXP pattern` with JavaScript patterns, unanchored; null where either is null; and the functions of `comparison.ts` and `holding.ts`. */
export function registerFunctions(database: DatabaseSync): void {
  const patterns = new Map<string, RegExp>()
  database.function('regexp', { deterministic: true }, (pattern, value) => {
    if (pattern === null || value === null) return null
    let compiled = patterns.get(String(pattern))
    if (!compiled) patterns.set(String(pattern), (compiled = new RegExp(String(pattern), 'u')))
    return compiled.test(String(value)) ? 1 : 0
  })
  registerComparison(database)
  registerHolding(database)
}
