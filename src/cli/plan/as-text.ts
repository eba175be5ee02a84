// The plan for people: phase by phase what would happen to each item, then how much is covered and what to type next.
import type { NegativeControl } from '../../guards/negative-control.ts'
import type { GuardRule } from '../../plan/guard-rule.ts'
import type { Phase } from '../../plan/plan.ts'
import type { ReleasePlan } from '../../plan/release-plan.ts'
import { describeGuard } from '../../planning/bind-item.ts'
import { aboutText, sampleSizeAdvice, sampleSizes } from '../../planning/sample-size.ts'
import { displayWidth, padTo } from '../display-width.ts'
import { paint } from '../screen.ts'
import { fitted, itemRows } from './item-row.ts'
import type { Reading } from './reading.ts'
import { nextInWords, summaryInWords } from './summary.ts'
import { phaseInWords } from './words.ts'

/** Columns of a guard's title where nothing has to be cut. */
const TITLE_COLUMNS = 56

/**
 * The plan as text.
 * @param width columns to fit into, or null where nothing is cut: a pipe, a file.
 */
export function planAsText(reading: Reading, width: number | null): string {
  const { checklist, plan, aside } = reading
  const { document } = checklist
  const { repaired, lost } = document.encoding
  const lines = [paint('bold', fitted(document.title || document.path, width)), paint('dim', document.path)]
  if (aside) lines.push(paint('yellow', fitted(aside, width)))
  if (repaired + lost > 0) {
    const garbled = `${repaired} garbled characters repaired for reading, ${lost} lost; the file is left as it is`
    lines.push(paint('yellow', fitted(garbled, width)))
  }
  lines.push(...phaseBlocks(reading, width))
  if (plan && plan.guards.length > 0) {
    lines.push('', paint('bold', 'Guards'))
    for (const [index, rule] of plan.guards.entries())
      lines.push(guardLine(rule, width), ...controlLines(reading.controls[index], width))
    lines.push(...sampleSizeLines(plan, width))
  }
  lines.push('', ...summaryInWords(reading, width), '', ...nextInWords(reading, width))
  if (plan) lines.push(paint('dim', `plan ${plan.hash.slice(0, 12)}`))
  return lines.join('\n')
}

function phaseBlocks(reading: Reading, width: number | null): string[] {
  const { phases, items } = reading.checklist
  const rows = itemRows(reading, width)
  const byPhase = Map.groupBy(items, ({ phase }) => phase)
  return phases.flatMap((phase) => {
    const own = byPhase.get(phase.id) ?? []
    if (own.length === 0) return []
    return ['', phaseLine(phase, width), ...own.flatMap(rows)]
  })
}

function guardLine(rule: GuardRule, width: number | null): string {
  const columns = width === null ? TITLE_COLUMNS : Math.floor(width * 0.45)
  const title = padTo(fitted(rule.title, width === null ? null : columns), columns)
  return `  ${title}  ${paint('dim', fitted(describeGuard(rule), width && width - columns - 4))}`
}

/** Whether it can turn red, under the guard it is said of. */
function controlLines(control: NegativeControl | undefined, width: number | null): string[] {
  if (!control) return []
  const said = fitted(`can turn red: ${control.sentence}`, width === null ? null : width - 6)
  return [`      ${paint(control.canTurnRed ? 'dim' : 'red', said)}`]
}

/** How long a fault takes to be seen at each stage, and what to do where that is too long. */
function sampleSizeLines(plan: ReleasePlan, width: number | null): string[] {
  const sizes = sampleSizes(plan)
  if (!sizes) return []
  const stages = sizes.map(
    ({ stage, weight, doublingMs }) =>
      `${stage} (${weight} %) ${doublingMs === null ? 'never' : `after about ${aboutText(doublingMs)}`}`,
  )
  const advice = sampleSizeAdvice(plan)
  return [
    `  ${paint('dim', fitted(`a doubling of the errors is shown at ${stages.join(', ')}`, width && width - 2))}`,
    ...(advice === null ? [] : [`  ${paint('yellow', fitted(advice, width && width - 2))}`]),
  ]
}

/** Title, then what kind of phase it is and when. */
function phaseLine(phase: Phase, width: number | null): string {
  const facts = phaseInWords(phase)
  const room = width === null ? null : Math.max(10, width - displayWidth(facts) - 2)
  return `${paint('bold', fitted(phase.title, room))}  ${paint('dim', facts)}`
}
