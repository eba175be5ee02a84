import { describe, expect, it } from 'vitest'
import { Fixing, ruleOf } from '../fixing.fixture.ts'

const TABLE = `CREATE TABLE t (id INTEGER PRIMARY KEY, v REAL, note TEXT); INSERT INTO t VALUES (1, -5, 'a'), (2, 0.5, 'b'), (3, 7, NULL)`
const range = (fix: unknown) => ruleOf('range', 'range', { column: 't.v', from: 0, to: 1 }, { fix: { set: fix } })

describe('set', () => {
  it('brings values to the nearest end, and those only', async () => {
    using database = new Fixing(TABLE)
    const report = await database.fix([range({ clamp: { min: 0, max: 1 } })])
    expect(report.changes).toMatchObject([{ rows: 2 }])
    expect(database.rows('SELECT v FROM t')).toEqual([{ v: 0 }, { v: 0.5 }, { v: 1 }])
  })

  it('sets null, or another column than the one judged', async () => {
    using database = new Fixing(TABLE)
    await database.fix([range({ value: null })])
    expect(database.rows('SELECT v FROM t')).toEqual([{ v: null }, { v: 0.5 }, { v: null }])
    await database.fix([ruleOf('note', 'not-null', { column: 't.note' }, { fix: { set: { value: 'none' } } })])
    expect(database.rows('SELECT note FROM t')).toEqual([{ note: 'a' }, { note: 'b' }, { note: 'none' }])
  })
})
