// The plan as Markdown, for a pull request or a page: one table a phase.
import { sampleSizeAdvice } from '../../planning/sample-size.ts'
import { plainLine } from '../display-width.ts'
import { describeEntry } from '../entries.ts'
import type { Reading } from './reading.ts'
import { figures } from './summary.ts'
import { factsOf, phaseInWords, wordsOf } from './words.ts'

/** What `gonogo plan --format markdown` prints. */
export function planAsMarkdown(reading: Reading): string {
  const { checklist, plan, proposals } = reading
  const planned = new Map(plan?.items.map((entry) => [entry.item, entry]))
  const severities = new Map(checklist.triggers.map(({ item, severity }) => [item, severity]))
  const byPhase = Map.groupBy(checklist.items, ({ phase }) => phase)
  const lines = [`# Plan: ${escaped(checklist.document.title || checklist.document.path)}`, '']
  for (const phase of checklist.phases) {
    const own = byPhase.get(phase.id) ?? []
    if (own.length === 0) continue
    lines.push(`## ${escaped(phase.title)}`, '', `*${escaped(phaseInWords(phase))}*`, '')
    lines.push('| Line | Item | How | What happens | Understood |', '|--:|---|---|---|---|')
    for (const item of own) {
      const entry = planned.get(item.id)
      const open = entry === undefined || entry.binding.type === 'unbound'
      const proposal = open ? proposals.get(item.id) : undefined
      const happens = proposal ? `proposed: ${describeEntry(proposal.entry)}` : (entry?.will ?? '')
      const facts = factsOf(item, severities.get(item.id) ?? null).join('; ')
      const cells = [String(item.line), wordsOf(item), entry?.binding.type ?? item.kind, happens, facts]
      lines.push(`| ${cells.map(escaped).join(' | ')} |`)
    }
    lines.push('')
  }
  lines.push(...guardTable(reading), '## Coverage', '', escaped(figures(reading.coverage)), '')
  return lines.join('\n')
}

/** Every guard, and whether it can turn red. */
function guardTable({ plan, controls }: Reading): string[] {
  if (!plan || plan.guards.length === 0) return []
  const rows = plan.guards.map(({ title, severity, condition }, index) => {
    const cells = [title, `${severity} when ${condition}`, controls[index]?.sentence ?? '']
    return `| ${cells.map(escaped).join(' | ')} |`
  })
  const advice = sampleSizeAdvice(plan)
  const below = advice === null ? [] : [escaped(advice), '']
  return ['## Guards', '', '| Guard | What it does | Can turn red |', '|---|---|---|', ...rows, '', ...below]
}

/** Text of the document as text, whatever it would mean in Markdown or HTML. */
function escaped(text: string): string {
  return plainLine(text).replaceAll(/[\\`*_[\]<>|#~]/g, String.raw`\$&`)
}
