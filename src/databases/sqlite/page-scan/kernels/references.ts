// Bits by row number: which rows there are, which are referred to, and who refers to none.
import { INTEGER, MISSING, NULL, REAL, TEXT, type Batch } from '../batch.ts'
import type { Span } from '../jobs.ts'
import { whyUnread, Violations, type Kernel } from './kernel.ts'

const NOTHING = { count: 0, keys: [] }
const TEXT_KEY = 'texts where row numbers are referred to'

export function markRows(span: Span, bits: Int32Array): Kernel {
  const { first } = span
  return {
    take(batch) {
      const { rowids, size } = batch
      for (let at = batch.from; at < size; at++) {
        const key = (rowids[at] ?? 0) - first
        bits[key >>> 5]! |= 1 << key
      }
    },
    result: () => ({ ...NOTHING, refusal: null }),
  }
}

/** Keys that are no row number of the span are left out. */
export function markKeys(column: number, { first, size: rows }: Span, bits: Int32Array): Kernel {
  let refusal: string | null = null
  return {
    take(batch) {
      const { kinds, numbers } = vectorOf(batch, column)
      const { size } = batch
      for (let at = batch.from; at < size; at++) {
        const number = numbers[at] ?? 0
        const key = number - first
        const kind = kinds[at] ?? NULL
        if (isWhole(kind, number)) {
          if (key >= 0 && key < rows) bits[key >>> 5]! |= 1 << key
        } else if (kind !== NULL && kind !== REAL) refusal ??= whyNoKey(kind)
      }
    },
    result: () => ({ ...NOTHING, refusal }),
  }
}

/** Whether it can be a row number: to SQL 2.0 is 2. */
function isWhole(kind: number, number: number): boolean {
  return kind === INTEGER || (kind === REAL && Math.floor(number) === number)
}

/** A text could be a number to SQL, depending on how both columns were declared. */
export function whyNoKey(kind: number): string | null {
  if (kind >= MISSING) return whyUnread(kind)
  return kind === TEXT ? TEXT_KEY : null
}

export function checkReference(
  { column, span, nulls }: { column: number; span: Span; nulls: 'ignore' | 'violate' },
  bits: Int32Array,
  keysMax: number,
): Kernel {
  const found = new Violations(keysMax)
  const { first, size: rows } = span
  const isViolatedByNull = nulls === 'violate'
  return {
    take(batch) {
      const { kinds, numbers } = vectorOf(batch, column)
      const { size } = batch
      for (let at = batch.from; at < size; at++) {
        const number = numbers[at] ?? 0
        const key = number - first
        const kind = kinds[at] ?? NULL
        if (isWhole(kind, number) && key >= 0 && key < rows) {
          if (((bits[key >>> 5] ?? 0) >>> key) & 1) continue
        } else if (kind === NULL && !isViolatedByNull) continue
        else if (kind === TEXT || kind >= MISSING) found.refusal ??= whyNoKey(kind)
        found.add(batch.rowids[at] ?? 0)
      }
    },
    result: () => found.result(),
  }
}

export function vectorOf(batch: Batch, column: number): Batch['columns'][number] {
  const vector = batch.columns[column]
  if (!vector) throw new Error(`no column ${column} was read`)
  return vector
}
