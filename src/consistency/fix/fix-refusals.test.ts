import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { sqlite } from '../../databases/sqlite.ts'
import { OutsideError, PlanError } from '../../lib/errors.ts'
import type { Rule } from '../rule.ts'
import { applyFixes } from './apply-fixes.ts'
import { Fixing, fixKinds, ruleOf } from './fixing.fixture.ts'

const TABLES = `
  CREATE TABLE parents (id INTEGER PRIMARY KEY, code TEXT, score INTEGER CHECK (score < 10), twice AS (score * 2));
  CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parents (id), place INTEGER, UNIQUE (parent, place));
  CREATE VIEW scores AS SELECT id, score FROM parents;
  INSERT INTO parents VALUES (1, 'a', NULL), (2, 'a', 5), (3, NULL, 6);
  INSERT INTO children VALUES (1, 1, 7), (2, 2, 7), (3, 3, 1);
`

const given = (fix: Record<string, unknown>, column = 'parents.score', kind = 'not-null'): Rule =>
  ruleOf('given', kind, { column }, { fix })

describe('a fix that cannot be', () => {
  it.each<[string, Rule, RegExp]>([
    ['of a view', given({ set: { value: 1 } }, 'scores.score'), /scores is a view/],
    [
      'of a column that is computed',
      given({ set: { column: 'twice', value: 1 } }),
      /parents\.twice is computed by the database/,
    ],
    [
      'of a column that is not there',
      given({ set: { column: 'scor', value: 1 } }),
      /no column scor.*did you mean "score"/,
    ],
    ['to null where null is forbidden', given({ set: { value: null } }, 'children.parent'), /NOT NULL/],
    [
      'of a kind that does not fit the rule',
      given({ 'merge-duplicates': {} }),
      /cannot repair a rule of kind not-null/,
    ],
    [
      'without a kind',
      { ...given({ set: { value: 1 } }), fix: { kind: 'sett', options: {} } },
      /unknown fix kind "sett".*did you mean "set"/,
    ],
    ['that sets what a CHECK forbids', given({ set: { value: 11 } }), /breaks a constraint: .*CHECK constraint failed/],
    [
      'that deletes what others refer to',
      given({ delete: { cascade: false } }),
      /breaks a constraint: .*FOREIGN KEY.*cascade: true/,
    ],
    [
      'that merges what must stay apart',
      given({ 'merge-duplicates': {} }, 'parents.code', 'duplicate-groups'),
      /breaks a constraint: .*UNIQUE/,
    ],
    [
      'by several statements',
      given({ sql: { statement: 'DELETE FROM children; DELETE FROM parents', tables: ['parents'] } }),
      /several statements/,
    ],
    [
      'by a statement that changes no rows',
      given({ sql: { statement: 'DROP TABLE children', tables: ['parents'] } }),
      /changes no rows/,
    ],
    [
      'by a statement that changes what it does not say',
      given({ sql: { statement: 'DELETE FROM children', tables: ['parents'] } }),
      /also changes children.*tables.*with children/,
    ],
  ])('%s is refused, and nothing is changed', async (_, rule, message) => {
    using database = new Fixing(TABLES)
    const before = await database.hash()
    for (const mode of ['transaction', 'chunks'] as const) {
      const error = await database.fix([rule], { mode }).then(
        () => null,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(PlanError)
      expect((error as PlanError).toLine()).toMatch(message)
      expect(await database.hash()).toBe(before)
    }
  })

  it('that is not enough keeps nothing, unless asked to', async () => {
    using database = new Fixing(TABLES)
    const rules = [ruleOf('low', 'range', { column: 'parents.score', to: 4 }, { fix: { set: { value: 8 } } })]
    const before = await database.hash()
    for (const mode of ['transaction', 'chunks'] as const) {
      expect(await database.fix(rules, { mode })).toMatchObject({
        outcome: 'rolled-back',
        run: null,
        rules: [{ found: 2, left: 2 }],
      })
      expect(await database.hash()).toBe(before)
    }
    expect(await database.fix(rules, { keepIncomplete: true })).toMatchObject({ outcome: 'incomplete' })
    expect(await database.hash()).not.toBe(before)
  })

  it('that makes a rule without a fix worse keeps nothing', async () => {
    using database = new Fixing(TABLES)
    const before = await database.hash()
    const rules = [given({ set: { value: 5 } }), ruleOf('once', 'unique', { column: 'parents.score' })]
    expect(await database.fix(rules)).toMatchObject({
      outcome: 'rolled-back',
      rules: [{ left: 0 }, { found: 0, left: 1 }],
    })
    expect(await database.hash()).toBe(before)
  })

  it('of a locked or a read-only file says so, and nothing is changed', async () => {
    using database = new Fixing(TABLES)
    const before = await database.hash()
    const slow = sqlite.create(sqlite.options.parse({ path: database.path, lockTimeoutMs: 50 }), { directory: '/' })
    const fix = () =>
      applyFixes(slow, [given({ set: { value: 1 } })], { kinds: fixKinds, signal: AbortSignal.timeout(30_000) })
    {
      using other = new DatabaseSync(database.path)
      other.exec('BEGIN IMMEDIATE')
      await expect(fix()).rejects.toThrow(/locked by another process/)
    }
    if (process.getuid?.() !== 0) {
      chmodSync(database.path, 0o400)
      await expect(fix()).rejects.toBeInstanceOf(OutsideError)
      chmodSync(database.path, 0o600)
    }
    expect(await database.hash()).toBe(before)
  })

  it('on a full disk keeps nothing', async () => {
    using database = new Fixing(`${TABLES}
      WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO parents SELECT i, 'code ' || i, NULL FROM n`)
    const before = await database.hash()
    // As a disk that has room for a hundred pages more.
    const full = database.limitedTo(100)
    const fix = applyFixes(full, [given({ set: { value: 1 } })], {
      kinds: fixKinds,
      signal: AbortSignal.timeout(30_000),
    })
    await expect(fix).rejects.toThrow(/disk full/)
    expect(await database.hash()).toBe(before)
  })
})
