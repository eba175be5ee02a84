// What to bind or to configure next: each thing one can do at once, with the items that it would cover. Pure.
import { kindsOf, type Catalog } from '../catalog/catalog.ts'
import type { Covered } from '../checklist/coverage.ts'
import { configuredSignals } from '../config/signals.ts'
import type { Config } from '../config/schema.ts'
import type { Checklist, Item } from '../plan/plan.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import { proposeBindings, type BindingProposal, type Supposed } from './propose.ts'

/** One thing to do, and what it would add. */
export interface NextStep {
  /** "a `router` source under `signals`" */
  what: string
  /** Why it covers them. */
  why: string
  /** How many items it covers that nothing covers now. */
  covers: number
  /** Their ids, in document order. */
  items: string[]
  /** The command to type, or null where something has to be written first. */
  command: string | null
  /** What to write into gonogo.yaml, an example with the kind's own options; null where a command does it. */
  write: Record<string, unknown> | null
  /** The item to begin with. */
  item: string
  line: number
  text: string
  /** Whether a proposal for that item can be confirmed as it is. */
  proposed: boolean
}

/** What is known when the next step is looked for. */
export interface Situation {
  checklist: Checklist
  /** Null, like `config`, where there is no gonogo.yaml. */
  plan: ReleasePlan | null
  config: Config | null
  proposals: ReadonlyMap<string, BindingProposal>
  covered: ReadonlyMap<string, Covered>
}

/** So many are worth reading. */
const STEPS_MAX = 8

/**
 * The steps that would add something, the one that adds most first. Each is counted by itself: what two of them cover is
 * counted in both. Where no step covers more than one item, the item that matters most is named.
 */
export function nextSteps(situation: Situation): NextStep[] {
  const ofSources = needed(stepsBy(kindsOf('source').map(sourceStep), situation))
  const steps = [
    ...stepsBy([confirmProposals], situation),
    ...ofSources,
    ...stepsBy([configureDelivery, configureBackup, nameWhoIsAsked], situation),
  ]
  const sorted = steps.toSorted((a, b) => b.covers - a.covers)
  return sorted.length > 0 ? sorted.slice(0, STEPS_MAX) : [single(situation) ?? []].flat()
}

/** Several sources give the same signals: what an earlier one covers needs no other. */
function needed(steps: readonly NextStep[]): NextStep[] {
  return steps.filter(
    ({ items }, index) => !steps.slice(0, index).some((earlier) => items.every((item) => earlier.items.includes(item))),
  )
}

function stepsBy(stepsOf: readonly StepOf[], situation: Situation): NextStep[] {
  return stepsOf.flatMap((stepOf) => stepOf(situation) ?? [])
}

type StepOf = (situation: Situation) => NextStep | null

function sourceStep({ id, options, example, signals }: Catalog['source']): StepOf {
  const given = signals(options.parse(example))
  return (situation) => configureSource(situation, id, example, given)
}

/** Everything that is proposed for items that nobody answers for yet. */
function confirmProposals({ checklist, proposals, covered }: Situation): NextStep | null {
  const items = checklist.items.filter(({ id }) => proposals.has(id) && covered.get(id) !== 'person')
  const sure = (item: Item): number => proposals.get(item.id)?.confidence ?? 0
  // A trigger guards the whole run.
  const first = items.toSorted((a, b) => Number(isTrigger(b)) - Number(isTrigger(a)) || sure(b) - sure(a))[0]
  if (!first) return null
  const only = items.length === 1
  return {
    ...step(items, first),
    what: only ? 'the proposal that is open' : `${items.length} proposals: ${tally(items, proposals)}`,
    why: proposals.get(first.id)?.why ?? '',
    command: only ? `gonogo bind --accept ${first.id}` : 'gonogo bind',
    proposed: true,
  }
}

