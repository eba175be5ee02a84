// gonogo plan: what the document says, what will happen, how much of it is covered.
import { measureCoverage, type Coverage } from '../../checklist/coverage.ts'
import { openProject, planProject, readDocument } from '../../app/project.ts'
import { findProject } from '../../config/locate.ts'
import { PlanError } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Checklist, Item } from '../../plan/plan.ts'
import type { PlannedItem, ReleasePlan } from '../../plan/release-plan.ts'
import { lockPlan } from '../../planning/lock.ts'
import { describeGuard } from '../../planning/bind-item.ts'
import { proposeBindings, type BindingProposal } from '../../planning/propose.ts'
import { oneOf, print, whoIs, type GlobalOptions } from '../common.ts'
import { describeEntry, describeProposal } from '../entries.ts'
import { EXIT } from '../exit.ts'
import { columns, fit, paint } from '../screen.ts'

interface PlanOptions extends GlobalOptions {
  format: string
  lock?: boolean
  explain?: string
  environment?: string
  candidate?: string
  as?: string
}

/** Bound to a person: to be answered or filled in. */
const ASKED: readonly string[] = ['poll', 'record']

export function plan(file: string | undefined, options: PlanOptions): number {
  const format = oneOf('--format', options.format, ['text', 'json', 'markdown'])
  const reading = read(file, options)
  const { checklist } = reading
  const planned = reading.plan?.items ?? []
  const bound = new Set(
    planned.filter(({ binding }) => !['unbound', ...ASKED].includes(binding.type)).map(({ item }) => item),
  )
  const asked = new Set(planned.filter(({ binding }) => ASKED.includes(binding.type)).map(({ item }) => item))
  const coverage = measureCoverage(checklist, bound, reading.proposals, asked)
  if (options.explain) return explain(reading, options.explain)
  if (format === 'json')
    print(
      JSON.stringify(
        { ...checklist, items: withBindings(reading), coverage, plan: reading.plan?.hash ?? null },
        null,
        2,
      ),
    )
  else if (format === 'markdown') print(asMarkdown(reading))
  else print(asText(reading, coverage))
  if (options.lock) {
    if (!reading.plan) throw new PlanError('there is no gonogo.yaml to lock a plan of', { hint: 'run "gonogo init"' })
    const path = lockPlan(openProject(options.project).directory, reading.plan, whoIs(options), new Date())
    process.stderr.write(`reviewed plan ${reading.plan.hash.slice(0, 12)} is locked in ${path}\n`)
  }
  return EXIT.ok
}

interface Reading {
  checklist: Checklist
  /** Null when there is no gonogo.yaml: a document can be read without one. */
  plan: ReleasePlan | null
  /** What could be bound to items that nothing is bound to. */
  proposals: ReadonlyMap<string, BindingProposal>
}

function read(file: string | undefined, options: PlanOptions): Reading {
  if (!findProject(options.project) && file) {
    const { checklist } = readDocument(options.project, file)
    return { checklist, plan: null, proposals: proposeBindings(checklist, null, null) }
  }
  const { environment, candidate } = options
  const choices = {
    ...(file ? { file } : {}),
    ...(environment ? { environment } : {}),
    ...(candidate ? { candidate } : {}),
  }
  const project = openProject(options.project)
  const { plan: planned } = planProject(project, choices)
  const { checklist } = planned
  return { checklist, plan: planned, proposals: proposeBindings(checklist, planned, project.config) }
}

/** Items with what is bound to them, what will happen, and what is proposed, for machines. */
function withBindings({ checklist, plan: planned, proposals }: Reading): unknown[] {
  const items = new Map(planned?.items.map((entry) => [entry.item, entry]))
  return checklist.items.map((item) => {
    const { entry, confidence, why } = proposals.get(item.id) ?? {}
    return {
      ...item,
      binding: items.get(item.id)?.binding ?? null,
      will: items.get(item.id)?.will ?? null,
      proposal: entry ? { entry, confidence, why } : null,
    }
  })
}

