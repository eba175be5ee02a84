// The schema of a Postgres database, from its catalogs. A partitioned table stands for its partitions: their rows are its rows.
import { canonicalJson, sha256 } from '../../lib/hash.ts'
import type { Row, Session } from '../database.ts'
import { OWN_TABLES, type Column, type DatabaseSchema, type ForeignKey, type Table } from '../schema.ts'

/** Without what belongs to an extension or to another session. */
const LISTED = `
  SELECT c.oid, c.relkind, CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE n.nspname || '.' || c.relname END AS name
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'
    AND left(c.relname, ${OWN_TABLES.length}) <> '${OWN_TABLES}'
    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`

const TABLES = `SELECT name, relkind FROM (${LISTED}) AS t ORDER BY name`

const COLUMNS = `
  SELECT t.name AS owner, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull OR y.typnotnull AS required,
    a.attgenerated <> '' AS generated
  FROM (${LISTED}) AS t JOIN pg_attribute AS a ON a.attrelid = t.oid JOIN pg_type AS y ON y.oid = a.atttypid
  WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY t.name, a.attnum`

/** Keys of a partition are those of its partitioned table once more. */
const CONSTRAINTS = `
  SELECT t.name AS owner, k.conname AS name, k.contype AS type, p.name AS parent, pg_get_expr(k.conbin, k.conrelid) AS condition,
    CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT' ELSE 'NO ACTION' END AS on_delete,
    ${names('k.conrelid', 'k.conkey')} AS columns, ${names('k.confrelid', 'k.confkey')} AS parent_columns
  FROM (${LISTED}) AS t JOIN pg_constraint AS k ON k.conrelid = t.oid LEFT JOIN (${LISTED}) AS p ON p.oid = k.confrelid
  WHERE k.contype IN ('p', 'f', 'c') AND k.conparentid = 0 ORDER BY t.name, k.conname`

/** Without indexes over expressions or with a condition, and without those that are not finished: they say less. */
const UNIQUE = `
  SELECT t.name AS owner, i.indexrelid::regclass::text AS name, ${names('i.indrelid', '(i.indkey::int2[])[0:i.indnkeyatts - 1]')} AS columns
  FROM (${LISTED}) AS t JOIN pg_index AS i ON i.indrelid = t.oid
  WHERE i.indisunique AND NOT i.indisprimary AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL ORDER BY t.name, 2`

/** JSON array of the names of these columns, in their order. */
function names(table: string, numbers: string): string {
  return `(SELECT json_agg(a.attname ORDER BY u.place)::text FROM unnest(${numbers}) WITH ORDINALITY AS u (number, place)
    JOIN pg_attribute AS a ON a.attrelid = ${table} AND a.attnum = u.number)`
}

export async function readSchema(session: Session): Promise<DatabaseSchema> {
  const ask = (sql: string): Promise<Row[]> => session.all({ sql, parameters: [] })
  const listed = await ask(TABLES)
  const byOwner = (rows: readonly Row[]) => Map.groupBy(rows, ({ owner }) => String(owner))
  const columns = byOwner(await ask(COLUMNS))
  const constraints = byOwner(await ask(CONSTRAINTS))
  const unique = byOwner(await ask(UNIQUE))
  const tables = listed.map(({ name: given, relkind }): Table => {
    const name = String(given)
    return {
      name,
      kind: relkind === 'v' || relkind === 'm' ? 'view' : relkind === 'f' ? 'virtual' : 'table',
      columns: (columns.get(name) ?? []).map(columnOf),
      ...keysOf(constraints.get(name) ?? []),
      unique: (unique.get(name) ?? []).map((index) => listOf(index.columns)),
      rowidColumn: null,
      isWithoutRowid: false,
    }
  })
  return {
    engine: 'postgres',
    tables: new Map(tables.map((table) => [table.name, table])),
    hash: sha256(canonicalJson(tables)),
  }
}

function columnOf({ name, type, required, generated }: Row): Column {
  return { name: String(name), type: String(type), notNull: required === 1, isGenerated: generated === 1 }
}

function keysOf(constraints: readonly Row[]): Pick<Table, 'primaryKey' | 'foreignKeys' | 'checks'> {
  const ofType = (type: string): Row[] => constraints.filter((constraint) => constraint.type === type)
  const [primary] = ofType('p')
  return {
    primaryKey: primary ? listOf(primary.columns) : [],
    foreignKeys: ofType('f').map((key): ForeignKey => ({
      columns: listOf(key.columns),
      parent: String(key.parent),
      parentColumns: listOf(key.parent_columns),
      onDelete: String(key.on_delete),
    })),
    checks: ofType('c').map(({ condition }) => String(condition)),
  }
}

function listOf(json: Row[string] | undefined): string[] {
  return typeof json === 'string' ? (JSON.parse(json) as string[]) : []
}
