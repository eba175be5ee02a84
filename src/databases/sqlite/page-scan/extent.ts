// How large a table is: its tree, and about how many rows.
import { damaged, LEAF } from './format.ts'
import type { PageSource } from './page-source.ts'
import { loadPage, readTree, type TableTree } from './tree.ts'

/** Leaves whose rows are counted. */
const SAMPLED = 256

export interface Extent {
  tree: TableTree
  /** Estimated from some of the leaves. */
  rows: number
}

/** @throws OutsideError when it is no tree. */
export function readExtent(source: PageSource, root: number): Extent {
  const tree = readTree(source, root)
  const { leaves } = tree
  const sampled = Math.min(SAMPLED, leaves.length)
  let cells = 0
  for (let index = 0; index < sampled; index++) {
    const number = leaves[Math.floor((index * leaves.length) / sampled)] ?? root
    const page = loadPage(source, number)
    if (page.bytes[page.header] !== LEAF) throw damaged(number, 'it is no leaf of a table')
    cells += page.view.getUint16(page.header + 3)
  }
  return { tree, rows: Math.ceil((cells * leaves.length) / sampled) }
}
