// From an entry of gonogo.yaml to the binding of a plan, with the sentence that says what will happen.
import { findKind, parseOptions } from '../catalog/catalog.ts'
import { checkPolicyOf } from '../config/check-policy.ts'
import type { BindingEntry, Config, GuardEntry, WatchEntry } from '../config/schema.ts'
import { guardOptions } from '../config/validate.ts'
import { formatDuration } from '../lib/duration.ts'
import type { Binding, WatchSpec } from '../plan/binding.ts'
import type { GuardRule } from '../plan/guard-rule.ts'
import type { Item } from '../plan/plan.ts'
import type { Stage } from '../plan/stage.ts'
import { policyInWords } from './check-policy-words.ts'

export interface Bound {
  binding: Binding
  /** Dry-run text. */
  will: string
}

/** The binding that an entry of gonogo.yaml stands for. The entry was validated when the file was loaded. */
export function bindItem(item: Item, entry: BindingEntry, config: Config, stages: readonly Stage[]): Bound {
  const place = { path: `bindings/${item.id}` }
  switch (entry.form) {
    case 'check': {
      const kind = findKind('check', entry.value.check, place)
      const options = parseOptions(kind.options, entry.value.with, place)
      const timeoutMs = entry.value.timeout ?? config.defaults.timeout
      const policy = checkPolicyOf(entry.value)
      return {
        binding: { type: 'check', check: kind.id, options: entry.value.with, timeoutMs, policy },
        will: [kind.describe(options), ...(policy ? policyInWords(policy) : [])].join('; '),
      }
    }
    case 'action': {
      const kind = findKind('action', entry.value.action, place)
      const options = parseOptions(kind.options, entry.value.with, place)
      const timeoutMs = entry.value.timeout ?? config.defaults.timeout
      const binding: Binding = {
        type: 'action',
        action: kind.id,
        options: entry.value.with,
        timeoutMs,
        oneWay: entry.value.oneWay ?? null,
      }
      return { binding, will: kind.describe(options, item.commands) }
    }
    case 'backup':
      return {
        binding: { type: 'backup', backup: entry.value.backup },
        will: `back up "${entry.value.backup}" and verify the copy`,
      }
    case 'rollout': {
      const stage = entry.value.rollout === true ? null : entry.value.rollout
      return { binding: { type: 'rollout', stage }, will: describeRollout(stages, stage) }
    }
    case 'poll': {
      const { poll: role, quorum, question, why } = entry.value
      return {
        binding: { type: 'poll', role, quorum, question: question ?? null, why: why ?? null },
        will: `ask ${role}${quorum > 1 ? ` (${quorum} people)` : ''}`,
      }
    }
    case 'watch': {
      const watches = entry.value.watch.map(toWatchSpec)
      return { binding: { type: 'watch', watches }, will: `judge ${watches.map(describeWatch).join(' and ')}` }
    }
    case 'guard': {
      const rules = entry.value.guard.map((guard, index) =>
        toGuardRule(index === 0 ? item.id : `${item.id}#${index + 1}`, guard, item),
      )
      return { binding: { type: 'guard', rules }, will: `guard: ${rules.map(describeGuard).join('; ')}` }
    }
    case 'children':
      return { binding: { type: 'children' }, will: 'true when all items under it are' }
    case 'skip':
      return { binding: { type: 'skip', reason: entry.value.skip }, will: `skip: ${entry.value.skip}` }
  }
}

function describeRollout(stages: readonly Stage[], name: string | null): string {
  const chosen = name === null ? stages : stages.filter((stage) => stage.name === name)
  return `deliver: ${chosen.map((stage) => `${stage.name} ${stage.weight} % for ${formatDuration(stage.durationMs)}`).join(', ')}`
}

function toWatchSpec(entry: WatchEntry): WatchSpec {
  const { signal, scope, aggregate, is: operator, value, valueMax, relativeTo, for: forMs } = entry
  return { signal, scope, aggregate, operator, value, valueMax, relativeTo, forMs }
}

/** `candidate error-rate avg < 1` */
function describeWatch(watch: WatchSpec): string {
  const than = watch.relativeTo ? ' over the baseline' : ''
  return `${watch.scope} ${watch.signal} ${watch.aggregate} ${watch.operator} ${watch.value}${watch.valueMax === null ? '' : `..${watch.valueMax}`}${than}`
}

/** A rule from its entry; `item` null for one that stands under `guards`. */
export function toGuardRule(id: string, entry: GuardEntry, item: Item | null): GuardRule {
  const place = { path: item ? `bindings/${item.id}/guard` : `guards/${id}` }
  const kind = findKind('guard', entry.kind, place)
  const options = parseOptions(kind.options, guardOptions(entry), place) as Record<string, unknown>
  const { severity, restoreData, unknownMax } = entry
  return {
    id,
    title: entry.title ?? item?.text ?? id,
    severity,
    restoreData,
    unknownMax,
    item: item?.id ?? null,
    kind: kind.id,
    options,
    scope: kind.scope(options),
    series: kind.series(options),
    condition: kind.describe(options),
  }
}

/** `rollback when error rate of the candidate > 50 %, 5 samples in a row` */
export function describeGuard({ severity, condition }: GuardRule): string {
  return `${severity} when ${condition}`
}
