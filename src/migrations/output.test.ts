// What the tools print, as recorded from the real ones (Knex 3.3, Alembic 1.20, Flyway 11.8 OSS, Prisma 6.19); names of migrations changed.
// Prisma's Postgres wording of a failed migration is the documented one. The services suite runs the tools themselves.
import { describe, expect, it } from 'vitest'
import { readHistory } from './alembic.ts'
import { readInfo, readValidation } from './flyway.ts'
import { readList } from './knex.ts'
import { readStatus } from './prisma.ts'
import { hasJavaScriptDown, hasPythonDowngrade } from './source-text.ts'
import { findTransactionControl, splitStatements } from './sql-folder/statements.ts'
import { withOptions } from './time-outs.ts'

const states = (status: ReturnType<typeof readList>) =>
  status.known ? status.migrations.map(({ version, applied }) => `${applied ? '+' : '-'}${version}`) : status.why

describe('knex migrate:list', () => {
  const list = (text: string) => readList(text, '/nowhere', text)

  it('is read with both halves', () => {
    expect(
      states(
        list(
          'Using environment: production\nFound 1 Completed Migration file/files.\n1_a.js\nFound 1 Pending Migration file/files.\n2_b.js\n\n',
        ),
      ),
    ).toEqual(['+1_a.js', '-2_b.js'])
    expect(states(list('No Completed Migration files Found.\nNo Pending Migration files Found.\n'))).toEqual([])
  })

  it.each([
    ['nothing', ''],
    ['half of it', 'Found 1 Completed Migration file/files.\n1_a.js\n'],
    ['fewer than it announced', 'No Completed Migration files Found.\nFound 2 Pending Migration file/files.\n1_a.js\n'],
    [
      'words of another kind',
      'No Completed Migration files Found.\nNo Pending Migration files Found.\nwarning: be careful\n',
    ],
  ])('is not known from %s', (_, text) => expect(list(text)).toMatchObject({ known: false }))
})

describe('alembic history --indicate-current', () => {
  const history = (text: string) => readHistory(text, new Set(['a1', 'b2', 'c3']), text)

  it('is read from the newest down to what is current', () => {
    expect(states(history('b2 -> c3 (head), more, still\na1 -> b2 (current), more\n<base> -> a1, init\n'))).toEqual([
      '+a1',
      '+b2',
      '-c3',
    ])
    expect(states(history('<base> -> a1 (head), init\n'))).toEqual(['-a1'])
  })

  it('follows both sides of a merge, which has no single way down', () => {
    const status = history(
      'a1, b2 -> c3 (head) (current) (mergepoint), join\n<base> -> b2 (branchpoint), two\n<base> -> a1, one\n',
    )
    expect(status).toMatchObject({
      migrations: [
        { applied: true, down: true },
        { applied: true, down: true },
        { version: 'c3', applied: true, down: false },
      ],
    })
  })

  it('names several heads', () => {
    expect(history('a1 -> c3 (head), x\na1 -> b2 (head), y\n<base> -> a1 (branchpoint), z\n')).toMatchObject({
      problems: ['there are several heads: c3, b2; merge them'],
    })
  })

  it('is not known where something else was printed', () => {
    expect(history('connecting...\n<base> -> a1 (head), init\n')).toMatchObject({
      known: false,
      why: expect.stringContaining('connecting...'),
    })
  })
})

describe('flyway', () => {
  const info = (...rows: Record<string, string>[]) => {
    const text = JSON.stringify({
      operation: 'info',
      migrations: rows.map((row) => ({ category: 'Versioned', description: 'x', undoable: 'No', ...row })),
    })
    return readInfo(`A more recent version of Flyway is available.\n${text}`, text)
  }

  it('info is read with its states', () => {
    expect(
      states(info({ version: '1', state: 'Success' }, { version: '2', state: 'Pending', undoable: 'Yes' })),
    ).toEqual(['+1', '-2'])
    expect(info({ version: '1', state: 'Missing' })).toMatchObject({ problems: ['1 (x): missing'] })
    expect(states(info({ version: '1', state: 'Undone' }, { version: '1', state: 'Pending' }))).toEqual(['-1'])
  })

  it('info is not known with a state that is not, or without JSON', () => {
    expect(info({ version: '1', state: 'Perhaps' })).toMatchObject({ known: false })
    expect(readInfo('', 'ERROR: no driver')).toMatchObject({ known: false, why: expect.stringContaining('no driver') })
    expect(readInfo('{"error":{"message":"Unable to obtain connection\\nSQL State : 08001"}}', '')).toMatchObject({
      known: false,
      why: expect.stringContaining('Unable to obtain connection'),
    })
  })

  it('validate names what was edited', () => {
    const invalid = [
      {
        filepath: '/sql/V1__a.sql',
        errorDetails: { errorCode: 'CHECKSUM_MISMATCH', errorMessage: 'Migration checksum mismatch' },
      },
    ]
    const text = (validationSuccessful: boolean) =>
      JSON.stringify({
        operation: 'validate',
        validationSuccessful,
        invalidMigrations: validationSuccessful ? null : invalid,
      })
    expect(readValidation(text(false), '')).toEqual(['V1__a.sql was edited after it was applied'])
    expect(readValidation(text(true), '')).toEqual([])
    expect(readValidation('', 'crashed')).toMatchObject({ known: false })
  })
})

