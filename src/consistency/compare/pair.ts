// What a comparison is asked to hold together, matched with what both schemas have.
import { PlanError } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Column, DatabaseSchema } from '../../databases/schema.ts'
import type { ComparedColumn, ComparedTable } from './side.ts'
import { declaredKind, sharedClass, type SideEngine } from './value-class.ts'

/** One side as configured. */
export interface SideOptions {
  database: string
  table: string
  key?: readonly string[] | undefined
  columns?: readonly string[] | undefined
  where?: string | undefined
}

/** A side whose table is found. */
export interface FoundSide {
  engine: SideEngine
  options: SideOptions
  /** Null: whatever is named may be there (a graph has no schema). */
  columns: readonly Column[] | null
  primaryKey: readonly string[]
}

export interface Pair {
  left: ComparedTable
  right: ComparedTable
}

/** @throws PlanError for a table that is not there. `side` is `left` or `right`. */
export function findSide(schema: DatabaseSchema, options: SideOptions, side: string): FoundSide {
  const found = schema.tables.get(options.table)
  if (found) return { engine: schema.engine, options, columns: found.columns, primaryKey: found.primaryKey }
  const names = [...schema.tables.keys()]
  throw unknownName(`${options.database} has no table ${options.table}`, options.table, names, `${side}/table`)
}

/**
 * The columns of both sides in pairs, each with the class under which their values compare. Without `columns` those that both have under
 * one name.
 * @throws PlanError naming side, option, what is there and the nearest name.
 */
export function pairOf(left: FoundSide, right: FoundSide, decimals: number): Pair {
  const keys = { left: keyOf(left, 'left'), right: keyOf(right, 'right') }
  if (keys.left.length !== keys.right.length)
    throw new PlanError(`the keys have ${keys.left.length} and ${keys.right.length} columns`, {
      path: 'right/key',
      expected: `as many columns as the left key has: ${keys.left.join(', ')}`,
    })
  const columns = columnsOf(left, right, keys)
  const paired = (lefts: readonly string[], rights: readonly string[], option: string) =>
    lefts.map((name, at) => pairColumns(left, right, name, rights[at] ?? '', option))
  const key = paired(keys.left, keys.right, 'key')
  const values = paired(columns.left, columns.right, 'columns')
  const side = (found: FoundSide, of: 'left' | 'right'): ComparedTable => ({
    table: found.options.table,
    key: key.map((both) => both[of]),
    columns: values.map((both) => both[of]),
    where: found.options.where ?? null,
    decimals,
  })
  return { left: side(left, 'left'), right: side(right, 'right') }
}

function keyOf({ options, primaryKey }: FoundSide, side: string): readonly string[] {
  const key = options.key ?? primaryKey
  if (key.length > 0) return key
  throw new PlanError(`${options.table} of ${options.database} has no primary key`, {
    path: `${side}/key`,
    expected: 'the columns that tell each row from all others',
  })
}

type Names = Record<'left' | 'right', readonly string[]>

function columnsOf(left: FoundSide, right: FoundSide, keys: Names): Names {
  const [a, b] = [left.options.columns, right.options.columns]
  if (a && b && a.length !== b.length)
    throw new PlanError(`left has ${a.length} columns and right ${b.length}`, {
      path: 'right/columns',
      expected: 'the columns that belong to those of the left side, in their order',
    })
  if (a || b) return { left: a ?? b ?? [], right: b ?? a ?? [] }
  const rights = new Set(right.columns?.map(({ name }) => name))
  const shared = (left.columns ?? [])
    .map(({ name }) => name)
    .filter((name) => rights.has(name) && !keys.left.includes(name) && !keys.right.includes(name))
  if (shared.length > 0) return { left: shared, right: shared }
  throw new PlanError(`no column of ${left.options.table} has the name of one of ${right.options.table}`, {
    path: 'left/columns',
    expected: 'the columns to compare, on both sides in the same order',
  })
}

function pairColumns(
  left: FoundSide,
  right: FoundSide,
  leftName: string,
  rightName: string,
  option: string,
): Record<'left' | 'right', ComparedColumn> {
  const [a, b] = [typeOf(left, leftName, `left/${option}`), typeOf(right, rightName, `right/${option}`)]
  const kinds = [declaredKind(left.engine, a), declaredKind(right.engine, b)] as const
  const valueClass = sharedClass(...kinds)
  // Only a server that must convert its own text can fail at it.
  const unreadable = [left, right].some(({ engine }, at) => engine === 'postgres' && kinds[at] === 'text')
  if (unreadable && (valueClass === 'timestamp' || valueClass === 'json'))
    throw new PlanError(
      `${leftName} is ${a || 'untyped'} and ${rightName} is ${b || 'untyped'}: text in Postgres is not compared as ${valueClass}`,
      {
        path: `left/${option}`,
        expected: 'columns of like types; compare with a view that converts the text',
      },
    )
  return { left: { name: leftName, type: a, valueClass }, right: { name: rightName, type: b, valueClass } }
}

function typeOf({ columns, options }: FoundSide, name: string, path: string): string {
  if (columns === null) return ''
  const found = columns.find((column) => column.name === name)
  if (found) return found.type
  const names = columns.map((column) => column.name)
  throw unknownName(`${options.table} of ${options.database} has no column ${name}`, name, names, path)
}

function unknownName(message: string, name: string, names: readonly string[], path: string): PlanError {
  const near = nearest(name, names)
  const listed = names.slice(0, 20).join(', ')
  return new PlanError(message, {
    path,
    expected: names.length > 20 ? `one of ${listed}, ...` : `one of ${listed || 'none: there are none'}`,
    ...(near ? { hint: `did you mean ${near}?` } : {}),
  })
}
