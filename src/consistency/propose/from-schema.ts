// Rules that the schema itself declares. What the engine keeps to on every write is marked as such.
import type { DatabaseSchema, Table } from '../../databases/schema.ts'
import { familyOf } from '../column-type.ts'
import { clausesOf } from './check-clause.ts'
import { nameFor, type Candidate } from './proposed-rule.ts'

/**
 * Foreign keys (SQLite keeps to them only in connections that ask for it), unique indexes, CHECK constraints (which may have been added
 * without a look at older rows, or switched off), and SQLite's primary keys that may be null.
 */
export function fromSchema(schema: DatabaseSchema): Candidate[] {
  return [...schema.tables.values()]
    .filter(({ kind }) => kind === 'table')
    .flatMap((table) => [
      ...foreignKeys(table, schema),
      ...nullableKeys(table, schema),
      ...uniqueLists(table),
      ...checks(table, schema),
    ])
}

/** One name as text, several as a list. */
function written(table: string, columns: readonly string[]): unknown {
  const names = columns.map((column) => columnOf(table, column))
  return names.length === 1 ? names[0] : names
}

/** `table.column`; spelled out where the column's name has a point. */
export function columnOf(table: string, column: string): unknown {
  return column.includes('.') ? { table, column } : `${table}.${column}`
}

function foreignKeys(table: Table, schema: DatabaseSchema): Candidate[] {
  return table.foreignKeys
    .filter(
      ({ parent, parentColumns, columns }) => schema.tables.has(parent) && parentColumns.length === columns.length,
    )
    .map(({ columns, parent, parentColumns }) => ({
      name: nameFor([table.name, ...columns], 'reference'),
      kind: 'reference',
      options: { column: written(table.name, columns), references: written(parent, parentColumns) },
      why:
        schema.engine === 'sqlite'
          ? 'declared as a foreign key, which SQLite only enforces in connections that set PRAGMA foreign_keys'
          : 'declared as a foreign key, which Postgres enforces',
      basis: 'declared',
      isEnforced: schema.engine === 'postgres',
      brokenShareMax: 1,
    }))
}

function nullableKeys(table: Table, { engine }: DatabaseSchema): Candidate[] {
  if (engine !== 'sqlite' || table.isWithoutRowid || table.rowidColumn !== null) return []
  return table.primaryKey
    .filter((name) => table.columns.some((column) => column.name === name && !column.notNull))
    .map((name) => ({
      name: nameFor([table.name, name], 'not-null'),
      kind: 'not-null',
      options: { column: columnOf(table.name, name) },
      why: 'part of the primary key, which SQLite lets be null where NOT NULL is not said',
      basis: 'declared',
      isEnforced: false,
      brokenShareMax: 1,
    }))
}

function uniqueLists(table: Table): Candidate[] {
  return table.unique.map((columns) => ({
    name: nameFor([table.name, ...columns], 'unique'),
    kind: 'unique',
    options: { column: written(table.name, columns) },
    why: 'declared unique by an index, which the database keeps to',
    basis: 'declared',
    isEnforced: true,
    brokenShareMax: 1,
  }))
}

function checks(table: Table, { engine }: DatabaseSchema): Candidate[] {
  return table.checks.flatMap(clausesOf).flatMap((clause): Candidate[] => {
    const column = table.columns.find(({ name }) => name.toLowerCase() === clause.column.toLowerCase())
    if (!column) return []
    const kind = clause.type
    const rest = clause.type === 'range' ? clause.bounds : { values: clause.values }
    // A number kept as text compares otherwise than the rule would.
    const isNumber = clause.type === 'range' || clause.values.every((value) => typeof value === 'number')
    const family = familyOf(column, engine)
    if (isNumber && family === 'text') return []
    return [
      {
        name: nameFor([table.name, column.name], kind),
        kind,
        options: { column: columnOf(table.name, column.name), ...rest },
        why: 'declared by a CHECK constraint, which older rows may not have been held to',
        basis: 'declared',
        isEnforced: false,
        brokenShareMax: 1,
      },
    ]
  })
}
