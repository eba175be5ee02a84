// A test of each value, as SQLite's own comparison would come out.
import type { ValueTest } from '../../../page-scan.ts'
import { INTEGER, LARGE, MISSING, NULL, REAL, TEXT, type Batch, type ColumnVector } from '../batch.ts'
import { whyUnread, Violations, type Kernel } from './kernel.ts'

/** Texts of an enum as their bytes; of other tests null. */
export type TextEnum = Uint8Array[]

/** Whether the value of row `at` passes; null when SQL must be asked. Not asked of null. */
type Passes = (batch: Batch, column: ColumnVector, at: number) => boolean | null

export function checkValue(
  {
    column,
    test,
    texts,
    nulls,
  }: { column: number; test: ValueTest; texts: TextEnum | null; nulls: 'ignore' | 'violate' },
  keysMax: number,
): Kernel {
  const found = new Violations(keysMax)
  const passes = testOf(test, texts ?? [])
  const [min, max] = test.type === 'range' ? [test.min ?? -Infinity, test.max ?? Infinity] : [Infinity, -Infinity]
  const isViolatedByNull = nulls === 'violate'
  return {
    take(batch) {
      const vector = batch.columns[column]
      if (!vector || found.refusal) return
      const { kinds, numbers } = vector
      for (let at = batch.from; at < batch.size; at++) {
        const kind = kinds[at] ?? NULL
        const number = numbers[at] ?? 0
        if ((kind === REAL || kind === INTEGER) && number >= min && number <= max) continue
        if (kind === NULL) {
          if (isViolatedByNull) found.add(batch.rowids[at] ?? 0)
          continue
        }
        const passed = kind >= MISSING ? null : passes(batch, vector, at)
        if (passed === null) found.refusal = kind >= MISSING ? whyUnread(kind) : 'values that a pattern is not for'
        else if (!passed) found.add(batch.rowids[at] ?? 0)
      }
    },
    result: () => found.result(),
  }
}

function testOf(test: ValueTest, texts: TextEnum): Passes {
  switch (test.type) {
    case 'not-null':
      return () => true
    case 'range':
      return inRange(test.min, test.max)
    case 'enum':
      return oneOf(test.values, texts)
    case 'regex': {
      const pattern = new RegExp(test.pattern, 'u')
      return (batch, column, at) => {
        const kind = column.kinds[at]
        if (kind === TEXT) return pattern.test(textAt(batch, column, at))
        return kind === INTEGER || kind === REAL ? pattern.test(String(column.numbers[at])) : null
      }
    }
  }
}

/** Any text or blob is greater than any number. */
function inRange(min: number | null, max: number | null): Passes {
  return (batch, column, at) => {
    const kind = column.kinds[at] ?? NULL
    if (kind >= TEXT) return max === null
    const value = kind === LARGE ? largeAt(batch, column, at) : (column.numbers[at] ?? 0)
    return (min === null || value >= min) && (max === null || value <= max)
  }
}

function oneOf(values: readonly (string | number)[], texts: TextEnum): Passes {
  const numbers = new Set(values.filter((value) => typeof value === 'number'))
  return (batch, column, at) => {
    const kind = column.kinds[at] ?? NULL
    if (kind === LARGE) {
      const large = largeAt(batch, column, at)
      return [...numbers].some((number) => Number.isInteger(number) && BigInt(number) === large)
    }
    if (kind < TEXT) return numbers.has(column.numbers[at] ?? 0)
    if (kind !== TEXT) return false
    const from = column.offsets[at] ?? 0
    const length = column.lengths[at] ?? 0
    for (const text of texts) if (text.length === length && isAt(batch.bytes, from, text)) return true
    return false
  }
}

function isAt(bytes: Uint8Array, from: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[from + index] !== text[index]) return false
  return true
}

function largeAt(batch: Batch, column: ColumnVector, at: number): bigint {
  return batch.view.getBigInt64(column.offsets[at] ?? 0)
}

function textAt({ bytes }: Batch, column: ColumnVector, at: number): string {
  const from = column.offsets[at] ?? 0
  return Buffer.from(bytes.buffer, from, column.lengths[at] ?? 0).toString('utf8')
}
