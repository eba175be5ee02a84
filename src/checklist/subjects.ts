// What a bound is about, in the document's words: "error rate" of "Verify that the error rate stays below 1%".
import type { Bound } from './bounds.ts'
import type { Span } from './qualifiers.ts'

const LEADING =
  /^(?:verify|ensure|confirm|check|validate|monitor|keep|maintain|that|the|all|are|is|if|when|rollback if|roll back if|target|has|have|p\d{2})\s+/i
const TRAILING =
  /[\s:,(–—-]+$|\s+(?:is|are|be|for|should|must|should be|stays?|remains?|stable|usage at|target|below threshold|p\d{2}(?:\.\d)?|of|at|by|meet(?:s)? sla(?: requirements)?|avg|average)\s*$/i

/** The measured thing, in the document's words: what stands before the bound in its clause, or else behind it. */
export function readSubject(text: string, bound: Bound, clause: Span): string {
  if (bound.subject !== null) return tidySubject(bound.subject)
  const before = text.slice(clause.start, bound.start)
  const inside = before.slice(before.lastIndexOf('(') + 1)
  const open = before.lastIndexOf('(') > before.lastIndexOf(')')
  const behind = /^\s*([a-z][a-z -]*[a-z])/i.exec(text.slice(bound.end, clause.end))?.[1] ?? ''
  if (
    open &&
    tidySubject(inside) === '' &&
    /^[a-z]+(?: target)?$/i.test(behind) &&
    !/^(?:sustained|average|avg|p\d+)/i.test(behind)
  )
    return tidySubject(behind)
  const words = tidySubject(open && tidySubject(inside) !== '' ? inside : before)
  return words || tidySubject(behind)
}

/** Words without markup, verbs of checking and what only leads over to the bound; lower case, at most 80 characters. */
export function tidySubject(words: string): string {
  const plain = words
    .replace(/_{2,}.*$/s, ' ')
    .replace(/\([^)]*\)|\[[^\]]*\]|["'☐]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  // "Node.js Version: Verify Node.js v18+": the statement says more exactly than its label what is measured.
  const parts = plain.split(/:\s/).map(trimSubject)
  return (parts.findLast((part) => part !== '') ?? '').toLowerCase().slice(0, 80)
}

function trimSubject(words: string): string {
  let subject = words
  for (let before = ''; before !== subject;) {
    before = subject
    subject = subject
      .replace(TRAILING, '')
      .replace(LEADING, '')
      .replace(/^[\s:,;.)–—-]+/, '')
      .trim()
  }
  return /^target$/i.test(subject) ? '' : subject
}
