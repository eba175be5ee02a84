// Numbers by row number: the column of the parent, and what the values of its children come to.
import type { Aggregate } from '../../../page-scan.ts'
import { INTEGER, MISSING, NULL, REAL } from '../batch.ts'
import type { Span } from '../jobs.ts'
import { whyUnread, type Kernel } from './kernel.ts'
import { vectorOf, whyNoKey } from './references.ts'
import { partsOf, Scatter } from './scatter.ts'

const UNUSUAL = 'values that are no plain numbers'

/** NaN, which no column holds, stands for null. */
export function keepNumbers(column: number, { first }: Span, kept: Float64Array): Kernel {
  let refusal: string | null = null
  return {
    take(batch) {
      const { kinds, numbers } = vectorOf(batch, column)
      for (let at = batch.from; at < batch.size; at++) {
        const kind = kinds[at]!
        const number = kind === NULL ? Number.NaN : numbers[at]!
        if (kind > REAL || number === Infinity || number === -Infinity)
          refusal ??= kind >= MISSING ? whyUnread(kind) : UNUSUAL
        kept[batch.rowids[at]! - first] = number
      }
    },
    result: () => ({ count: 0, keys: [], refusal }),
  }
}

/** What an aggregate is put together in, by all threads. All begin as zeros: memory that no key needs is never touched. */
export interface Accumulators {
  numbers: Float64Array | null
  counts: Int32Array | null
  /** Bit: some value was not null. */
  valued: Int32Array
  locks: Int32Array
}

interface AggregateJob {
  key: number
  value: number
  span: Span
  aggregate: Aggregate
  isNeverNull: boolean
}

export function aggregateValues(
  { key, value, span, aggregate, isNeverNull }: AggregateJob,
  { numbers: sums, counts, valued, locks }: Accumulators,
): Kernel {
  const { first, size: rows } = span
  const parts = partsOf(rows)
  const places = new Int32Array(Scatter.entries(parts))
  const values = new Float64Array(places.length)
  const put = putting(aggregate, sums ?? new Float64Array(0), counts ?? new Int32Array(0))
  let refusal: string | null = null
  let largest = 0
  let isExact = true
  const scatter = new Scatter(parts, locks, (_, from, to) => {
    for (let at = from; at < to; at++) valued[places[at]! >>> 5]! |= 1 << places[at]!
    put(places, values, from, to)
  })

  function whyNot(kind: number): string | null {
    if (kind >= MISSING) return whyUnread(kind)
    if (kind === NULL && isNeverNull) return 'nulls in a column that is NOT NULL'
    return kind > REAL && aggregate !== 'count' ? UNUSUAL : null
  }

  return {
    take(batch) {
      const keys = vectorOf(batch, key)
      const given = vectorOf(batch, value)
      for (let at = batch.from; at < batch.size; at++) {
        const reference = keys.numbers[at]!
        const place = reference - first
        const keyKind = keys.kinds[at]!
        if (keyKind !== INTEGER && !(keyKind === REAL && Math.floor(reference) === reference)) {
          refusal ??= whyNoKey(keyKind)
          continue
        }
        if (!(place >= 0 && place < rows)) continue
        const kind = given.kinds[at]!
        const number = given.numbers[at]!
        if (kind !== REAL) {
          isExact &&= kind === INTEGER
          if (kind !== INTEGER) refusal ??= whyNot(kind)
          if (kind === NULL) continue
        } else isExact = false
        if (number > largest) largest = number
        else if (-number > largest) largest = -number
        const entry = scatter.next(place)
        places[entry] = place
        values[entry] = number
        scatter.added(place)
      }
    },
    result() {
      scatter.flushAll()
      if (largest === Infinity) refusal ??= UNUSUAL
      return { count: 0, keys: [], refusal, largest, isExact }
    },
  }
}

type Put = (places: Int32Array, values: Float64Array, from: number, to: number) => void

function putting(aggregate: Aggregate, sums: Float64Array, counts: Int32Array): Put {
  switch (aggregate) {
    case 'count':
      return (places, _, from, to) => {
        for (let at = from; at < to; at++) counts[places[at]!]!++
      }
    case 'noisy-or':
      // 1 - (1 - a)(1 - b) = a + b (1 - a): begins at zero.
      return (places, values, from, to) => {
        for (let at = from; at < to; at++) {
          const place = places[at]!
          const sum = sums[place]!
          const value = values[at]!
          sums[place] = value >= 1 ? 1 : sum + value * (1 - sum)
        }
      }
    case 'min':
    case 'max': {
      const isMin = aggregate === 'min'
      return (places, values, from, to) => {
        for (let at = from; at < to; at++) {
          const place = places[at]!
          const isFirst = counts[place] === 0
          counts[place] = 1
          if (isFirst || (isMin ? values[at]! < sums[place]! : values[at]! > sums[place]!)) sums[place] = values[at]!
        }
      }
    }
    default:
      return (places, values, from, to) => {
        for (let at = from; at < to; at++) {
          const place = places[at]!
          sums[place]! += values[at]!
          counts[place]!++
        }
      }
  }
}
