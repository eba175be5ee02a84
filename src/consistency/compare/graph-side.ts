// A side of a comparison that is a graph: its rows come as a stream, and are put into buckets here.
import { BucketSums, bucketOfText, canonicalText, rowText, type BucketSum } from '../../databases/canonical.ts'
import type { Value } from '../../databases/database.ts'
import type { GraphReader } from '../../databases/graph.ts'
import type { Buckets, ComparableSide, ComparedColumn, ComparedRow, ComparedTable } from './side.ts'

/** Rows held in memory at a time; of more, each lot takes a pass of its own. */
const PASS_ROWS = 100_000
const BATCH = 2000

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``

/** `Label` is its nodes, `-[TYPE]->` its relationships. */
function matchOf({ table, where }: ComparedTable): string {
  const type = /^-\[:?(.+)\]->$/.exec(table)?.[1]
  const pattern = type === undefined ? `(n:${quoted(table)})` : `(start)-[n:${quoted(type)}]->(end)`
  return `MATCH ${pattern}${where === null ? '' : ` WHERE (${where}\n)`}`
}

/** `start.name` and `end.name` are of the nodes that a relationship joins. */
function propertyOf({ name }: ComparedColumn, isRelationship: boolean): string {
  const [, node, property] = (isRelationship && /^(start|end)\.(.+)$/.exec(name)) || [null, 'n', name]
  return `${node}.${quoted(property ?? name)}`
}

/** The nodes of a label, or the relationships of a type. */
export function graphSide(reader: GraphReader, compared: ComparedTable): ComparableSide {
  const { key, columns, decimals, table } = compared
  const all = [...key, ...columns]
  const classes = all.map(({ valueClass }) => valueClass)
  const keyClasses = key.map(({ valueClass }) => valueClass)
  const isInteger = key.length === 1 && keyClasses[0] === 'integer'
  const properties = all.map((column) => propertyOf(column, table.startsWith('-[')))
  const match = matchOf(compared)
  let sums = new Map<number, BucketSum>()

  const idOf = (values: readonly Value[]): string => rowText(values.slice(0, key.length), keyClasses, decimals)
  const bucketOf = (values: readonly Value[], { count, by }: Buckets): number => {
    if (by === 'checksum' || !isInteger) return bucketOfText(idOf(values), count)
    const text = String(values[0])
    return /^-?\d+$/.test(text) ? Number(BigInt(text) % BigInt(count)) : 0
  }
  const rowOf = (values: readonly Value[], bucket: number): ComparedRow => {
    const texts = values.map((value, at) => canonicalText(value, classes[at] ?? 'text', decimals))
    return { bucket, id: idOf(values), key: texts.slice(0, key.length), values: texts.slice(key.length) }
  }
  async function* stream(): AsyncGenerator<Value[]> {
    for await (const batch of reader.stream(`${match} RETURN ${properties.join(', ')}`, {})) yield* batch
  }

  return {
    async count() {
      for await (const [row] of reader.stream(`${match} RETURN count(n)`, {})) return Number(row?.[0])
      return 0
    },

    async checksums(buckets) {
      const adding = new BucketSums()
      for await (const values of stream()) adding.add(bucketOf(values, buckets), rowText(values, classes, decimals))
      sums = adding.result()
      return sums
    },

    async *rows(buckets, wanted) {
      for (const lot of lots(wanted ?? [...sums.keys()].toSorted((a, b) => a - b), sums)) {
        const rows: ComparedRow[] = []
        for await (const values of stream()) {
          const bucket = bucketOf(values, buckets)
          if (lot.has(bucket)) rows.push(rowOf(values, bucket))
        }
        rows.sort((a, b) => a.bucket - b.bucket)
        for (let at = 0; at < rows.length; at += BATCH) yield rows.slice(at, at + BATCH)
      }
    },

    async rowsOf(ids) {
      const wanted = new Set(ids)
      const rows: ComparedRow[] = []
      // A number may be kept as text in a graph: then only reading all of them finds it.
      for await (const values of stream()) if (wanted.has(idOf(values))) rows.push(rowOf(values, 0))
      return rows
    },
  }
}

/** The buckets in lots that memory holds. */
function lots(wanted: readonly number[], sums: ReadonlyMap<number, BucketSum>): Set<number>[] {
  const found: Set<number>[] = []
  let room = 0
  for (const bucket of wanted) {
    const rows = sums.get(bucket)?.rows ?? 0
    if (found.length === 0 || rows > room) {
      found.push(new Set())
      room = PASS_ROWS
    }
    found.at(-1)?.add(bucket)
    room -= rows
  }
  return found
}
