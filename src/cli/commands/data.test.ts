import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { gonogo } from './command-line.fixture.ts'

const TABLES = `
  PRAGMA foreign_keys = OFF;
  CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);
  CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents, size REAL);
  CREATE VIEW large AS SELECT * FROM children WHERE size > 9;
  INSERT INTO parents VALUES (1, 'one'), (2, NULL);
  INSERT INTO children VALUES (1, 1, 1), (2, 7, 2), (3, 8, 3);
`

const RULES = `rules:
  orphans: { kind: reference, column: children.parent, references: parents.id, fix: delete }
  named: { kind: not-null, column: parents.name, fix: { kind: set, value: unknown } }
`

const CONFIG = `service: shop
databases: { app: { kind: sqlite, path: app.db, lockTimeoutMs: 50 } }
`

function projectWith({ tables = TABLES, rules = RULES }: { tables?: string; rules?: string } = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-data-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  using database = new DatabaseSync(join(directory, 'app.db'), { enableForeignKeyConstraints: false })
  database.exec(tables)
  configure(directory, rules)
  return directory
}

const configure = (directory: string, rules: string): void =>
  writeFileSync(join(directory, 'gonogo.yaml'), CONFIG + rules)

const rowsOf = (directory: string, table: string): unknown[] => {
  using database = new DatabaseSync(join(directory, 'app.db'))
  return database.prepare(`SELECT * FROM ${table} ORDER BY id`).all()
}

afterEach(() => {
  process.exitCode = 0
})

describe('gonogo data', () => {
  it('finds, repairs, finds nothing more, and takes it back', async () => {
    const directory = projectWith()
    const before = rowsOf(directory, 'children')
    expect(await gonogo(directory, 'data', 'validate')).toMatchObject({ code: 1, out: expect.stringMatching(/2 of 3/) })
    expect((await gonogo(directory, 'data', 'fix', '--dry-run')).code).toBe(0)
    expect(rowsOf(directory, 'children')).toEqual(before)
    expect((await gonogo(directory, 'data', 'fix', '--yes', '--no-backup')).code).toBe(0)
    expect((await gonogo(directory, 'data', 'validate')).code).toBe(0)
    // Rules that are gone since are no reason to keep what was done for them.
    configure(directory, '')
    expect((await gonogo(directory, 'data', 'undo', '1')).code).toBe(0)
    expect(rowsOf(directory, 'children')).toEqual(before)
  })

  it('shows what a full check finds, and judges the rules all the same', async () => {
    const directory = projectWith()
    const { code, out, err } = await gonogo(directory, 'data', 'validate', '--full-check')
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(out).toMatch(/2 rows of children refer to no row of parents[^]*validation success/)
  })

  it('never passes on a sample, also where all rules are warnings', async () => {
    const warning = 'rules: { sizes: { kind: range, column: children.size, to: 9, severity: warning } }\n'
    const directory = projectWith({ rules: warning })
    expect((await gonogo(directory, 'data', 'validate')).code).toBe(0)
    expect((await gonogo(directory, 'data', 'validate', '--pre-check')).code).toBe(3)
  })

  it('changes nothing that nobody confirmed', async () => {
    const directory = projectWith()
    const before = readFileSync(join(directory, 'app.db'))
    expect(await gonogo(directory, 'data', 'fix')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/nobody is there/),
    })
    expect(readFileSync(join(directory, 'app.db'))).toEqual(before)
  })
})

describe('what cannot be asked is said in one line, where JSON was asked for also as JSON', () => {
  const rule = (text: string) =>
    `rules:\n  odd: ${text}\n  named: { kind: not-null, column: parents.name, fix: { kind: set, value: x } }\n`

  it.each([
    [
      'a table',
      '{ kind: not-null, column: parent.name }',
      /gonogo\.yaml:4: rules\/odd\/column: .*did you mean "parents"/,
    ],
    ['a column', '{ kind: not-null, column: parents.nam }', /gonogo\.yaml:4: .*did you mean "name"/],
    ['a view', '{ kind: not-null, column: large.size }', /gonogo\.yaml:4: .*large is a view/],
    ['a type', '{ kind: range, column: children.size, from: abc }', /gonogo\.yaml:4: .*REAL/],
    ['a kind', '{ kind: notnull, column: parents.name }', /gonogo\.yaml:4: .*did you mean "not-null"/],
    ['an option', '{ kind: not-null, colum: parents.name }', /gonogo\.yaml:4: .*did you mean "column"/],
    ['no rules', '', /gonogo\.yaml:4: /],
  ])('%s', async (_, text, message) => {
    const directory = projectWith({ rules: rule(text) })
    for (const verb of [['validate'], ['fix', '--dry-run']]) {
      const { code, out, err } = await gonogo(directory, 'data', ...verb, '--format', 'json')
      expect(code).toBe(2)
      expect(err).toMatch(message)
      expect(err.trim()).not.toContain('\n')
      expect(err).toContain((JSON.parse(out) as { error: string }).error)
    }
  })

  it.each([
    [['validate', '--rules', ','], /--rules names no rule/],
    [['fix', '--dry-run', '--rules', ''], /--rules names no rule/],
    [['validate', '--rules', 'orphan'], /did you mean "orphans"/],
    [['fix', '--yes', '--rules', 'orphan'], /did you mean "orphans"/],
    [['validate', 'ap'], /there is no database "ap".*did you mean "app"/],
    [['undo', '7'], /there is no run 7/],
    [['validate', '--keys', '0'], /--keys "0"/],
  ])('%j', async (args, message) => {
    const { code, out, err } = await gonogo(projectWith(), 'data', ...args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(message)
    expect(err.trim()).not.toContain('\n')
  })

  it('a fix where no rule has one', async () => {
    const directory = projectWith({ rules: 'rules: { odd: { kind: not-null, column: parents.name } }\n' })
    expect(await gonogo(directory, 'data', 'fix', '--yes')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/^gonogo: no rule has a fix: odd; expected "fix" at one of them/),
    })
  })

  it.each<[string, (file: string) => void, RegExp]>([
    ['missing', (file) => rmSync(file), /there is no database/],
    ['encrypted', (file) => writeFileSync(file, randomBytes(9000)), /is not a SQLite database, or is encrypted/],
    ['truncated', (file) => truncateSync(file, 5000), /is damaged/],
  ])('a database that is %s', async (_, spoil, message) => {
    const directory = projectWith()
    spoil(join(directory, 'app.db'))
    const { code, err } = await gonogo(directory, 'data', 'validate')
    expect(code).toBe(2)
    expect(err.match(new RegExp(message, 'g'))).toHaveLength(1)
  })

  it('a database that is locked', async () => {
    const directory = projectWith()
    using holder = new DatabaseSync(join(directory, 'app.db'))
    holder.exec('BEGIN EXCLUSIVE')
    for (const verb of [['validate'], ['fix', '--yes', '--no-backup'], ['undo', '1']])
      expect(await gonogo(directory, 'data', ...verb)).toMatchObject({
        code: 2,
        err: expect.stringMatching(/app\.db is locked by another process/),
      })
  })

  it('a state directory that cannot be written', async () => {
    const directory = projectWith()
    writeFileSync(join(directory, '.gonogo'), 'a file where a directory should be')
    expect(await gonogo(directory, 'data', 'validate')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^gonogo: files: .*app\.rows\.json cannot be (read|written) \(ENOTDIR\)[^\n]*\n$/),
    })
  })
})
