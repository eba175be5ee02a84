// What a schema alone cannot tell of gonogo.yaml: kinds exist and take these options, and every name refers to something.
import { findKind, parseOptions, type Family } from '../catalog/catalog.ts'
import { masked } from '../catalog/issues.ts'
import { PlanError, type PlanErrorPlace } from '../lib/errors.ts'
import { nearest } from '../lib/nearest.ts'
import { deliveredServices, requireCounters, requirePairing, stagesOf } from './delivered-services.ts'
import type { BindingEntry, Config, GuardEntry, RuleEntry } from './schema.ts'
import { configuredSignals, kindsGiving, requireOwnSignals, sourceOptions } from './signals.ts'

/** One thing to make sure of, and the keys it stands under. `validate` throws a PlanError, whose path may go deeper. */
export interface Validation {
  keys: string[]
  validate: (place: PlanErrorPlace) => void
}

type Add = (keys: string[], validate: Validation['validate']) => void

/** Everything to make sure of, in the order in which a person would want to be told. */
export function validationsOf(config: Config): Validation[] {
  const validations: Validation[] = []
  const add: Add = (keys, validate) => void validations.push({ keys, validate })
  addKinds(config, add)
  addData(config, add)
  addBackupRules(config, add)
  addDelivery(config, add)
  const { ask } = config.defaults
  if (ask) add(['defaults', 'ask'], (place) => requireName(config.people, ask, place, 'people'))
  for (const [name, entry] of Object.entries(config.guards))
    add(['guards', name], (place) => validateGuard(config, entry, place))
  for (const [id, entry] of Object.entries(config.bindings))
    add(['bindings', id], (place) => validateBinding(config, entry, place))
  return validations
}

function addKinds(config: Config, add: Add): void {
  const families = {
    targets: 'target',
    routers: 'router',
    backups: 'backup',
    graphs: 'graph',
  } as const
  for (const section of Object.keys(families) as (keyof typeof families)[]) {
    for (const [name, { kind, ...options }] of Object.entries(config[section]))
      add([section, name], (place) => validateKind(families[section], 'kind', kind, options, place))
  }
  for (const [name, entry] of Object.entries(config.signals))
    add(['signals', name], (place) => {
      validateKind('source', 'kind', entry.kind, sourceOptions(entry), place)
      requireOwnSignals(config, name, place)
      if (entry.kind === 'router') requireCounters(config, entry, place)
    })
}

/** What a backup calls `rules` is the database whose rules are judged on its copies. */
function addBackupRules(config: Config, add: Add): void {
  for (const [name, { rules }] of Object.entries(config.backups))
    if (typeof rules === 'string')
      add(['backups', name], (place) => {
        requireName(config.databases, rules, below(place, 'rules'), 'databases')
        requireRulesOf(config, rules, below(place, 'rules'))
      })
}

function requireRulesOf({ databases, rules }: Config, database: string, place: PlanErrorPlace): void {
  const usual = Object.keys(databases).length === 1 ? database : null
  if (Object.values(rules).some((rule) => (rule.database ?? usual) === database)) return
  throw new PlanError(`no rules are declared for the database "${database}"`, {
    ...place,
    expected: 'a section "rules"',
    hint: `"gonogo data init ${database}" proposes some`,
  })
}

/** Databases and the rules over them; what is said for every kind is not an option of the kind. */
function addData({ databases, rules }: Config, add: Add): void {
  for (const [name, { kind, expectedSchema: _, performance: __, ...options }] of Object.entries(databases))
    add(['databases', name], (place) => validateKind('database', 'kind', kind, options, place))
  for (const [name, entry] of Object.entries(rules)) {
    add(['rules', name], (place) => {
      requireDatabase(databases, entry.database, place)
      validateKind('rule', 'kind', entry.kind, ruleOptions(entry), place)
      if (entry.fix) validateKind('fix', 'kind', entry.fix.kind, without(entry.fix, 'kind'), below(place, 'fix'))
    })
  }
}

/** The options of a rule's own kind. */
export function ruleOptions(entry: RuleEntry): Record<string, unknown> {
  return without(entry, 'kind', 'database', 'max', 'severity', 'fix')
}

function without(entry: Record<string, unknown>, ...keys: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !keys.includes(key)))
}

function requireDatabase(databases: Config['databases'], name: string | undefined, place: PlanErrorPlace): void {
  if (name !== undefined) return requireName(databases, name, below(place, 'database'), 'databases')
  const names = Object.keys(databases)
  if (names.length === 1) return
  throw new PlanError(
    names.length === 0 ? 'there is no database it could be about' : 'does not say of which database',
    {
      ...place,
      expected: names.length === 0 ? 'a section "databases"' : `"database: NAME", one of ${names.join(', ')}`,
    },
  )
}

