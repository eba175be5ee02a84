// A site in a folder: `releases/VERSION/site` beside each other, and `current`, a link that is moved from one to the other.
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync } from 'node:fs'
import { lstat, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectory, writeFileAtomic } from '../../lib/atomic-file.ts'
import { draftName, isAbandonedDraft } from '../../lib/drafts.ts'
import { codeOf, OutsideError } from '../../lib/errors.ts'
import { hashFile } from '../../lib/hash-file.ts'
import { inParallel } from '../../lib/in-parallel.ts'
import { replaceLink } from '../../lib/replace-link.ts'
import { quoteWord } from '../../lib/shell.ts'
import { copySite, toldByDisk } from './folder-copy.ts'
import type { Place } from './place.ts'
import {
  expendableReleases,
  nameOf,
  parseManifest,
  refuseChanged,
  scanSite,
  versionOf,
  type SiteFile,
  type SiteManifest,
} from './site-files.ts'

const RELEASES = 'releases'
const SITE = 'site'
const MANIFEST = 'manifest.json'
const CURRENT = 'current'
const LOOKED_AT_ONCE = 8
const ABANDONED_MS = 86_400_000

/** @param root absolute. */
export function folderPlace(system: string, root: string, keep: number): Place {
  const place: Folder = { system, root, keep }
  const told = <T>(what: string, signal: AbortSignal | null, work: () => Promise<T> | T): Promise<T> =>
    toldByDisk(system, what, signal, work)
  return {
    name: `folder ${root}`,
    current: () => told(`read ${join(root, CURRENT)}`, null, () => currentOf(place)),
    manifest: (version) => told(`read ${version}`, null, () => manifestOf(place, version)),
    prepare: (version, source, signal) =>
      told(`put ${version} there`, signal, () => prepare(place, version, source, signal)),
    ready: (version) => told(`look at ${version}`, null, () => readyOf(place, version)),
    switchTo: (version, signal) => told(`switch to ${version}`, signal, () => switchTo(place, version, signal)),
    shell: (version) => switchShell(root, version),
    plan: (version, source) => ({
      prepare: [`copy ${source} to ${siteOf(place, version)}, every file proved by its SHA-256`],
      switch: [`rename a new link to ${linkTo(version)} over ${join(root, CURRENT)}`],
    }),
  }
}

interface Folder {
  system: string
  root: string
  keep: number
}

const linkTo = (version: string): string => `${RELEASES}/${nameOf(version)}/${SITE}`
const releaseOf = ({ root }: Folder, version: string): string => join(root, RELEASES, nameOf(version))
const siteOf = (place: Folder, version: string): string => join(releaseOf(place, version), SITE)

/** @throws OutsideError where `current` is not a link of ours: what serves then is nothing gonogo could go back to. */
function currentOf({ system, root }: Folder): string | null {
  const path = join(root, CURRENT)
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return null
  if (!found.isSymbolicLink())
    throw new OutsideError(system, `${path} is a ${found.isDirectory() ? 'directory' : 'file'}, not a link`, {
      hint: `only a link can be switched at one moment: move it away, and have the web server serve ${path}, which gonogo makes a link`,
    })
  const target = readlinkSync(path)
  const [, name] = /^releases\/([^/]+)\/site$/.exec(target) ?? []
  const version = name === undefined ? null : versionOf(name)
  if (version === null)
    throw new OutsideError(system, `${path} leads to ${target}, which gonogo did not make`, {
      hint: 'move the link away, or set `folder` to another directory',
    })
  return version
}

