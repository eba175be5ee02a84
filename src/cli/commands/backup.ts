// gonogo backup create | verify | list | restore.
import { createInterface } from 'node:readline/promises'
import { openProject, surroundingsOf } from '../../app/project.ts'
import { backupsOf } from '../../app/services.ts'
import type { Backup, BackupManifest, RestorePreview, RestoreResult } from '../../backups/backup.ts'
import { formatSize } from '../../lib/size.ts'
import { formatDuration } from '../../lib/duration.ts'
import { OutsideError, PlanError } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import { oneOf, print, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { mark, paint, table } from '../screen.ts'
import { differencesText } from './backup-differences.ts'

interface BackupOptions extends GlobalOptions {
  id?: string
  skipValidation?: boolean
  keepNewer?: boolean
  yes?: boolean
  format: string
}

interface Named {
  name: string
  part: Backup
}

export async function backup(verb: string, name: string | undefined, options: BackupOptions): Promise<number> {
  const chosen = oneOf('backup', verb, ['create', 'verify', 'list', 'restore'])
  const json = oneOf('--format', options.format, ['text', 'json']) === 'json'
  const project = await openProject(options.project)
  const named = pick(backupsOf(project, surroundingsOf(project, project.config.environment)), name)
  const ending = new AbortController()
  // A copy that is cut off leaves nothing behind: what is under way hears of it first.
  const stop = (): void => ending.abort()
  process.once('SIGINT', stop)
  try {
    switch (chosen) {
      case 'create':
        return created(await named.part.create(ending.signal), json)
      case 'list':
        return await list(named, json)
      case 'verify':
        return await verify(named, await choose(named, options.id), ending.signal, json)
      case 'restore':
        return await restore(named, await choose(named, options.id), options, ending.signal, json)
    }
  } finally {
    process.off('SIGINT', stop)
  }
}

function created(manifest: BackupManifest, json: boolean): number {
  const isSound = manifest.verified !== null && (manifest.validation?.verdict ?? 'passed') === 'passed'
  if (json) print(asJson(manifest))
  else print(`${mark(isSound ? 'passed' : 'unverified')} ${line(manifest)}`)
  // Also of data that breaks its rules a proved copy is a backup; `requireRules` says otherwise.
  return manifest.verified ? EXIT.ok : EXIT.unverified
}

async function list({ name, part }: Named, json: boolean): Promise<number> {
  const manifests = await part.list()
  const troubles = (await part.troubles?.()) ?? []
  if (json) print(asJson(manifests))
  else if (manifests.length === 0) print(`no backup of "${name}" yet: gonogo backup create ${name}`)
  else print(table([HEAD, ...manifests.map(row)]))
  for (const trouble of troubles) process.stderr.write(`${mark('unverified')} ${trouble}\n`)
  return EXIT.ok
}

async function verify({ part }: Named, manifest: BackupManifest, signal: AbortSignal, json: boolean): Promise<number> {
  const result = await part.verify(manifest, signal)
  if (json) print(asJson({ ...result, id: manifest.id }))
  else print(`${mark(result.ok ? 'passed' : 'failed')} ${manifest.id}: ${result.summary}`)
  return result.ok ? EXIT.ok : EXIT.no
}

/** Says what would be lost, asks, and restores. */
async function restore(
  { part }: Named,
  manifest: BackupManifest,
  options: BackupOptions,
  signal: AbortSignal,
  json: boolean,
): Promise<number> {
  const preview = await lookAhead(part, manifest)
  if (!json && preview) print(previewText(manifest, preview, options.keepNewer ?? false))
  if (!options.yes) {
    if (!process.stdin.isTTY) throw new PlanError('nobody is there to confirm the restore', { hint: 'add --yes' })
    const lines = createInterface({ input: process.stdin, output: process.stderr })
    const answer = await lines.question('Restore it? [y/N] ')
    lines.close()
    if (!/^y(es)?$/i.test(answer.trim())) return EXIT.no
  }
  const { skipValidation = false, keepNewer = false } = options
  const result = await part.restore(manifest, { skipValidation, keepNewer, signal })
  print(json ? asJson({ id: manifest.id, preview, ...result }) : restoredText(result))
  return EXIT.ok
}

/** Null where the present data cannot be read, which is a reason to restore, not to refuse it: it is kept aside as it is. */
async function lookAhead(part: Backup, manifest: BackupManifest): Promise<RestorePreview | null> {
  try {
    return await part.preview(manifest)
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error
    process.stderr.write(`${mark('unverified')} what would be lost is not known: ${error.message}\n`)
    return null
  }
}

function previewText(manifest: BackupManifest, preview: RestorePreview, keepNewer: boolean): string {
  const lines = [`${manifest.id} of ${new Date(manifest.takenAt).toISOString()}: ${preview.summary}`]
  if (preview.differences) lines.push(...differencesText(preview.differences, keepNewer))
  return lines.join('\n')
}

function restoredText({ durationMs, method, keptAt, carried }: RestoreResult): string {
  const lines = [
    `restored in ${formatDuration(durationMs)} (${method})${keptAt ? `; what was there before is kept at ${keptAt}` : ''}`,
  ]
  if (!carried) return lines.join('\n')
  const tables = Object.entries(carried.rows).map(([name, rows]) => `${plural(rows, 'row')} of ${name}`)
  lines.push(`carried over: ${tables.join(', ') || 'no row'}`)
  for (const reason of carried.notCarried) lines.push(`not carried over: ${reason}`)
  return lines.join('\n')
}

function pick(backups: Record<string, Backup>, name: string | undefined): Named {
  const names = Object.keys(backups)
  const chosen = name ?? (names.length === 1 ? names[0] : undefined)
  const part = chosen === undefined ? undefined : backups[chosen]
  if (chosen !== undefined && part) return { name: chosen, part }
  throw new PlanError(name ? `there is no backup "${name}"` : 'which backup?', {
    expected: names.length > 0 ? `one of ${names.join(', ')}` : 'a section "backups" in gonogo.yaml',
  })
}

async function choose({ name, part }: Named, id: string | undefined): Promise<BackupManifest> {
  const manifests = await part.list()
  const manifest = id ? manifests.find((one) => one.id === id) : manifests[0]
  if (manifest) return manifest
  const troubles = (await part.troubles?.()) ?? []
  throw new PlanError(
    [id ? `there is no backup ${id} of "${name}"` : `there is no backup of "${name}" yet`, ...troubles].join('; '),
    { hint: `"gonogo backup ${id ? 'list' : 'create'} ${name}"` },
  )
}

function line(manifest: BackupManifest): string {
  const rows = Object.values(manifest.rows).reduce((sum, count) => sum + count, 0)
  return `${manifest.id}: ${manifest.file}, ${formatSize(manifest.bytes)}, ${plural(rows, 'row')}, ${manifest.verified?.method ?? 'not verified'}, took ${formatDuration(manifest.durationMs)}`
}

const HEAD = ['id', 'age', 'size', 'verified', 'lies in'].map((word) => paint('dim', word))

function row(manifest: BackupManifest): string[] {
  const places = (manifest.places ?? ['local']).map((place) => (place === 'local' ? manifest.file : place))
  return [
    manifest.id,
    formatDuration(Date.now() - manifest.takenAt),
    formatSize(manifest.bytes),
    manifest.verified ? manifest.verified.method : 'not verified',
    paint('dim', places.join(', ')),
  ]
}

/** Integers that JSON cannot hold exactly are written as text. */
function asJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member), 2)
}
