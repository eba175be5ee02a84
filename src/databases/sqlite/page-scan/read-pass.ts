// One thread's part of a pass: takes portions of leaves until none is left, reads their rows into batches, hands those on.
import { createBatch, ROWS, type Batch } from './batch.ts'
import { createCellReader, type Spill } from './cell-reader.ts'
import { damaged, HEADER_BYTES, LEAF } from './format.ts'
import type { Pass, WorkDone } from './jobs.ts'
import type { Kernel } from './kernels/kernel.ts'
import { makeKernel, type Memory } from './kernels/make-kernels.ts'
import { createPageReader, type PageReader } from './page-reader.ts'
import type { PageSource } from './page-source.ts'
import { GAP_PAGES, WINDOW_BYTES } from './portions.ts'

/** For values of overflow pages, behind the window. */
const SPILL_BYTES = 1 << 20
/** Counters that threads share. */
export const NEXT_PORTION = 0
/** In units of 1024 rows, so that it holds 2^41 of them. */
export const ROWS_DONE = 1
export const COUNTERS = 2

/** Window and spill of a thread: one for all its passes. */
export function createWindow(): Uint8Array {
  return new Uint8Array(WINDOW_BYTES + SPILL_BYTES)
}

/** @throws OutsideError naming a page that is damaged. */
export function readPass(pass: Pass, source: PageSource, memory: Memory, window: Uint8Array): WorkDone {
  return new PassReader(pass, source, memory, window).read()
}

class PassReader {
  readonly #pass: Pass
  readonly #source: PageSource
  readonly #memory: Memory
  readonly #batch: Batch
  readonly #kernels: Kernel[]
  readonly #readPage: PageReader
  #firstPage = 0
  #spilled = 0
  #rows = 0

  constructor(pass: Pass, source: PageSource, memory: Memory, window: Uint8Array) {
    this.#pass = pass
    this.#source = source
    this.#memory = memory
    this.#batch = createBatch(pass.positions.length, window)
    this.#kernels = pass.jobs.map((job) => makeKernel(job, memory, pass.keysMax))
    const wanted = { ...pass, usableSize: source.facts.format.usableSize }
    const numberOf = (offset: number) => this.#firstPage + offset / source.facts.format.pageSize
    const readCell = createCellReader(source, wanted, this.#batch, this.#spill(), numberOf)
    this.#readPage = createPageReader(wanted, this.#batch, readCell)
  }

  read(): WorkDone {
    const { portions } = this.#pass
    const { counters } = this.#memory
    for (;;) {
      const portion = Atomics.add(counters, NEXT_PORTION, 1)
      if (portion >= portions.length - 1) break
      const before = this.#rows
      this.#readPortion(portions[portion] ?? 0, portions[portion + 1] ?? 0)
      Atomics.add(counters, ROWS_DONE, Math.floor(this.#rows / 1024) - Math.floor(before / 1024))
      this.#memory.tell?.()
    }
    return { rows: this.#rows, results: this.#kernels.map((kernel) => kernel.result()) }
  }

  #readPortion(from: number, to: number): void {
    const { leaves } = this.#pass
    const { pageSize } = this.#source.facts.format
    this.#firstPage = leaves[from] ?? 0
    for (let index = from; index < to;) {
      const first = leaves[index] ?? 0
      let last = first
      for (index++; index < to && (leaves[index] ?? 0) - last <= GAP_PAGES; index++) last = leaves[index] ?? 0
      this.#source.readRun(first, last - first + 1, this.#batch.bytes, (first - this.#firstPage) * pageSize)
    }
    for (let index = from; index < to; index++) this.#readLeaf(leaves[index] ?? 0, pageSize)
    // The next portion overwrites the texts that these rows point to.
    this.#flush()
  }

  #readLeaf(number: number, pageSize: number): void {
    const { bytes, rowids } = this.#batch
    const page = (number - this.#firstPage) * pageSize
    const header = number === 1 ? page + HEADER_BYTES : page
    if (bytes[header] !== LEAF) throw damaged(number, 'it is no leaf of a table')
    const at = this.#batch.size
    const end = this.#readPage(page, header, at)
    if (end === -1) throw damaged(number, 'a row lies outside of it')
    if (end === -2) throw damaged(number, 'its rows are not in order')
    const { first, last } = this.#pass.rowids
    if (end > at && !((rowids[at] ?? 0) >= first && (rowids[end - 1] ?? 0) <= last))
      throw damaged(number, 'a row number lies outside of its table')
    this.#rows += end - at
    this.#batch.size = end
    if (end >= ROWS) this.#flush()
  }

  #look(): void {
    for (const kernel of this.#kernels) kernel.take(this.#batch)
  }

  #flush(): void {
    this.#look()
    this.#batch.from = 0
    this.#batch.size = 0
    this.#spilled = 0
  }

  #spill(): Spill {
    return {
      size: SPILL_BYTES,
      reserve: (bytes, at) => {
        if (this.#spilled + bytes <= SPILL_BYTES) return
        this.#batch.size = at
        this.#look()
        this.#batch.from = at
        this.#spilled = 0
      },
      keep: (value) => {
        const offset = WINDOW_BYTES + this.#spilled
        this.#batch.bytes.set(value, offset)
        this.#spilled += value.length
        return offset
      },
    }
  }
}