function manifestOf(place: Folder, version: string): SiteManifest | null {
  const path = join(releaseOf(place, version), MANIFEST)
  try {
    const manifest = parseManifest(readFileSync(path, 'utf8'))
    if (manifest?.version === version) return manifest
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
  throw new OutsideError(place.system, `${path} is not what gonogo wrote`, { hint: `remove ${dirname(path)}` })
}

async function prepare(place: Folder, version: string, source: string, signal: AbortSignal): Promise<void> {
  const { system, root } = place
  const releases = join(root, RELEASES)
  mkdirSync(releases, { recursive: true })
  for (const directory of [root, releases]) await removeAbandoned(directory)
  const serving = currentOf(place)
  const there = manifestOf(place, version)
  if (there) {
    // Going back must not wait until everything was read.
    if (isWayBack(place, there, serving)) return requireSizes(place, there)
    await requireContent(place, there, signal)
    return refuseChanged(system, there, await scanSite(system, source, version, signal), releaseOf(place, version))
  }
  const found = await scanSite(system, source, version, signal)
  const draft = join(releases, draftName(nameOf(version)))
  try {
    await copySite(system, source, join(draft, SITE), found.files, signal)
    writeFileAtomic(join(draft, MANIFEST), JSON.stringify(found, null, 1))
    syncDirectory(draft)
    if (!tookPlace(draft, releaseOf(place, version))) refuseOther(place, version, found)
    syncDirectory(releases)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  await prune(place, [version, serving])
}

/**
 * The version that serves, and those from before it, are what one goes back to: they stay as they are, whatever has been built since
 * into the folder they once came from.
 */
function isWayBack(place: Folder, there: SiteManifest, serving: string | null): boolean {
  if (serving === null) return false
  return there.version === serving || there.preparedAt < (manifestOf(place, serving)?.preparedAt ?? 0)
}

/** Who was first put the same there. @throws OutsideError where it is something else. */
function refuseOther(place: Folder, version: string, found: SiteManifest): void {
  const release = releaseOf(place, version)
  const there = manifestOf(place, version)
  if (there) return refuseChanged(place.system, there, found, release)
  throw new OutsideError(place.system, `${release} is there already, and gonogo did not make it`, {
    hint: 'move it away, or set `folder` to another directory',
  })
}

/** False where somebody else was first. */
function tookPlace(draft: string, release: string): boolean {
  try {
    renameSync(draft, release)
    return true
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) return false
    throw error
  }
}

/** @throws OutsideError where files of a version are missing or not as long as they were: thousands are looked at in a moment. */
async function requireSizes(place: Folder, manifest: SiteManifest): Promise<void> {
  const site = siteOf(place, manifest.version)
  const isChanged = async ({ path, bytes }: SiteFile): Promise<boolean> =>
    (await lstat(join(site, path)).catch(nullIfAbsent))?.size !== bytes
  await requireNone(place, manifest, isChanged)
}

/** @throws OutsideError where files of a version are missing or not what they were. */
async function requireContent(place: Folder, manifest: SiteManifest, signal: AbortSignal): Promise<void> {
  const site = siteOf(place, manifest.version)
  const isChanged = async ({ path, sha256 }: SiteFile): Promise<boolean> =>
    (await hashFile(join(site, path), signal).catch(nullIfAbsent)) !== sha256
  await requireNone(place, manifest, isChanged)
}

async function requireNone(
  place: Folder,
  { version, files }: SiteManifest,
  isChanged: (file: SiteFile) => Promise<boolean>,
): Promise<void> {
  const changed = await inParallel(files, LOOKED_AT_ONCE, isChanged)
  const paths = files.filter((_, index) => changed[index]).map(({ path }) => path)
  if (paths.length === 0) return
  throw new OutsideError(
    place.system,
    `${siteOf(place, version)} is not what was put there: ${paths.slice(0, 3).join(', ')}`,
    { hint: `somebody changed it; remove ${releaseOf(place, version)}, and it is put there anew` },
  )
}

function nullIfAbsent(error: unknown): null {
  if (codeOf(error) === 'ENOENT') return null
  throw error
}

async function readyOf(place: Folder, version: string) {
  const manifest = manifestOf(place, version)
  if (!manifest) return { healthy: 0, wanted: 1 }
  const entries = await readdir(siteOf(place, version), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory()).length
  return { healthy: Math.min(files, manifest.files.length), wanted: manifest.files.length }
}

async function switchTo(place: Folder, version: string, signal: AbortSignal): Promise<void> {
  const { system, root } = place
  const manifest = manifestOf(place, version)
  if (!manifest)
    throw new OutsideError(system, `${releaseOf(place, version)} is not there`, { hint: `put ${version} there first` })
  if (currentOf(place) === version) return
  await requireSizes(place, manifest)
  signal.throwIfAborted()
  replaceLink(join(root, CURRENT), linkTo(version))
  if (currentOf(place) !== version)
    throw new OutsideError(system, `${join(root, CURRENT)} was switched by somebody else`)
}

async function prune(place: Folder, held: (string | null)[]): Promise<void> {
  const releases = join(place.root, RELEASES)
  const versions = readdirSync(releases).flatMap((name) => versionOf(name) ?? [])
  const manifests = versions.flatMap((version) => manifestOf(place, version) ?? [])
  for (const { version } of expendableReleases(manifests, place.keep, held)) {
    // It is gone at one moment, and what a kill leaves of it is no release.
    const draft = join(releases, draftName(nameOf(version)))
    renameSync(releaseOf(place, version), draft)
    await rm(draft, { recursive: true, force: true })
  }
}

async function removeAbandoned(directory: string): Promise<void> {
  for (const name of readdirSync(directory))
    if (isAbandonedDraft(join(directory, name), ABANDONED_MS))
      await rm(join(directory, name), { recursive: true, force: true })
}

/** `mv -T` of GNU and BusyBox and `mv -h` of BSD replace the link itself; without them it would be moved into the directory it leads to. */
function switchShell(root: string, version: string): string {
  const target = linkTo(version)
  const manifest = `${RELEASES}/${nameOf(version)}/${MANIFEST}`
  return [
    `cd ${quoteWord(root)}`,
    `[ -f ${quoteWord(manifest)} ] || { printf '%s\\n' ${quoteWord(`${root}/${manifest} is not there: that version cannot be served`)} >&2; exit 1; }`,
    `[ -L ${CURRENT} ] || [ ! -e ${CURRENT} ] || { printf '%s\\n' ${quoteWord(`${root}/${CURRENT} is not a link: move it away and run this again`)} >&2; exit 1; }`,
    `link=.${CURRENT}-rollback-$$`,
    `rm -f "$link"`,
    `ln -s ${quoteWord(target)} "$link"`,
    `mv -T "$link" ${CURRENT} 2>/dev/null || mv -h "$link" ${CURRENT} 2>/dev/null || { rm -f "$link"; printf '%s\\n' ${quoteWord(`mv knows neither -T nor -h here; do it by hand: ln -sfn ${target} ${root}/${CURRENT}`)} >&2; exit 1; }`,
    `[ "$(readlink ${CURRENT})" = ${quoteWord(target)} ]`,
  ].join('\n')
}
