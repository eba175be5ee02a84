// The layer table and a walk over real imports that enforces it. The same table stands in ARCHITECTURE.md.
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { parseSync } from 'oxc-parser'

/** Folder → folders it may import from, besides itself, `lib` and `plan`. */
export const LAYERS: Record<string, readonly string[]> = {
  lib: [],
  plan: [],
  checklist: [],
  report: [],
  migrations: [],
  checks: ['migrations'],
  actions: ['migrations'],
  targets: [],
  routers: [],
  databases: [],
  consistency: ['databases'],
  backups: ['databases'],
  signals: [],
  strategies: [],
  verdict: [],
  guards: ['verdict'],
  catalog: [
    'checks',
    'actions',
    'targets',
    'routers',
    'databases',
    'consistency',
    'backups',
    'signals',
    'strategies',
    'guards',
  ],
  config: ['catalog', 'guards'],
  planning: ['catalog', 'config', 'guards', 'verdict', 'checklist'],
  conduct: ['catalog', 'guards', 'checks', 'actions', 'targets', 'routers', 'backups', 'signals', 'strategies'],
  durable: ['conduct/ports.ts'],
  store: ['conduct/ports.ts'],
  app: [
    'catalog',
    'config',
    'planning',
    'conduct',
    'guards',
    'durable',
    'store',
    'checklist',
    'report',
    'signals',
    'databases',
    'consistency',
    'backups',
    'routers',
    'targets',
  ],
  cli: [
    'app',
    'catalog',
    'config',
    'planning',
    'conduct',
    'store',
    'checklist',
    'report',
    'guards',
    'signals',
    'databases',
    'consistency',
    'backups',
  ],
}

export interface Source {
  /** Path below `src/`, with `/`. */
  path: string
  text: string
}

/** Every TypeScript file below a folder, tests left out. */
export function readSources(src: string): Source[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !/(^|[\\/.])fixtures?[\\/.]/.test(path))
    .map((path) => ({ path: path.split(sep).join('/'), text: readFileSync(join(src, path), 'utf8') }))
}

/** Imports that the layer table does not allow, as `from -> to`. */
export function findBreaks(sources: readonly Source[]): string[] {
  const kinds = kindsOf(sources)
  return sources.flatMap(({ path, text }) =>
    importsOf(path, text)
      .filter((target) => !isAllowed(path, target) || isSiblingKind(path, target, kinds))
      .map((target) => `${path} -> ${target}`),
  )
}

/** The file of every kind: what the catalogue's lists export. */
function kindsOf(sources: readonly Source[]): string[] {
  const lists = sources.filter(({ path }) => path.startsWith('catalog/') && path !== 'catalog/catalog.ts')
  const families = LAYERS.catalog ?? []
  return lists
    .flatMap(({ path, text }) => importsOf(path, text))
    .filter((target) => families.includes(target.split('/')[0] ?? '') && !isContract(target))
}

function isContract(path: string): boolean {
  return /^(checks\/check|actions\/action|targets\/target|routers\/router|backups\/backup|databases\/database|consistency\/rule|consistency\/fix\/fix|signals\/source|strategies\/strategy)\.ts$/.test(
    path,
  )
}

/** What was read of each file, with the text it was read from: planted breaks leave all others as they are. */
const known = new Map<string, { text: string; imports: string[] }>()

/** Files below `src/` that a file imports, statically or by `import()`. */
export function importsOf(path: string, text: string): string[] {
  const before = known.get(path)
  if (before?.text === text) return before.imports
  const imports = readImports(path, text)
  known.set(path, { text, imports })
  return imports
}

function readImports(path: string, text: string): string[] {
  const { module } = parseSync(path, text)
  const specifiers = [
    ...module.staticImports.map((entry) => entry.moduleRequest.value),
    ...module.staticExports.flatMap((entry) =>
      entry.entries.flatMap((one) => (one.moduleRequest ? [one.moduleRequest.value] : [])),
    ),
    ...module.dynamicImports.map((entry) =>
      text.slice(entry.moduleRequest.start, entry.moduleRequest.end).replaceAll(/['"`]/g, ''),
    ),
  ]
  return [...new Set(specifiers)]
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => resolveBelow(path, specifier))
}

function resolveBelow(path: string, specifier: string): string {
  return relative('/', resolve('/', dirname(path), specifier))
    .split(sep)
    .join('/')
}

function isAllowed(from: string, to: string): boolean {
  const [folder = ''] = from.split('/')
  const [target = ''] = to.split('/')
  if (target === folder || target === 'lib') return true
  if (target === 'plan') return folder !== 'lib'
  return (LAYERS[folder] ?? []).some((allowed) => allowed === target || allowed === to)
}

/** A kind, or a part in the folder of its name, never imports another kind of its family or that one's parts. */
function isSiblingKind(from: string, to: string, kinds: readonly string[]): boolean {
  const owner = (path: string): string | undefined =>
    kinds.find((kind) => path === kind || path.startsWith(`${kind.replace(/\.ts$/, '')}/`))
  const own = owner(from)
  const other = owner(to)
  const family = (path: string): string | undefined => path.split('/')[0]
  return own !== undefined && other !== undefined && own !== other && family(own) === family(other)
}
