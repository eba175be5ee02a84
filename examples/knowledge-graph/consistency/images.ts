// Row images: what the rows a fix touches were before it and are after it. They are what makes a fix undoable.
import type { DatabaseSync } from 'node:sqlite'
import { readNumber } from '../src/database.ts'

/** A table whose rows are kept, and the columns that are its own (derived ones follow by trigger). */
export interface ImagedTable {
  table: 'relationships' | 'evidence'
  columns: readonly string[]
}

/** In the order rows are put back: evidence comes after the relationships it belongs to. */
export const IMAGED_TABLES: readonly ImagedTable[] = [
  { table: 'relationships', columns: ['source_id', 'target_id', 'kind', 'confidence', 'semantic_id', 'created_at'] },
  { table: 'evidence', columns: ['relationship_id', 'source', 'weight'] },
]

function imagedTable(table: ImagedTable['table']): ImagedTable {
  return IMAGED_TABLES.find((candidate) => candidate.table === table) as ImagedTable
}

/** Keeps rows as they are now, before they change; a row that was kept already keeps its first image. */
export function keepBefore(database: DatabaseSync, fix: number, table: ImagedTable['table'], where: string): void {
  const columns = ['id', ...imagedTable(table).columns].join(', ')
  database.exec(`
    INSERT OR IGNORE INTO undo_${table} (fix, image, ${columns})
    SELECT ${fix}, 'before', ${columns} FROM ${table} WHERE ${where}`)
}

/** Keeps every touched row as it is now; `added` are rows that were not there before. */
export function keepAfter(database: DatabaseSync, fix: number, added: { evidenceAboveId: number }): void {
  for (const { table, columns } of IMAGED_TABLES) {
    const names = ['id', ...columns].join(', ')
    const isNew = table === 'evidence' ? `OR id > ${added.evidenceAboveId}` : ''
    database.exec(`
      INSERT INTO undo_${table} (fix, image, ${names})
      SELECT ${fix}, 'after', ${names} FROM ${table}
      WHERE id IN (SELECT id FROM undo_${table} WHERE fix = ${fix} AND image = 'before') ${isNew}`)
  }
}

/**
 * Puts the rows of one table back as they were before the fix. A row that is no longer as the fix left it was
 * edited since, and stays as it is.
 * @returns how many rows were put back, and how many were left because of later edits.
 */
export function putBack(
  database: DatabaseSync,
  fix: number,
  { table, columns }: ImagedTable,
): { restored: number; conflicts: number } {
  const images = `undo_${table}`
  const all = ['id', ...columns].join(', ')
  const row = (alias: string) => `(${columns.map((column) => `${alias}.${column}`).join(', ')})`
  database.exec(`
    DROP TABLE IF EXISTS temp.unchanged;
    CREATE TEMP TABLE unchanged AS
    SELECT touched.id, b.id AS before_id, a.id AS after_id
    FROM (SELECT DISTINCT id FROM ${images} WHERE fix = ${fix}) AS touched
    LEFT JOIN ${images} AS b ON b.fix = ${fix} AND b.image = 'before' AND b.id = touched.id
    LEFT JOIN ${images} AS a ON a.fix = ${fix} AND a.image = 'after' AND a.id = touched.id
    LEFT JOIN ${table} AS now ON now.id = touched.id
    WHERE now.id IS a.id AND ${row('now')} IS ${row('a')}`)
  database.exec(`
    DELETE FROM ${table} WHERE id IN (SELECT id FROM temp.unchanged WHERE before_id IS NULL);
    INSERT INTO ${table} (${all}) SELECT ${all} FROM ${images}
    WHERE fix = ${fix} AND image = 'before' AND id IN (SELECT id FROM temp.unchanged WHERE after_id IS NULL);
    UPDATE ${table} SET ${columns.map((column) => `${column} = b.${column}`).join(', ')}
    FROM (SELECT * FROM ${images} WHERE fix = ${fix} AND image = 'before') AS b
    WHERE b.id = ${table}.id
      AND b.id IN (SELECT id FROM temp.unchanged WHERE before_id IS NOT NULL AND after_id IS NOT NULL)`)
  const restored = readNumber(database, 'SELECT count(*) FROM temp.unchanged')
  const touched = readNumber(database, `SELECT count(DISTINCT id) FROM ${images} WHERE fix = ${fix}`)
  database.exec('DROP TABLE temp.unchanged')
  return { restored, conflicts: touched - restored }
}
