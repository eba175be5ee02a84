// Paragraph lines with something to fill in or to choose: "**Deployment Date:** `____`", "**Decision:** `GO / NO-GO`".
import type { Paragraph } from 'mdast'
import { readBlanks } from './blanks.ts'
import { readChoices } from './choices.ts'
import type { Source } from '../markdown/decode.ts'
import { makeDraft, type Draft, type Place } from './draft.ts'
import { spanOf, stripMarkup } from '../markdown/markdown.ts'

const SIGNED = /\b(?:sign(?:ed|ature|-?off)|(?:deployed|approved|verified|reviewed|completed|performed)[ -]by|date)\b/i

/** One record for each line of the paragraph that holds a blank or a choice. */
export function collectLines(source: Source, paragraph: Paragraph, place: Place): Draft[] {
  const contacts = place.section.phase.kind === 'contacts'
  const { start, end, line } = spanOf(paragraph)
  const drafts: Draft[] = []
  let at = start
  for (const [index, text] of source.text.slice(start, end).split('\n').entries()) {
    const blanks = readBlanks(source, at, at + text.length)
    const choices = readChoices(source, at, at + text.length)
    at += text.length + 1
    if (blanks.length === 0 && choices.length === 0) continue
    // People to reach are no fields to sign.
    if (contacts && !blanks.some(({ label }) => SIGNED.test(label))) continue
    const words = stripMarkup(text)
    const label = /^\s*\*\*([^*]+?)\s*:?\*\*/.exec(text)?.[1] ?? null
    drafts.push({ ...makeDraft('line', place, line + index, words), label, blanks, choices })
  }
  return drafts
}
