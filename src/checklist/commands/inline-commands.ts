// Commands in running text: inline code that is one, with what the sentence behind it says it prints.
import type { InlineCode, Paragraph } from 'mdast'
import type { CommandStep } from '../../plan/plan.ts'
import { wordsWithCode } from './command-sequel.ts'
import { isInlineCommand, toCommand } from './commands.ts'
import { readSentence } from './expectations.ts'
import { plainText, spanOf } from '../markdown/markdown.ts'

type Phrase = { type: string; children?: Phrase[]; value?: string }

/** Commands of a paragraph; none where it forbids them. `line` is the paragraph's. */
export function readInlineCommands(paragraph: Paragraph, line: number): CommandStep[] {
  const phrases: Phrase[] = flatten(paragraph.children as Phrase[])
  if (!phrases.some(({ type }) => type === 'inlineCode')) return []
  if (/^(?:do not|don't|never)\b/i.test(plainText(paragraph))) return []
  return phrases.flatMap((phrase, index) => {
    if (phrase.type !== 'inlineCode' || !isInlineCommand(phrase.value ?? '')) return []
    const code = phrase as unknown as InlineCode
    const command = toCommand(code.value.trim().replace(/^\$\s+/, ''), null, spanOf(code).line || line)
    if (command.problem) return []
    const next = phrases.findIndex(
      (other, at) => at > index && other.type === 'inlineCode' && isInlineCommand(other.value ?? ''),
    )
    const behind = wordsWithCode(phrases.slice(index + 1, next === -1 ? undefined : next))
    return [{ ...command, expects: readSentence(behind.split('\n')[0] ?? '', command) }]
  })
}

/** Emphasis taken apart, so that what follows the code is what stands behind it. */
function flatten(phrases: readonly Phrase[]): Phrase[] {
  return phrases.flatMap((phrase) => (phrase.children ? flatten(phrase.children) : [phrase]))
}
