import { describe, expect, it } from 'vitest'
import { Fixing, ruleOf } from '../fixing.fixture.ts'

const TABLES = `
  CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
  CREATE TABLE lines (id INTEGER PRIMARY KEY, order_id INTEGER, price REAL);
  INSERT INTO orders VALUES (1, 3), (2, 9), (3, NULL), (4, 7);
  INSERT INTO lines VALUES (1, 1, 1), (2, 1, 2), (3, 2, 0.25), (4, 2, 0.5), (5, 3, 4)`

describe('set-from-aggregate', () => {
  it('sets what the rule says that the column must equal', async () => {
    using database = new Fixing(TABLES)
    const rule = ruleOf(
      'total',
      'aggregate-equals',
      { column: 'orders.total', aggregate: 'sum', of: 'lines.price', by: 'lines.order_id' },
      { fix: { 'set-from-aggregate': { decimals: 1 } }, max: 1 },
    )
    expect(await database.fix([rule])).toMatchObject({ outcome: 'fixed', changes: [{ rows: 2 }] })
    expect(database.rows('SELECT total FROM orders')).toEqual([
      { total: 3 },
      { total: 0.8 },
      { total: 4 },
      { total: 7 },
    ])
  })

  it.each([
    ['count', 2],
    ['avg', 0.375],
    ['min', 0.25],
    ['max', 0.5],
    ['noisy-or', 0.625],
  ])('puts children together by %s', async (aggregate, expected) => {
    using database = new Fixing(TABLES)
    const from = { aggregate, table: 'lines', column: 'price', by: 'order_id' }
    const rule = ruleOf('two', 'range', { column: 'orders.total', to: 8 }, { fix: { 'set-from-aggregate': { from } } })
    await database.fix([rule])
    expect(database.rows('SELECT total FROM orders WHERE id = 2')[0]?.total).toBeCloseTo(expected, 12)
  })
})
