// What stands behind a block of commands and says what they print: a sentence, or "Expected output:" with a block of it.
import type { RootContent } from 'mdast'
import type { CommandStep } from '../../plan/plan.ts'
import { announcesOutput, expectationOfOutput, readExpectation } from './expectations.ts'
import { plainText } from '../markdown/markdown.ts'

const ABOUT_OUTPUT =
  /^\W*(?:(?:the|you|this|it|output|all|command) )*(?:expect|should|must|output|result|returns?\b|→|=>)/i
/** What is only described must be about output at least: "The result must be approved" is not. */
const SAYS_OUTPUT = /\b(?:output|see|shows?|prints?|returns?|response|lists?)\b/i

/** Words of a paragraph with the marks of its inline code, by which a value is known. */
export function wordsWithCode(children: readonly { type: string }[]): string {
  return children
    .map((child) => {
      if (child.type === 'inlineCode' && 'value' in child) return `\`${String(child.value)}\``
      if (child.type === 'break') return '\n'
      return 'children' in child
        ? wordsWithCode(child.children as { type: string }[])
        : 'value' in child
          ? String(child.value)
          : ''
    })
    .join('')
}

/**
 * Takes a block as the expectation of the commands that stand right before it; false where it is none.
 * @param announced the paragraph between them, "Expected output:", or null.
 */
export function readSequel(commands: CommandStep[], block: RootContent, announced: string | null): boolean {
  const last = commands.at(-1)
  if (!last) return false
  if (block.type === 'code') {
    if (announced === null || !announcesOutput(announced)) return false
    last.expects ??= expectationOfOutput(block.value, announced, last)
    return true
  }
  if (block.type !== 'paragraph') return false
  const words = wordsWithCode(block.children).trim()
  // A paragraph to fill in is a record, whatever it begins with.
  if (announcesOutput(words) || !ABOUT_OUTPUT.test(words) || /_{3,}|☐|\.{4,}/.test(words)) return false
  const expects = readExpectation(words, last)
  if (!expects || (expects.kind === 'described' && !SAYS_OUTPUT.test(words))) return false
  last.expects ??= expects
  return true
}

/** Commands of one step that a sentence in front of the block is about: "This should return 0:". */
export function applyLead(commands: CommandStep[], lead: string | null): void {
  const [only, ...others] = commands
  if (!only || others.length > 0 || lead === null || announcesOutput(lead)) return
  const expects = readExpectation(lead.replace(/\s*[:：]\s*$/, ''), only)
  if (expects && expects.kind !== 'described') only.expects ??= expects
}

/** Whether a paragraph announces the output of what stands before it. */
export function announces(block: RootContent): boolean {
  return block.type === 'paragraph' && announcesOutput(plainText(block))
}
