// Proposes, for every item that nothing is bound to, the entry gonogo.yaml would get. Pure. It abstains rather than guesses:
// what is proposed here is confirmed by a person, once, and a wrong proposal costs more trust than a missing one.
import { canRun } from '../checklist/commands/can-run.ts'
import { readStages } from '../checklist/items/stages.ts'
import type { Config } from '../config/schema.ts'
import { configuredSignals } from '../config/signals.ts'
import { formatDuration } from '../lib/duration.ts'
import type { Checklist, Item, Phase } from '../plan/plan.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { Stage } from '../plan/stage.ts'
import { proposeBackup } from './propose-backup.ts'
import { proposeData } from './propose-data.ts'
import { proposePoll } from './propose-poll.ts'
import { proposeGuard, proposeWatch } from './propose-signals.ts'

/** An entry as it would be written, how sure it is (0..1), and what it rests on. */
export interface ProposedEntry {
  entry: Record<string, unknown>
  confidence: number
  why: string
}

export interface BindingProposal extends ProposedEntry {
  item: string
}

/** What a proposal may rest on besides the item itself. */
export interface ProposalContext {
  config: Config | null
  phase: Phase | null
  /** Signals that a configured source gives. */
  signals: ReadonlySet<string>
  /** There will be an old and a new version to measure. */
  delivers: boolean
  /** Configured backups, name → kind. */
  backups: ReadonlyMap<string, string>
  /** Severity of the item's trigger, null where it is none. */
  severity: 'immediate' | 'conditional' | null
  /** Stages of the delivery that no item stands for yet, by item. */
  stages: ReadonlyMap<string, { stated: Stage; delivered: Stage }>
}

/** What a configuration does not have yet: "what would be proposed if it had?". */
export interface Supposed {
  signals?: readonly string[]
  delivers?: true
  /** Kind of a backup, the only one there would be. */
  backup?: string
}

/**
 * The proposals for a plan, in document order.
 * @param plan null where there is no gonogo.yaml: only what the document and the kinds of checks say is proposed then.
 * @param supposed taken as configured besides.
 */
export function proposeBindings(
  checklist: Checklist,
  plan: ReleasePlan | null,
  config: Config | null,
  supposed: Supposed = {},
): Map<string, BindingProposal> {
  const phases = new Map(checklist.phases.map((phase) => [phase.id, phase]))
  const severities = new Map(checklist.triggers.map(({ item, severity }) => [item, severity]))
  const shared = {
    config,
    signals: new Set([...(config ? configuredSignals(config).keys() : []), ...(supposed.signals ?? [])]),
    delivers: Boolean(config?.delivery) || supposed.delivers === true,
    backups: new Map([
      ...Object.entries(config?.backups ?? {}).map(([name, { kind }]) => [name, kind] as const),
      ...(supposed.backup ? [['database', supposed.backup] as const] : []),
    ]),
    stages: stagesToBind(checklist, plan, config),
  }
  const proposals = new Map<string, BindingProposal>()
  for (const item of openItems(checklist, plan, config)) {
    const phase = phases.get(item.phase) ?? null
    const proposed = proposeFor(item, { ...shared, phase, severity: severities.get(item.id) ?? null })
    if (proposed) proposals.set(item.id, { item: item.id, ...whereItApplies(item, proposed) })
  }
  return proposals
}

/** Items without an entry that nothing is known of, and sign-offs, which may have a better addressee than the usual one. */
function openItems(checklist: Checklist, plan: ReleasePlan | null, config: Config | null): Item[] {
  const bindings = new Map(plan?.items.map(({ item, binding }) => [item, binding.type]))
  return checklist.items.filter((item) => {
    if (item.kind === 'reference' || item.kind === 'record') return false
    if (config && Object.hasOwn(config.bindings, item.id)) return false
    const binding = bindings.get(item.id) ?? 'unbound'
    return binding === 'unbound' || (binding === 'poll' && item.kind === 'poll')
  })
}

