// SPDX licence expressions against lists of identifiers.
import satisfies from 'spdx-satisfies'

/** Alternatives multiply: what no package ever needed is not worked out. */
const EXPRESSION_CHARS_MAX = 500
const ALTERNATIVES_MAX = 12

export type Verdict = 'allowed' | 'denied' | 'not-allowed' | 'not-spdx'

export interface Lists {
  /** Identifiers; empty: all that are not denied. */
  allow: readonly string[]
  /** Identifiers, or patterns as `AGPL-*`. */
  deny: readonly string[]
}

/** Whether the expression can be fulfilled by what is allowed and not denied: of `A OR B` one is enough, of `A AND B` both are needed. */
export function judgeExpression(expression: string, { allow, deny }: Lists): Verdict {
  if (expression.length > EXPRESSION_CHARS_MAX || (expression.match(/\bOR\b/g) ?? []).length > ALTERNATIVES_MAX)
    return 'not-spdx'
  const terms = termsOf(expression)
  try {
    if (terms.length === 0 || !satisfies(expression, terms)) return 'not-spdx'
    const usable = terms.filter((term) => !deny.some((rule) => matches(rule, term)))
    if (usable.length === 0 || !satisfies(expression, usable)) return 'denied'
    if (allow.length === 0) return 'allowed'
    // An allowed term is one that an allowed identifier stands for: GPL-2.0-or-later for GPL-3.0.
    const allowed = usable.filter((term) => satisfies(term, [...allow]))
    return allowed.length > 0 && satisfies(expression, allowed) ? 'allowed' : 'not-allowed'
  } catch {
    return 'not-spdx'
  }
}

/** Whether a text is one identifier that can stand in a list. */
export function isIdentifier(text: string): boolean {
  try {
    return satisfies(text, [text])
  } catch {
    return false
  }
}

/** Identifiers with their exceptions, once each. */
function termsOf(expression: string): string[] {
  const parts = expression.replace(/[()]/g, ' ').split(/\s+(?:AND|OR)\s+/)
  return [...new Set(parts.map((part) => part.trim()).filter(Boolean))]
}

function matches(rule: string, term: string): boolean {
  const pattern = rule.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^${pattern}(?: WITH .*)?$`, 'i').test(term)
}
