// Reading gonogo.yaml: every problem is named with file, line and key, before anything else happens.
import { readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { LineCounter, isMap, isNode, isScalar, isSeq, parseDocument, type Document } from 'yaml'
import { loadKinds, loadSome, type LineFamily } from '../catalog/catalog.ts'
import { issueError, masked } from '../catalog/issues.ts'
import { PlanError, codeOf, type PlanErrorPlace } from '../lib/errors.ts'
import { CONFIG_FILE } from './locate.ts'
import { familiesOf, singleKindsOf } from './families.ts'
import { loadRulesModule } from './rules-module.ts'
import { configSchema, type Config } from './schema.ts'
import { validationsOf } from './validate.ts'

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
  /** Where a key stands in gonogo.yaml, for errors that are found later. */
  placeOf(keys: readonly string[]): PlanErrorPlace
}

/**
 * Loads and validates the configuration of a project.
 * @throws PlanError with file, line and key.
 */
export async function loadProject(directory: string): Promise<Project> {
  const written = readConfig(directory)
  const singles = Object.entries(singleKindsOf(written.config)) as [LineFamily, string[]][]
  await Promise.all([loadKinds(familiesOf(written.config)), ...singles.map(([family, ids]) => loadSome(family, ids))])
  return validated(written)
}

/** The same, at once: the kinds that stand in it were loaded before. */
export function readProject(directory: string): Project {
  return validated(readConfig(directory))
}

interface Written {
  directory: string
  configPath: string
  file: string
  document: Document
  lines: LineCounter
  written: unknown
  config: Config
}

/** What is written, in the shape of the schema; options of kinds are not looked at yet. */
function readConfig(directory: string): Written {
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
  const written = withRules(directory, document.toJS() ?? {}, { file, ...lineOf(document, lines, ['rulesFrom']) })
  const parsed = configSchema.safeParse(written)
  if (!parsed.success)
    throw withLine(issueError(parsed.error, { file }, configSchema, withoutSecrets(written)), document, lines)
  return { directory, configPath, file, document, lines, written, config: parsed.data }
}

function validated({ directory, configPath, file, document, lines, written, config }: Written): Project {
  for (const { keys, validate } of validationsOf(config)) {
    try {
      validate({ file, path: keys.join('/') })
    } catch (error) {
      throw error instanceof PlanError ? withLine(error, document, lines) : error
    }
  }
  return {
    directory,
    configPath,
    stateDirectory: resolve(directory, config.stateDirectory),
    config,
    written,
    placeOf: (keys) => ({ file, path: keys.join('/'), ...lineOf(document, lines, keys) }),
  }
}

/** What stands in gonogo.yaml and the module of rules it names: reviewed and locked as one. */
function withRules(directory: string, written: unknown, place: PlanErrorPlace): unknown {
  const { rulesFrom, rules } = (written ?? {}) as { rulesFrom?: unknown; rules?: Record<string, unknown> }
  if (typeof rulesFrom !== 'string' || rulesFrom === '') return written
  const declared = loadRulesModule(directory, rulesFrom, { ...place, path: 'rulesFrom' })
  const [twice] = Object.keys(declared).filter((name) => Object.hasOwn(rules ?? {}, name))
  if (twice !== undefined)
    throw new PlanError(`rule "${twice}" is also declared in ${rulesFrom}`, { ...place, path: `rules/${twice}` })
  return { ...(written as object), rules: { ...declared, ...rules } }
}

/** A secret that was written out instead of referred to is not repeated in an error. */
function withoutSecrets(written: unknown): unknown {
  const isObject = typeof written === 'object' && written !== null && 'secrets' in written
  return isObject ? { ...written, secrets: masked(written.secrets) } : written
}

function readConfigText(configPath: string, file: string): string {
  try {
    return readFileSync(configPath, 'utf8')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw new PlanError(`cannot be read (${codeOf(error)})`, { file })
    throw new PlanError('there is no gonogo.yaml here or above', { file, hint: 'run "gonogo init" in the project' })
  }
}

/** The error with the line of the deepest key on its path that is there. */
function withLine(error: PlanError, document: Document, lines: LineCounter): PlanError {
  const { path } = error.place
  return path === undefined
    ? error
    : new PlanError(error.message, { ...error.place, ...lineOf(document, lines, path.split('/')) })
}

/**
 * Line of the deepest key of a path that is in the document. Item ids hold a `/`: parts are put together again where a
 * key of the document says so.
 */
function lineOf(document: Document, lines: LineCounter, keys: readonly string[]): { line?: number } {
  let node: unknown = document.contents
  let offset: number | null = null
  for (let index = 0; index < keys.length;) {
    const step = stepInto(node, keys.slice(index))
    if (!step) break
    node = step.node
    offset = step.offset ?? offset
    index += step.used
  }
  return offset === null ? {} : { line: lines.linePos(offset).line }
}

interface Step {
  node: unknown
  offset: number | null
  /** Parts of the path that this key is made of. */
  used: number
}

function stepInto(node: unknown, keys: readonly string[]): Step | null {
  if (isSeq(node)) {
    const item = node.items[Number(keys[0])]
    return isNode(item) ? { node: item, offset: item.range?.[0] ?? null, used: 1 } : null
  }
  if (!isMap(node)) return null
  for (let used = keys.length; used > 0; used--) {
    const name = keys.slice(0, used).join('/')
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name)
    if (pair) return { node: pair.value, offset: (isScalar(pair.key) && pair.key.range?.[0]) || 0, used }
  }
  return null
}