function proposeFor(item: Item, context: ProposalContext): ProposedEntry | null {
  if (item.polarity === 'bad-state') return proposeGuard(item, context)
  if (item.kind === 'poll') return proposePoll(item, context.config)
  const action = proposeStage(item, context) ?? proposeCommands(item) ?? proposeBackup(item, context)
  if (action) return action
  const data = proposeData(item, context)
  if (data) return data
  // Before the release "memory" is the machine's; during it, the new version's.
  return context.phase?.kind === 'readiness'
    ? (proposeCheck(item) ?? proposeWatch(item, context))
    : (proposeWatch(item, context) ?? proposeCheck(item))
}

function proposeCheck({ proposal }: Item): ProposedEntry | null {
  if (!proposal) return null
  const { check, options, confidence, why } = proposal
  return { entry: { check, ...(Object.keys(options).length > 0 ? { with: options } : {}) }, confidence, why }
}

/** Commands that can be run as they are written. What is not known to look only counts as changing something for good. */
function proposeCommands({ kind, commands }: Item): ProposedEntry | null {
  // A check whose commands say what they print is judged by that, by the same action that runs them.
  const judged = kind === 'check' && commands.some(({ expects }) => expects) && commands.every(isJudged)
  if ((kind !== 'action' && !judged) || commands.length === 0) return null
  if (!commands.every(canRun)) return null
  // "Notify team" over a line that only prints would be ticked without anybody having been told.
  if (commands.every(({ script }) => /^\s*echo\b[^\n;&|]*$/.test(script))) return null
  const count = commands.length === 1 ? 'its command as written' : `its ${commands.length} commands as written`
  const variables = [...new Set(commands.flatMap((command) => command.variables))]
  const how = variables.length === 0 ? count : `${count}, with ${variables.join(', ')} in the environment`
  if (commands.every((command) => command.looksOnly))
    return {
      entry: { action: 'command', with: { readOnly: true } },
      confidence: 0.85,
      why: `${how}, known to look only`,
    }
  const destructive = commands.some((command) => command.destructive)
  return {
    entry: { action: 'command' },
    confidence: destructive ? 0.4 : 0.7,
    why: `${how}${destructive ? ', which destroys something' : ''}; add "undo", or it counts as one-way`,
  }
}

/** Looks only, and what it prints needs no person to judge it. */
function isJudged({ looksOnly, expects }: Item['commands'][number]): boolean {
  return looksOnly && expects?.kind !== 'described'
}

function proposeStage(item: Item, { stages }: ProposalContext): ProposedEntry | null {
  const found = stages.get(item.id)
  if (!found) return null
  const { stated, delivered } = found
  const why = `the stage of ${delivered.weight} %`
  const otherTime = stated.durationMs > 0 && stated.durationMs !== delivered.durationMs
  return {
    entry: { rollout: delivered.name },
    confidence: otherTime ? 0.7 : 0.95,
    why: otherTime
      ? `${why}; the document says ${formatDuration(stated.durationMs)}, the delivery ${formatDuration(delivered.durationMs)}`
      : why,
  }
}

/** Items that state a stage of which the delivery has exactly one with that weight, each stage once. */
function stagesToBind(
  { items }: Checklist,
  plan: ReleasePlan | null,
  config: Config | null,
): ProposalContext['stages'] {
  const open = new Map<string, { stated: Stage; delivered: Stage }>()
  const entries = Object.values(config?.bindings ?? {})
  const taken = new Set(entries.flatMap((entry) => (entry.form === 'rollout' ? [entry.value.rollout] : [])))
  if (taken.has(true)) return open
  for (const { item, stage: stated } of readStages(items)) {
    const [delivered, ...others] = (plan?.delivery?.stages ?? []).filter(({ weight }) => weight === stated.weight)
    if (!delivered || others.length > 0 || taken.has(delivered.name)) continue
    taken.add(delivered.name)
    open.set(item, { stated, delivered })
  }
  return open
}

/** Whether "if applicable" applies is for a person: such a proposal is never one of the sure ones. */
function whereItApplies(item: Item, proposed: ProposedEntry): ProposedEntry {
  if (item.condition === null || item.kind === 'poll') return proposed
  const { entry, confidence, why } = proposed
  return {
    entry,
    confidence: Math.min(confidence, 0.5),
    why: `${why}; only ${item.condition}: bind it where that holds`,
  }
}
