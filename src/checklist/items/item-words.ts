// What an entry's words do: tell to change something, or state that something is so.
import type { Draft } from './draft.ts'
import { statementOf } from '../statements/statement.ts'

const ASSERTION_CHARACTERS_MAX = 100
/** Explanations, cases and ways of doing it. */
const ASIDE =
  /^(?:note|if|when|e\.?g|example|for|see|option|method|alternative|step|optional|remember|this|these|it|they|you)\b/i

/** Whether the statement tells to change something rather than states that it is so. */
export function isImperative({
  text,
  label,
  code,
  choices,
}: Pick<Draft, 'text' | 'label' | 'code' | 'choices'>): boolean {
  // "Tag created: Yes / No" is a question.
  return choices.length === 0 && statementOf({ text, label, code }).form === 'tells'
}

/** Whether a plain entry states something that can be so or not: "Replicas healthy", "No errors in the logs". */
export function asserts({ text, label, code }: Pick<Draft, 'text' | 'label' | 'code'>): boolean {
  if (text.length > ASSERTION_CHARACTERS_MAX) return false
  if (ASIDE.test(text)) return false
  const { form, predicate, negated } = statementOf({ text, label, code })
  if (form !== 'states') return false
  // What is said stands last: "Replicas healthy"; "The released version of it" only names something.
  const last = predicate?.split(' ').at(-1)
  return negated || (last !== undefined && bare(text).endsWith(last))
}

function bare(text: string): string {
  return text
    .toLowerCase()
    .replace(/\([^()]*\)/g, '')
    .replace(/[\s.!…]+$/u, '')
}
