// Rows per table, as the manifest has them: names without schema are those of `public`.
import type { Session } from '../../databases/database.ts'

/** What pg_dump copies the rows of, without what belongs to extensions; a partitioned table counts for its partitions. */
const TABLES = `
  SELECT CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END AS name, format('%I.%I', n.nspname, c.relname) AS quoted,
    CASE WHEN c.relkind = 'p' THEN '' ELSE 'ONLY' END AS only
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'
    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    AND (c.relkind <> 'm' OR c.relispopulated)
  ORDER BY 1`

/** In parentheses, because it is no table. */
const LARGE_OBJECTS = '(large objects)'

/** @throws OutsideError also where the user may not see all rows: a count of some would prove nothing. */
export async function countRows(session: Session): Promise<Record<string, number>> {
  const rows: Record<string, number> = {}
  for (const { name, quoted, only } of await session.all({ sql: TABLES, parameters: [] })) {
    // The engine's own quoting of the engine's own name.
    const [counted] = await session.all({
      sql: `SELECT count(*) AS n FROM ${String(only)} ${String(quoted)}`,
      parameters: [],
    })
    rows[String(name)] = Number(counted?.n)
  }
  const [objects] = await session.all({ sql: 'SELECT count(*) AS n FROM pg_largeobject_metadata', parameters: [] })
  if (Number(objects?.n) > 0) rows[LARGE_OBJECTS] = Number(objects?.n)
  return rows
}

/** How counts differ, a line each: `orders: 11 rows, 12 were recorded`. */
export function rowDifferences(recorded: Record<string, number>, found: Record<string, number>): string[] {
  const tables = new Set([...Object.keys(recorded), ...Object.keys(found)])
  return [...tables]
    .filter((table) => recorded[table] !== found[table])
    .map((table) => `${table}: ${said(found[table])}, ${said(recorded[table])} recorded`)
}

const said = (count: number | undefined): string => (count === undefined ? 'no table' : `${count} rows`)