function addDelivery(config: Config, add: Add): void {
  const { delivery, people, backups, guards, bindings } = config
  if (!delivery) return
  const { kind, ...options } = delivery.strategy
  add(['delivery', 'strategy'], (place) => validateKind('strategy', 'kind', kind, options, place))
  addServices(config, delivery, add)
  add(['delivery', 'approver'], (place) => requireName(people, delivery.approver, place, 'people'))
  if (delivery.verdict) add(['delivery', 'verdict'], (place) => requireVerdictGuard(guards, bindings, place))
  const { restore } = delivery
  if (restore !== null) add(['delivery', 'restore'], (place) => requireName(backups, restore, place, 'backups'))
}

/** Names are there, and what they name can be conducted together. */
function addServices(config: Config, delivery: NonNullable<Config['delivery']>, add: Add): void {
  add(['delivery', 'services'], () => void deliveredServices(delivery))
  const written = Object.entries(delivery.services).map(([name, { target, router }]) => ({ name, target, router }))
  const { target = '', router } = delivery
  for (const service of written.length > 0 ? written : [{ name: '', target, router }]) {
    const keys = service.name === '' ? ['delivery'] : ['delivery', 'services', service.name]
    add([...keys, 'target'], (place) => requireName(config.targets, service.target, place, 'targets'))
    const { router: own } = service
    if (own !== undefined) add([...keys, 'router'], (place) => requireName(config.routers, own, place, 'routers'))
    const before = written.slice(
      0,
      written.findIndex(({ name }) => name === service.name),
    )
    for (const key of ['target', 'router'] as const)
      add([...keys, key], (place) => requireOwn(key, service[key], before, place))
    add([...keys, 'router'], (place) => {
      const planned = deliveredServices(delivery).find(({ name }) => name === service.name)
      if (planned) requirePairing(config, planned, place)
    })
  }
}

/** Two services that share one would move each other's traffic. */
function requireOwn(
  key: 'target' | 'router',
  name: string | undefined,
  before: readonly { name: string; target?: string; router?: string | undefined }[],
  place: PlanErrorPlace,
): void {
  const other = name === undefined ? undefined : before.find((service) => service[key] === name)
  if (!other) return
  throw new PlanError(`"${name}" is the ${key} of ${other.name} already`, { ...place, expected: `a ${key} of its own` })
}

function requireVerdictGuard(guards: Config['guards'], bindings: Config['bindings'], place: PlanErrorPlace): void {
  const bound = Object.values(bindings).flatMap((entry) => (entry.form === 'guard' ? entry.value.guard : []))
  if ([...Object.values(guards), ...bound].some(({ kind }) => kind === 'verdict')) return
  throw new PlanError('there is no guard whose verdict it could be', {
    ...place,
    expected: 'a guard of kind "verdict"',
    hint: 'add one: "guards: { canary: { kind: verdict } }"',
  })
}

/** The kind exists, and takes these options. */
function validateKind(family: Family, key: string, id: string, options: unknown, place: PlanErrorPlace): void {
  const kind = findKind(family, id, below(place, key))
  const inWith = key === 'kind' ? place : below(place, 'with')
  parseOptions<unknown>(
    kind.options,
    options,
    inWith,
    withoutSecrets(options, 'secretFields' in kind ? kind.secretFields : []),
  )
}

/** Options as an error may show them: what the kind calls a secret is hidden, at any depth, even where it was written out. */
function withoutSecrets(options: unknown, secretFields: readonly string[]): unknown {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return options
  const entries = Object.entries(options).map(([key, value]) => [
    key,
    secretFields.includes(key) ? masked(value) : withoutSecrets(value, secretFields),
  ])
  return Object.fromEntries(entries)
}

function validateBinding(config: Config, entry: BindingEntry, place: PlanErrorPlace): void {
  switch (entry.form) {
    case 'check':
      validateKind('check', 'check', entry.value.check, entry.value.with, place)
      requirePerson(config, entry.value.waive?.by, below(place, 'waive'))
      requireEnvironments(config, entry.value.when?.environment ?? [], below(below(place, 'when'), 'environment'))
      return requireReferences(config, findKind('check', entry.value.check, place), entry.value.with, place)
    case 'action':
      validateKind('action', 'action', entry.value.action, entry.value.with, place)
      return requireReferences(config, findKind('action', entry.value.action, place), entry.value.with, place)
    case 'backup':
      return requireName(config.backups, entry.value.backup, below(place, 'backup'), 'backups')
    case 'poll':
      return requireName(config.people, entry.value.poll, below(place, 'poll'), 'people')
    case 'rollout':
      return requireStage(config, entry.value.rollout, below(place, 'rollout'))
    case 'watch':
      for (const { signal } of entry.value.watch) requireSignal(config, signal, below(place, 'watch'))
      return
    case 'guard':
      for (const guard of entry.value.guard) validateGuard(config, guard, below(place, 'guard'))
      return
    default:
  }
}

