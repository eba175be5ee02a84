// gonogo backup create | verify | list | restore.
import { createInterface } from 'node:readline/promises'
import { openProject, surroundingsOf } from '../../app/project.ts'
import { backupsOf } from '../../app/services.ts'
import type { Backup, BackupManifest } from '../../backups/backup.ts'
import { formatSize } from '../../lib/size.ts'
import { formatDuration } from '../../lib/duration.ts'
import { PlanError } from '../../lib/errors.ts'
import { oneOf, print, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { mark, paint, table } from '../screen.ts'

interface BackupOptions extends GlobalOptions {
  id?: string
  skipValidation?: boolean
  yes?: boolean
  format: string
}

export async function backup(verb: string, name: string | undefined, options: BackupOptions): Promise<number> {
  const chosen = oneOf('backup', verb, ['create', 'verify', 'list', 'restore'])
  const json = oneOf('--format', options.format, ['text', 'json']) === 'json'
  const project = openProject(options.project)
  const backups = backupsOf(project, surroundingsOf(project, project.config.environment))
  const [backupName, part] = pick(backups, name)
  const { signal } = new AbortController()
  switch (chosen) {
    case 'create': {
      const manifest = await part.create(signal)
      print(json ? JSON.stringify(manifest, null, 2) : line(manifest))
      return manifest.verified ? EXIT.ok : EXIT.unverified
    }
    case 'list': {
      const manifests = await part.list()
      if (json) print(JSON.stringify(manifests, null, 2))
      else
        print(
          manifests.length === 0
            ? `no backup of "${backupName}" yet: gonogo backup create ${backupName}`
            : table(manifests.map(row)),
        )
      return EXIT.ok
    }
    case 'verify': {
      const manifest = await choose(part, backupName, options.id)
      const result = await part.verify(manifest, signal)
      print(
        json
          ? JSON.stringify({ ...result, id: manifest.id }, null, 2)
          : `${mark(result.ok ? 'passed' : 'failed')} ${manifest.id}: ${result.summary}`,
      )
      return result.ok ? EXIT.ok : EXIT.no
    }
    case 'restore':
      return restore(part, await choose(part, backupName, options.id), options)
  }
}

/** Says what would be lost, asks, and restores. */
async function restore(part: Backup, manifest: BackupManifest, options: BackupOptions): Promise<number> {
  const preview = await part.preview(manifest)
  print(`${manifest.id} of ${new Date(manifest.takenAt).toISOString()}: ${preview.summary}`)
  if (!options.yes) {
    if (!process.stdin.isTTY) throw new PlanError('nobody is there to confirm the restore', { hint: 'add --yes' })
    const lines = createInterface({ input: process.stdin, output: process.stdout })
    const answer = await lines.question('Restore it? [y/N] ')
    lines.close()
    if (!/^y(es)?$/i.test(answer.trim())) return EXIT.no
  }
  const result = await part.restore(manifest, {
    skipValidation: options.skipValidation ?? false,
    signal: new AbortController().signal,
  })
  print(
    `restored in ${formatDuration(result.durationMs)} (${result.method})${result.keptAt ? `; what was there before is kept at ${result.keptAt}` : ''}`,
  )
  return EXIT.ok
}

function pick(backups: Record<string, Backup>, name: string | undefined): [string, Backup] {
  const names = Object.keys(backups)
  const chosen = name ?? (names.length === 1 ? names[0] : undefined)
  const part = chosen === undefined ? undefined : backups[chosen]
  if (chosen !== undefined && part) return [chosen, part]
  throw new PlanError(name ? `there is no backup "${name}"` : 'which backup?', {
    expected: names.length > 0 ? `one of ${names.join(', ')}` : 'a section "backups" in gonogo.yaml',
  })
}

async function choose(part: Backup, name: string, id: string | undefined): Promise<BackupManifest> {
  const manifests = await part.list()
  const manifest = id ? manifests.find((one) => one.id === id) : manifests[0]
  if (manifest) return manifest
  throw new PlanError(id ? `there is no backup ${id} of "${name}"` : `there is no backup of "${name}" yet`, {
    hint: `"gonogo backup ${id ? 'list' : 'create'} ${name}"`,
  })
}

function line(manifest: BackupManifest): string {
  const rows = Object.values(manifest.rows).reduce((sum, count) => sum + count, 0)
  return `${manifest.id}: ${manifest.file}, ${formatSize(manifest.bytes)}, ${rows} rows, ${manifest.verified?.method ?? 'not verified'}, took ${formatDuration(manifest.durationMs)}`
}

function row(manifest: BackupManifest): string[] {
  const age = `${formatDuration(Date.now() - manifest.takenAt)} old`
  return [
    manifest.id,
    age,
    formatSize(manifest.bytes),
    manifest.verified ? manifest.verified.method : 'not verified',
    paint('dim', manifest.file),
  ]
}
