// Triggers, alerts and bounds of a document as guards and watches over the signals that are really there.
import {
  guardFromThreshold,
  guardFromWords,
  watchFromThreshold,
  type ProposedGuard,
  type ProposedKind,
} from '../guards/from-threshold.ts'
import { formatDuration, parseDurationMs } from '../lib/duration.ts'
import type { WatchSpec } from '../plan/binding.ts'
import type { Scope, Severity } from '../plan/guard-rule.ts'
import type { Item } from '../plan/plan.ts'
import type { Threshold } from '../plan/threshold.ts'
import type { ProposalContext, ProposedEntry } from './propose.ts'

// Of all that is measured here less is better. "Error rate > 5 %" in a list of what should be so was meant the other way round.
const STATES_A_CEILING: ReadonlySet<string> = new Set(['>', '>='])
const STATES_A_FLOOR: ReadonlySet<string> = new Set(['<', '<='])

/** How long the old version is looked at before the release, where the document does not say. */
const BEFORE_RELEASE_MS = 10_000
/** More words than these that the figures do not account for: the item says more than would be judged. */
const UNSAID_WORDS_MAX = 2

/** A guard for a trigger or an alert, where every bound of it is understood. */
export function proposeGuard(item: Item, context: ProposalContext): ProposedEntry | null {
  const [severity, as] = severityOf(context.severity)
  const about = { id: item.id, title: item.text, item: item.id, severity, signals: context.signals }
  const polarity = 'bad-state' as const
  const found =
    item.thresholds.length === 0
      ? [guardFromWords(item.text, about)]
      : item.thresholds.map((threshold) => guardFromThreshold(threshold, { ...about, polarity }))
  const guards = complete(found)
  if (!guards || !guards.every(({ rule }) => isMeasured(rule.options, context) && !statesAFloor(rule))) return null
  const entries = guards.map(({ rule }) => guardEntry(rule, context))
  const assumed = guards.some(({ why }) => /does not say|taken as/.test(why)) || item.thresholds.length === 0
  // By the name of a signal alone it cannot be known what its values are.
  const named = guards.some(({ rule }) => rule.kind === 'count' && rule.options.of === 'values')
  return {
    entry: { guard: entries.length === 1 ? entries[0] : entries },
    ...weigh(named ? 0.6 : assumed ? 0.8 : 0.9, item, [
      as,
      ...guards.map(({ rule, why }) => truthful(rule, why, context)),
    ]),
  }
}

function statesAFloor(rule: ProposedGuard): boolean {
  return rule.kind === 'bound' && STATES_A_FLOOR.has(rule.options.is)
}

/** What a guard does not do here is not said of it. */
function truthful({ restoreData }: ProposedGuard, why: string, context: ProposalContext): string {
  return restoreData && !restores(context)
    ? `${why.replace(/; the rollback also restores.*$/, '')}; "delivery.restore" names no backup, so the data is kept`
    : why
}

function restores({ config }: ProposalContext): boolean {
  return typeof config?.delivery?.restore === 'string'
}

/** A watch for bounds that should hold, where every one of them is understood. */
export function proposeWatch(item: Item, context: ProposalContext): ProposedEntry | null {
  const bounds = item.thresholds.length > 0 ? item.thresholds : item.blanks.flatMap(({ target }) => target ?? [])
  if (bounds.length === 0 || (bounds.length > 1 && /\bor\b/i.test(item.text))) return null
  const found = bounds.map((bound) => watchFor(bound, context))
  const watches = complete(found)
  if (!watches || !watches.every(({ watch }) => isMeasured(watch, context) && !STATES_A_CEILING.has(watch.operator)))
    return null
  const entries = watches.map(({ watch }) => watchEntry(watch))
  return {
    entry: { watch: entries.length === 1 ? entries[0] : entries },
    ...weigh(
      0.85,
      item,
      watches.map(({ why }) => why),
    ),
  }
}

/** Before the release, and after a rollback, the version to look at is the old one; it has nothing to be compared with. */
function watchFor(bound: Threshold, { phase }: ProposalContext): { watch: WatchSpec; why: string } | null {
  const proposed = watchFromThreshold(bound, { polarity: 'good', forMs: bound.windowMs ?? 0 })
  if (!proposed || (phase?.kind !== 'readiness' && phase?.kind !== 'rollback')) return proposed
  if (proposed.watch.relativeTo !== null) return null
  const forMs = phase.kind === 'readiness' ? proposed.watch.forMs || BEFORE_RELEASE_MS : proposed.watch.forMs
  const scope = proposed.watch.scope === 'candidate' ? 'stable' : proposed.watch.scope
  return { watch: { ...proposed.watch, scope, forMs }, why: proposed.why.replaceAll('new version', 'old version') }
}

