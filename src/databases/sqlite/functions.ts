// What sessions can do beyond SQLite's own functions: regular expressions and checksums.
import { hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'

/**
 * `value REGEXP pattern` with JavaScript patterns, unanchored; null where either is null.
 * `gonogo_checksum(text)`: the first 15 hexadecimal digits of its MD5 as an integer, null of null.
 */
export function registerFunctions(database: DatabaseSync): void {
  const patterns = new Map<string, RegExp>()
  database.function('regexp', { deterministic: true }, (pattern, value) => {
    if (pattern === null || value === null) return null
    let compiled = patterns.get(String(pattern))
    if (!compiled) patterns.set(String(pattern), (compiled = new RegExp(String(pattern), 'u')))
    return compiled.test(String(value)) ? 1 : 0
  })
  database.function('gonogo_checksum', { deterministic: true }, (text) =>
    text === null ? null : BigInt(`0x${hash('md5', String(text)).slice(0, 15)}`),
  )
}
