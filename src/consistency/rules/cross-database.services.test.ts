// SQLite against a real Postgres, with every type that the two write differently.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installPostgres, startPostgres, type PostgresServer } from '../../../test/servers/postgres.ts'
import { postgres } from '../../databases/postgres.ts'
import { inProcess } from '../compare/in-process.fixture.ts'
import type { Found } from '../rule.ts'
import { crossDatabase } from './cross-database.ts'

const bin = installPostgres()
if (!bin) console.warn('SKIPPED: no Postgres here, and it cannot be installed')
let server: PostgresServer
const root = mkdtempSync(join(tmpdir(), 'gonogo-compare-postgres-'))
const file = join(root, 'live.db')

beforeAll(async () => {
  if (bin) server = await startPostgres(bin)
})
afterAll(async () => {
  await server?.stop()
  rmSync(root, { recursive: true, force: true })
})

function inSqlite(sql: string): void {
  using database = new DatabaseSync(file)
  database.exec(sql)
}

/** @returns also what was said on the way: how many buckets were unequal. */
async function compare(table: string, given: Record<string, unknown> = {}): Promise<Found & { said: string }> {
  const side = { table, key: given.key ?? 'id' }
  const options = crossDatabase.options.parse({
    left: { database: 'live', ...side },
    right: { database: 'warehouse', ...side },
    recheckAfterMs: 0,
    ...(given.decimals === undefined ? {} : { decimals: given.decimals }),
  })
  const said: string[] = []
  const found = await crossDatabase.compare?.(options, {
    database: (name) =>
      name === 'live'
        ? inProcess(file)
        : postgres.create(postgres.options.parse({ url: server.urlOf() }), { directory: root }),
    keysMax: 20,
    signal: AbortSignal.timeout(120_000),
    progress: (line) => said.push(line),
  })
  if (!found) throw new Error('the kind does not compare')
  return { ...found, said: said.join('\n') }
}

