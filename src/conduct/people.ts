// Pure: what people's answers come to.
import type { Binding } from '../plan/binding.ts'
import type { AnswerBody } from '../plan/run-record.ts'

export type PollVerdict = { verdict: 'open'; missing: number } | { verdict: 'approved' | 'rejected'; summary: string }

/** A poll is rejected by one no, approved by `quorum` different people of its role. Later answers of a person replace earlier ones. */
export function judgePoll(
  poll: Extract<Binding, { type: 'poll' }>,
  answers: readonly AnswerBody[],
  people: readonly string[],
): PollVerdict {
  const last = new Map<string, AnswerBody>()
  for (const answer of answers) if (answer.answer !== 'fill' && people.includes(answer.by)) last.set(answer.by, answer)
  const given = [...last.values()]
  const no = given.find((answer) => answer.answer === 'reject')
  if (no) return { verdict: 'rejected', summary: `${no.by} (${poll.role}) said no${no.reason ? `: ${no.reason}` : ''}` }
  if (given.length < poll.quorum) return { verdict: 'open', missing: poll.quorum - given.length }
  const names = given.map((answer) => `${answer.by} (${poll.role})${answer.reason ? `: ${answer.reason}` : ''}`)
  return { verdict: 'approved', summary: `approved by ${names.join(', ')}` }
}

/** Whether a person may answer for a role. */
export function mayAnswer(people: Readonly<Record<string, string[]>>, role: string, person: string): boolean {
  return people[role]?.includes(person) ?? false
}
