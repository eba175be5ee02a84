// Before the release: can each guard of the plan turn red at all, and how long does that take at the worst?
import { guardKind } from '../catalog/catalog.ts'
import type { Project } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { signalIntervals } from '../config/signals.ts'
import { negativeControl, type NegativeControl } from '../guards/negative-control.ts'
import { formatDuration } from '../lib/duration.ts'
import { PlanError } from '../lib/errors.ts'
import type { GuardRule } from '../plan/guard-rule.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'

/** The negative control of every guard, in the plan's order. */
export function guardControls(plan: ReleasePlan, config: Pick<Config, 'signals'>): NegativeControl[] {
  const everyMs = signalIntervals(config)
  return plan.guards.map((rule) => {
    // Without a delivery there are no versions to measure.
    if (rule.scope === 'service' || plan.delivery)
      return negativeControl(rule, guardKind, { samplingMs: plan.samplingMs, everyMs })
    const sentence = 'no: nothing is delivered, so that no version is measured'
    return { rule: rule.id, canTurnRed: false, worstMs: null, measuredMs: null, sentence }
  })
}

/**
 * A gate that cannot turn red guards nothing.
 * @throws PlanError naming the first guard that cannot.
 */
export function requireRedGuards(plan: ReleasePlan, { config, placeOf }: Project): void {
  const blind = guardControls(plan, config).filter(({ canTurnRed }) => !canTurnRed)
  const [first] = blind
  const rule = plan.guards.find(({ id }) => id === first?.rule)
  if (!first || !rule) return
  const others = blind.length > 1 ? ` (and ${blind.length - 1} more)` : ''
  throw new PlanError(`the guard "${rule.title}" cannot turn red: ${first.sentence.replace(/^no: /, '')}${others}`, {
    ...placeOf(keysOf(rule)),
    expected: 'a guard that trips on a planted fault',
    hint: 'change its bound, or remove it: "gonogo plan" says of each guard whether it can turn red',
  })
}

function keysOf({ id, item }: GuardRule): string[] {
  return item === null ? ['guards', id] : ['bindings', item, 'guard']
}

/** `6 guards can turn red, the slowest within 12 s`; `5 of 6 guards can turn red; not "Error rate"`; null without guards. */
export function controlsInWords(
  plan: Pick<ReleasePlan, 'guards'>,
  controls: readonly NegativeControl[],
): string | null {
  if (controls.length === 0) return null
  const guards = controls.length === 1 ? 'guard' : 'guards'
  const blind = controls.filter(({ canTurnRed }) => !canTurnRed).map(({ rule }) => rule)
  if (blind.length > 0) {
    const titles = plan.guards.filter(({ id }) => blind.includes(id)).map(({ title }) => `"${title}"`)
    return `${controls.length - blind.length} of ${controls.length} ${guards} can turn red; not ${titles.join(', ')}`
  }
  const bounded = controls.flatMap(({ worstMs }) => worstMs ?? [])
  const slowest =
    bounded.length > 0
      ? `${controls.length === 1 ? '' : ', the slowest'} within ${formatDuration(Math.max(...bounded))}`
      : ''
  const open = controls.length - bounded.length
  return `${controls.length} ${guards} can turn red${slowest}${open > 0 ? `; of ${open} the time cannot be bounded` : ''}`
}