function asText({ checklist, plan: planned, proposals }: Reading, coverage: Coverage): string {
  const { document, phases, items } = checklist
  const bound = new Map(planned?.items.map((entry) => [entry.item, entry]))
  const width = columns()
  const lines = [`${paint('bold', document.title || document.path)}  ${paint('dim', document.path)}`]
  if (document.encoding.repaired + document.encoding.lost > 0) {
    lines.push(
      paint(
        'yellow',
        `${document.encoding.repaired} garbled characters repaired for reading, ${document.encoding.lost} lost; the file is left as it is`,
      ),
    )
  }
  for (const phase of phases) {
    const own = items.filter((item) => item.phase === phase.id)
    if (own.length === 0) continue
    const facts = [phase.kind, phase.anchor?.text].filter(Boolean).join(', ')
    lines.push('', `${paint('bold', phase.title)}  ${paint('dim', facts)}`)
    for (const item of own) lines.push(itemLine(item, bound.get(item.id), proposals.get(item.id), width))
  }
  if (planned && planned.guards.length > 0) {
    lines.push('', paint('bold', 'Guards'))
    for (const rule of planned.guards) lines.push(`  ${fit(rule.title, 40)}  ${paint('dim', describeGuard(rule))}`)
  }
  lines.push('', summarise(coverage))
  if (planned) lines.push(paint('dim', `plan ${planned.hash.slice(0, 12)}`))
  return lines.join('\n')
}

const SIGNS: Record<string, string> = {
  check: 'check',
  action: 'run',
  backup: 'backup',
  rollout: 'deliver',
  poll: 'ask',
  watch: 'watch',
  guard: 'guard',
  children: 'all',
  skip: 'skip',
  record: 'fill in',
  unbound: '-',
}

function itemLine(
  item: Item,
  planned: PlannedItem | undefined,
  proposal: BindingProposal | undefined,
  width: number,
): string {
  const sign = planned ? (SIGNS[planned.binding.type] ?? '') : item.kind
  const indent = item.parent ? '    ' : '  '
  const text = fit(item.label ?? item.text, 42)
  const open = planned === undefined || planned.binding.type === 'unbound'
  const proposed = proposal && `proposed: ${describeEntry(proposal.entry)} (${describeProposal(proposal)})`
  const will = open ? (proposed ?? planned?.will ?? item.kind) : planned.will
  const colour = planned?.binding.type === 'unbound' ? 'yellow' : 'dim'
  const head = `${indent}${paint(colour, sign.padEnd(8))} ${text}  `
  return head + paint('dim', fit(will, Math.max(20, width - 56)).trimEnd())
}

function summarise(coverage: Coverage): string {
  const { total, asWritten, bound, proposed, person, unverifiable, next } = coverage
  const parts = [
    `${total} items`,
    `${bound} bound`,
    `${asWritten} more have commands as written`,
    `${proposed} proposed`,
    `${person} for people`,
    `${unverifiable} that nothing can verify yet`,
  ]
  return `${parts.join(', ')}${next ? `\n${whatNext(next)}` : ''}`
}

function whatNext({ item, line, text, why, proposed }: NonNullable<Coverage['next']>): string {
  return proposed
    ? `next: gonogo bind --accept ${item}   (${why})`
    : `next: write a binding for ${item} into gonogo.yaml   (line ${line}, "${fit(text, 60).trimEnd()}": ${why})`
}

function asMarkdown({ checklist, plan: planned }: Reading): string {
  const bound = new Map(planned?.items.map((entry) => [entry.item, entry]))
  const lines = [`# Plan: ${checklist.document.title || checklist.document.path}`, '']
  for (const phase of checklist.phases) {
    const own = checklist.items.filter((item) => item.phase === phase.id)
    if (own.length === 0) continue
    lines.push(`## ${phase.title}`, '', '| Item | How | What happens |', '|---|---|---|')
    for (const item of own) {
      const entry = bound.get(item.id)
      lines.push(
        `| ${cell(item.label ?? item.text)} | ${entry?.binding.type ?? item.kind} | ${cell(entry?.will ?? '')} |`,
      )
    }
    lines.push('')
  }
  return lines.join('\n')
}

function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')
}

function explain(reading: Reading, given: string): number {
  const { checklist } = reading
  const item =
    checklist.items.find((candidate) => candidate.id === given) ??
    checklist.items.find((candidate) => candidate.id.startsWith(given))
  if (!item) {
    const suggestion = nearest(
      given,
      checklist.items.map(({ id }) => id),
    )
    const hint = suggestion ? `did you mean "${suggestion}"?` : '"gonogo plan" lists them'
    throw new PlanError(`${checklist.document.path} has no item "${given}"`, { hint })
  }
  print(`${paint('bold', item.id)}\n${checklist.document.path}:${item.line}\n\n${item.text}\n`)
  print(JSON.stringify(withBindings({ ...reading, checklist: { ...checklist, items: [item] } })[0], null, 2))
  return EXIT.ok
}
