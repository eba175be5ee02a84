// Several things looked at in one look, and what they come to together.
import { plainNumber } from '../../lib/measure.ts'
import { failed, passed, unverified, worstStatus, type Outcome } from '../../plan/outcome.ts'

export interface Finding {
  status: 'passed' | 'failed' | 'unverified'
  /** "lag 12 MB, at most 1 MB wanted" */
  words: string
}

export const good = (words: string): Finding => ({ status: 'passed', words })
export const bad = (words: string): Finding => ({ status: 'failed', words })
export const unknown = (words: string): Finding => ({ status: 'unverified', words })

type Format = (value: number) => string

export interface Bounds {
  min?: number | undefined
  max?: number | undefined
}

/** A number against its bounds; both ends are right. What is no number is not known. Without a bound there is nothing to find. */
export function within(
  name: string,
  value: number | null,
  { min, max }: Bounds,
  format: Format = plainNumber,
): Finding[] {
  if (min === undefined && max === undefined) return []
  if (value === null || !Number.isFinite(value)) return [unknown(`${name} is not known`)]
  const said = `${name} ${format(value)}`
  if (max !== undefined && value > max) return [bad(`${said}, at most ${format(max)} wanted`)]
  if (min !== undefined && value < min) return [bad(`${said}, at least ${format(min)} wanted`)]
  return [good(said)]
}

/** A measurement that was taken; nothing where there is no number. */
export function measured(name: string, value: number | null, unit: string): Outcome['measurements'] {
  return value === null || !Number.isFinite(value) ? [] : [{ name, value, unit }]
}

const WORDS_MAX = 8

/** All together: what is wrong is told, or what is not known, or everything. Nothing found is no answer. */
export function conclude(place: string, findings: readonly Finding[], extra: Partial<Outcome> = {}): Outcome {
  const status = worstStatus(findings.map((finding) => finding.status))
  const told = findings.filter((finding) => finding.status === status).map(({ words }) => words)
  const more = told.length > WORDS_MAX ? `; ${told.length - WORDS_MAX} more` : ''
  const summary = `${place}: ${told.slice(0, WORDS_MAX).join('; ') || 'nothing was looked at'}${more}`
  if (status === 'failed') return failed(summary, extra)
  return status === 'passed' ? passed(summary, extra) : unverified(summary, extra)
}

/** The numbers of a version: `15.4 (Debian 15.4-1)` is 15, 4. Null where it begins with none. */
function numbersOf(version: string): number[] | null {
  const [found] = /^\d+(?:\.\d+){0,3}/.exec(version.trim()) ?? []
  return found?.split('.').map(Number) ?? null
}

/** A version against the oldest that is right. */
export function atLeastVersion(name: string, version: string, oldest: string | undefined): Finding[] {
  if (oldest === undefined) return []
  const [have, want] = [numbersOf(version), numbersOf(oldest)]
  if (!have || !want) return [unknown(`the version of ${name} is not known`)]
  const first = want.findIndex((part, index) => part !== (have[index] ?? 0))
  const isOlder = first >= 0 && (have[first] ?? 0) < (want[first] ?? 0)
  const said = `${name} ${have.join('.')}`
  return [isOlder ? bad(`${said}, at least ${oldest} wanted`) : good(said)]
}
