// Moves a database between schema versions, and says whether it really is what its version number claims.
import { DatabaseSync } from 'node:sqlite'
import { inTransaction, readNumber } from './database.ts'
import { BASE_VERSION, INDEXES, LATEST_VERSION, MIGRATIONS, TABLES } from './schema.ts'

export function schemaVersion(database: DatabaseSync): number {
  return readNumber(database, 'PRAGMA user_version')
}

/** Lays out an empty database at version 1; indexes may be left to the caller for a bulk load. */
export function createTables(database: DatabaseSync): void {
  database.exec(`${TABLES} PRAGMA user_version = ${BASE_VERSION}`)
}

/**
 * Brings the database to schema version `to`, up or down, in one transaction.
 * @returns the titles of the steps taken, in order; none when it was there already.
 */
export function migrate(database: DatabaseSync, to: number = LATEST_VERSION): string[] {
  if (to < BASE_VERSION || to > LATEST_VERSION)
    throw new Error(`no schema version ${to}: there are ${BASE_VERSION} to ${LATEST_VERSION}`)
  return inTransaction(database, () => {
    const from = schemaVersion(database)
    if (from < BASE_VERSION || from > LATEST_VERSION)
      throw new Error(`the database is at schema version ${from}, which this program does not know`)
    const up = MIGRATIONS.filter((step) => step.version > from && step.version <= to)
    const down = MIGRATIONS.filter((step) => step.version <= from && step.version > to).toReversed()
    for (const step of up) database.exec(step.up)
    for (const step of down) database.exec(step.down)
    database.exec(`PRAGMA user_version = ${to}`)
    return [...up.map((step) => `up: ${step.title}`), ...down.map((step) => `down: ${step.title}`)]
  })
}

/** What differs between the database and the schema its version number stands for; empty when nothing does. */
export function schemaProblems(database: DatabaseSync): string[] {
  const version = schemaVersion(database)
  if (version < BASE_VERSION || version > LATEST_VERSION) return [`unknown schema version ${version}`]
  using model = new DatabaseSync(':memory:')
  createTables(model)
  model.exec(INDEXES)
  migrate(model, version)
  const wanted = describeSchema(model)
  const found = describeSchema(database)
  return [
    ...[...wanted].filter((part) => !found.has(part)).map((part) => `missing: ${part}`),
    ...[...found].filter((part) => !wanted.has(part)).map((part) => `unexpected: ${part}`),
  ]
}

function describeSchema(database: DatabaseSync): Set<string> {
  const objects = database
    .prepare(`SELECT type || ' ' || name AS part FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`)
    .all()
  const columns = database
    .prepare(
      `SELECT 'column ' || s.name || '.' || c.name || ' ' || c.type AS part
       FROM sqlite_schema AS s, pragma_table_info(s.name) AS c
       WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
    )
    .all()
  return new Set([...objects, ...columns].map((row) => String(row.part)))
}