describe('prisma migrate status', () => {
  const folders = ['20240101_a', '20240102_b', '20240103_c'].map((name) => ({ name, down: false }))
  const found = '3 migrations found in prisma/migrations\n'
  const status = (stdout: string, stderr = '') =>
    readStatus(`Prisma schema loaded from prisma/schema.prisma\n${stdout}`, stderr, folders)

  it('is read in each of its answers', () => {
    expect(states(status(`${found}\nDatabase schema is up to date!\n`))).toEqual([
      '+20240101_a',
      '+20240102_b',
      '+20240103_c',
    ])
    expect(
      states(
        status(
          `${found}Following migrations have not yet been applied:\n20240102_b\n20240103_c\n\nTo apply migrations in development run prisma migrate dev.\n`,
        ),
      ),
    ).toEqual(['+20240101_a', '-20240102_b', '-20240103_c'])
    expect(status(found, 'Following migration have failed:\n20240102_b\n\nDuring development ...\n')).toMatchObject({
      migrations: [{ applied: true }, { applied: false }, { applied: false }],
      problems: [expect.stringContaining('20240102_b failed')],
    })
    expect(
      status(
        `${found}Your local migration history and the migrations table from your database are different:\n\nThe last common migration is: 20240102_b\n\nThe migration have not yet been applied:\n20240103_c\n\nThe migration from the database are not found locally in prisma/migrations:\n20240103_other\n`,
      ),
    ).toMatchObject({
      migrations: [{ applied: true }, { applied: true }, { applied: false }],
      problems: ['20240103_other is applied, but its file is gone'],
    })
  })

  it.each([
    ['an error', '', "Error: P1001\n\nCan't reach database server"],
    ['a count without a finding', found, ''],
    [
      'another count than the directory has',
      '2 migrations found in prisma/migrations\n\nDatabase schema is up to date!\n',
      '',
    ],
    [
      'a database that Prisma does not manage',
      `${found}\nThe current database is not managed by Prisma Migrate.\n`,
      '',
    ],
  ])('is not known from %s', (_, stdout, stderr) => expect(status(stdout, stderr)).toMatchObject({ known: false }))
})

describe('a way down', () => {
  it.each([
    ["exports.down = (knex) => knex.schema.dropTable('t')", true],
    ["exports.down = async function (knex) {\n  await knex.schema.dropTable('t')\n}", true],
    ["export async function down(knex: Knex): Promise<void> {\n  await knex.schema.dropTable('t')\n}", true],
    ["module.exports = {\n  up: (k) => k.raw('x'),\n  down: (k) => k.raw('y'),\n}", true],
    ["module.exports = { async up(k) { await k.raw('x') }, async down(k) { await k.raw('y') } }", true],
    ['exports.down = () => {}', false],
    ['exports.down = async () => {\n  // nothing to do\n}', false],
    ['exports.down = () => Promise.resolve()', false],
    ["exports.down = () => { throw new Error('one-way') }", false],
    ['export const down = async (): Promise<void> => {\n  return\n}', false],
    ["exports.up = (k) => k.raw('x')", false],
    ['exports.down = exports.up', false],
  ])('of Knex: %s', (source, expected) => expect(hasJavaScriptDown(source)).toBe(expected))

  it.each([
    ["def upgrade():\n    op.execute('x')\n\ndef downgrade() -> None:\n    op.drop_table('t')\n", true],
    ['def downgrade() -> None:\n    """nothing"""\n    pass\n', false],
    ['def downgrade():\n    # ### commands auto generated ###\n    pass\n    # ### end ###\n', false],
    ["def downgrade():\n    raise NotImplementedError('one-way')\n", false],
    ['def downgrade(): pass\n', false],
    ["def downgrade(): op.drop_table('t')\n", true],
    ["def upgrade():\n    op.execute('x')\n", false],
  ])('of Alembic: %s', (source, expected) => expect(hasPythonDowngrade(source)).toBe(expected))
})

describe('statements', () => {
  const lines = (text: string) => splitStatements(text).map(({ sql, line }) => `${line} ${sql.split('\n')[0]}`)

  it('are told apart through quotes, comments, dollar quotes and bodies', () => {
    const text = `-- a; b\nSELECT ';';\n/* ;\n */ SELECT $f$ ; $f$, E'\\';' ;\n;\nCREATE FUNCTION f() RETURNS int BEGIN ATOMIC\n  SELECT 1; SELECT 2;\nEND;\nSELECT 2`
    expect(lines(text)).toEqual([
      "2 SELECT ';'",
      "4 SELECT $f$ ; $f$, E'\\';' ",
      '6 CREATE FUNCTION f() RETURNS int BEGIN ATOMIC',
      '9 SELECT 2',
    ])
  })

  it.each(['BEGIN', 'COMMIT', 'start transaction', 'END', 'ROLLBACK', 'ABORT'])(
    '%s ends or begins a transaction',
    (word) => expect(findTransactionControl(splitStatements(`SELECT 1;\n${word};`))).toMatchObject({ line: 2 }),
  )

  it.each(['SAVEPOINT a', 'ROLLBACK TO a', 'RELEASE a', 'DO $$ BEGIN PERFORM 1; END $$', "SELECT 'COMMIT;'"])(
    '%s does not',
    (text) => expect(findTransactionControl(splitStatements(text))).toBeNull(),
  )

  it('are found in linear time in hostile text', () => {
    expect(splitStatements('/*;'.repeat(200_000)).length).toBe(0)
    expect(splitStatements("$a$'".repeat(100_000)).length).toBe(1)
  })
})

it('puts time-outs behind the options a URL has, spaces as libpq wants them', () => {
  expect(withOptions('postgres://db/x', '-c lock_timeout=5')).toBe('postgres://db/x?options=-c%20lock_timeout%3D5')
  expect(withOptions('postgres://db/x?sslmode=require&options=-c%20a%3D1', '-c b=2')).toBe(
    'postgres://db/x?sslmode=require&options=-c%20a%3D1%20-c%20b%3D2',
  )
})
