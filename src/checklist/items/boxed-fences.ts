// Boxes that somebody put into a shell block: "- [ ] npm ci". A shell cannot run them; they are items like others.
import type { Code } from 'mdast'
import { readBoxMark } from './box-marks.ts'
import { isInlineCommand, toCommand } from '../commands/commands.ts'
import type { Source } from '../markdown/decode.ts'
import { makeDraft, type Draft, type Place } from './draft.ts'
import { spanOf } from '../markdown/markdown.ts'

const BOXED = /^\s*(?:[-*+]|\d{1,3}[.)])\s+\[[ xX~]\]\s+\S/

/** Whether a block that is said to be shell is a list of boxes: at least every second line that is no comment. */
export function holdsBoxes(value: string): boolean {
  const lines = value.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'))
  const boxed = lines.filter((line) => BOXED.test(line)).length
  return boxed > 0 && boxed * 2 >= lines.length
}

/** One item for each box; words that are a command are the item's command. */
export function collectFencedBoxes(source: Source, code: Code, place: Place): Draft[] {
  const { start, end, line } = spanOf(code)
  const drafts: Draft[] = []
  let at = start
  for (const [index, text] of source.text.slice(start, end).split('\n').entries()) {
    const lineStart = at
    at += text.length + 1
    if (!BOXED.test(text)) continue
    const mark = readBoxMark(source, lineStart + text.indexOf('['))
    if (!mark) continue
    const words = source.text.slice(mark.after, lineStart + text.length).trim()
    const commands = isInlineCommand(words) ? [toCommand(words, null, line + index)] : []
    const draft = makeDraft('box', place, line + index, words)
    drafts.push({ ...draft, code: commands.map(({ script }) => script), box: mark.range, state: mark.state, commands })
  }
  return drafts
}
