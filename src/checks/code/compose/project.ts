// A compose project as one tree: its files put over each other, `extends` and `include` followed, variables filled in.
import { dirname, relative, resolve, sep } from 'node:path'
import { parseEnv } from 'node:util'
import { readBoundedFile } from '../../../lib/bounded-file.ts'
import { codeOf, messageOf } from '../../../lib/errors.ts'

export type Tree = Record<string, unknown>

/** It is wrong, as whoever starts it would be told. */
export class WrongProject extends Error {}

/** It cannot be judged from here: unreadable, too deep, or on another host. */
export class UntoldProject extends Error {}

export interface Project {
  services: ReadonlyMap<string, Tree>
  volumes: Tree
  /** Variables that are set nowhere and have no default: compose takes them for empty. */
  unset: ReadonlySet<string>
}

const FILE_BYTES_MAX = 1 << 20
const FILES_MAX = 50
const DEPTH_MAX = 20
/** One value goes over the other; lists of anything else are put together. */
const REPLACED = new Set(['command', 'entrypoint', 'test'])

interface Reading {
  directory: string
  env: Readonly<Record<string, string | undefined>>
  unset: Set<string>
  files: number
}

/** Reads a project. @throws WrongProject, UntoldProject */
export async function readProject(
  files: readonly string[],
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Project> {
  const first = dirname(resolve(directory, files[0] ?? '.'))
  const reading: Reading = { directory, env: { ...(await envFileOf(first)), ...env }, unset: new Set(), files: 0 }
  let all: Tree = {}
  for (const file of files) all = merge(all, await readFile(resolve(directory, file), reading, 0)) as Tree
  const services = isTree(all['services']) ? all['services'] : {}
  for (const [name, service] of Object.entries(services))
    if (!isTree(service)) throw new WrongProject(`service ${name} is no mapping`)
  return {
    services: new Map(Object.entries(services) as [string, Tree][]),
    volumes: isTree(all['volumes']) ? all['volumes'] : {},
    unset: reading.unset,
  }
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function envFileOf(directory: string): Promise<Record<string, string | undefined>> {
  try {
    return parseEnv((await readBoundedFile(resolve(directory, '.env'), FILE_BYTES_MAX)).text)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {}
    throw new UntoldProject(`.env: ${messageOf(error)}`)
  }
}

async function readFile(path: string, reading: Reading, depth: number): Promise<Tree> {
  const name = relative(reading.directory, path) || path
  if (depth > DEPTH_MAX || ++reading.files > FILES_MAX)
    throw new UntoldProject(`${name}: files that take in each other without end`)
  const tree = await parseFile(path, name, reading)
  const services = isTree(tree['services']) ? tree['services'] : {}
  const whole: Tree = { ...tree, services: {} }
  for (const [service, written] of Object.entries(services))
    (whole['services'] as Tree)[service] = isTree(written)
      ? await extended(written, service, services, path, reading, depth)
      : written
  let included: Tree = {}
  for (const entry of Array.isArray(tree['include']) ? tree['include'] : []) {
    const paths = [isTree(entry) ? entry['path'] : entry].flat()
    for (const other of paths)
      included = merge(included, await readFile(beside(path, other), reading, depth + 1)) as Tree
  }
  return merge(included, whole) as Tree
}

async function parseFile(path: string, name: string, reading: Reading): Promise<Tree> {
  let text: string
  try {
    text = (await readBoundedFile(path, FILE_BYTES_MAX)).text
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new WrongProject(`there is no ${name}`)
    throw new UntoldProject(`${name}: ${messageOf(error)}`)
  }
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text, {
    merge: true,
    logLevel: 'error',
    customTags: ['reset', 'override'].map((tag) => laterTag(tag)),
  })
  const [problem] = document.errors
  if (problem) throw new WrongProject(`${name} is no YAML: ${problem.message.split('\n')[0]?.slice(0, 200)}`)
  let tree: unknown
  try {
    tree = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    throw new WrongProject(`${name}: ${messageOf(error)}`)
  }
  if (!isTree(tree)) throw new WrongProject(`${name} is no mapping`)
  return filled(tree, reading, 0) as Tree
}

/** `!reset` and `!override` change how files are put together: what they are put on is read as if they were not there. */
function laterTag(name: string): { tag: string; resolve(value: string): unknown } {
  return { tag: `!${name}`, resolve: (value) => (name === 'reset' ? null : value) }
}

async function extended(
  service: Tree,
  name: string,
  services: Tree,
  path: string,
  reading: Reading,
  depth: number,
): Promise<Tree> {
  const { extends: from, ...own } = service
  if (from === undefined || from === null) return own
  if (depth > DEPTH_MAX) throw new WrongProject(`service ${name} extends itself`)
  const other = isTree(from) ? String(from['service']) : String(from)
  const file = isTree(from) && from['file'] !== undefined ? beside(path, from['file']) : null
  const place = file ?? path
  const among = file === null ? services : await parseOther(file, reading)
  const base = among[other]
  if (!isTree(base)) throw new WrongProject(`service ${name} extends ${other}, which is not there`)
  return merge(await extended(base, other, among, place, reading, depth + 1), own) as Tree
}

async function parseOther(file: string, reading: Reading): Promise<Tree> {
  if (++reading.files > FILES_MAX) throw new UntoldProject('files that extend each other without end')
  const { services } = await parseFile(file, relative(reading.directory, file) || file, reading)
  return isTree(services) ? services : {}
}

function beside(path: string, other: unknown): string {
  if (typeof other !== 'string' || /^[a-z][a-z0-9+.-]*:\/\//i.test(other) || other.startsWith('git@'))
    throw new UntoldProject(`${String(other)} lies on another host`)
  return resolve(dirname(path), other.split('/').join(sep))
}

function merge(under: unknown, over: unknown, key = '', depth = 0): unknown {
  if (over === undefined) return under
  if (depth > DEPTH_MAX) return over
  if (isTree(under) && isTree(over)) {
    const merged: Tree = { ...under }
    for (const [name, value] of Object.entries(over)) merged[name] = merge(under[name], value, name, depth + 1)
    return merged
  }
  if (Array.isArray(under) && Array.isArray(over) && !REPLACED.has(key)) return [...under, ...over]
  return over
}

const VARIABLE = /\$\$|\$\{([A-Za-z_]\w*)(?:(:?[-?+])((?:[^{}]|\{[^{}]*\})*))?\}|\$([A-Za-z_]\w*)/g

/** The tree with `${NAME}`, `${NAME:-default}` and their like in its texts filled in. */
function filled(value: unknown, reading: Reading, depth: number): unknown {
  if (depth > 2 * DEPTH_MAX) throw new UntoldProject('it is nested too deep')
  if (Array.isArray(value)) return value.map((entry) => filled(entry, reading, depth + 1))
  if (isTree(value))
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, filled(entry, reading, depth + 1)]))
  if (typeof value !== 'string') return value
  return value.replaceAll(VARIABLE, (written, braced?: string, operator?: string, otherwise = '', bare?: string) => {
    const name = braced ?? bare
    if (name === undefined) return written === '$$' ? '$' : written
    const set = Object.hasOwn(reading.env, name) ? reading.env[name] : undefined
    const isSet = operator?.startsWith(':') ? Boolean(set) : set !== undefined
    if (operator?.endsWith('+')) return isSet ? otherwise : ''
    if (isSet) return set ?? ''
    if (operator?.endsWith('-'))
      return otherwise.replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (_: string, inner: string) => reading.env[inner] ?? '')
    reading.unset.add(name)
    return ''
  })
}
