// The schema as it stands in the file: which page a table's tree begins at, and the statement that made it.
import { damaged, LEAF } from './format.ts'
import type { PageSource } from './page-source.ts'
import { valuesAt } from './record.ts'
import { cellsOf, loadPage, readTree } from './tree.ts'

export interface StoredTable {
  root: number
  sql: string
}

/** Tables by their name in lower case. @throws OutsideError when page 1 or what hangs on it is damaged. */
export function readStoredTables(source: PageSource): Map<string, StoredTable> {
  const tables = new Map<string, StoredTable>()
  for (const number of readTree(source, 1).leaves) {
    const page = loadPage(source, number)
    if (page.bytes[page.header] !== LEAF) throw damaged(number, 'it is no leaf of a table')
    for (const at of cellsOf(page, source.facts.format.usableSize)) {
      const [type, name, , root, sql] = valuesAt(source, page, at, 5)
      if (type !== 'table' || typeof name !== 'string' || typeof root !== 'number' || typeof sql !== 'string') continue
      tables.set(lowerCase(name), { root, sql })
    }
  }
  return tables
}

/** As SQLite compares names: letters of ASCII only. */
export function lowerCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}
