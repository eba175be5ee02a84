import { describe, expect, it } from 'vitest'
import { Fixing, ruleOf } from '../fixing.fixture.ts'

const TABLES = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT);
  CREATE TRIGGER noted AFTER DELETE ON t BEGIN INSERT INTO log (what) VALUES (OLD.a); END;
  INSERT INTO t VALUES (1, 'x;y'), (2, 'b'), (3, 'x;y')`
const rule = (tables: string[]) =>
  ruleOf(
    'none',
    'sql',
    { query: "SELECT id FROM t WHERE a = 'x;y'", key: ['id'], table: 't' },
    {
      fix: { sql: { statement: "DELETE FROM t WHERE a = 'x;y' -- semicolons; in quotes end nothing\n", tables } },
    },
  )

describe('sql', () => {
  it('logs what the statement did to the tables it declares', async () => {
    using database = new Fixing(TABLES)
    const report = await database.fix([rule(['t', 'log'])])
    expect(report.changes.map(({ table, type, rows }) => [table, type, rows])).toEqual([
      ['t', 'delete', 2],
      ['log', 'insert', 2],
    ])
    await database.undo(report.run)
    expect(database.rows('SELECT * FROM t')).toHaveLength(3)
    expect(database.rows('SELECT * FROM log')).toEqual([])
  })

  it('knows what triggers write', async () => {
    using database = new Fixing(TABLES)
    await expect(database.fix([rule(['t'])])).rejects.toThrow(/also changes log/)
  })
})