function severityOf(trigger: ProposalContext['severity']): [Severity, string] {
  if (trigger === null) return ['notify', 'an alert']
  return trigger === 'immediate' ? ['rollback', 'a rollback trigger'] : ['pause', 'a trigger left to judgement']
}

/** All of them, or null where one is missing: half of what an item says is not what it says. */
function complete<T>(found: readonly (T | null)[]): T[] | null {
  const present = found.filter((one) => one !== null)
  return present.length > 0 && present.length === found.length ? present : null
}

/** A configured source gives the signal, and there will be versions to measure. */
function isMeasured({ signal, scope }: { signal: string; scope: Scope }, context: ProposalContext): boolean {
  return context.signals.has(signal) && (scope === 'service' || context.delivers)
}

/** Less sure where the item says more than its figures do. */
function weigh(confidence: number, item: Item, reasons: readonly string[]): Pick<ProposedEntry, 'confidence' | 'why'> {
  const unsaid = unsaidWords(item)
  const conjunction = item.polarity === 'bad-state' && /\band\b/i.test(item.text)
  const why = [...new Set(reasons)].join('; ')
  if (conjunction) return { confidence: 0.5, why: `${why}; the document says "and", a guard trips by each bound alone` }
  if (unsaid.length <= UNSAID_WORDS_MAX) return { confidence, why }
  return { confidence: Math.min(confidence, 0.5), why: `${why}; it also says "${unsaid.slice(0, 6).join(' ')}"` }
}

const COMMON = new Set(
  `about above alert alerts all and any are automatic automatically been below check checks confirm critical current
  deployment during ensure exceeds for from has have immediate immediately into keep maintain maintained meet meets
  monitor over per production release remain remains rollback roll back sla stay stays system that the
  threshold thresholds trigger under until usage verify warning when with within yes average mean percentile available
  consecutive sustained overall load memory baseline increase decrease millisecond milliseconds second seconds minute
  minutes hour hours day days median maximum peak than target`.split(/\s+/),
)

/** Words of an item that neither its figures nor what they are about account for. */
function unsaidWords({ text, thresholds, blanks }: Item): string[] {
  const bounds = [...thresholds, ...blanks.flatMap(({ target }) => target ?? [])]
  const accounted = new Set(bounds.flatMap(({ subject }) => words(subject)))
  return bounds.length === 0 ? [] : words(text).filter((word) => !accounted.has(word) && !COMMON.has(word))
}

function words(text: string): string[] {
  return text.toLowerCase().match(/\p{L}{3,}/gu) ?? []
}

/** A rule as it is written: what is the default is left out. */
function guardEntry(rule: ProposedGuard, context: ProposalContext): Record<string, unknown> {
  const { severity, unknownMax } = rule
  const restoreData = rule.restoreData && restores(context)
  return {
    ...kindEntry(rule),
    ...(severity === 'rollback' ? {} : { severity }),
    ...(restoreData ? { restoreData } : {}),
    ...(unknownMax > 0 ? { unknownMax } : {}),
  }
}

/** The options of a rule's kind; `bound` need not be named. */
function kindEntry(rule: ProposedKind): Record<string, unknown> {
  if (rule.kind === 'bound') {
    const { consecutive, observationsMin, for: forMs } = rule.options
    return {
      ...boundEntry({ ...rule.options, operator: rule.options.is }),
      ...(consecutive > 1 ? { consecutive } : {}),
      ...(forMs > 0 ? { for: writtenDuration(forMs) } : {}),
      ...(observationsMin > 0 ? { observationsMin } : {}),
    }
  }
  const { scope, ...options } = rule.options
  const written = Object.entries(options).map(([key, value]) => [
    key,
    typeof value === 'number' && PERIODS.has(key) ? writtenDuration(value) : value,
  ])
  return { kind: rule.kind, ...Object.fromEntries(written), ...(scope === 'candidate' ? {} : { scope }) }
}

const PERIODS: ReadonlySet<string> = new Set(['over', 'within', 'first'])

function watchEntry(watch: WatchSpec): Record<string, unknown> {
  const { aggregate, forMs } = watch
  return {
    ...boundEntry(watch),
    ...(aggregate === 'avg' ? {} : { aggregate }),
    ...(forMs > 0 ? { for: writtenDuration(forMs) } : {}),
  }
}

function boundEntry(bound: Pick<WatchSpec, 'signal' | 'scope' | 'operator' | 'value' | 'valueMax' | 'relativeTo'>) {
  const { signal, scope, operator, value, valueMax, relativeTo } = bound
  return {
    signal,
    ...(scope === 'candidate' ? {} : { scope }),
    is: operator,
    value,
    ...(valueMax === null ? {} : { valueMax }),
    ...(relativeTo === null ? {} : { relativeTo }),
  }
}

/** As a person writes it, where that is exact; else milliseconds. */
function writtenDuration(durationMs: number): string | number {
  const text = formatDuration(durationMs)
  return parseDurationMs(text) === durationMs ? text : durationMs
}
