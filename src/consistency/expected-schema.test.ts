import { expect, it } from 'vitest'
import type { DatabaseSchema } from '../databases/schema.ts'
import { PlanError } from '../lib/errors.ts'
import { databaseOf } from './database.fixture.ts'
import { readExpectedSchema, schemaDifferences, schemaText } from './expected-schema.ts'
import { lookBesides } from './full-check.ts'

const signal = AbortSignal.timeout(60_000)
const BEFORE = `CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, age INTEGER CHECK (age > 0));
  CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE, total REAL);
  CREATE TABLE gone (id INTEGER)`
const schemaOf = (sql: string): Promise<DatabaseSchema> => databaseOf(sql).schema(signal)

it('is as expected when it was written from the same schema', async () => {
  const text = schemaText(await schemaOf(BEFORE))
  expect(schemaDifferences(readExpectedSchema(text, { file: 'schema.json' }), await schemaOf(BEFORE))).toEqual([])
  expect(schemaText(await schemaOf(BEFORE))).toBe(text)
})

it('says each difference in words', async () => {
  const expected = readExpectedSchema(schemaText(await schemaOf(BEFORE)), { file: 'schema.json' })
  const changed = await schemaOf(`CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age TEXT, nick TEXT);
    CREATE TABLE orders (id INTEGER, user_id INTEGER REFERENCES users (id), PRIMARY KEY (id, user_id)); CREATE TABLE added (id INTEGER)`)
  const differences = schemaDifferences(expected, changed)
  expect(differences).toEqual(
    expect.arrayContaining([
      'table gone is missing',
      'table added is not expected',
      'column users.age is TEXT, not INTEGER',
      'column users.email may be null, but must not',
      'column users.nick is not expected',
      'column orders.total is missing',
      'the primary key of orders is (id, user_id), not (id)',
      'foreign key of orders is missing: (user_id) to users (id) on delete cascade',
      'foreign key of orders is not expected: (user_id) to users (id)',
      'uniqueness of users is missing: (email)',
    ]),
  )
  expect(differences.some((one) => one.startsWith('check of users is missing'))).toBe(true)
})

it('refuses a file that is something else', () => {
  for (const text of ['no json', '{}', '{"version": 2}'])
    expect(() => readExpectedSchema(text, { file: 'schema.json' })).toThrow(PlanError)
})

it('looks at what the engine finds and at the schema', async () => {
  const database = {
    ...databaseOf(BEFORE),
    integrity: () => Promise.resolve(['3 rows of orders refer to no row of users']),
  }
  expect(await lookBesides(database, null, signal)).toEqual([
    { what: 'integrity and foreign keys', findings: ['3 rows of orders refer to no row of users'] },
  ])
  const expected = readExpectedSchema(schemaText(await schemaOf('CREATE TABLE users (id INTEGER)')), {
    file: 'schema.json',
  })
  const [, schema] = await lookBesides(database, expected, signal)
  expect(schema?.findings).toContain('table gone is not expected')
})