/** `6 http, 4 command, 2 guards` */
function tally(items: readonly Item[], proposals: Situation['proposals']): string {
  const counts = new Map<string, number>()
  for (const { id } of items) {
    const entry = proposals.get(id)?.entry ?? {}
    const [form = '', value] = Object.entries(entry)[0] ?? []
    const name = typeof value === 'string' && (form === 'check' || form === 'action') ? `${form} ${value}` : form
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  return sorted.map(([name, count]) => `${count} ${name}`).join(', ')
}

/** Bounds and triggers rest on a signal that nothing gives yet. */
function configureSource(
  situation: Situation,
  kind: string,
  example: unknown,
  signals: readonly string[],
): NextStep | null {
  const { config } = situation
  if (config && signals.every((signal) => configuredSignals(config).has(signal))) return null
  const delivers = Boolean(config?.delivery)
  const items = newlyProposed(situation, { signals, delivers: true })
  // What the delivery alone would do is not the source's doing.
  const without = new Set(delivers ? [] : newlyProposed(situation, { delivers: true }).map(({ id }) => id))
  const added = items.filter(({ id }) => !without.has(id))
  return fromItems(added, {
    what: `a \`${kind}\` source under \`signals\`${delivers ? '' : ', and a `delivery` whose versions it measures'}`,
    why: `bounds and triggers rest on ${signals.slice(0, 4).join(', ')}`,
    write: { signals: { [kind]: { kind, ...(example as object) } } },
  })
}

function configureDelivery(situation: Situation): NextStep | null {
  if (situation.config?.delivery) return null
  return fromItems(newlyProposed(situation, { delivers: true }), {
    what: 'a `delivery`',
    why: 'they measure versions, and nothing says yet what is delivered',
    write: null,
  })
}

function configureBackup(situation: Situation): NextStep | null {
  const [kind] = kindsOf('backup')
  if (!kind || Object.keys(situation.config?.backups ?? {}).length > 0) return null
  return fromItems(newlyProposed(situation, { backup: kind.id }), {
    what: 'an entry under `backups`',
    why: 'they ask for a backup to be taken',
    write: { backups: { database: { kind: kind.id, ...(kind.example as object) } } },
  })
}

/** What nobody answers for although a person could. Without a gonogo.yaml it is "gonogo init" that names somebody. */
function nameWhoIsAsked({ checklist, plan, config, covered }: Situation): NextStep | null {
  if (!plan || !config || config.defaults.ask) return null
  const open = new Set(plan.items.filter(({ binding }) => binding.type === 'unbound').map(({ item }) => item))
  const items = checklist.items.filter(
    ({ id, polarity }) => open.has(id) && covered.get(id) === 'person' && polarity === 'good',
  )
  const role = Object.keys(config.people)[0]
  return fromItems(items, {
    what: 'a role under `defaults.ask`',
    why: 'only a person can answer them, and nobody is asked',
    write: { defaults: { ask: role ?? 'release-manager' } },
  })
}

/** Items that nothing covers now and that would have a proposal. */
function newlyProposed({ checklist, plan, config, proposals, covered }: Situation, supposed: Supposed): Item[] {
  const then = proposeBindings(checklist, plan, config, supposed)
  return checklist.items.filter(({ id }) => covered.get(id) === 'unverifiable' && then.has(id) && !proposals.has(id))
}

/** Where nothing covers several at once: a trigger nothing watches, what a machine could tell, what is left. */
function single({ checklist, covered }: Situation): NextStep | null {
  const parents = new Set(checklist.items.map(({ parent }) => parent))
  const open = checklist.items.filter(({ id }) => covered.get(id) === 'unverifiable' && !parents.has(id))
  const candidates: [Item | undefined, string][] = [
    [open.find(isTrigger), 'a rollback trigger that nothing watches yet'],
    [open.find(({ verifiable }) => verifiable === 'machine'), 'a machine could tell'],
    [open.find(({ verifiable }) => verifiable === 'action'), 'nobody said how it is done'],
    [open[0], 'nobody said how'],
  ]
  const [item, why] = candidates.find(([candidate]) => candidate) ?? []
  return item && why ? { ...step([item], item), what: `a binding for ${item.id}`, why } : null
}

function fromItems(items: readonly Item[], said: Pick<NextStep, 'what' | 'why' | 'write'>): NextStep | null {
  const [first] = items
  return first ? { ...step(items, items.find(isTrigger) ?? first), ...said } : null
}

function step(items: readonly Item[], first: Item): NextStep {
  const { id, line, text } = first
  return {
    what: '',
    why: '',
    covers: items.length,
    items: items.map((item) => item.id),
    command: null,
    write: null,
    item: id,
    line,
    text,
    proposed: false,
  }
}

function isTrigger({ kind }: Item): boolean {
  return kind === 'trigger'
}
