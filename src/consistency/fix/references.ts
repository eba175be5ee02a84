// Who refers to rows of a table: its foreign keys, and the reference rules that say what no foreign key does.
import type { DatabaseSchema } from '../../databases/schema.ts'
import type { Rule } from '../rule.ts'

export interface Reference {
  /** The referring table and its columns. */
  table: string
  columns: readonly string[]
  parent: string
  parentColumns: readonly string[]
  /** `SET NULL` lets go instead of going along. */
  onDelete: string
  /** Whether the database itself insists on it. */
  isForeignKey: boolean
}

/** Rule kinds that declare a reference, by the options that name its two ends; left out, the parent's is its primary key. */
const DECLARED_BY: Record<string, { child: string; parent: string }> = {
  reference: { child: 'column', parent: 'references' },
  'requires-child': { child: 'child', parent: 'column' },
  'aggregate-equals': { child: 'by', parent: 'references' },
}

/** A rule that says what a foreign key says adds nothing. */
export function referencesOf(schema: DatabaseSchema, rules: readonly Rule[]): Reference[] {
  const keys = [...schema.tables.values()].flatMap((table) =>
    table.foreignKeys
      .filter(({ parent, parentColumns }) => schema.tables.has(parent) && parentColumns.length > 0)
      .map((key): Reference => ({ ...key, table: table.name, isForeignKey: true })),
  )
  const declared = rules.flatMap((rule) => referenceOfRule(rule, schema) ?? [])
  const known = new Map([...declared, ...keys].map((reference) => [identityOf(reference), reference]))
  return [...known.values()]
}

function referenceOfRule({ kind, options }: Rule, schema: DatabaseSchema): Reference | null {
  const ends = DECLARED_BY[kind.id]
  if (!ends) return null
  const uses = kind.reads(options)
  const columnsOf = (option: string) => uses.filter((use) => use.option === option).map(({ column }) => String(column))
  const table = uses.find(({ option }) => option === ends.child)?.table
  const parent = uses.find(({ option }) => option === ends.parent)?.table ?? kind.judges(options)
  if (table === undefined || parent === null) return null
  const columns = columnsOf(ends.child)
  const named = columnsOf(ends.parent)
  const parentColumns = named.length > 0 ? named : (schema.tables.get(parent)?.primaryKey ?? [])
  if (columns.length !== parentColumns.length) return null
  return { table, columns, parent, parentColumns, onDelete: 'NO ACTION', isForeignKey: false }
}

const identityOf = ({ table, columns, parent, parentColumns }: Reference): string =>
  JSON.stringify([table, columns, parent, parentColumns])
