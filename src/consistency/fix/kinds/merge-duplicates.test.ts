import { describe, expect, it } from 'vitest'
import { Fixing, ruleOf } from '../fixing.fixture.ts'

const TABLES = `
  CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT, name TEXT, logins INTEGER);
  CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES people (id));
  CREATE TABLE likes (person INTEGER, post INTEGER);
  INSERT INTO people VALUES (1, 'x', 'Ann', 1), (2, 'x', 'Bob', 9), (3, 'x', 'Cid', 5), (4, 'y', 'Dan', 1), (5, NULL, 'Eve', 1), (6, NULL, 'Fay', 1);
  INSERT INTO posts VALUES (10, 1), (20, 2), (30, 3), (40, 4);
  INSERT INTO likes VALUES (3, 10), (4, 10)`

const doubles = (kind: string, keep: unknown) =>
  ruleOf('doubles', kind, { column: 'people.mail' }, { fix: { 'merge-duplicates': { keep } } })
const liked = ruleOf('liked', 'reference', { column: 'likes.person', references: 'people.id' })

describe('merge-duplicates', () => {
  it.each([
    ['unique', 'oldest', 1],
    ['duplicate-groups', 'newest', 3],
    ['unique', { column: 'logins', order: 'highest' }, 2],
    ['duplicate-groups', { column: 'logins' }, 1],
  ] as const)('of %s keeps the %j, which gets what referred to the others', async (kind, keep, kept) => {
    using database = new Fixing(TABLES)
    const before = await database.hash()
    const rules = [doubles(kind, keep), liked]
    const report = await database.fix(rules)
    expect(database.rows('SELECT id FROM people')).toEqual([kept, 4, 5, 6].map((id) => ({ id })))
    expect(database.rows('SELECT author FROM posts')).toEqual([kept, kept, kept, 4].map((author) => ({ author })))
    expect(database.rows('SELECT person FROM likes')).toEqual([kept, 4].map((person) => ({ person })))
    await database.undo(report.run, { rules })
    expect(await database.hash()).toBe(before)
  })
})
