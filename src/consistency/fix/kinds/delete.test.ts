import { describe, expect, it } from 'vitest'
import { Fixing, ruleOf } from '../fixing.fixture.ts'

const given = (column: string, options = {}) => ruleOf('given', 'not-null', { column }, { fix: { delete: options } })

describe('delete', () => {
  it('takes along what refers to the rows, over several tables, and lets go of what its foreign key says', async () => {
    using database = new Fixing(`
      CREATE TABLE a (id INTEGER PRIMARY KEY, v INTEGER);
      CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a (id));
      CREATE TABLE c (id INTEGER PRIMARY KEY, b_id INTEGER REFERENCES b (id) ON DELETE CASCADE);
      CREATE TABLE d (id INTEGER PRIMARY KEY, c_id INTEGER REFERENCES c (id) ON DELETE SET NULL);
      INSERT INTO a VALUES (1, NULL), (2, 5); INSERT INTO b VALUES (10, 1), (20, 2);
      INSERT INTO c VALUES (100, 10), (200, 20); INSERT INTO d VALUES (1000, 100), (2000, 200)`)
    const before = await database.hash()
    const report = await database.fix([given('a.v')])
    expect(report.changes.map(({ table, type, rows }) => [table, type, rows])).toEqual([
      ['d', 'update', 1],
      ['c', 'delete', 1],
      ['b', 'delete', 1],
      ['a', 'delete', 1],
    ])
    expect(database.rows('SELECT c_id FROM d ORDER BY id')).toEqual([{ c_id: null }, { c_id: 200 }])
    await database.undo(report.run)
    expect(await database.hash()).toBe(before)
  })

  it.each(['transaction', 'chunks'] as const)('ends where rows refer to each other in a circle (%s)', async (mode) => {
    using database = new Fixing(`
      CREATE TABLE a (id INTEGER PRIMARY KEY, above INTEGER REFERENCES a (id), v INTEGER);
      INSERT INTO a VALUES (1, 3, NULL), (2, 1, 5), (3, 2, 5), (4, 4, 5), (5, NULL, 5)`)
    const before = await database.hash()
    const report = await database.fix([given('a.v')], { mode })
    expect(database.rows('SELECT id FROM a')).toEqual([{ id: 4 }, { id: 5 }])
    await database.undo(report.run, { mode })
    expect(await database.hash()).toBe(before)
  })
})
