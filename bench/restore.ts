// Data back to the backup, as it is done in an emergency, against a plain copy of the same file.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Backup, BackupManifest } from '../src/backups/backup.ts'
import { sqlite } from '../src/backups/sqlite.ts'
import { quoteWord } from '../src/lib/shell.ts'
import { type Bench, type BenchOptions, type BenchResult, type Measure, median } from './result.ts'

const RATIO_MAX = 1.2
const signal = AbortSignal.timeout(3_600_000)

/** What is timed; each gives milliseconds, and leaves the database as the backup has it. */
type Ways = Record<'copy' | 'shell' | 'staged' | 'emergency' | 'validated' | 'connected', () => Promise<number>>

export const bench: Bench = {
  name: 'restore',
  summary: 'emergency restore of a SQLite database ÷ cp and fsync of the same file',
  run: async (options) => {
    const directory = mkdtempSync(join(tmpdir(), 'gonogo-bench-restore-'))
    try {
      return await measure(directory, options)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
}

async function measure(directory: string, { quick, progress }: BenchOptions): Promise<BenchResult> {
  const live = join(directory, 'app.db')
  makeDatabase(live, quick ? 100e6 : 1000e6)
  const options = sqlite.options.parse({ database: live, check: 'quick' })
  const backup = sqlite.create(options, { name: 'main', directory, stateDirectory: join(directory, '.gonogo') })
  const manifest = await backup.create(signal)
  progress(`database of ${manifest.bytes} bytes backed up in ${manifest.durationMs} ms`)

  const ways = waysToRestore(live, backup, manifest)
  const times: Record<keyof Ways, number[]> = {
    copy: [],
    shell: [],
    staged: [],
    emergency: [],
    validated: [],
    connected: [],
  }
  for (let round = 1; round <= (quick ? 5 : 7); round++) {
    for (const way of Object.keys(ways) as (keyof Ways)[]) {
      writeSince(live)
      clearAside(directory)
      spawnSync('sync')
      times[way].push(await ways[way]())
      requireRestored(live, manifest, way)
    }
    progress(
      `round ${round}: ${Object.entries(times)
        .map(([way, list]) => `${way} ${Math.round(list.at(-1) ?? 0)} ms`)
        .join(', ')}`,
    )
  }

  const against = (what: string, way: keyof Ways, target?: Measure['target']): Measure => ({
    what,
    measured: median(times[way]),
    unit: 'ms',
    peer: { name: 'cp + fsync', measured: median(times.copy) },
    pairedRatio: median(times[way].map((durationMs, round) => durationMs / (times.copy[round] ?? Number.NaN))),
    ...(target ? { target } : {}),
  })
  return {
    measures: [
      against('capsule shell, staged copy', 'shell', { atMost: RATIO_MAX }),
      against('restore, staged copy', 'staged', { atMost: RATIO_MAX }),
      against('restore, nothing staged, validation skipped', 'emergency', quick ? undefined : { atMost: RATIO_MAX }),
      against('restore, nothing staged, validated', 'validated'),
      against('restore under an open connection, staged', 'connected'),
    ],
    notes: [
      `${manifest.bytes} bytes; backing up took ${manifest.durationMs} ms; the database is checked after every round`,
      ...(quick
        ? ['at this size starting a process outweighs the copy: unstaged restores are judged at 1 GB only']
        : []),
      'without a target: SHA-256 reads the copy once more; under an open connection the old content is copied aside and the new one written through the log',
    ],
  }
}

function waysToRestore(live: string, backup: Backup, manifest: BackupManifest): Ways {
  const restore = (skipValidation: boolean) => timed(() => backup.restore(manifest, { skipValidation, signal }))
  return {
    async copy() {
      const copy = `${live}.plain-copy`
      const durationMs = await timed(() =>
        runShell(`cp ${quoteWord(manifest.file)} ${quoteWord(copy)} && sync ${quoteWord(copy)}`),
      )
      rmSync(copy)
      await backup.restore(manifest, { skipValidation: true, signal })
      return durationMs
    },
    async shell() {
      const { shell } = await backup.stage(manifest, signal)
      return timed(() => runShell(`set -eu\n${shell}`))
    },
    async staged() {
      await backup.stage(manifest, signal)
      return await restore(false)
    },
    emergency: () => restore(true),
    validated: () => restore(false),
    async connected() {
      await backup.stage(manifest, signal)
      using idle = new DatabaseSync(live)
      idle.prepare('SELECT count(*) FROM sqlite_schema').get()
      return await restore(false)
    },
  }
}

async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

function runShell(script: string): void {
  const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`shell ended with ${status}: ${stderr}`)
}

function makeDatabase(file: string, bytes: number): void {
  using database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
  database.exec(
    'CREATE TABLE facts (id INTEGER PRIMARY KEY, name TEXT, pad TEXT); CREATE INDEX by_name ON facts (name)',
  )
  while (statSync(file).size < bytes) {
    database.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
      INSERT INTO facts (name, pad) SELECT i || '-' || random(), hex(randomblob(200)) FROM n`)
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  }
}

/** Something to be undone: 1000 rows written since the backup. */
function writeSince(live: string): void {
  using database = new DatabaseSync(live)
  database.exec('CREATE TABLE IF NOT EXISTS since (n INTEGER)')
  database.exec(
    'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO since SELECT i FROM n',
  )
}

function requireRestored(live: string, manifest: BackupManifest, way: string): void {
  using database = new DatabaseSync(live)
  const [tables] = database.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table'").all()
  const [rows] = database.prepare('SELECT count(*) AS count FROM facts').all()
  if (tables?.count !== 1 || rows?.count !== manifest.rows.facts) throw new Error(`${way} did not restore the database`)
}

/** Replaced databases and staged copies of the round before. */
function clearAside(directory: string): void {
  for (const name of readdirSync(directory))
    if (/\.replaced-|\.staged-/.test(name)) rmSync(join(directory, name), { force: true })
}
