// Rules that names of tables and columns suggest. Where two readings are possible, or the types do not fit, nothing is proposed.
import type { Column, DatabaseSchema, Table } from '../../databases/schema.ts'
import { familyOf } from '../column-type.ts'
import { pluralsOf } from './english.ts'
import { columnOf } from './from-schema.ts'
import { nameFor, type Candidate } from './proposed-rule.ts'

/** A column that refers to another table's only key column. */
interface Reference {
  column: string
  parent: Table
  isDeclared: boolean
  /** The whole name is that of the table; else only its end is, as in `billing_address_id`. */
  isWholeName: boolean
}

/** What the rows must then confirm; see `brokenShareMax`. */
export function fromNames(schema: DatabaseSchema): Candidate[] {
  const tables = [...schema.tables.values()].filter(({ kind }) => kind === 'table')
  const references = new Map(tables.map((table) => [table.name, referencesOf(table, schema)]))
  return tables.flatMap((table) => [
    ...(references.get(table.name) ?? []).flatMap((reference) => referenceRules(table, reference)),
    ...table.columns.flatMap((column) => [
      ...emails(table, column, schema),
      ...naturalKeys(table, column),
      ...counters(table, column, schema, references),
    ]),
  ])
}

function referencesOf(table: Table, schema: DatabaseSchema): Reference[] {
  return table.columns.flatMap((column): Reference[] => {
    const keys = table.foreignKeys.filter(({ columns }) => columns.includes(column.name))
    if (keys.length > 0)
      return keys.flatMap(({ columns, parent: name, parentColumns }) => {
        const parent = schema.tables.get(name)
        const isSimple = columns.length === 1 && parent?.primaryKey.join() === parentColumns.join()
        return parent && isSimple ? [{ column: column.name, parent, isDeclared: true, isWholeName: true }] : []
      })
    const named = namedParent(table, column.name, schema)
    if (!named || !isAlike(column, named.parent, schema)) return []
    return [{ column: column.name, ...named, isDeclared: false }]
  })
}

/** `customer_id` → `customers`; `billing_address_id` → `addresses`; `parent_id` → its own table. */
function namedParent(
  table: Table,
  column: string,
  schema: DatabaseSchema,
): Pick<Reference, 'parent' | 'isWholeName'> | null {
  const stem = /^([a-z][a-z0-9_]*)_id$/i.exec(column)?.[1]?.toLowerCase()
  // With `commentable_type` beside it `commentable_id` refers to several tables.
  if (!stem || table.primaryKey.join() === column || hasColumn(table, `${stem}_type`)) return null
  if (stem === 'parent') return table.primaryKey.length === 1 ? { parent: table, isWholeName: true } : null
  const words = stem.split('_')
  for (let start = 0; start < words.length; start++) {
    const found = tablesCalled(words.slice(start).join('_'), schema)
    if (found.length > 1) return null
    if (found[0]) return found[0].primaryKey.length === 1 ? { parent: found[0], isWholeName: start === 0 } : null
  }
  return null
}

/** Tables with this name, in singular or plural. */
function tablesCalled(singular: string, schema: DatabaseSchema): Table[] {
  const names = [singular, ...pluralsOf(singular)]
  return [...schema.tables.values()].filter(({ name, kind }) => kind === 'table' && names.includes(name.toLowerCase()))
}

function hasColumn(table: Table, name: string): boolean {
  return table.columns.some((column) => column.name.toLowerCase() === name)
}

function isAlike(column: Column, parent: Table, { engine }: DatabaseSchema): boolean {
  const key = parent.columns.find(({ name }) => name === parent.primaryKey[0])
  if (!key) return false
  const [a, b] = [familyOf(column, engine), familyOf(key, engine)]
  return a === b && (a === 'number' || a === 'text' || column.type.toLowerCase() === key.type.toLowerCase())
}

