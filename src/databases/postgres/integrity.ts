// What Postgres itself would find wrong: promises it has not proved, indexes it does not use, keys that lead nowhere, damaged pages.
import { messageOf } from '../../lib/errors.ts'
import type { Row, Session } from '../database.ts'
import { quoted } from './session.ts'

/** More findings than this say nothing new. */
const PROBLEMS_MAX = 100

const UNPROVED = `
  SELECT format('constraint %I of %s is not validated: rows from before it may break it (ALTER TABLE ... VALIDATE CONSTRAINT)', conname, conrelid::regclass) AS problem
  FROM pg_constraint WHERE NOT convalidated AND conrelid <> 0 ORDER BY 1 LIMIT ${PROBLEMS_MAX}`

const INVALID = `
  SELECT format('index %s of %s is not valid: %s (REINDEX INDEX CONCURRENTLY, or drop it)', indexrelid::regclass, indrelid::regclass,
    CASE WHEN indisunique THEN 'it guards no uniqueness' ELSE 'no query uses it' END) AS problem
  FROM pg_index WHERE NOT (indisvalid AND indisready AND indislive) ORDER BY 1 LIMIT ${PROBLEMS_MAX}`

const CHECKSUMS = `
  SELECT format('%s pages of this database failed their checksum, last at %s', checksum_failures, checksum_last_failure) AS problem
  FROM pg_stat_database WHERE datname = current_database() AND checksum_failures > 0`

/** Of partitions the key of their partitioned table speaks. */
const FOREIGN_KEYS = `
  SELECT conname AS name, conrelid::regclass::text AS child, confrelid::regclass::text AS parent, confmatchtype AS match,
    (SELECT json_agg(json_build_array(c.attname, p.attname) ORDER BY u.place)::text
     FROM unnest(k.conkey, k.confkey) WITH ORDINALITY AS u (child, parent, place)
     JOIN pg_attribute AS c ON c.attrelid = k.conrelid AND c.attnum = u.child
     JOIN pg_attribute AS p ON p.attrelid = k.confrelid AND p.attnum = u.parent) AS columns
  FROM pg_constraint AS k WHERE contype = 'f' AND conparentid = 0 ORDER BY conrelid::regclass::text, conname`

const INDEXES = `
  SELECT c.oid, c.oid::regclass::text AS name FROM pg_class AS c JOIN pg_am AS a ON a.oid = c.relam JOIN pg_index AS i ON i.indexrelid = c.oid
  WHERE a.amname = 'btree' AND c.relkind = 'i' AND i.indisvalid AND i.indisready AND c.relpersistence <> 't' ORDER BY c.oid::regclass::text`

/** One line a finding; empty when there is none. Also when the extension amcheck is not there, pages are only seen as far as keys lead. */
export async function postgresIntegrity(session: Session): Promise<string[]> {
  const ask = (sql: string): Promise<Row[]> => session.all({ sql, parameters: [] })
  const problems: string[] = []
  for (const sql of [UNPROVED, INVALID, CHECKSUMS])
    problems.push(...(await ask(sql)).map(({ problem }) => String(problem)))
  for (const key of await ask(FOREIGN_KEYS)) {
    if (problems.length >= PROBLEMS_MAX) return problems
    problems.push(...(await brokenKey(session, key)))
  }
  const [amcheck] = await ask(
    `SELECT n.nspname AS schema FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'amcheck'`,
  )
  if (!amcheck) return problems
  problems.push(...(await damagedTables(session, String(amcheck.schema))))
  for (const index of await ask(INDEXES)) {
    if (problems.length >= PROBLEMS_MAX) return problems
    problems.push(...(await damagedIndex(session, String(amcheck.schema), index)))
  }
  return problems
}

/** All rows of the child against all of the parent, in one pass over each. With MATCH FULL a key is whole or wholly null. */
async function brokenKey(session: Session, key: Row): Promise<string[]> {
  const pairs = JSON.parse(String(key.columns)) as [string, string][]
  const columns = pairs.map(([child]) => `c.${quoted(child)}`)
  const joined = pairs.map(([child, parent]) => `p.${quoted(parent)} = c.${quoted(child)}`).join(' AND ')
  const whole = columns.map((column) => `${column} IS NOT NULL`).join(' AND ')
  const partly =
    key.match === 'f' && columns.length > 1
      ? `num_nulls(${columns.join(', ')}) BETWEEN 1 AND ${columns.length - 1} OR `
      : ''
  // Names as regclass writes them are quoted where they must be.
  const sql = `SELECT count(*) AS n FROM ${String(key.child)} AS c WHERE ${partly}(${whole} AND NOT EXISTS (SELECT FROM ${String(key.parent)} AS p WHERE ${joined}))`
  const count = (await session.all({ sql, parameters: [] }))[0]?.n ?? 0
  if (Number(count) === 0) return []
  return [`${String(key.child)}: ${count} rows break the foreign key ${String(key.name)} to ${String(key.parent)}`]
}

/** Damage in the pages of a table; the function is there from version 14 on. */
async function damagedTables(session: Session, schema: string): Promise<string[]> {
  const [there] = await session.all({
    sql: `SELECT to_regprocedure($1) IS NOT NULL AS there`,
    parameters: [`${quoted(schema)}.verify_heapam(regclass, boolean, boolean, text, bigint, bigint)`],
  })
  if (there?.there !== 1) return []
  const rows = await session.all({
    sql: `SELECT format('%s, block %s, row %s: %s', c.oid::regclass, h.blkno, h.offnum, h.msg) AS problem
      FROM pg_class AS c CROSS JOIN LATERAL ${quoted(schema)}.verify_heapam(c.oid::regclass) AS h
      WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.relnamespace <> 'pg_catalog'::regnamespace LIMIT ${PROBLEMS_MAX}`,
    parameters: [],
  })
  return rows.map(({ problem }) => String(problem))
}

/** A damaged index is an error of the check itself, which would end the transaction without a savepoint. */
async function damagedIndex(session: Session, schema: string, { oid, name }: Row): Promise<string[]> {
  const run = (sql: string): Promise<number> => session.run({ sql, parameters: [] })
  await run('SAVEPOINT gonogo_amcheck')
  try {
    await session.all({
      sql: `SELECT ${quoted(schema)}.bt_index_check($1::oid::regclass, true)`,
      parameters: [oid ?? 0],
    })
    return []
  } catch (error) {
    await run('ROLLBACK TO SAVEPOINT gonogo_amcheck')
    return [`index ${String(name)}: ${messageOf(error)}`]
  } finally {
    await run('RELEASE SAVEPOINT gonogo_amcheck').catch(() => 0)
  }
}
