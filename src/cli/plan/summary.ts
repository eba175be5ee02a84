// What stands at the end of a plan, however long it is: how much is covered, where it is not, and what to type next.
import type { Counts } from '../../checklist/coverage.ts'
import type { Item } from '../../plan/plan.ts'
import type { NextStep } from '../../planning/next-steps.ts'
import { verificationOf } from '../../planning/verification.ts'
import { cut, padTo, plainLine, wrap } from '../display-width.ts'
import { describeEntry } from '../entries.ts'
import { paint } from '../screen.ts'
import type { Reading } from './reading.ts'

/** Phases with something open that are listed; the fullest ones. */
const PHASES_MAX = 12
const STEPS_SHOWN_MAX = 3
const LINES_SHOWN_MAX = 8
const BAR_COLUMNS = 10
/** Indent, bar and `100 open, 10 proposed of 120`. */
const FIGURES_COLUMNS = 46

/** The figures over all, and the phases in which most is open. */
export function summaryInWords(reading: Reading, width: number | null): string[] {
  const { checklist, coverage } = reading
  const titles = new Map(checklist.phases.map(({ id, title }) => [id, title]))
  const open = coverage.phases.filter((counts) => openOf(counts) > 0)
  const shown = new Set(open.toSorted((a, b) => openOf(b) - openOf(a)).slice(0, PHASES_MAX))
  const columns = Math.min(48, (width ?? 100) - FIGURES_COLUMNS)
  const rows = open
    .filter((counts) => shown.has(counts))
    .map((counts) => {
      const title = padTo(cut(plainLine(titles.get(counts.phase) ?? ''), columns), columns)
      const proposed = counts.proposed > 0 ? `, ${counts.proposed} proposed` : ''
      return `  ${title}  ${width === null ? '' : `${bar(counts)}  `}${counts.unverifiable} open${proposed} of ${counts.total}`
    })
  const more = open.length - shown.size
  return [
    ...(rows.length > 0 ? [paint('bold', 'Where something is open'), ...rows] : []),
    ...(more > 0 ? [paint('dim', `  and ${more} more ${more === 1 ? 'phase' : 'phases'}`)] : []),
    ...(rows.length > 0 ? [''] : []),
    ...wrapped(figures(coverage), width),
    ...openInWords(reading).flatMap((line) => wrapped(line, width)),
    ...verifiedInWords(reading, width),
  ]
}

/** `verified by machine: 91 of 147 (62 %)`, then what is asked of people, by the reason why no machine can tell. */
function verifiedInWords({ checklist, plan }: Reading, width: number | null): string[] {
  if (!plan) return []
  const { total, machine, check, measured, deed, skipped, people } = verificationOf(plan)
  if (total === 0) return []
  const parts = [`${check} looked at`, `${measured} measured`, `${deed} done and proved`]
  const rest = skipped > 0 ? `; ${skipped} skipped` : ''
  const lineOf = new Map(checklist.items.map(({ id, line }) => [id, line]))
  const reasons = Map.groupBy(people, ({ reason }) => reason)
  const rows = [...reasons].toSorted(([a], [b]) => Number(a === null) - Number(b === null))
  return [
    ...wrapped(
      `verified by machine: ${machine} of ${total} (${percent(machine, total)} %): ${parts.join(', ')}${rest}`,
      width,
    ),
    ...(rows.length > 0 ? [`asked of people: ${people.length}, and why no machine can tell`] : []),
    ...rows.flatMap(([reason, items]) => {
      const words = reason ?? 'no reason is given: bind it, or say `why:` at its poll'
      const lines = `${words}: ${items.length === 1 ? 'line' : 'lines'} ${items.map(({ item }) => lineOf.get(item)).join(', ')}`
      const colour = reason === null ? 'yellow' : 'dim'
      return wrapped(lines, width && width - 4).map((line, at) => `${at === 0 ? '  ' : '    '}${paint(colour, line)}`)
    }),
  ]
}

function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 100)
}

/** `178 items: 120 bound, 20 proposed, 31 for people, 7 that nothing can verify yet` */
export function figures({ total, bound, asWritten, proposed, person, unverifiable }: Counts): string {
  const parts = [
    `${bound} bound`,
    ...(asWritten > 0 ? [`${asWritten} more with commands that run as written`] : []),
    `${proposed} proposed`,
    `${person} for people`,
    `${unverifiable} that nothing can verify yet`,
  ]
  return `${total} ${total === 1 ? 'item' : 'items'}: ${parts.join(', ')}`
}

