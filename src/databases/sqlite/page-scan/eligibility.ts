// Which rules a scan of pages can answer exactly as SQL would, and what it must read for them.
import type { ScanRule, ValueTest } from '../../page-scan.ts'
import type { Column, Table } from '../../schema.ts'
import { NotEligible } from './format.ts'
import type { StoredTable } from './stored-schema.ts'
import { lowerCase } from './stored-schema.ts'

/** A table that is there, with its statement. */
export interface KnownTable {
  table: Table
  stored: StoredTable
}

/** A column of a record. */
export interface Place {
  /** In the record; -1 is the row's own number. */
  position: number
  affinity: Affinity
}

export type Affinity = 'integer' | 'real' | 'numeric' | 'text' | 'blob'

/** As SQLite derives it from the declared type (datatype3.html, section 3.1). */
function affinityOf(type: string): Affinity {
  const name = type.toUpperCase()
  if (name.includes('INT')) return 'integer'
  if (/CHAR|CLOB|TEXT/.test(name)) return 'text'
  if (name.includes('BLOB') || name === '') return 'blob'
  return /REAL|FLOA|DOUB/.test(name) ? 'real' : 'numeric'
}

export class Eligibility {
  readonly #tables: ReadonlyMap<string, Table>
  readonly #stored: ReadonlyMap<string, StoredTable>
  readonly #isUtf8: boolean

  constructor(tables: readonly Table[], stored: ReadonlyMap<string, StoredTable>, isUtf8: boolean) {
    this.#tables = new Map(tables.map((table) => [lowerCase(table.name), table]))
    this.#stored = stored
    this.#isUtf8 = isUtf8
  }

  /** @throws NotEligible unless it is a table whose rows have numbers. */
  table(name: string): KnownTable {
    const table = this.#tables.get(lowerCase(name))
    if (!table) throw new NotEligible(`there is no table ${name}`)
    if (table.kind !== 'table')
      throw new NotEligible(`${table.name} is a ${table.kind === 'view' ? 'view' : 'virtual table'}`)
    if (table.isWithoutRowid) throw new NotEligible(`${table.name} is WITHOUT ROWID`)
    if (table.columns.some(({ isGenerated }) => isGenerated))
      throw new NotEligible(`${table.name} has generated columns`)
    const stored = this.#stored.get(lowerCase(table.name))
    if (!stored) throw new NotEligible(`${table.name} is not in the schema of the file`)
    return { table, stored }
  }

  column(name: string, column: string): Place {
    const { table, stored } = this.table(name)
    const position = table.columns.findIndex((one) => lowerCase(one.name) === lowerCase(column))
    const declared: Column | undefined = table.columns[position]
    if (!declared) throw new NotEligible(`${table.name} has no column ${column}`)
    if (lowerCase(declared.type) === 'any' && /\bstrict\b/i.test(stored.sql))
      throw new NotEligible(`${table.name}.${declared.name} is of type ANY`)
    const isRowid = table.rowidColumn !== null && lowerCase(table.rowidColumn) === lowerCase(column)
    return { position: isRowid ? -1 : position, affinity: affinityOf(declared.type) }
  }

  isNeverNull(name: string, column: string): boolean {
    return this.table(name).table.columns.some((one) => lowerCase(one.name) === lowerCase(column) && one.notNull)
  }

  /** @throws NotEligible with the reason why SQL must answer. */
  check(rule: ScanRule): void {
    switch (rule.type) {
      case 'value':
        this.#keyed(rule.table)
        return this.#value(rule.table, rule.column, rule.test)
      case 'reference':
        this.#keyed(rule.table)
        this.#parent(rule.parent)
        return this.#key(rule.table, rule.column)
      case 'requires-child':
        this.#parent(rule.table)
        return this.#key(rule.child, rule.childColumn)
      case 'duplicates':
        this.column(rule.table, rule.column)
        return this.#bytes(rule.table, rule.column)
      case 'aggregate':
        this.#parent(rule.table)
        this.column(rule.table, rule.column)
        this.column(rule.child, rule.childValue)
        if (!(rule.tolerance >= 0 && Number.isFinite(rule.tolerance)))
          throw new NotEligible('the tolerance is no number')
        return this.#key(rule.child, rule.childColumn)
    }
  }

  /** Rows are told apart by their number. */
  #keyed(name: string): void {
    const { table } = this.table(name)
    if (table.primaryKey.length > 0 && table.rowidColumn === null)
      throw new NotEligible(`the primary key of ${table.name} is not its row number`)
  }

  #parent(name: string): void {
    const { table } = this.table(name)
    if (table.rowidColumn === null) throw new NotEligible(`${table.name} has no INTEGER PRIMARY KEY`)
  }

  #key(name: string, column: string): void {
    if (this.column(name, column).affinity === 'text') throw new NotEligible(`${name}.${column} holds texts`)
  }

  #value(name: string, column: string, test: ValueTest): void {
    const { affinity } = this.column(name, column)
    switch (test.type) {
      case 'not-null':
        return
      case 'range':
        if (affinity === 'text') throw new NotEligible(`${name}.${column} holds texts, which compare as such`)
        return
      case 'regex':
        if (!this.#isUtf8) throw new NotEligible('texts are not UTF-8')
        return
      case 'enum': {
        const hasTexts = test.values.some((value) => typeof value === 'string')
        const hasNumbers = test.values.some((value) => typeof value === 'number')
        if (hasTexts && affinity !== 'text' && affinity !== 'blob')
          throw new NotEligible(`texts are compared with the numbers of ${name}.${column}`)
        if (hasNumbers && affinity === 'text')
          throw new NotEligible(`numbers are compared with the texts of ${name}.${column}`)
        if (hasTexts) this.#bytes(name, column)
      }
    }
  }

  /** Texts are equal when their bytes are. */
  #bytes(name: string, column: string): void {
    if (!this.#isUtf8) throw new NotEligible('texts are not UTF-8')
    const { table, stored } = this.table(name)
    if (/\bcollate\b/i.test(stored.sql))
      throw new NotEligible(`${table.name}.${column} may have a collation of its own`)
  }
}

/** What a column is for rows from before it was added: null, unless the table has a default somewhere. */
export function hasDefaults({ sql }: StoredTable): boolean {
  return /\bdefault\b/i.test(sql)
}
