// A graph with something wrong in most of its rows, and the rules with fixes that put it right.
import { ruleOf } from './fixing.fixture.ts'

/** @param size relationships; a third of them or their evidence will be changed. */
export const graphOf = (size: number): string => `
  CREATE TABLE entities (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
  CREATE TABLE relationships (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source_id INTEGER NOT NULL, target_id INTEGER NOT NULL, kind TEXT NOT NULL,
    confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1), semantic_id TEXT, created_at INTEGER NOT NULL);
  CREATE TABLE evidence (id INTEGER PRIMARY KEY, relationship_id INTEGER NOT NULL, source TEXT NOT NULL, weight REAL NOT NULL);
  BEGIN;
  ${numbers(Math.ceil(size / 10))} INSERT INTO entities SELECT i, 'entity ' || i FROM n;
  ${numbers(size)} INSERT INTO relationships
    SELECT i, CASE WHEN i % 20 = 0 THEN ${size} + i ELSE 1 + i * 48271 % ${Math.ceil(size / 10)} END, 1 + i * 69621 % ${Math.ceil(size / 10)},
      CASE i % 3 WHEN 0 THEN 'part of' WHEN 1 THEN 'mentions' ELSE 'causes' END, CASE WHEN i % 2 = 1 THEN 0.9 ELSE 0.5 END,
      printf('%016x', CASE WHEN i % 100 = 3 THEN i - 1 ELSE i END), 1700000000000 + i * 977 FROM n;
  ${numbers(size)} INSERT INTO evidence SELECT i, 1 + i * 7919 % ${size}, 'document ' || (i % 1000), CASE WHEN i % 30 = 1 THEN 1.5 ELSE 0.5 END
    FROM n WHERE i % 70 <> 7;
  CREATE INDEX evidence_relationship ON evidence (relationship_id);
  CREATE INDEX relationships_semantic ON relationships (semantic_id);
  COMMIT;
`

const numbers = (last: number): string =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${last})`

export const GRAPH_RULES = [
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
  ruleOf('weights', 'range', { column: 'evidence.weight', to: 1 }, { fix: { set: { clamp: { max: 0.9 } } } }),
  ruleOf(
    'supported',
    'requires-child',
    { column: 'relationships.id', child: 'evidence.relationship_id' },
    {
      fix: {
        'insert-missing': {
          table: 'evidence',
          values: { relationship_id: { copy: 'id' }, source: 'unsourced', weight: 0.1 },
        },
      },
    },
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
