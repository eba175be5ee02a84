import { describe, expect, it } from 'vitest'
import { Fixing, ruleOf } from './fixing.fixture.ts'

const GRAPH = `
  CREATE TABLE entities (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
  CREATE TABLE relationships (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source_id INTEGER NOT NULL, confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1), semantic_id TEXT);
  CREATE TABLE evidence (id INTEGER PRIMARY KEY, relationship_id INTEGER NOT NULL, weight REAL NOT NULL);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
  INSERT INTO entities SELECT i, 'entity ' || i FROM n;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
  INSERT INTO relationships SELECT i, CASE WHEN i % 50 = 0 THEN 9000 + i ELSE 1 + i % 200 END,
    CASE WHEN i % 40 = 1 THEN 0.9 ELSE 0.5 END, CASE WHEN i % 100 = 3 THEN 'same ' || i / 300 ELSE 'only ' || i END FROM n;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
  INSERT INTO evidence SELECT i, i, 0.5 FROM n WHERE i % 70 <> 7;
`

const RULES = [
  ruleOf(
    'no-orphans',
    'reference',
    { column: 'relationships.source_id', references: 'entities.id' },
    { fix: { delete: {} } },
  ),
  ruleOf(
    'no-doubles',
    'duplicate-groups',
    { column: 'relationships.semantic_id' },
    { fix: { 'merge-duplicates': {} } },
  ),
  ruleOf(
    'supported',
    'requires-child',
    { column: 'relationships.id', child: 'evidence.relationship_id' },
    { fix: { 'insert-missing': { table: 'evidence', values: { relationship_id: { copy: 'id' }, weight: 0.1 } } } },
  ),
  ruleOf(
    'honest',
    'aggregate-equals',
    {
      column: 'relationships.confidence',
      aggregate: 'noisy-or',
      of: 'evidence.weight',
      by: 'evidence.relationship_id',
      tolerance: 0.05,
    },
    { fix: { 'set-from-aggregate': { decimals: 6 } } },
  ),
]

describe.each(['transaction', 'chunks'] as const)('fixing in %s', (mode) => {
  it('repairs every rule in its order, and gives back the same content when it is undone', async () => {
    using graph = new Fixing(GRAPH)
    const before = await graph.hash()
    const report = await graph.fix(RULES, { mode })
    expect(report.outcome).toBe('fixed')
    expect(report.rules.map(({ rule, left }) => [rule, left])).toEqual([
      ['no-orphans', 0],
      ['no-doubles', 0],
      ['supported', 0],
      ['honest', 0],
    ])
    expect(report.rules.every(({ found }) => found > 0)).toBe(true)
    expect(await graph.hash()).not.toBe(before)
    const undone = await graph.undo(report.run, { mode, rules: RULES })
    expect(undone).toMatchObject({ outcome: 'undone', conflicts: { count: 0 } })
    expect(undone.restored).toBe(report.changes.reduce((sum, { rows }) => sum + rows, 0))
    expect(await graph.hash()).toBe(before)
  })
})
