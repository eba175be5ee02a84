// The schema as a team means it to be: written once, kept beside the code, compared with what is there.
import { z } from 'zod'
import type { Column, DatabaseSchema, ForeignKey, Table } from '../databases/schema.ts'
import { PlanError } from '../lib/errors.ts'

const VERSION = 1
/** Differences said one by one. */
const DIFFERENCES_MAX = 100

const column = z.strictObject({
  name: z.string(),
  type: z.string(),
  notNull: z.boolean(),
  isGenerated: z.boolean(),
})

const table = z.strictObject({
  name: z.string(),
  kind: z.enum(['table', 'view', 'virtual']),
  columns: z.array(column),
  primaryKey: z.array(z.string()),
  foreignKeys: z.array(
    z.strictObject({
      columns: z.array(z.string()),
      parent: z.string(),
      parentColumns: z.array(z.string()),
      onDelete: z.string(),
    }),
  ),
  unique: z.array(z.array(z.string())),
  checks: z.array(z.string()),
})

const file = z.strictObject({
  version: z.literal(VERSION),
  engine: z.enum(['sqlite', 'postgres']),
  tables: z.array(table),
})
export type ExpectedSchema = z.output<typeof file>
type ExpectedTable = ExpectedSchema['tables'][number]

/** The schema as JSON for a file, tables and columns in an order that does not change by itself. */
export function schemaText(schema: DatabaseSchema): string {
  return `${JSON.stringify(expectedOf(schema), null, 2)}\n`
}

/** Reads what `schemaText` wrote. @throws PlanError where it is something else. */
export function readExpectedSchema(text: string, place: { file: string }): ExpectedSchema {
  try {
    return file.parse(JSON.parse(text))
  } catch (error) {
    const problem =
      error instanceof z.ZodError ? `${error.issues[0]?.path.join('/')}: ${error.issues[0]?.message}` : 'it is no JSON'
    throw new PlanError(`is no expected schema: ${problem}`, {
      ...place,
      hint: 'write it anew from a database that is as it should be',
    })
  }
}

/** What is not as expected, a sentence each; nothing when all is. */
export function schemaDifferences(expected: ExpectedSchema, schema: DatabaseSchema): string[] {
  const actual = expectedOf(schema)
  if (expected.engine !== actual.engine)
    return [`the schema is of ${expected.engine}, the database is ${actual.engine}`]
  const differences = paired(expected.tables, actual.tables).flatMap(([due, is]) => {
    if (!due) return [`${is?.kind} ${is?.name} is not expected`]
    return is ? tableDifferences(due, is) : [`${due.kind} ${due.name} is missing`]
  })
  if (differences.length <= DIFFERENCES_MAX) return differences
  return [...differences.slice(0, DIFFERENCES_MAX), `and ${differences.length - DIFFERENCES_MAX} more`]
}

function tableDifferences(due: ExpectedTable, is: ExpectedTable): string[] {
  if (due.kind !== is.kind) return [`${due.name} is a ${is.kind}, not a ${due.kind}`]
  const columns = paired(due.columns, is.columns).flatMap(([a, b]) => {
    if (!a) return [`column ${due.name}.${b?.name} is not expected`]
    return b ? columnDifferences(`${due.name}.${a.name}`, a, b) : [`column ${due.name}.${a.name} is missing`]
  })
  const primaryKey =
    listed(due.primaryKey) === listed(is.primaryKey)
      ? []
      : [`the primary key of ${due.name} is ${listed(is.primaryKey)}, not ${listed(due.primaryKey)}`]
  return [
    ...columns,
    ...primaryKey,
    ...sets(`foreign key of ${due.name}`, due.foreignKeys.map(foreignKeyText), is.foreignKeys.map(foreignKeyText)),
    ...sets(`uniqueness of ${due.name}`, due.unique.map(listed), is.unique.map(listed)),
    ...sets(`check of ${due.name}`, due.checks, is.checks),
  ]
}

function columnDifferences(name: string, due: Column, is: Column): string[] {
  const said = (text: string): string => text || 'without a type'
  return [
    ...(due.type.toLowerCase() === is.type.toLowerCase()
      ? []
      : [`column ${name} is ${said(is.type)}, not ${said(due.type)}`]),
    ...(due.notNull === is.notNull
      ? []
      : [`column ${name} ${is.notNull ? 'must not be null, but may be expected to' : 'may be null, but must not'}`]),
    ...(due.isGenerated === is.isGenerated
      ? []
      : [`column ${name} is ${is.isGenerated ? '' : 'not '}computed by the database`]),
  ]
}

function sets(what: string, due: readonly string[], is: readonly string[]): string[] {
  return [
    ...due.filter((one) => !is.includes(one)).map((one) => `${what} is missing: ${one}`),
    ...is.filter((one) => !due.includes(one)).map((one) => `${what} is not expected: ${one}`),
  ]
}

function paired<T extends { name: string }>(due: readonly T[], is: readonly T[]): [T | undefined, T | undefined][] {
  const byName = new Map(is.map((one) => [one.name, one]))
  const names = new Set(due.map(({ name }) => name))
  const added = is.filter(({ name }) => !names.has(name))
  return [
    ...due.map((one): [T, T | undefined] => [one, byName.get(one.name)]),
    ...added.map((one): [undefined, T] => [undefined, one]),
  ]
}

function listed(names: readonly string[]): string {
  return `(${names.join(', ')})`
}

function foreignKeyText({ columns, parent, parentColumns, onDelete }: ForeignKey): string {
  return `${listed(columns)} to ${parent} ${listed(parentColumns)}${onDelete === 'NO ACTION' ? '' : ` on delete ${onDelete.toLowerCase()}`}`
}

function expectedOf({ engine, tables }: DatabaseSchema): ExpectedSchema {
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1)
  return { version: VERSION, engine, tables: [...tables.values()].toSorted(byName).map(tableOf) }
}

function tableOf({ name, kind, columns, primaryKey, foreignKeys, unique, checks }: Table): ExpectedTable {
  return {
    name,
    kind,
    columns: columns.map(({ name: called, type, notNull, isGenerated }) => ({
      name: called,
      type,
      notNull,
      isGenerated,
    })),
    primaryKey,
    foreignKeys: foreignKeys.map(({ columns: own, parent, parentColumns, onDelete }) => ({
      columns: own,
      parent,
      parentColumns,
      onDelete,
    })),
    unique: unique.toSorted((a, b) => (listed(a) < listed(b) ? -1 : 1)),
    checks: checks.toSorted(),
  }
}
