// Reading gonogo.yaml: every problem is named with file, line and key, before anything else happens.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { LineCounter, parseDocument, type Document } from 'yaml'
import { findKind, issueError, parseOptions } from '../catalog/catalog.ts'
import { PlanError, codeOf, type PlanErrorPlace } from '../lib/errors.ts'
import { configSchema, type BindingEntry, type Config } from './schema.ts'

export const CONFIG_FILE = 'gonogo.yaml'

export interface Project {
  /** Directory of gonogo.yaml, absolute. */
  directory: string
  /** Absolute. */
  configPath: string
  /** Absolute. */
  stateDirectory: string
  config: Config
  /** As written, before defaults: what a lock is taken over. */
  written: unknown
}

/** The nearest directory upwards that holds gonogo.yaml, or null. */
export function findProject(from: string): string | null {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    if (existsSync(join(directory, CONFIG_FILE))) return directory
    if (dirname(directory) === directory) return null
  }
}

/**
 * Loads and validates the configuration of a project.
 * @throws PlanError with file, line and key.
 */
export function loadProject(directory: string): Project {
  const configPath = join(directory, CONFIG_FILE)
  const file = relative(process.cwd(), configPath) || CONFIG_FILE
  const text = readConfigText(configPath, file)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [syntax] = document.errors
  if (syntax) {
    const message = syntax.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'not YAML'
    throw new PlanError(message, { file, line: lines.linePos(syntax.pos[0]).line, expected: 'valid YAML' })
  }
  const written: unknown = document.toJS() ?? {}
  const parsed = configSchema.safeParse(written)
  if (!parsed.success)
    throw withLine(issueError(parsed.error, { file }), document, lines, parsed.error.issues[0]?.path ?? [])
  for (const { keys, validate } of kindValidations(parsed.data)) {
    try {
      validate({ file, path: keys.join('/') })
    } catch (error) {
      if (!(error instanceof PlanError)) throw error
      const deeper = error.place.path?.slice(keys.join('/').length + 1).split('/') ?? []
      throw withLine(error, document, lines, [...keys, ...deeper])
    }
  }
  return {
    directory,
    configPath,
    stateDirectory: resolve(directory, parsed.data.stateDirectory),
    config: parsed.data,
    written,
  }
}

function readConfigText(configPath: string, file: string): string {
  try {
    return readFileSync(configPath, 'utf8')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw new PlanError(`cannot be read (${codeOf(error)})`, { file })
    throw new PlanError('there is no gonogo.yaml here or above', { file, hint: 'run "gonogo init" in the project' })
  }
}

interface Validation {
  keys: string[]
  validate: (place: PlanErrorPlace) => void
}

/** Every `kind`, `check` and `action` exists, its options fit its schema, and names refer to something. */
function kindValidations(config: Config): Validation[] {
  const validations: Validation[] = []
  const add = (keys: string[], validate: Validation['validate']): number => validations.push({ keys, validate })
  const families = { targets: 'target', routers: 'router', backups: 'backup', signals: 'source' } as const
  for (const section of Object.keys(families) as (keyof typeof families)[]) {
    for (const [name, { kind, ...options }] of Object.entries(config[section])) {
      add([section, name], (place) => parseOptions(findKind(families[section], kind, place).options, options, place))
    }
  }
  const { delivery, defaults, people } = config
  if (delivery) {
    const { kind, ...options } = delivery.strategy
    add(['delivery', 'strategy'], (place) => parseOptions(findKind('strategy', kind, place).options, options, place))
    add(['delivery', 'target'], (place) => requireName(config.targets, delivery.target, place, 'targets'))
    add(['delivery', 'router'], (place) => requireName(config.routers, delivery.router, place, 'routers'))
    add(['delivery', 'approver'], (place) => requireName(people, delivery.approver, place, 'people'))
    const { restore } = delivery
    if (restore) add(['delivery', 'restore'], (place) => requireName(config.backups, restore, place, 'backups'))
  }
  const { ask } = defaults
  if (ask) add(['defaults', 'ask'], (place) => requireName(people, ask, place, 'people'))
  for (const [id, entry] of Object.entries(config.bindings)) {
    add(['bindings', id], (place) => validateBinding(config, entry, place))
  }
  return validations
}

function validateBinding(config: Config, entry: BindingEntry, place: PlanErrorPlace): void {
  switch (entry.form) {
    case 'check':
      parseOptions(findKind('check', entry.value.check, place).options, entry.value.with, place)
      break
    case 'action':
      parseOptions(findKind('action', entry.value.action, place).options, entry.value.with, place)
      break
    case 'backup':
      requireName(config.backups, entry.value.backup, place, 'backups')
      break
    case 'poll':
      requireName(config.people, entry.value.poll, place, 'people')
      break
    case 'rollout':
      if (!config.delivery)
        throw new PlanError('there is no delivery to roll out', { ...place, hint: 'add a "delivery" section' })
      break
    default:
  }
}

function requireName(section: Record<string, unknown>, name: string, place: PlanErrorPlace, title: string): void {
  if (name in section) return
  const names = Object.keys(section)
  throw new PlanError(`"${name}" is not defined`, {
    ...place,
    expected: names.length > 0 ? `one of ${title}: ${names.join(', ')}` : `a name under "${title}", which is empty`,
  })
}

/** The error with the line of the deepest key that exists on its path. */
function withLine(error: PlanError, document: Document, lines: LineCounter, path: readonly PropertyKey[]): PlanError {
  for (let depth = path.length; depth > 0; depth--) {
    const keys = path.slice(0, depth).map((key) => (typeof key === 'symbol' ? String(key) : key))
    const node = document.getIn(keys, true) as { range?: [number, number, number] } | undefined
    if (node?.range) return new PlanError(error.message, { ...error.place, line: lines.linePos(node.range[0]).line })
  }
  return error
}
