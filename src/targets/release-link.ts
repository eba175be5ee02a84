// The link that says which release is current: moved in one step, read back, and moved by the capsule's shell too.
import { lstatSync, readlinkSync, statSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { z } from 'zod'
import { codeOf, OutsideError, PlanError } from '../lib/errors.ts'
import { replaceLink } from '../lib/replace-link.ts'
import { quoteWord } from '../lib/shell.ts'
import { fillIn } from '../lib/user-command.ts'

export const linkSchema = z
  .strictObject({
    path: z.string().min(1).default('current').describe('The link, relative to gonogo.yaml'),
    to: z
      .string()
      .min(1)
      .refine((to) => to.includes('{version}'), 'it must contain {version}')
      .default('releases/{version}')
      .describe('Folder of a version, relative to gonogo.yaml'),
  })
  .describe('A link that is moved to the folder of the version')

export type ReleaseLink = z.output<typeof linkSchema>

interface Ends {
  path: string
  /** What stands in the link: relative, so that the whole tree may be moved. */
  to: string
}

function endsOf({ path, to }: ReleaseLink, directory: string, version: string): Ends {
  const link = resolve(directory, path)
  return { path: link, to: relative(dirname(link), resolve(directory, fillIn(to, { version }))) }
}

/** @throws PlanError when there is no such folder. */
export function checkRelease(link: ReleaseLink, directory: string, version: string, system: string): void {
  const folder = resolve(directory, fillIn(link.to, { version }))
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  throw new PlanError(`${system}: ${version} has no folder ${folder}`, {
    expected: 'the release, put there before it is switched to',
  })
}

/** The link leads to the version when this returns; nobody sees it missing. @throws OutsideError where no link stands. */
export function moveLink(link: ReleaseLink, directory: string, version: string, system: string): void {
  const { path, to } = endsOf(link, directory, version)
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === false)
    throw new OutsideError(system, `${path} is no link`, { hint: 'move it away: a link will stand in its place' })
  replaceLink(path, to)
}

/** Whether the link leads to the version. */
export function leadsTo(link: ReleaseLink, directory: string, version: string): boolean {
  const { path, to } = endsOf(link, directory, version)
  try {
    return resolve(dirname(path), readlinkSync(path)) === resolve(dirname(path), to)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EINVAL') return false
    throw error
  }
}

/** Shell that moves it: GNU and BSD call the flag that does not follow a link differently. */
export function linkShell(link: ReleaseLink, directory: string, version: string): string {
  const { path, to } = endsOf(link, directory, version)
  const draft = quoteWord(`${path}.gonogo`)
  return `rm -f ${draft}; ln -s ${quoteWord(to)} ${draft}\nmv -T ${draft} ${quoteWord(path)} 2>/dev/null || mv -h ${draft} ${quoteWord(path)}`
}

/** For the dry-run. */
export function linkLine(link: ReleaseLink, directory: string, version: string): string {
  const { path, to } = endsOf(link, directory, version)
  return `ln -s ${to} ${path}.gonogo && mv -T ${path}.gonogo ${path}`
}

/** The version whose folder the link leads to; null where it leads elsewhere, or is not there. */
export function versionOfLink({ path, to }: ReleaseLink, directory: string): string | null {
  const [before = '', after = ''] = resolve(directory, to).split('{version}')
  const link = resolve(directory, path)
  let end: string
  try {
    end = resolve(dirname(link), readlinkSync(link))
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EINVAL') return null
    throw error
  }
  if (!end.startsWith(before) || !end.endsWith(after)) return null
  return end.slice(before.length, end.length - after.length) || null
}
