import { describe, expect, it } from 'vitest'
import { Fixing, ruleOf } from '../fixing.fixture.ts'

const TABLES = `
  CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, since TEXT DEFAULT 'today');
  CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, customer INTEGER, place TEXT);
  INSERT INTO customers VALUES (1, 'Ann', 'ever'), (2, 'Bob', 'ever');
  INSERT INTO orders VALUES (10, 1, 'x'), (11, 7, 'y'), (12, 7, 'y'), (13, 8, 'z')`

const parents = ruleOf(
  'customer',
  'reference',
  { column: 'orders.customer', references: 'customers.id' },
  {
    fix: { 'insert-missing': { table: 'customers', values: { id: { copy: 'customer' }, name: 'unknown' } } },
  },
)
const children = ruleOf(
  'ordered',
  'requires-child',
  { column: 'customers.id', child: 'orders.customer' },
  {
    fix: { 'insert-missing': { table: 'orders', values: { customer: { copy: 'id' }, place: { copy: 'name' } } } },
  },
)

describe('insert-missing', () => {
  it('adds each parent once, with defaults for what is not given', async () => {
    using database = new Fixing(TABLES)
    const before = await database.hash()
    const report = await database.fix([parents])
    expect(database.rows('SELECT * FROM customers WHERE id > 2')).toEqual([
      { id: 7, name: 'unknown', since: 'today' },
      { id: 8, name: 'unknown', since: 'today' },
    ])
    await database.undo(report.run, { rules: [parents] })
    expect(await database.hash()).toBe(before)
  })

  it('adds children under new keys; one that is referred to since is not removed again', async () => {
    using database = new Fixing(TABLES)
    const report = await database.fix([children, parents])
    expect(database.rows('SELECT id, place FROM orders WHERE customer = 2')).toEqual([{ id: 14, place: 'Bob' }])
    database.edit("INSERT INTO orders VALUES (99, 8, 'new')")
    const undone = await database.undo(report.run, { rules: [children, parents] })
    expect(undone.conflicts.rows).toMatchObject([{ table: 'customers', key: { id: 8 }, reason: 'referred-to' }])
    expect(database.rows('SELECT id FROM customers')).toEqual([{ id: 1 }, { id: 2 }, { id: 8 }])
  })
})