function referenceRules(table: Table, { column, parent, isDeclared, isWholeName }: Reference): Candidate[] {
  const rule = { basis: 'named', isEnforced: false } as const
  const [from, to] = [columnOf(table.name, column), columnOf(parent.name, parent.primaryKey[0] ?? '')]
  const rules: Candidate[] = []
  if (!isDeclared)
    rules.push({
      ...rule,
      name: nameFor([table.name, column], 'reference'),
      kind: 'reference',
      options: { column: from, references: to },
      why: `named after ${parent.name}, with the type of its key, and no foreign key is declared`,
      brokenShareMax: isWholeName ? 0.2 : 0.01,
    })
  if (parent === table && /^parent/i.test(column))
    rules.push({
      ...rule,
      name: nameFor([table.name, column], 'acyclic'),
      kind: 'acyclic',
      options: { from: to, to: from },
      why: 'a row that is its own ancestor keeps whoever walks up from ever ending',
      brokenShareMax: 0.05,
    })
  return rules
}

function emails(table: Table, column: Column, { engine }: DatabaseSchema): Candidate[] {
  if (!/(?:^|_)email(?:_address)?$/i.test(column.name) || familyOf(column, engine) !== 'text') return []
  return [
    {
      name: nameFor([table.name, column.name], 'regex'),
      kind: 'regex',
      options: { column: columnOf(table.name, column.name), pattern: '^[^@ ]+@[^@ ]+$' },
      why: 'addresses have one @ with something on both sides',
      basis: 'named',
      isEnforced: false,
      brokenShareMax: 0.05,
    },
  ]
}

/** Names that say "this one and no other", and those that do so only within an owner. */
const UNIQUE_NAME =
  /^(?:semantic_id|uuid|guid|public_id|natural_key|fingerprint|idempotency_key|isbn|slug|sku|external_id)$/i
const OWNED_NAME = /^(?:slug|sku|external_id|idempotency_key)$/i
const OWNER =
  /^(?:source|provider|system|locale|lang|language|version|(?:tenant|account|org|organi[sz]ation|workspace|team|shop|store|site|project|category|parent)_id)$/i

function naturalKeys(table: Table, { name }: Column): Candidate[] {
  if (!UNIQUE_NAME.test(name)) return []
  // Unique by itself is declared already; with others it is meant to stand in several rows; what refers elsewhere too.
  if ([...table.unique, table.primaryKey].some((columns) => columns.includes(name))) return []
  if (table.foreignKeys.some(({ columns }) => columns.includes(name))) return []
  if (OWNED_NAME.test(name) && table.columns.some((column) => OWNER.test(column.name))) return []
  return [
    {
      name: nameFor([table.name, name], 'duplicate-groups'),
      kind: 'duplicate-groups',
      options: { column: columnOf(table.name, name) },
      why: 'the name says that it tells rows apart, and no unique index sees to it',
      basis: 'named',
      isEnforced: false,
      brokenShareMax: 0.02,
    },
  ]
}

/** `comments_count` or `comment_count` where one table of comments refers to this one by one column. */
function counters(
  table: Table,
  { name, type, isGenerated }: Column,
  schema: DatabaseSchema,
  references: ReadonlyMap<string, readonly Reference[]>,
): Candidate[] {
  const counted = /^([a-z][a-z0-9_]*)_count$/i.exec(name)?.[1]?.toLowerCase()
  if (!counted || isGenerated || familyOf({ type }, schema.engine) !== 'number') return []
  const children = [...schema.tables.values()].filter(
    (child) =>
      [child.name.toLowerCase(), ...pluralsOf(child.name.toLowerCase())].includes(counted) ||
      tablesCalled(counted, schema).includes(child),
  )
  const [child] = children
  const referring = (child && references.get(child.name)?.filter(({ parent }) => parent === table)) ?? []
  const [by] = referring
  if (!child || !by || children.length > 1 || referring.length > 1 || child.primaryKey.length !== 1) return []
  return [
    {
      name: nameFor([table.name, name], 'aggregate-equals'),
      kind: 'aggregate-equals',
      options: {
        column: columnOf(table.name, name),
        aggregate: 'count',
        of: columnOf(child.name, child.primaryKey[0] ?? ''),
        by: columnOf(child.name, by.column),
        childless: 'compare',
      },
      why: `named after ${child.name}, whose ${by.column} refers to ${table.name}`,
      basis: 'named',
      isEnforced: false,
      brokenShareMax: 0.2,
    },
  ]
}