/** Who waives is somebody that the people of the project know. */
function requirePerson({ people }: Config, name: string | undefined, place: PlanErrorPlace): void {
  const known = [...new Set(Object.values(people).flat())]
  if (name === undefined || known.includes(name)) return
  const suggestion = nearest(name, known)
  throw new PlanError(`"${name}" is nobody of the section "people"`, {
    ...place,
    expected: known.length > 0 ? `one of ${known.join(', ')}` : 'a section "people"',
    ...(suggestion ? { hint: `did you mean "${suggestion}"?` } : {}),
  })
}

const SECTION_OF = { database: 'databases', backup: 'backups', rules: 'rules' } as const

/** Options of a kind that are names of other sections: each must be there. */
function requireReferences(
  config: Config,
  { refersTo = [] }: { refersTo?: readonly (keyof typeof SECTION_OF)[] },
  given: Record<string, unknown>,
  place: PlanErrorPlace,
): void {
  for (const option of refersTo)
    for (const name of [given[option] ?? []].flat())
      requireName(config[SECTION_OF[option]], String(name), below(below(place, 'with'), option), SECTION_OF[option])
}

function validateGuard(config: Config, entry: GuardEntry, place: PlanErrorPlace): void {
  const kind = findKind('guard', entry.kind, below(place, 'kind'))
  const options = parseOptions(kind.options, guardOptions(entry), place, guardOptions(entry))
  for (const { signal } of kind.series(options)) requireSignal(config, signal, place)
  if (entry.restoreData && !config.delivery?.restore) {
    throw new PlanError('there is no backup to restore the data from', {
      ...below(place, 'restoreData'),
      hint: 'name one: "restore" under "delivery"',
    })
  }
}

/** The options of a guard's own kind. */
export function guardOptions(entry: GuardEntry): Record<string, unknown> {
  return without(entry, 'kind', 'title', 'severity', 'restoreData', 'unknownMax')
}

function requireSignal(config: Config, signal: string, place: PlanErrorPlace): void {
  const given = [...configuredSignals(config).keys()]
  if (given.includes(signal)) return
  const suggestion = nearest(signal, given)
  const [kind] = kindsGiving(signal)
  const remedy = kind ? `a source of kind "${kind}" under "signals" gives it` : null
  const hint = suggestion ? `did you mean "${suggestion}"?` : remedy
  throw new PlanError(`no source gives the signal "${signal}"`, {
    ...place,
    expected: given.length > 0 ? `one of ${given.join(', ')}` : 'a source under "signals", which is empty',
    ...(hint ? { hint } : {}),
  })
}

function requireStage(config: Config, name: string | true, place: PlanErrorPlace): void {
  if (!config.delivery)
    throw new PlanError('there is no delivery to roll out', { ...place, hint: 'add a "delivery" section' })
  if (name === true) return
  const names = stagesOf(config.delivery).map((stage) => stage.name)
  if (names.includes(name)) return
  const suggestion = nearest(name, names)
  throw new PlanError(`the strategy has no stage "${name}"`, {
    ...place,
    expected: `true, or one of ${names.join(', ')}`,
    ...(suggestion ? { hint: `did you mean "${suggestion}"?` } : {}),
  })
}

/** One that cannot be chosen would skip the check for ever. */
function requireEnvironments(config: Config, wanted: readonly string[], place: PlanErrorPlace): void {
  const known = { [config.environment]: {}, ...config.environments }
  for (const name of wanted) requireName(known, name, place, 'environments')
}

function requireName(section: Record<string, unknown>, name: string, place: PlanErrorPlace, title: string): void {
  if (Object.hasOwn(section, name)) return
  const names = Object.keys(section)
  const suggestion = nearest(name, names)
  throw new PlanError(`"${name}" is not defined`, {
    ...place,
    expected: names.length > 0 ? `one of ${title}: ${names.join(', ')}` : `a name under "${title}", which is empty`,
    ...(suggestion ? { hint: `did you mean "${suggestion}"?` } : {}),
  })
}

function below(place: PlanErrorPlace, key: string): PlanErrorPlace {
  return { ...place, path: [place.path, key].filter(Boolean).join('/') }
}
