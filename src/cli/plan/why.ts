// Reasons for what the reader made of an item, from the facts that it gives. What it is was decided there; nothing is decided here.
import { judge } from '../../checklist/statements/verifiable.ts'
import { plural } from '../../lib/plural.ts'
import type { Item, Phase } from '../../plan/plan.ts'
import { plainLine } from '../display-width.ts'

const KINDS: Record<Item['kind'], string> = {
  check: 'states what should be so; it is looked at, nothing is changed',
  action: 'tells to do something; it is done once',
  poll: 'wants the word of a person',
  record: 'a form to be filled in; it gates nothing',
  watch: 'is measured over time',
  trigger: 'a state to act upon while the release is on its way',
  reference: 'shown to people, never run by itself',
}

/** What its kind means, and the facts of the item and its place that go with it. */
export function whyKind(item: Item, phase: Phase | null): string {
  const facts = [
    phase && phase.kind !== 'notes' ? `stands in a phase of kind ${phase.kind}` : null,
    item.table ? 'is a row of a table' : null,
    item.commands.length > 0 ? `has ${plural(item.commands.length, 'command')}` : null,
    item.thresholds.some(({ value }) => value !== null) ? 'states a bound' : null,
    item.blanks.length > 0 ? `has ${item.blanks.length} to fill in` : null,
    item.choices.length > 0 ? 'offers a choice' : null,
  ].filter(Boolean)
  return [KINDS[item.kind], ...(facts.length > 0 ? [`(${facts.join(', ')})`] : [])].join(' ')
}

/** The box as it stands; a tick of the document is a claim. */
export function whyState({ state, box }: Item): string {
  if (state === 'open') return box ? 'open' : 'open: it has no box'
  return `${state === 'ticked' ? 'ticked' : 'ticked in part'} in the document: a claim, no evidence; it starts unverified`
}

/** Which way is good. */
export function whyPolarity({ polarity, kind }: Item, severity: 'immediate' | 'conditional' | null): string {
  if (polarity === 'good') return kind === 'action' ? 'a tick means that it is done' : 'a tick means that all is well'
  const then = severity === 'immediate' ? 'then the release goes back at once' : 'then somebody decides'
  return `a tick means trouble${severity ? `; ${severity}: ${then}` : ''}`
}

/** A condition is a question for a person. */
export function whyCondition(condition: string): string {
  return `"${plainLine(condition)}": whether it applies is for a person to say; else it is skipped`
}

/** Who could tell, and on what that rests: what many checklists ask for that it belongs to, and its words that say so. */
export function whyVerifiable(item: Item): string {
  const bounds = [...item.thresholds, ...item.blanks.flatMap(({ target }) => target ?? [])]
  if (item.verifiable === 'action') return 'it is done rather than looked at'
  if (item.verifiable === 'unknown') return 'nothing in its words says who could tell'
  const { cluster, words } = judge(item)
  const said = words.length > 0 && item.kind !== 'poll' ? `${cluster} (it says ${quoted(words)})` : null
  if (item.verifiable === 'person')
    return bounds.length > 0 && bounds.every(({ value }) => value === null)
      ? 'the bound has no number, so a person judges it'
      : `only a person can answer for it${said ? `: ${said}` : ''}`
  if (item.commands.length > 0) return 'a command stands with it'
  return said ?? 'its words name something that a probe, a query or a command can look at'
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `"${word.replaceAll('§', '...')}"`).join(' and ')
}
