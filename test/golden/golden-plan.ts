// A reading as lines a person can review beside the document: where, what kind, what it asks; none of the document's text.
import type { Checklist, CommandStep, Item, Phase } from '../../src/plan/plan.ts'
import type { Threshold } from '../../src/plan/threshold.ts'

/** One line for each phase, item and trigger, in document order; a pure function of the reading. */
export function goldenPlan(checklist: Checklist): string {
  const { items, phases, triggers, document } = checklist
  const severities = new Map(triggers.map(({ item, severity }) => [item, severity]))
  const lines = [
    `bytes ${document.bytes}, repaired ${document.encoding.repaired}, lost ${document.encoding.lost}`,
    `${items.length} items, ${items.filter(({ box }) => box).length} boxes, ${triggers.length} triggers`,
  ]
  for (const phase of phases) {
    lines.push('', phaseLine(phase))
    for (const item of items)
      if (item.phase === phase.id) lines.push(itemLine(item, depthOf(item, items), severities.get(item.id) ?? null))
  }
  return `${lines.join('\n')}\n`
}

function phaseLine({ line, level, kind, anchor, budgetMs, every }: Phase): string {
  const time = [
    anchor && `anchor ${minutes(anchor.fromMs)}${anchor.toMs === null ? '' : `..${minutes(anchor.toMs)}`}`,
    budgetMs !== null && `budget ${minutes(budgetMs)}`,
    every && `every ${minutes(every.everyMs)}${every.forMs === null ? '' : ` for ${minutes(every.forMs)}`}`,
  ]
  return ['#'.repeat(level), `${line}:`, kind, ...time.filter(Boolean)].join(' ').trim()
}

function itemLine(item: Item, depth: number, severity: string | null): string {
  const facts = [
    item.kind,
    item.verifiable,
    severity,
    item.polarity === 'bad-state' && 'bad-state',
    item.box && (item.state === 'open' ? 'box' : `box ${item.state}`),
    item.label !== null && 'label',
    item.condition !== null && 'condition',
    ...item.thresholds.map(thresholdWords),
    ...item.blanks.map(
      ({ name, unit, target }) =>
        `blank ${name}${unit ? ` in ${unit}` : ''}${target ? ` ${thresholdWords(target)}` : ''}`,
    ),
    ...item.choices.map(({ name, options }) => `choice ${name} of ${options.length}`),
    ...item.commands.map(commandWords),
    item.table && 'table row',
    item.proposal && `propose ${item.proposal.check}`,
  ]
  return `${'  '.repeat(depth)}- ${item.line}: ${facts.filter(Boolean).join(', ')}`
}

function depthOf(item: Item, items: readonly Item[]): number {
  const parent = item.parent === null ? undefined : items.find(({ id }) => id === item.parent)
  return parent ? depthOf(parent, items) + 1 : 0
}

function thresholdWords(threshold: Threshold): string {
  const { subject, aggregate, operator, value, valueMax, unit, windowMs, consecutive, relativeTo } = threshold
  const words = [
    aggregate,
    operator,
    value === null ? 'no number' : valueMax === null ? value : `${value}..${valueMax}`,
    unit,
    windowMs !== null && `for ${minutes(windowMs)}`,
    consecutive !== null && `${consecutive} in a row`,
    relativeTo !== null && `to ${relativeTo}`,
  ]
  return `(${subject} ${words.filter((word) => word !== null && word !== false).join(' ')})`
}

function commandWords(command: CommandStep): string {
  const marks = (['background', 'endless', 'interactive', 'destructive'] as const).filter((mark) => command[mark])
  const asked = command.placeholders.length > 0 ? [`${command.placeholders.length} placeholders`] : []
  return `command ${[...marks, ...asked].join(' ')}`.trim()
}

function minutes(ms: number): string {
  return `${ms / 60_000} min`
}
