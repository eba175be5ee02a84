// Items in paragraphs: boxes mistyped so that no list came of them, ticked lines, steps told in bold words.
import type { Paragraph } from 'mdast'
import { readBlanks } from './blanks.ts'
import { readBoxMark } from './box-marks.ts'
import type { Source } from '../markdown/decode.ts'
import { makeDraft, type Draft, type Place } from './draft.ts'
import { spanOf, stripMarkup } from '../markdown/markdown.ts'

const BULLET = /^[ \t>]*(?:[-*+•·▪–]|\d{1,3}[.)])?[ \t]*/u
const TICKED = /^(?:✅|✔️?|✓|:white_check_mark:)[ \t]*(?=\S)/u
const STEP =
  /^[ \t]*(?:\*\*|__)?(?:step|schritt|étape|passo|paso|шаг|手順|步骤)[ \t]*\d{1,3}(?:\.\d{1,3}){0,3}[ \t]*(?:[:：.)–—-]|\*\*)(?:\*\*)?[ \t]*(?=\S)/iu

/**
 * One draft for each line that begins with a box; in a document without boxes also for each ticked line and each
 * "Step 2: ..." line. Lines behind one go on with it. None where the paragraph is only words.
 */
export function collectLoose(source: Source, paragraph: Paragraph, place: Place): Draft[] {
  const { start, end, line } = spanOf(paragraph)
  const drafts: Draft[] = []
  const behind = new Map<Draft, string[]>()
  let at = start
  for (const [index, text] of source.text.slice(start, end).split('\n').entries()) {
    const draft = readLine(source, text, at, makeDraft('box', place, line + index, ''))
    at += text.length + 1
    const above = drafts.at(-1)
    if (draft) drafts.push(draft)
    else if (above) goesOn(behind, above, stripMarkup(text))
  }
  for (const [draft, lines] of behind) draft.text = [draft.text, ...lines].join(' ').trim()
  return drafts
}

function goesOn(behind: Map<Draft, string[]>, above: Draft, words: string): void {
  const lines = behind.get(above)
  if (lines) lines.push(words)
  else behind.set(above, [words])
}

function readLine(source: Source, text: string, at: number, empty: Draft): Draft | null {
  const from = BULLET.exec(text)?.[0].length ?? 0
  const mark = readBoxMark(source, at + from)
  if (mark) {
    const behind = text.slice(mark.after - at)
    // "☐ Yes ☐ No" and "[ ] GO / [ ] NO-GO" are choices.
    if (/\[[ xX]\]|[☐□⬜☑]/u.test(behind) || stripMarkup(behind) === '') return null
    return {
      ...empty,
      text: wordsOf(behind),
      label: /^\*\*([^*]{1,80}?)\s*[:：]?\*\*\s*[:：]?/.exec(behind)?.[1] ?? null,
      code: [...behind.matchAll(/`([^`]{1,200})`/g)].map((match) => match[1] ?? ''),
      box: mark.range,
      state: mark.state,
      blanks: readBlanks(source, mark.after, at + text.length),
    }
  }
  if (empty.section.boxed || !isTold(empty.section.phase.kind)) return null
  const told = TICKED.exec(text.slice(from)) ?? STEP.exec(text)
  if (!told) return null
  const ticked = told[0].search(/\d/) === -1
  const words = wordsOf(text.slice((ticked ? from : 0) + told[0].length))
  return { ...empty, origin: ticked ? 'bullet' : 'step', text: words, state: ticked ? 'ticked' : 'open' }
}

/** Kinds of phase in which something is to be done or to be so. */
export function isTold(kind: Place['section']['phase']['kind']): boolean {
  return kind === 'readiness' || kind === 'execute' || kind === 'verify' || kind === 'success'
}

function wordsOf(text: string): string {
  return stripMarkup(text)
    .replace(/\*\*|__/g, '')
    .replace(/\s*[:：]$/, '')
}