/** Deterministic, between 0 and 1. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 1 | state) + 0x6d2b79f5) | 0
    return ((state ^ (state >>> 14)) >>> 0) / 4294967296
  }
}

describe.skipIf(!bin)('cross-database, SQLite and Postgres', () => {
  it('gives equal values of every type equal checksums, and finds each single one that differs', async () => {
    inSqlite(`CREATE TABLE kinds (id TEXT PRIMARY KEY, n INTEGER, f REAL, d DECIMAL(20,4), yes BOOLEAN, at DATETIME, seconds INTEGER, day DATE,
        bytes BLOB, uuid TEXT, doc JSON, name TEXT, code TEXT);
      INSERT INTO kinds VALUES
        ('a', 9007199254740993, 0.1, 12.5, 1, '2026-03-01T13:00:00.123456+01:00', 1772366400, '2026-03-01', x'00ff', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '{"b":1,"a":[1,{"z":null}],"cc":"ä\\"x"}', 'Zoë 😀 ' || char(10) || '|', '007'),
        ('b', -1, 1e-12, -0.00005, 0, '1969-12-31 23:59:59.9995', -1, '1900-01-01', x'', NULL, '[]', '', NULL),
        ('ä', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`)
    await server.ask(`CREATE TABLE kinds (id varchar(10) PRIMARY KEY, n bigint, f double precision, d numeric(20,5), yes boolean, at timestamptz, seconds timestamp, day date,
        bytes bytea, uuid uuid, doc jsonb, name text, code char(5));
      INSERT INTO kinds VALUES
        ('a', 9007199254740993, 0.1::float8 + 1e-17, 12.50000, true, '2026-03-01 12:00:00.123999Z', '2026-03-01 12:00:00', '2026-03-01', '\\x00ff', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": [1, {"z": null}], "b": 1, "cc": "ä\\"x"}', E'Zoë 😀 \\n|', '007'),
        ('b', -1, 0, -0.00005, false, '1969-12-31 23:59:59.9991Z', '1969-12-31 23:59:59', '1900-01-01', '', NULL, '[]', '', NULL),
        ('ä', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`)
    const same = await compare('kinds')
    expect(same).toMatchObject({ count: 0, judged: 3 })
    expect(same.said).toContain('0 of 61 buckets are unequal')

    const columns = ['n', 'f', 'd', 'yes', 'at', 'seconds', 'day', 'bytes', 'uuid', 'doc', 'name', 'code']
    for (const column of columns) {
      inSqlite(`CREATE TEMP TABLE IF NOT EXISTS x (y); UPDATE kinds SET ${column} = NULL WHERE id = 'a'`)
      const { keys } = await compare('kinds')
      expect(keys).toEqual([['a', expect.stringMatching(new RegExp(`^${column}: null / "`))]])
      const value = {
        n: '9007199254740993',
        f: '0.1',
        d: '12.5',
        yes: '1',
        at: `'2026-03-01T12:00:00.123'`,
        seconds: '1772366400',
      }[column]
      const others = {
        day: `'2026-03-01'`,
        bytes: `x'00ff'`,
        uuid: `'a0eebc999c0b4ef8bb6d6bb9bd380a11'`,
        doc: `'{"a":[1,{"z":null}],"b":1,"cc":"ä\\"x"}'`,
        name: `'Zoë 😀 ' || char(10) || '|'`,
        code: `'007'`,
      }[column]
      inSqlite(`UPDATE kinds SET ${column} = ${value ?? others} WHERE id = 'a'`)
    }
    expect(await compare('kinds')).toMatchObject({ count: 0 })
  })

  it('writes any float and any time as Postgres does', async () => {
    const next = random(11)
    const extremes = [1e300, -1e300, 5e-324, -0, 4e6, 4000000.0000000005, 4e15, 9007199254740991]
    const rows = Array.from({ length: 5000 }, (_, id) => {
      const exponent = Math.floor(next() * 24) - 12
      const places = Math.floor(next() * 12)
      const any = (next() - 0.5) * 10 ** exponent
      const float = id % 3 === 0 ? Number(any.toFixed(places)) : any
      const ms = Math.floor((next() - 0.3) * 4e12)
      return { id, float: extremes[id] ?? float, at: new Date(ms).toISOString() }
    })
    inSqlite('CREATE TABLE floats (id INTEGER PRIMARY KEY, f REAL, at TEXT, n NUMERIC)')
    inSqlite(
      `INSERT INTO floats SELECT value ->> 'id', value ->> 'float', value ->> 'at', value ->> 'float' FROM json_each('${JSON.stringify(rows)}')`,
    )
    await server.ask(`CREATE TABLE floats (id int PRIMARY KEY, f float8, at timestamptz, n numeric);
      INSERT INTO floats SELECT (r ->> 'id')::int, (r ->> 'float')::float8, (r ->> 'at')::timestamptz, (r ->> 'float')::numeric FROM jsonb_array_elements('${JSON.stringify(rows)}') AS r`)
    for (const decimals of [0, 2, 9, 15]) {
      const found = await compare('floats', { decimals })
      expect(found.keys).toEqual([])
      expect(found.said).toContain('0 of 61 buckets are unequal')
    }
  })

  it('drills down in large tables by integer and by text key', async () => {
    inSqlite(`CREATE TABLE big (id INTEGER PRIMARY KEY, code TEXT UNIQUE, v REAL);
      WITH RECURSIVE s (i) AS (SELECT -20000 UNION ALL SELECT i + 1 FROM s WHERE i < 20000) INSERT INTO big SELECT i, 'code ' || i, i / 3.0 FROM s;
      UPDATE big SET v = 7 WHERE id = -19999; DELETE FROM big WHERE id = 12345`)
    await server.ask(`CREATE TABLE big (id bigint PRIMARY KEY, code text, v float8);
      INSERT INTO big SELECT i, 'code ' || i, i / 3.0::float8 FROM generate_series(-20000, 20000) AS i; DELETE FROM big WHERE id = -3`)
    const byId = await compare('big')
    expect(byId).toMatchObject({
      count: 3,
      judged: 40001,
      keys: [
        [-19999, 'v: "7" / "-6666.333333333"'],
        [-3, 'only in live.big'],
        [12345, 'only in warehouse.big'],
      ],
    })
    expect(byId.said).toContain('3 of 61 buckets are unequal')
    const byCode = await compare('big', { key: 'code' })
    expect(byCode.keys.map(([key]) => key)).toEqual(['code -19999', 'code -3', 'code 12345'])
  })
})
