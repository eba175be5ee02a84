// The plan for machines: every key is always there, null where nothing is known.
import type { NegativeControl } from '../../guards/negative-control.ts'
import type { GuardRule } from '../../plan/guard-rule.ts'
import type { Item, Phase } from '../../plan/plan.ts'
import type { PlannedItem } from '../../plan/release-plan.ts'
import type { BindingProposal } from '../../planning/propose.ts'
import { sampleSizeAdvice, sampleSizes } from '../../planning/sample-size.ts'
import { verificationOf } from '../../planning/verification.ts'
import type { PlanDocument, PlanItem } from './plan-schema.ts'
import type { Reading } from './reading.ts'

/** What `gonogo plan --format json` prints. */
export function planAsJson({ checklist, plan, proposals, coverage, controls, steps }: Reading): PlanDocument {
  const { path, title, bytes, encoding, sha256 } = checklist.document
  const planned = new Map(plan?.items.map((entry) => [entry.item, entry]))
  const [next = null, ...others] = steps
  const { phases, ...counts } = coverage
  return {
    document: { path, title, bytes, encoding, sha256 },
    phases: checklist.phases.map(phaseAsJson),
    items: checklist.items.map((item) => itemAsJson(item, planned.get(item.id), proposals.get(item.id))),
    triggers: checklist.triggers,
    coverage: { ...counts, next, others, phases },
    verification: plan && verificationOf(plan),
    plan: plan?.hash ?? null,
    sampleSize: plan && { stages: sampleSizes(plan) ?? [], advice: sampleSizeAdvice(plan) },
    guards: (plan?.guards ?? []).flatMap((rule, index) => guardAsJson(rule, controls[index])),
  }
}

function guardAsJson(rule: GuardRule, control: NegativeControl | undefined): PlanDocument['guards'] {
  if (!control) return []
  const { id, title, item, severity, kind, condition } = rule
  const { canTurnRed, worstMs, sentence } = control
  return [{ id, title, item, severity, kind, condition, canTurnRed, worstMs, sentence }]
}

function phaseAsJson({
  id,
  title,
  line,
  kind,
  anchor,
  budgetMs,
  every,
  path,
  level,
}: Phase): PlanDocument['phases'][number] {
  return { id, title, line, kind, anchor, budgetMs, every, path, level }
}

/** One item with what is bound to it, what would happen, and what is proposed. */
export function itemAsJson(
  item: Item,
  planned: PlannedItem | undefined,
  proposed: BindingProposal | undefined,
): PlanItem {
  const { id, line, phase, text, label, kind, state, polarity, condition } = item
  const { thresholds, blanks, choices, commands, table, verifiable, code, parent, box } = item
  return {
    id,
    line,
    phase,
    text,
    label,
    kind,
    state,
    polarity,
    condition,
    thresholds,
    blanks,
    choices,
    commands,
    table,
    proposal: checkOf(proposed),
    binding: planned?.binding ?? null,
    verifiable,
    code,
    parent,
    box,
    will: planned?.will ?? null,
    proposedBinding: proposed ? { entry: proposed.entry, confidence: proposed.confidence, why: proposed.why } : null,
  }
}

/** The check of a proposal; null where it is of another form. */
function checkOf(proposed: BindingProposal | undefined): PlanItem['proposal'] {
  const { check, with: options = {} } = proposed?.entry ?? {}
  if (!proposed || typeof check !== 'string') return null
  return { check, options: options as Record<string, unknown>, confidence: proposed.confidence, why: proposed.why }
}
