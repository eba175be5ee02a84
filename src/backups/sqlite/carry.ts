// Rows inserted since a backup, put into a copy of it before that copy takes the live database's place.
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { pause } from '../../lib/deadline.ts'
import { messageOf, OutsideError } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import { explain, openForReading } from '../../databases/sqlite/open.ts'
import { syncFile } from '../sync-file.ts'
import { attachCopy, noteOf, onlyNow } from './compare.ts'
import { dressAs } from './lay.ts'
import { fold } from './snapshot.ts'
import { quoted, tablePairs, virtualTables, type Pair, type TablePair } from './table-pairs.ts'
import type { Tasks } from './tasks.ts'

const PAIR: Pair = { now: 'live', before: 'main' }
const PROBLEMS_MAX = 10
/** Two writes within one tick of the clock that stamps files cannot be told apart. */
const QUIET_MS = 40
const QUIET_TRIES = 100
const CONSTRAINT = 19
const ORIGINAL = 'original'
/** Waits this long for another connection's lock. */
const BUSY_TIMEOUT_MS = 10_000

/**
 * Inserts into `copy`, which is one of `original`, the rows of `live` whose primary key is not in `copy`, in one transaction; rows that were changed or deleted are left as the
 * backup has them.
 * @throws OutsideError where the copy would break its own constraints, and when `live` cannot be read; the copy is of no use then.
 */
export async function carry({ live, copy, original }: Tasks['carry']['wants']): Promise<Tasks['carry']['gives']> {
  const fingerprint = await quietFingerprint(live)
  // Holds the log of the live database open while it is attached below, and says in good words when it cannot be read.
  using reader = openForReading(live)
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM sqlite_schema').get()
  const { rows, notCarried } = insertNewer(live, copy, original)
  fold(copy)
  dressAs(live, copy)
  syncFile(copy)
  return { fingerprint, rows, notCarried }
}

function insertNewer(
  live: string,
  copy: string,
  original: string,
): Pick<Tasks['carry']['gives'], 'rows' | 'notCarried'> {
  using database = new DatabaseSync(copy, { enableForeignKeyConstraints: false, timeout: BUSY_TIMEOUT_MS })
  try {
    database.prepare('ATTACH ? AS ?').run(`${pathToFileURL(live).href}?mode=ro`, PAIR.now)
    attachCopy(database, original, ORIGINAL)
    database.exec('BEGIN')
    const rows: Record<string, number> = {}
    const notCarried: string[] = []
    withoutTriggers(database, () => {
      for (const pair of tablePairs(database, PAIR)) {
        const note = noteOf(pair)
        if (note !== null) {
          if (pair.inNow) notCarried.push(`${pair.table}: ${note}`)
          continue
        }
        const inserted = insert(database, pair)
        if (inserted > 0) rows[pair.table] = inserted
      }
    })
    const virtual = virtualTables(database, PAIR.before)
    if (virtual.length > 0 && Object.keys(rows).length > 0)
      throw refused(`what ${virtual.join(', ')} hold is derived from other rows, and would not be of the new ones`)
    requireReferences(database, Object.keys(rows))
    database.exec('COMMIT')
    return { rows, notCarried }
  } catch (error) {
    throw error instanceof OutsideError ? error : explain(copy, error)
  }
}

function insert(database: DatabaseSync, pair: TablePair): number {
  const columns = pair.columns.map(quoted).join(', ')
  const values = pair.columns.map((column) => `n.${quoted(column)}`).join(', ')
  try {
    const done = database
      .prepare(`INSERT INTO main.${quoted(pair.table)} (${columns}) SELECT ${values} ${onlyNow(pair, PAIR)}`)
      .run()
    return Number(done.changes)
  } catch (error) {
    if (((error as { errcode?: number }).errcode ?? 0) % 256 !== CONSTRAINT) throw error
    throw refused(`${pair.table}: ${messageOf(error)}`)
  }
}

/** What triggers did when the rows were written is in the other tables already. */
function withoutTriggers(database: DatabaseSync, work: () => void): void {
  const triggers = database.prepare("SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger'").all()
  for (const { name } of triggers) database.exec(`DROP TRIGGER main.${quoted(String(name))}`)
  work()
  for (const { sql } of triggers) database.exec(String(sql))
}

/** Looks at the tables that got rows; what the backup itself breaks is let be. */
function requireReferences(database: DatabaseSync, tables: readonly string[]): void {
  const broken = database.prepare(
    `SELECT parent, count(*) AS count FROM pragma_foreign_key_check(?, ?) GROUP BY parent ORDER BY parent`,
  )
  for (const table of tables) {
    const after = broken.all(table, PAIR.before)
    if (after.length === 0) continue
    const before = new Map(broken.all(table, ORIGINAL).map(({ parent, count }) => [parent, Number(count)]))
    const news = after.map(({ parent, count }) => ({ parent, count: Number(count) - (before.get(parent) ?? 0) }))
    const named = news
      .filter(({ count }) => count > 0)
      .slice(0, PROBLEMS_MAX)
      .map(({ parent, count }) => `${plural(count, 'row')} of ${table} would refer to no row of ${String(parent)}`)
    if (named.length > 0) throw refused(named.join('; '))
  }
}

/** Where every other connection's next commit can be told from none: see `requireUnchanged`. */
async function quietFingerprint(live: string): Promise<string> {
  for (let tries = 0; ; tries++) {
    const before = fingerprintOf(live)
    const newestMs = Math.max(
      ...['', '-wal'].map((ending) => statSync(live + ending, { throwIfNoEntry: false })?.mtimeMs ?? 0),
    )
    if (Date.now() - newestMs > QUIET_MS && before === fingerprintOf(live)) return before
    if (tries >= QUIET_TRIES)
      throw new OutsideError(
        'backup',
        `${live} is written all the time: rows written while others are carried over would be lost`,
        {
          retryable: true,
          hint: 'stop its writers, or restore without --keep-newer',
        },
      )
    await pause(QUIET_MS / 2)
  }
}

/** Size and time of the last change of main file and log. */
export function fingerprintOf(live: string): string {
  const parts = ['', '-wal'].map((ending) => {
    const found = statSync(live + ending, { throwIfNoEntry: false, bigint: true })
    return found ? `${found.ino} ${found.size} ${found.mtimeNs}` : 'none'
  })
  return parts.join(', ')
}

/** @throws OutsideError when somebody has written `live` since; to be called where nobody can any more. */
export function requireUnchanged(live: string, fingerprint: string): void {
  if (fingerprintOf(live) !== fingerprint) throw writtenMeanwhile(live)
}

/** The same asked of the content, for where this process itself has touched the file: `holder` has it open. */
export function requireNothingNewer(holder: DatabaseSync, live: string, schema: string): void {
  const pair: Pair = { now: 'main', before: schema }
  for (const table of tablePairs(holder, pair))
    if (noteOf(table) === null && holder.prepare(`SELECT 1 ${onlyNow(table, pair)} LIMIT 1`).get())
      throw writtenMeanwhile(live)
}

function writtenMeanwhile(live: string): OutsideError {
  return new OutsideError(
    'backup',
    `${live} was written while its newer rows were carried over; nothing was restored`,
    {
      retryable: true,
      hint: 'stop its writers, or restore without --keep-newer',
    },
  )
}

function refused(why: string): OutsideError {
  return new OutsideError('backup', `the newer rows cannot be kept: ${why}; nothing was restored`, {
    hint: 'restore without --keep-newer: the replaced database is kept aside, with all rows',
  })
}
