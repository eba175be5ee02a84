// Walking a table's b-tree: its leaves, the span of its row numbers, the leaf that holds a row.
import { damaged, HEADER_BYTES, INTERIOR, LEAF, readRowid, readVarint } from './format.ts'
import type { PageSource } from './page-source.ts'

const DEPTH_MAX = 20

export interface TableTree {
  root: number
  /** Page numbers, ascending: the order of the file, not of the rows. Shared between threads. */
  leaves: Int32Array<SharedArrayBuffer>
  /** Row numbers; null where the table is empty. `NaN` beyond 2^53. */
  span: { first: number; last: number } | null
}

/** One page with its bytes. */
export interface Page {
  number: number
  bytes: Uint8Array
  view: DataView
  /** Where its b-tree header begins: behind the file's header on page 1. */
  header: number
}

export function pageOf(number: number, bytes: Uint8Array): Page {
  return { number, bytes, view: new DataView(bytes.buffer, bytes.byteOffset), header: number === 1 ? HEADER_BYTES : 0 }
}

/** Reads a page into memory of its own. @throws OutsideError */
export function loadPage(source: PageSource, number: number): Page {
  const bytes = new Uint8Array(source.facts.format.pageSize)
  source.readPage(number, bytes, 0)
  return pageOf(number, bytes)
}

/** Where the cells of a page begin, in the order of their keys. @throws OutsideError when one lies outside of the page. */
export function cellsOf({ number, bytes, view, header }: Page, usableSize: number): number[] {
  const count = view.getUint16(header + 3)
  const pointers = header + (bytes[header] === INTERIOR ? 12 : 8)
  const content = pointers + 2 * count
  if (content > usableSize) throw damaged(number, `${count} cells do not fit`)
  return Array.from({ length: count }, (_, index) => {
    const cell = view.getUint16(pointers + 2 * index)
    if (cell < content || cell + 4 > usableSize) throw damaged(number, `cell ${index} lies outside of it`)
    return cell
  })
}

/** Reads the interior pages, and of the leaves the first and the last. @throws OutsideError when they are no tree. */
export function readTree(source: PageSource, root: number): TableTree {
  let level = Int32Array.of(root)
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    const first = loadPage(source, level[0] ?? root)
    if (first.bytes[first.header] === LEAF) return treeOf(source, root, level)
    level = childrenOf(source, level)
  }
  throw damaged(root, `its tree is deeper than ${DEPTH_MAX} pages`)
}

function treeOf(source: PageSource, root: number, level: Int32Array): TableTree {
  const [first, last] = [level[0] ?? root, level.at(-1) ?? root]
  const leaves = new Int32Array(new SharedArrayBuffer(4 * level.length))
  leaves.set(level)
  leaves.sort()
  for (let index = 1; index < leaves.length; index++)
    if (leaves[index] === leaves[index - 1]) throw damaged(leaves[index] ?? 0, 'it is in the tree twice')
  const [lowest] = rowidsOf(source, first)
  const highest = rowidsOf(source, last).at(-1)
  if (lowest === undefined || highest === undefined) {
    if (level.length > 1) throw damaged(lowest === undefined ? first : last, 'a leaf of several is empty')
    return { root, leaves, span: null }
  }
  return { root, leaves, span: { first: lowest, last: highest } }
}

/** The pages below a level, in the order of their rows. @throws OutsideError when one is no interior page of a table. */
function childrenOf(source: PageSource, level: Int32Array): Int32Array<ArrayBuffer> {
  const { pages, format } = source.facts
  const bytes = new Uint8Array(format.pageSize)
  let below = new Int32Array(1024)
  let count = 0
  for (const number of level) {
    source.readPage(number, bytes, 0)
    const { view, header } = pageOf(number, bytes)
    if (bytes[header] !== INTERIOR) throw damaged(number, 'it is no interior page of a table')
    const pointers = header + 12
    const end = pointers + 2 * view.getUint16(header + 3)
    if (end > format.usableSize) throw damaged(number, 'its cells do not fit')
    for (let pointer = pointers; pointer <= end; pointer += 2) {
      // The last child stands in the header.
      const at = pointer === end ? header + 8 : view.getUint16(pointer)
      if (pointer < end && (at < end || at + 5 > format.usableSize)) throw damaged(number, 'a cell lies outside of it')
      if (count === below.length) {
        if (count > pages) throw damaged(number, 'the tree has more pages than the file')
        const more = new Int32Array(2 * count)
        more.set(below)
        below = more
      }
      const child = view.getUint32(at)
      if (child < 2 || child > pages) throw damaged(number, `it names page ${child} of ${pages}`)
      below[count++] = child
    }
  }
  return below.slice(0, count)
}

function rowidsOf(source: PageSource, number: number): number[] {
  const page = loadPage(source, number)
  if (page.bytes[page.header] !== LEAF) throw damaged(number, 'it is no leaf of a table')
  return cellsOf(page, source.facts.format.usableSize).map(
    (cell) => readRowid(page.bytes, readVarint(page.bytes, cell).next).value,
  )
}

/** Finds rows by their number; keeps the interior pages it has seen. */
export class RowFinder {
  readonly #source: PageSource
  readonly #root: number
  readonly #seen = new Map<number, Page>()
  /** The leaf looked at last: rows asked for in ascending order are often neighbours. */
  #leaf: Page | null = null

  constructor(source: PageSource, root: number) {
    this.#source = source
    this.#root = root
  }

  /** The leaf and the offset of the row's cell in it. @throws OutsideError when it is not where its number belongs. */
  find(rowid: number): { page: Page; cell: number } {
    const again = this.#leaf && this.#cellIn(this.#leaf, rowid)
    if (this.#leaf && again) return { page: this.#leaf, cell: again }
    let number = this.#root
    for (let depth = 0; depth < DEPTH_MAX; depth++) {
      const page = this.#seen.get(number) ?? loadPage(this.#source, number)
      if (page.bytes[page.header] === LEAF) {
        this.#leaf = page
        const cell = this.#cellIn(page, rowid)
        if (!cell) throw damaged(number, `row ${rowid} is not in it`)
        return { page, cell }
      }
      this.#seen.set(number, page)
      number = this.#childFor(page, rowid)
    }
    throw damaged(this.#root, `its tree is deeper than ${DEPTH_MAX} pages`)
  }

  /** Interior cells are a child and the largest row number in it. */
  #childFor(page: Page, rowid: number): number {
    if (page.bytes[page.header] !== INTERIOR) throw damaged(page.number, 'it is no interior page of a table')
    const cells = cellsOf(page, this.#source.facts.format.usableSize)
    const place = firstFrom(cells, (cell) => readRowid(page.bytes, cell + 4).value >= rowid)
    const cell = cells[place]
    return page.view.getUint32(cell ?? page.header + 8)
  }

  #cellIn(page: Page, rowid: number): number | null {
    const cells = cellsOf(page, this.#source.facts.format.usableSize)
    const rowidAt = (cell: number) => readRowid(page.bytes, readVarint(page.bytes, cell).next).value
    const cell = cells[firstFrom(cells, (one) => rowidAt(one) >= rowid)]
    return cell !== undefined && rowidAt(cell) === rowid ? cell : null
  }
}

/** Index of the first that passes; those that do stand after those that do not. */
function firstFrom(cells: readonly number[], passes: (cell: number) => boolean): number {
  let low = 0
  let high = cells.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (passes(cells[middle] ?? 0)) high = middle
    else low = middle + 1
  }
  return low
}
