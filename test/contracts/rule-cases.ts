// What every kind of rule must find, in tables that SQLite and Postgres both understand: their keys and counts must be the same.
import type { Key } from '../../src/consistency/rule.ts'

export interface RuleCase {
  what: string
  options: unknown
  /** What breaks the rule, ascending; none: it passes. */
  keys: Key[]
}

export interface RuleCases {
  /** Makes the tables and fills them. */
  sql: string
  cases: [passing: RuleCase, failing: RuleCase, ...others: RuleCase[]]
  /** Rows of every table when they were last recorded. */
  rowsBefore?: number
}

/** When it is, to rules that ask. */
export const NOW = Date.parse('2026-11-21T12:00:00Z')

/** A table that comes out only where names are quoted. */
const HOSTILE = '"a""b; DROP TABLE t; --"'
const hostile = (column: string) => ({ table: 'a"b; DROP TABLE t; --', column })

export const ruleCases: Record<string, RuleCases> = {
  'not-null': {
    sql: `CREATE TABLE full_one (id integer PRIMARY KEY, a text); INSERT INTO full_one VALUES (1, 'x'), (2, '');
      CREATE TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t VALUES (10, NULL), (2, 'x'), (1, NULL), (3, '');
      CREATE TABLE empty_one (id integer PRIMARY KEY, a text);
      CREATE TABLE pairs (a text, b bigint, c real, PRIMARY KEY (b, a));
      INSERT INTO pairs VALUES ('b', 9007199254740993, NULL), ('a', 9007199254740993, NULL), ('B', 9007199254740993, NULL), ('z', -5, 1.5);
      CREATE TABLE ${HOSTILE} ("c""d" integer, id integer PRIMARY KEY); INSERT INTO ${HOSTILE} VALUES (NULL, 7)`,
    cases: [
      { what: 'a value in every row, empty text is one', options: { column: 'full_one.a' }, keys: [] },
      { what: 'nulls, keys in numeric order', options: { column: 't.a' }, keys: [[1], [10]] },
      { what: 'an empty table', options: { column: 'empty_one.a' }, keys: [] },
      {
        what: 'composite keys, integers beyond 2^53, texts by their bytes',
        options: { column: 'pairs.c' },
        keys: [
          [9007199254740993n, 'B'],
          [9007199254740993n, 'a'],
          [9007199254740993n, 'b'],
        ],
      },
      { what: 'names with quotes', options: { column: hostile('c"d') }, keys: [[7]] },
    ],
  },
  unique: {
    sql: `CREATE TABLE t (id integer PRIMARY KEY, a text, b integer, c integer);
      INSERT INTO t VALUES (1, 'x', 1, 1), (2, 'X', 2, 1), (3, 'x', 1, 2), (4, NULL, 3, 3), (5, NULL, NULL, 3), (6, 'x', 2, 4), (10, 'y', 1, 5);
      CREATE TABLE texts (k text PRIMARY KEY, a integer); INSERT INTO texts VALUES ('b', 1), ('B', 1), ('c', 2), ('a', 2), ('d', NULL);
      CREATE TABLE pairs (p integer, q text, a integer, PRIMARY KEY (q, p)); INSERT INTO pairs VALUES (1, 'z', 5), (2, 'a', 5), (1, 'a', 5);
      CREATE TABLE empty_one (id integer PRIMARY KEY, a text);
      CREATE TABLE ${HOSTILE} (id integer PRIMARY KEY, "c""d" integer); INSERT INTO ${HOSTILE} VALUES (7, 1), (8, 1)`,
    cases: [
      { what: 'combinations that differ', options: { column: ['t.a', 't.b', 't.c'] }, keys: [] },
      { what: 'all but the first of a value', options: { column: 't.a' }, keys: [[3], [6]] },
      { what: 'all but the first of a combination, null is none', options: { column: ['t.b', 't.a'] }, keys: [[3]] },
      { what: 'nulls that break it', options: { column: ['t.a', 't.b'], nulls: 'violate' }, keys: [[3], [4], [5]] },
      { what: 'text keys, first by their bytes', options: { column: 'texts.a' }, keys: [['b'], ['c']] },
      {
        what: 'composite keys',
        options: { column: 'pairs.a' },
        keys: [
          ['a', 2],
          ['z', 1],
        ],
      },
      { what: 'an empty table', options: { column: 'empty_one.a' }, keys: [] },
      { what: 'names with quotes', options: { column: hostile('c"d') }, keys: [[8]] },
    ],
  },
  'duplicate-groups': {
    sql: `CREATE TABLE t (id integer PRIMARY KEY, a text, b integer);
      INSERT INTO t VALUES (1, 'x', 1), (2, 'b', 2), (3, 'x', 1), (4, 'B', 3), (5, 'b', 2), (6, NULL, 9), (7, NULL, 9), (8, 'B', 4), (9, 'x', 1);
      CREATE TABLE ${HOSTILE} (id integer PRIMARY KEY, "c""d" integer); INSERT INTO ${HOSTILE} VALUES (7, 1), (8, 1)`,
    cases: [
      { what: 'ids', options: { column: 't.id' }, keys: [] },
      { what: 'a key for each value, null is none', options: { column: 't.a' }, keys: [['B'], ['b'], ['x']] },
      {
        what: 'combinations',
        options: { column: ['t.b', 't.a'] },
        keys: [
          [1, 'x'],
          [2, 'b'],
        ],
      },
      { what: 'names with quotes', options: { column: hostile('c"d') }, keys: [[1]] },
    ],
  },
  reference: {
    sql: `CREATE TABLE parents (id integer PRIMARY KEY, code text, a integer, b integer);
      INSERT INTO parents VALUES (1, 'one', 1, 1), (2, 'two', 1, 2), (3, NULL, 2, NULL);
      CREATE TABLE t (id integer PRIMARY KEY, parent integer, code text, a integer, b integer, fine integer);
      INSERT INTO t VALUES (1, 1, 'one', 1, 1, 1), (2, 9, 'One', 1, 9, 2), (3, NULL, NULL, NULL, 9, 3), (4, 2, 'two', 2, 1, NULL), (12, 9, 'x', 1, 2, 1), (11, -4, 'one', 1, 1, 1);
      CREATE TABLE empty_one (id integer PRIMARY KEY);
      CREATE TABLE ${HOSTILE} (id integer PRIMARY KEY, "c""d" integer); INSERT INTO ${HOSTILE} VALUES (7, 8), (9, 7)`,
    cases: [
      { what: 'values that are there, or null', options: { column: 't.fine', references: 'parents.id' }, keys: [] },
      { what: 'orphans', options: { column: 't.parent', references: 'parents.id' }, keys: [[2], [11], [12]] },
      {
        what: 'nulls that break it',
        options: { column: 't.parent', references: 'parents.id', nulls: 'violate' },
        keys: [[2], [3], [11], [12]],
      },
      { what: 'text keys', options: { column: 't.code', references: 'parents.code' }, keys: [[2], [12]] },
      {
        what: 'composite keys, of which a null part is no reference',
        options: { column: ['t.a', 't.b'], references: ['parents.a', 'parents.b'] },
        keys: [[2], [4]],
      },
      {
        what: 'composite keys with nulls that break it',
        options: { column: ['t.a', 't.b'], references: ['parents.a', 'parents.b'], nulls: 'violate' },
        keys: [[2], [3], [4]],
      },
      {
        what: 'an empty parent',
        options: { column: 't.fine', references: 'empty_one.id' },
        keys: [[1], [2], [3], [11], [12]],
      },
      { what: 'an empty child', options: { column: 'empty_one.id', references: 'parents.id' }, keys: [] },
      {
        what: 'itself, names with quotes',
        options: { column: hostile('c"d'), references: hostile('id') },
        keys: [[7]],
      },
    ],
  },
  'requires-child': {
    sql: `CREATE TABLE t (id integer PRIMARY KEY, code text); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'A'), (10, NULL);
      CREATE TABLE children (id integer PRIMARY KEY, parent integer, code text, every integer);
      INSERT INTO children VALUES (1, 1, 'a', 1), (2, 1, 'a', 2), (3, NULL, NULL, 3), (4, 77, 'zz', 10);
      CREATE TABLE empty_one (id integer PRIMARY KEY, parent integer);
      CREATE TABLE ${HOSTILE} (id integer PRIMARY KEY, "c""d" integer); INSERT INTO ${HOSTILE} VALUES (7, 8), (8, 8)`,
    cases: [
      { what: 'children of every row', options: { column: 't.id', child: 'children.every' }, keys: [] },
      {
        what: 'rows that nothing refers to',
        options: { column: 't.id', child: 'children.parent' },
        keys: [[2], [3], [10]],
      },
      {
        what: 'references to a text, of which null asks for none',
        options: { column: 't.code', child: 'children.code' },
        keys: [[2], [3]],
      },
      {
        what: 'no children at all',
        options: { column: 't.id', child: 'empty_one.parent' },
        keys: [[1], [2], [3], [10]],
      },
      { what: 'no rows', options: { column: 'empty_one.id', child: 'children.parent' }, keys: [] },
      { what: 'itself, names with quotes', options: { column: hostile('id'), child: hostile('c"d') }, keys: [[7]] },
    ],
  },
  range: {
    sql: `CREATE TABLE t (id integer PRIMARY KEY, a double precision, n bigint, s text);
      INSERT INTO t VALUES (1, 0, 0, '2026-01-01'), (2, 1, 9007199254740993, '2026-06-01'), (3, -0.001, -1, ''), (4, 1.001, 5, '2027-01-01'), (5, NULL, NULL, NULL), (11, 0.5, 9223372036854775807, '2026-01-02');
      CREATE TABLE ${HOSTILE} (id integer PRIMARY KEY, "c""d" integer); INSERT INTO ${HOSTILE} VALUES (7, 8)`,
    cases: [
      { what: 'values between, null says nothing', options: { column: 't.a', from: -1, to: 2 }, keys: [] },
      { what: 'values outside, ends allowed', options: { column: 't.a', from: 0, to: 1 }, keys: [[3], [4]] },
      { what: 'ends that are not allowed', options: { column: 't.a', above: 0, below: 1 }, keys: [[1], [2], [3], [4]] },
      { what: 'nulls that break it', options: { column: 't.a', from: -1, nulls: 'violate' }, keys: [[5]] },
      {
        what: 'a fraction beside whole numbers',
        options: { column: 't.n', from: -0.5, to: 9007199254740992 },
        keys: [[2], [3], [11]],
      },
      { what: 'texts', options: { column: 't.s', from: '2026-01-01', below: '2027' }, keys: [[3], [4]] },
      { what: 'names with quotes', options: { column: hostile('c"d'), to: 1 }, keys: [[7]] },
    ],
  },
  enum: {
    sql: `CREATE TABLE t (id integer PRIMARY KEY, a text, n integer);
      INSERT INTO t VALUES (1, 'open', 1), (2, 'paid', 2), (3, 'Open', 3), (4, NULL, NULL), (10, 'it''s', 1), (9, '', 7);
      CREATE TABLE ${HOSTILE} (id integer PRIMARY KEY, "c""d" integer); INSERT INTO ${HOSTILE} VALUES (7, 8)`,
    cases: [
      {
        what: 'values listed, null says nothing',
        options: { column: 't.a', values: ['open', 'paid', 'Open', "it's", ''] },
        keys: [],
      },
      { what: 'values not listed', options: { column: 't.a', values: ['open', 'paid'] }, keys: [[3], [9], [10]] },
      {
        what: 'nulls that break it',
        options: { column: 't.a', values: ['open', 'paid', 'Open', "it's", ''], nulls: 'violate' },
        keys: [[4]],
      },
      { what: 'numbers', options: { column: 't.n', values: [1, 2, 2.5] }, keys: [[3], [9]] },
      { what: 'names with quotes', options: { column: hostile('c"d'), values: [1] }, keys: [[7]] },
    ],
  },
  regex: {
    sql: `CREATE TABLE t (id integer PRIMARY KEY, a text, n integer);
      INSERT INTO t VALUES (1, 'ann@example.org', 12), (2, 'no address', 3), (3, NULL, NULL), (4, 'x@y', 45), (10, 'two
lines@here', 6), (5, '😀@smile', 7), (6, '', 8);
      CREATE TABLE ${HOSTILE} (id integer PRIMARY KEY, "c""d" text); INSERT INTO ${HOSTILE} VALUES (7, 'x')`,
    cases: [
      {
        what: 'anything, null says nothing',
        options: { column: 't.a', pattern: '^[\\s\\S]*$' },
        keys: [],
      },
      { what: 'texts that do not match', options: { column: 't.a', pattern: '^\\S+@\\S+$' }, keys: [[2], [6], [10]] },
      {
        what: 'nulls that break it',
        options: { column: 't.a', pattern: '@', nulls: 'violate' },
        keys: [[2], [3], [6]],
      },
      {
        what: 'a point that is no line end, and is a whole character',
        options: { column: 't.a', pattern: '^.@|^[a-z. ]{3,}.*$' },
        keys: [[6], [10]],
      },
      {
        what: 'looking ahead, counting, a choice',
        options: { column: 't.a', pattern: '^(?!x)(?:\\w{3}@|.@smile)' },
        keys: [[2], [4], [6], [10]],
      },
      { what: 'numbers as they are written', options: { column: 't.n', pattern: '^\\d$' }, keys: [[1], [4]] },
      { what: 'names with quotes', options: { column: hostile('c"d'), pattern: 'y' }, keys: [[7]] },
    ],
  },
  freshness: {
    sql: `CREATE TABLE t (id integer PRIMARY KEY, at text, s bigint, ms bigint, bad text);
      INSERT INTO t VALUES (1, '2026-11-21T11:00:00Z', 1795258800, 1795258800000, 'never'), (2, '2026-11-21T12:30:00+01:00', 1795260600, 1795260600000, NULL), (3, NULL, NULL, NULL, NULL);
      CREATE TABLE empty_one (id integer PRIMARY KEY, at text);
      CREATE TABLE ${HOSTILE} (id integer PRIMARY KEY, "c""d" text); INSERT INTO ${HOSTILE} VALUES (7, '2026-11-20 12:00:00')`,
    cases: [
      { what: 'a row as new as wanted', options: { column: 't.at', within: '30 min' }, keys: [] },
      {
        what: 'no row as new as wanted; the newest is the instant, not the greatest text',
        options: { column: 't.at', within: '29 min' },
        keys: [[1795260600000]],
      },
      { what: 'seconds', options: { column: 't.s', within: '30 min', format: 'seconds' }, keys: [] },
      {
        what: 'seconds too old',
        options: { column: 't.s', within: '29 min', format: 'seconds' },
        keys: [[1795260600000]],
      },
      {
        what: 'milliseconds',
        options: { column: 't.ms', within: '29 min', format: 'milliseconds' },
        keys: [[1795260600000]],
      },
      { what: 'no rows', options: { column: 'empty_one.at', within: '1 day' }, keys: [[null]] },
      {
        what: 'names with quotes, a time without a zone',
        options: { column: hostile('c"d'), within: '23 h' },
        keys: [[1795176000000]],
      },
    ],
  },
  'row-count-drift': {
    sql: `CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3), (4), (5), (6);
      CREATE TABLE ${HOSTILE} (id integer PRIMARY KEY)`,
    rowsBefore: 4,
    cases: [
      { what: 'as much growth as accepted', options: { table: 't', up: 50, down: 0 }, keys: [] },
      { what: 'more growth than accepted', options: { table: 't', up: 49 }, keys: [[6, 4]] },
      { what: 'any growth', options: { table: 't', down: 10 }, keys: [] },
      {
        what: 'names with quotes, rows lost',
        options: { table: 'a"b; DROP TABLE t; --', up: 10, down: 99 },
        keys: [[0, 4]],
      },
    ],
  },
  'aggregate-equals': {
    sql: `CREATE TABLE t (id integer PRIMARY KEY, n integer, total double precision, sure double precision, least double precision, mean double precision, code text);
      INSERT INTO t VALUES (1, 2, 0.75, 0.625, 0.25, 0.375, 'a'), (2, 1, 1, 1, 1, 1, 'b'), (3, 0, 0, NULL, NULL, NULL, 'c'), (4, 1, NULL, NULL, NULL, NULL, 'd'), (10, 5, 5, 5, 5, 5, 'e'), (11, NULL, 1.5, 0.5, 0.5, 0.5, 'f');
      CREATE TABLE c (id integer PRIMARY KEY, parent integer, code text, w double precision);
      INSERT INTO c VALUES (1, 1, 'a', 0.5), (2, 1, 'a', 0.25), (3, 2, 'b', 1), (4, 4, 'd', NULL), (5, 11, 'f', 0.5), (6, NULL, NULL, 9), (7, 99, 'zz', 9);
      CREATE TABLE ${HOSTILE} (id integer PRIMARY KEY, "c""d" integer); INSERT INTO ${HOSTILE} VALUES (7, 2), (1, 7)`,
    cases: [
      {
        what: 'sums within the tolerance',
        options: { column: 't.total', aggregate: 'sum', of: 'c.w', by: 'c.parent', tolerance: 1 },
        keys: [],
      },
      { what: 'sums', options: { column: 't.total', aggregate: 'sum', of: 'c.w', by: 'c.parent' }, keys: [[11]] },
      {
        what: 'sums of childless rows too',
        options: { column: 't.total', aggregate: 'sum', of: 'c.w', by: 'c.parent', childless: 'compare' },
        keys: [[10], [11]],
      },
      {
        what: 'counts, of which null is none',
        options: { column: 't.n', aggregate: 'count', of: 'c.w', by: 'c.parent' },
        keys: [[4], [11]],
      },
      {
        what: 'counts whose null says nothing',
        options: {
          column: 't.n',
          aggregate: 'count',
          of: 'c.id',
          by: 'c.parent',
          nulls: 'ignore',
          childless: 'compare',
        },
        keys: [[10]],
      },
      {
        what: 'noisy-or, of which one that is sure is enough',
        options: { column: 't.sure', aggregate: 'noisy-or', of: 'c.w', by: 'c.parent', childless: 'compare' },
        keys: [[10]],
      },
      {
        what: 'the least',
        options: { column: 't.least', aggregate: 'min', of: 'c.w', by: 'c.parent', childless: 'compare' },
        keys: [[10]],
      },
      {
        what: 'the greatest',
        options: { column: 't.least', aggregate: 'max', of: 'c.w', by: 'c.parent' },
        keys: [[1]],
      },
      { what: 'the average', options: { column: 't.mean', aggregate: 'avg', of: 'c.w', by: 'c.parent' }, keys: [] },
      {
        what: 'by a text',
        options: { column: 't.total', aggregate: 'sum', of: 'c.w', by: 'c.code', references: 't.code' },
        keys: [[11]],
      },
      {
        what: 'itself, names with quotes',
        options: { column: hostile('c"d'), aggregate: 'max', of: hostile('id'), by: hostile('c"d') },
        keys: [[7]],
      },
    ],
  },
  acyclic: {
    sql: `CREATE TABLE fine (id integer PRIMARY KEY, parent integer); INSERT INTO fine VALUES (1, NULL), (2, 1), (3, 1), (4, 3), (5, 99);
      CREATE TABLE t (id integer PRIMARY KEY, parent integer);
      INSERT INTO t VALUES (1, NULL), (2, 3), (3, 4), (4, 2), (5, 2), (6, 5), (7, 7), (8, 7), (10, 11), (11, 10);
      CREATE TABLE edges (a text, b text, PRIMARY KEY (a, b));
      INSERT INTO edges VALUES ('a', 'b'), ('a', 'c'), ('b', 'd'), ('c', 'd'), ('d', 'e'), ('e', 'f'), ('f', 'd'), ('f', 'g'), ('g', 'h'), ('h', 'i'), ('i', 'h');
      CREATE TABLE ${HOSTILE} (id integer PRIMARY KEY, "c""d" integer); INSERT INTO ${HOSTILE} VALUES (7, 7)`,
    cases: [
      { what: 'a tree, of which a parent is not there', options: { from: 'fine.id', to: 'fine.parent' }, keys: [] },
      {
        what: 'nodes on cycles, not those that lead to them',
        options: { from: 't.id', to: 't.parent' },
        keys: [[2], [3], [4], [7], [10], [11]],
      },
      {
        what: 'edges: two cycles, not the path between them',
        options: { from: 'edges.a', to: 'edges.b' },
        keys: [['d'], ['e'], ['f'], ['h'], ['i']],
      },
      { what: 'names with quotes', options: { from: hostile('id'), to: hostile('c"d') }, keys: [[7]] },
    ],
  },
  sql: {
    sql: `CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer); INSERT INTO t VALUES (1, 1, 2), (2, 5, 2), (11, 7, 2), (3, NULL, 1)`,
    cases: [
      {
        what: 'a query that finds nothing',
        options: { query: 'SELECT id FROM t WHERE a > 10;', key: ['id'] },
        keys: [],
      },
      {
        what: 'what a query finds',
        options: { query: 'SELECT id, a FROM t WHERE a > b', key: ['id'], table: 't' },
        keys: [[2], [11]],
      },
      {
        what: 'a query with its own WITH, a comment at its end and a semicolon in a text',
        options: {
          query:
            "WITH w AS (SELECT a AS x, b AS y FROM t) SELECT y, x FROM w WHERE x > y AND ';' <> '?' -- done; really",
          key: ['x', 'y'],
        },
        keys: [
          [5, 2],
          [7, 2],
        ],
      },
    ],
  },
}
