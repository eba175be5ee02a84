// The schema of a SQLite database, from its own pragmas.
import { createHash } from 'node:crypto'
import type { Row, Session } from '../database.ts'
import { OWN_TABLES, type Column, type DatabaseSchema, type ForeignKey, type Table } from '../schema.ts'
import { checksOf } from './checks-of.ts'

/** Hidden columns of virtual tables are 1, generated ones 2 and 3 (`pragma_table_xinfo`). */
const GENERATED = [2, 3]

const LISTED = `
  SELECT l.name, l.type, l.wr, s.sql FROM pragma_table_list AS l LEFT JOIN sqlite_schema AS s ON s.name = l.name AND s.type IN ('table', 'view')
  WHERE l.schema = 'main' AND l.type IN ('table', 'view', 'virtual') AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND substr(l.name, 1, ${OWN_TABLES.length}) <> '${OWN_TABLES}'
  ORDER BY l.name`
/** Asking for the columns of a virtual table fails where its module is not there; of a view, where its tables are not. */
const OF_TABLES = `FROM (${LISTED}) AS t`
const COLUMNS = `SELECT t.name AS owner, c.name, c.type, c."notnull" AS required, c.pk, c.hidden ${OF_TABLES}, pragma_table_xinfo(t.name) AS c WHERE t.type = 'table' ORDER BY t.name, c.cid`
const FOREIGN_KEYS = `SELECT t.name AS owner, f.id, f."table" AS parent, f."from" AS child, f."to" AS target, f.on_delete ${OF_TABLES}, pragma_foreign_key_list(t.name) AS f WHERE t.type = 'table' ORDER BY t.name, f.id, f.seq`
const INDEXES = `SELECT t.name AS owner, i.name, i.origin, i.partial, i."unique" AS is_unique, c.name AS "column", c.cid ${OF_TABLES}, pragma_index_list(t.name) AS i, pragma_index_xinfo(i.name) AS c WHERE t.type = 'table' AND c.key = 1 ORDER BY t.name, i.name, c.seqno`

/** Columns of views are read one view at a time: one that is broken has none, and the others keep theirs. */
export async function readSchema(session: Session): Promise<DatabaseSchema> {
  const ask = (sql: string): Promise<Row[]> => session.all({ sql, parameters: [] })
  const listed = await ask(LISTED)
  const [columns, foreignKeys, indexes] = [await ask(COLUMNS), await ask(FOREIGN_KEYS), await ask(INDEXES)]
  for (const { name, type } of listed)
    if (type === 'view') columns.push(...(await columnsOfView(session, String(name))))
  const byOwner = (rows: readonly Row[]) => Map.groupBy(rows, ({ owner }) => String(owner))
  const of = { columns: byOwner(columns), foreignKeys: byOwner(foreignKeys), indexes: byOwner(indexes) }
  const tables = listed.map((row) => {
    const name = String(row.name)
    return tableOf(row, of.columns.get(name) ?? [], of.foreignKeys.get(name) ?? [], of.indexes.get(name) ?? [])
  })
  nameParents(tables)
  const hash = createHash('sha256').update(JSON.stringify(tables)).digest('hex')
  return { engine: 'sqlite', tables: new Map(tables.map((table) => [table.name, table])), hash }
}

async function columnsOfView(session: Session, view: string): Promise<Row[]> {
  try {
    return await session.all({
      sql: `SELECT ? AS owner, name, type, "notnull" AS required, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid`,
      parameters: [view, view],
    })
  } catch {
    return []
  }
}

function tableOf(row: Row, columns: readonly Row[], foreignKeys: readonly Row[], indexes: readonly Row[]): Table {
  const primaryKey = columns
    .filter(({ pk }) => Number(pk) > 0)
    .toSorted((a, b) => Number(a.pk) - Number(b.pk))
    .map(({ name }) => String(name))
  const [only] = primaryKey
  const declared = columns.find(({ name }) => name === only)
  // An INTEGER PRIMARY KEY is the rowid itself, so it has no index of its own.
  const isRowid =
    primaryKey.length === 1 &&
    String(declared?.type).toUpperCase() === 'INTEGER' &&
    Number(row.wr) === 0 &&
    !indexes.some(({ origin }) => origin === 'pk')
  return {
    name: String(row.name),
    kind: row.type as Table['kind'],
    columns: columns.filter(({ hidden }) => Number(hidden) !== 1).map((column) => columnOf(column, isRowid)),
    primaryKey,
    rowidColumn: isRowid ? (only ?? null) : null,
    isWithoutRowid: Number(row.wr) === 1,
    foreignKeys: foreignKeysOf(foreignKeys),
    unique: uniqueOf(indexes),
    checks: row.type === 'table' ? checksOf(String(row.sql ?? '')) : [],
  }
}

/** Of other primary keys SQLite lets the columns be null, also when they are integers, unless NOT NULL is said. */
function columnOf({ name, type, required, pk, hidden }: Row, isRowid: boolean): Column {
  return {
    name: String(name),
    type: String(type),
    notNull: Number(required) === 1 || (isRowid && Number(pk) > 0),
    isGenerated: GENERATED.includes(Number(hidden)),
  }
}

function foreignKeysOf(rows: readonly Row[]): ForeignKey[] {
  return [...Map.groupBy(rows, ({ id }) => id).values()].map((parts) => ({
    columns: parts.map(({ child }) => String(child)),
    parent: String(parts[0]?.parent),
    // Left out, it is the primary key of the parent: filled in by `nameParents`.
    parentColumns: parts.flatMap(({ target }) => (target === null ? [] : [String(target)])),
    onDelete: String(parts[0]?.on_delete),
  }))
}

/** Without indexes over expressions or with a condition: those say less than that the columns are unique. */
function uniqueOf(rows: readonly Row[]): string[][] {
  return [...Map.groupBy(rows, ({ name }) => name).values()]
    .filter((parts) =>
      parts.every((one) => Number(one.is_unique) === 1 && Number(one.partial) === 0 && Number(one.cid) >= 0),
    )
    .filter((parts) => parts[0]?.origin !== 'pk')
    .map((parts) => parts.map(({ column }) => String(column)))
}

/** SQLite keeps the name of a parent as it was written; names are the same in any case. */
function nameParents(tables: readonly Table[]): void {
  const byName = new Map(tables.map((table) => [table.name.toLowerCase(), table]))
  for (const { foreignKeys } of tables)
    for (const key of foreignKeys) {
      const parent = byName.get(key.parent.toLowerCase())
      if (!parent) continue
      key.parent = parent.name
      if (key.parentColumns.length === 0) key.parentColumns = [...parent.primaryKey]
    }
}