/** Who could tell of what nothing can verify yet; and what a tick of the document is worth. */
function openInWords({ checklist, covered }: Reading): string[] {
  const open = checklist.items.filter(({ id }) => covered.get(id) === 'unverifiable')
  const count = (verifiable: Item['verifiable']): number => open.filter((item) => item.verifiable === verifiable).length
  const parts = [
    [count('machine'), 'a machine could tell'],
    [count('action'), 'to be done'],
    [count('person'), 'a person could tell'],
    [count('unknown'), 'where nothing says who could'],
  ].flatMap(([number, words]) => (number === 0 ? [] : [`${number} ${words}`]))
  const ticked = checklist.items.filter(({ id, state }) => state !== 'open' && covered.has(id)).length
  return [
    ...(open.length > 0 ? [`of those ${open.length}: ${parts.join(', ')}`] : []),
    ...(ticked > 0 ? [`${ticked} ticked in the document already: a claim is no evidence, they start unverified`] : []),
  ]
}

function openOf({ proposed, unverifiable }: Counts): number {
  return proposed + unverifiable
}

/** Full: somebody or something answers; half: proposed; light: open. */
function bar(counts: Counts): string {
  const share = (count: number): number => Math.round((count / counts.total) * BAR_COLUMNS)
  const light = Math.max(counts.unverifiable > 0 ? 1 : 0, share(counts.unverifiable))
  const half = Math.min(BAR_COLUMNS - light, Math.max(counts.proposed > 0 ? 1 : 0, share(counts.proposed)))
  return '█'.repeat(BAR_COLUMNS - light - half) + '▒'.repeat(half) + '░'.repeat(light)
}

/** What to type or to write, what adds most first. */
export function nextInWords(reading: Reading, width: number | null): string[] {
  const { steps, plan, coverage, checklist } = reading
  const lines: string[] = []
  if (!plan)
    lines.push(labelled('next', `${paint('cyan', 'gonogo init')}: writes the gonogo.yaml that bindings stand in`))
  const lineOf = new Map(checklist.items.map(({ id, line }) => [id, line]))
  for (const [index, step] of steps.slice(0, STEPS_SHOWN_MAX).entries()) {
    const label = plan && index === 0 ? 'next' : 'then'
    const [first = '', ...rest] = wrapped(stepInWords(step, lineOf), width && width - 6)
    const command = step.command && (plan || step.command === 'gonogo bind') ? step.command : null
    lines.push(...(command ? [labelled(label, paint('cyan', command)), `      ${first}`] : [labelled(label, first)]))
    lines.push(...rest.map((line) => `      ${line}`))
    if (step.write)
      for (const line of wrapped(describeEntry(step.write), width && width - 6))
        lines.push(`      ${paint('cyan', line)}`)
  }
  if (steps.length === 0 && plan && coverage.total > 0)
    lines.push(labelled('next', `${paint('cyan', 'gonogo plan --lock')}: nothing is open, so the plan can be reviewed`))
  lines.push(paint('dim', '      gonogo plan --explain LINE: everything about the item of that line'))
  return lines
}

/** `12 proposals: 6 check http, 6 guard (lines 12, 15, ...)` */
function stepInWords({ what, why, covers, items, command, item, text }: NextStep, lineOf: Map<string, number>): string {
  if (covers === 1)
    return `${command ? 'confirms' : 'write'} ${what}: line ${lineOf.get(item)}, "${cut(plainLine(text), 60)}" (${why})`
  const lines = [...new Set(items.flatMap((id) => lineOf.get(id) ?? []))]
  const shown = lines.slice(0, LINES_SHOWN_MAX).join(', ')
  const where = `lines ${shown}${lines.length > LINES_SHOWN_MAX ? ', ...' : ''}`
  return command ? `confirms ${what} (${where})` : `write ${what}: covers ${covers} items, ${where} (${why})`
}

function labelled(label: string, text: string): string {
  return `${paint('bold', label)}  ${text}`
}

function wrapped(text: string, width: number | null): string[] {
  return width === null ? [plainLine(text)] : wrap(text, width)
}
