// A folder of plain SQL files, run here: on a SQLite file or a Postgres database, each migration in a transaction together with its record.
import { messageOf } from '../lib/errors.ts'
import { isPostgresUrl, publicDatabase } from './options.ts'
import { readFolder, type FileMigration } from './sql-folder/read-folder.ts'
import { findTransactionControl, splitStatements } from './sql-folder/statements.ts'
import { openPostgresStore } from './sql-folder/postgres-store.ts'
import { openSqliteStore } from './sql-folder/sqlite-store.ts'
import { SOMEBODY_ELSE, type Applied, type Change, type Failure, type Store } from './sql-folder/store.ts'
import { told } from './time-outs.ts'
import {
  unknown,
  type MigrationPlace,
  type MigrationStatus,
  type MigrationTool,
  type ToolResult,
  type Unknown,
} from './tool.ts'

export const sqlFolder: MigrationTool = {
  id: 'sql-folder',
  canStopAt: true,

  async status(place) {
    const looked = await look(place)
    if ('known' in looked) return looked
    return compare(looked)
  },

  apply: (place, versions, progress) => carryOut(place, versions, 'up', progress),
  down: (place, versions, progress) => carryOut(place, versions, 'down', progress),
}

interface Looked {
  files: FileMigration[]
  problems: string[]
  applied: Applied[]
  store: Store
}

async function look(place: MigrationPlace): Promise<Looked | Unknown> {
  const store = openStore(place)
  if (store === null)
    return unknown(
      'no database is named that is Postgres or SQLite',
      'give `database`: a Postgres URL or a SQLite file',
    )
  const shown = publicDatabase(place.database ?? '')
  let folder
  try {
    folder = readFolder(place.directory, place.allowGaps)
  } catch (error) {
    return unknown(`${place.directory} cannot be read: ${messageOf(error)}`, 'correct `directory`')
  }
  const applied = await store.applied()
  if (!Array.isArray(applied))
    return unknown(`${shown} does not tell: ${applied.message}`, remedyFor(applied), applied.message)
  if (folder.migrations.length === 0 && folder.problems.length === 0)
    return unknown(`${place.directory} holds no migration`, 'correct `directory`')
  return { files: folder.migrations, problems: folder.problems, applied, store }
}

function openStore(place: MigrationPlace): Store | null {
  const { database } = place
  if (database === null) return null
  if (!database.includes('://')) return openSqliteStore(database, place)
  return isPostgresUrl(database) ? openPostgresStore(database, place) : null
}

function compare({ files, problems, applied }: Looked): MigrationStatus {
  const recorded = new Map(applied.map(({ version, checksum }) => [version, checksum]))
  const newest = files.findLastIndex(({ version }) => recorded.has(version))
  const drift = files.flatMap(({ version, checksum, file }, index) => {
    const known = recorded.get(version)
    if (known === undefined)
      return index < newest ? [`${version} is pending, but ${files[newest]?.version} after it is applied`] : []
    return known === checksum ? [] : [`${file} was edited after it was applied`]
  })
  const missing = applied.filter(({ version }) => !files.some((file) => file.version === version))
  return {
    known: true,
    migrations: files.map(({ version, down }) => ({ version, applied: recorded.has(version), down: down !== null })),
    problems: [...problems, ...drift, ...missing.map(({ version }) => `${version} is applied, but its file is gone`)],
    notes: [],
  }
}

async function carryOut(
  place: MigrationPlace,
  versions: readonly string[],
  way: Change['way'],
  progress: (line: string) => void,
): Promise<ToolResult> {
  const isPostgres = isPostgresUrl(place.database ?? '')
  const timeouts = isPostgres
    ? `${told(place)} for each transaction`
    : `lock time-out ${place.lockTimeoutMs} ms (busy_timeout), ${place.statementTimeoutMs} ms for each migration`
  const words: string[] = []
  const touched: string[] = []
  const ended = (problem: string): ToolResult => ({
    ok: problem === '',
    problem,
    words: [...words, problem].join('\n').trim(),
    touched,
    timeouts,
  })
  const looked = await look(place)
  if ('known' in looked) return ended(looked.why)
  const prepared = versions.map((version) => prepare(looked.files, version, way))
  const refused = prepared.find((one) => typeof one === 'string')
  if (refused !== undefined) return ended(refused as string)
  const expected = looked.applied.map(({ version }) => version)
  if (versions.some((version) => expected.includes(version) === (way === 'up'))) return ended(SOMEBODY_ELSE)
  for (const { change, file } of prepared as { change: Change; file: string }[]) {
    if (place.signal.aborted) return ended(`was stopped before ${change.version}`)
    progress(`${way} ${file}`)
    const startedAt = performance.now()
    const failure = await looked.store.carryOut({ ...change, expected: [...expected] })
    // Whether what is uncertain was done, the database says afterwards; the others were rolled back.
    if (failure === null || failure.kind === 'uncertain') touched.push(change.version)
    if (failure) return ended(describeFailure(failure, file, change.version, place))
    words.push(`${way} ${file}: ${Math.round(performance.now() - startedAt)} ms`)
    if (way === 'up') expected.push(change.version)
    else expected.splice(expected.indexOf(change.version), 1)
  }
  return ended('')
}

/** The change as the store wants it, or why it cannot be made. Nothing has been changed when the second of two is refused. */
function prepare(
  files: readonly FileMigration[],
  version: string,
  way: Change['way'],
): { change: Change; file: string } | string {
  const migration = files.find((file) => file.version === version)
  const section = way === 'up' ? migration?.up : migration?.down
  if (!migration || !section) return `there is no way ${way} for ${version}`
  const file = way === 'up' ? migration.file : (migration.downFile ?? migration.file)
  const statements = splitStatements(section.sql, section.line)
  const control = findTransactionControl(statements)
  if (control)
    return `${file}:${control.line}: it begins or ends a transaction of its own, but is run in one together with its record; take the statement out`
  const { checksum } = migration
  return { change: { way, version, checksum, statements, expected: [] }, file }
}

function describeFailure(failure: Failure, file: string, version: string, place: MigrationPlace): string {
  const where = failure.line === null ? file : `${file}:${failure.line}`
  if (failure.kind === 'locked')
    return `${where}: the database was locked by somebody else for longer than the lock time-out of ${place.lockTimeoutMs} ms (${failure.message}); ${version} was not applied`
  if (failure.kind === 'uncertain') return `${where}: ${failure.message}`
  return `${where}: ${failure.message}; all that ${version} did was rolled back`
}

function remedyFor(failure: Failure): string {
  return failure.kind === 'locked' ? 'find out who holds the lock' : 'see that the database is there and can be read'
}
