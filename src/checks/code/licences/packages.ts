// Which packages a Node project has installed, with what they say of their licence: from the lockfile of npm, else by walking node_modules.
import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { managerOf, readPackageJson, type PackageJson } from '../node-project.ts'
import { readReport, Unreadable } from '../report-file.ts'

const PACKAGES_MAX = 20_000

export interface Installed {
  name: string
  version: string
  /** As the package says; null where it says nothing. */
  licence: string | null
}

const lock = z.object({
  lockfileVersion: z.number(),
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.unknown().optional(),
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
      link: z.boolean().optional(),
      name: z.string().optional(),
    }),
  ),
})

/** @throws Unreadable where it is not known what is installed. */
export async function packagesOf(directory: string, production: boolean): Promise<Installed[]> {
  const project = await readPackageJson(directory)
  const isNpm = (await managerOf(directory, project)) === 'npm'
  const found = isNpm ? await inLockfile(directory, production) : null
  return found ?? (await inModules(directory, project, production))
}

/** Null where the lockfile is older than npm 7 and says too little. */
async function inLockfile(directory: string, production: boolean): Promise<Installed[] | null> {
  const { text } = await readReport(directory, 'package-lock.json')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Unreadable('package-lock.json is not JSON')
  }
  const parsed = lock.safeParse(value)
  if (!parsed.success || parsed.data.lockfileVersion < 2) return null
  const entries = Object.entries(parsed.data.packages).filter(
    ([path, { link, dev }]) => path.includes('node_modules/') && !link && !(production && dev),
  )
  if (entries.length > PACKAGES_MAX) throw new Unreadable(`more than ${PACKAGES_MAX} packages`)
  const installed: Installed[] = []
  for (const [path, entry] of entries) {
    const name = entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const licence = licenceIn({ license: entry.license }) ?? (await licenceInFolder(directory, path))
    installed.push({ name, version: entry.version ?? '', licence })
  }
  return installed
}

async function licenceInFolder(directory: string, path: string): Promise<string | null> {
  // A lockfile that points elsewhere is not followed there.
  if (path.split('/').includes('..')) return null
  try {
    return licenceIn(await readPackageJson(join(directory, path)))
  } catch (error) {
    if (error instanceof Unreadable) return null
    throw error
  }
}

interface Step {
  name: string
  /** Where it is asked for. */
  from: string
  isOptional: boolean
}

/** From the project's own dependencies on, as Node would find them: whatever laid them there. */
async function inModules(directory: string, project: PackageJson, production: boolean): Promise<Installed[]> {
  const installed = new Map<string, Installed>()
  const top = await realpath(directory)
  const steps = [
    ...stepsOf(project, top),
    ...(production
      ? []
      : Object.keys(project.devDependencies ?? {}).map((name) => ({ name, from: top, isOptional: false }))),
  ]
  for (let step = steps.pop(); step; step = steps.pop()) {
    const folder = await folderOf(step)
    if (folder === null) {
      if (step.isOptional) continue
      throw new Unreadable(`${step.name} is not installed: its licence is not known`)
    }
    if (installed.has(folder)) continue
    if (installed.size >= PACKAGES_MAX) throw new Unreadable(`more than ${PACKAGES_MAX} packages`)
    const found = await readPackageJson(folder)
    installed.set(folder, { name: found.name ?? step.name, version: found.version ?? '', licence: licenceIn(found) })
    steps.push(...stepsOf(found, folder))
  }
  return [...installed.values()]
}

function stepsOf({ dependencies = {}, optionalDependencies = {} }: PackageJson, from: string): Step[] {
  const optional = new Set(Object.keys(optionalDependencies))
  return [...new Set([...Object.keys(dependencies), ...optional])]
    .filter((name) => /^(?:@[\w.-]+\/)?[\w.-]+$/.test(name) && !name.split('/').includes('..'))
    .map((name) => ({ name, from, isOptional: optional.has(name) }))
}

/** In the node_modules beside, or above, as Node looks for it; links are resolved, as pnpm lays them. */
async function folderOf({ name, from }: Step): Promise<string | null> {
  for (let at = from; ; at = dirname(at)) {
    try {
      return await realpath(join(at, 'node_modules', name))
    } catch {
      if (at === dirname(at)) return null
    }
  }
}

const old = z.union([z.string(), z.object({ type: z.string() })])

/** What `license` says, or `licenses` of old times, of which one may be chosen. */
function licenceIn({ license, licenses }: { license?: unknown; licenses?: unknown }): string | null {
  const one = old.safeParse(license)
  if (one.success) return textOf(one.data) || null
  const several = z.array(old).min(1).safeParse(licenses)
  return several.success ? several.data.map(textOf).join(' OR ') : null
}

const textOf = (value: z.infer<typeof old>): string => (typeof value === 'string' ? value : value.type).trim()
