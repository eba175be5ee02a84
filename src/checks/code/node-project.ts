// What a Node project says of itself: its package.json, and the manager its lockfile is of.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readReport, Unreadable } from './report-file.ts'

export type Manager = 'npm' | 'pnpm' | 'yarn' | 'yarn-classic' | 'bun'

const shape = z.object({
  name: z.string().optional(),
  packageManager: z.string().optional(),
  scripts: z.record(z.string(), z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  devDependencies: z.record(z.string(), z.string()).optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
  license: z.unknown().optional(),
  licenses: z.unknown().optional(),
  version: z.string().optional(),
})

export type PackageJson = z.infer<typeof shape>

/** @throws Unreadable where there is none, or it is not one. */
export async function readPackageJson(directory: string, name = 'package.json'): Promise<PackageJson> {
  const { text } = await readReport(directory, name)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Unreadable(`${name} is not JSON`)
  }
  const parsed = shape.safeParse(value)
  if (!parsed.success) throw new Unreadable(`${name} is not that of a package`)
  return parsed.data
}

const LOCKFILES: [string, Manager][] = [
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
]

/** The manager that `packageManager` names, else that of the lockfile; null where neither tells, or several lockfiles do. */
export async function managerOf(directory: string, project: PackageJson): Promise<Manager | null> {
  const [, named, major = ''] = /^(npm|pnpm|yarn|bun)@(\d+)/.exec(project.packageManager ?? '') ?? []
  if (named === 'yarn') return major === '1' ? 'yarn-classic' : 'yarn'
  if (named) return named as Manager
  const found = new Set(LOCKFILES.filter(([file]) => existsSync(join(directory, file))).map(([, manager]) => manager))
  const [only] = found
  if (found.size !== 1 || only === undefined) return null
  if (only !== 'yarn') return only
  const { text } = await readReport(directory, 'yarn.lock')
  return /^__metadata:/m.test(text) ? 'yarn' : 'yarn-classic'
}
