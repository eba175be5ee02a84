// A side of a comparison that is asked in SQL.
import type { BucketSum } from '../../databases/canonical.ts'
import type { Row, Session, Value } from '../../databases/database.ts'
import type { Engine } from '../../databases/schema.ts'
import { quoted, type Dialect } from './dialect.ts'
import { postgresDialect } from './postgres-dialect.ts'
import type { Buckets, ComparableSide, ComparedRow, ComparedTable } from './side.ts'
import { sqliteDialect } from './sqlite-dialect.ts'

const DIALECTS: Record<Engine, Dialect> = { sqlite: sqliteDialect, postgres: postgresDialect }

/** Rows that are read at a time. */
const BATCH = 2000

/** The table as one session sees it. */
export function sqlSide(session: Session, engine: Engine, compared: ComparedTable): ComparableSide {
  const dialect = DIALECTS[engine]
  const { key, columns, decimals } = compared
  const from = `${dialect.table(compared.table)} WHERE ${compared.where === null ? '1 = 1' : `(${compared.where}\n)`}`
  const one = key.length === 1 && key[0]?.valueClass === 'integer' ? key[0] : null
  const id = dialect.row(key, decimals)
  const bucketOf = ({ count, by }: Buckets): string =>
    by === 'remainder' && one ? dialect.remainder(one.name, count) : dialect.bucketOf(id, count)
  const texts = [
    `${id} AS id`,
    ...key.map((column, at) => `${dialect.canonical(column, decimals)} AS k${at}`),
    ...columns.map((column, at) => `${dialect.canonical(column, decimals)} AS c${at}`),
  ].join(', ')
  const read = (row: Row): ComparedRow => ({
    bucket: Number(row.bucket),
    id: String(row.id),
    key: key.map((_, at) => textOf(row[`k${at}`])),
    values: columns.map((_, at) => textOf(row[`c${at}`])),
  })
  const ask = (sql: string, parameters: readonly Value[] = []): Promise<Row[]> => session.all({ sql, parameters })

  return {
    async count() {
      return Number((await ask(`SELECT count(*) AS n FROM ${from}`))[0]?.n)
    },

    async checksums(buckets) {
      const asked = { bucket: bucketOf(buckets), columns: [...key, ...columns], decimals, from }
      const [found] = await ask(dialect.checksums(asked))
      const sums = JSON.parse(String(found?.sums ?? '[]')) as [number, number, string][]
      return new Map(sums.map(([bucket, rows, sum]): [number, BucketSum] => [bucket, { rows, sum }]))
    },

    async *rows(buckets, wanted) {
      const bucket = bucketOf(buckets)
      const filter = wanted === null ? '' : ` AND ${dialect.among(bucket, 'integer')}`
      const select = `SELECT ${bucket} AS bucket, ${texts} FROM ${from}${filter} ORDER BY 1`
      const parameters = wanted === null ? [] : [JSON.stringify(wanted)]
      await session.run({ sql: dialect.open(select), parameters })
      try {
        for (let done = 0; ; done += BATCH) {
          const batch = await ask(dialect.fetch(done, BATCH))
          if (batch.length > 0) yield batch.map(read)
          if (batch.length < BATCH) return
        }
      } finally {
        // After an error there may be nothing left to close, or nobody to ask.
        await session.run({ sql: dialect.close, parameters: [] }).catch(() => 0)
      }
    },

    async rowsOf(ids) {
      // By the column itself an index serves; what is no integer stands in no integer column of Postgres, but may in one of SQLite.
      const column = one && ids.every((wanted) => /^-?\d+$/.test(wanted)) ? quoted(one.name) : null
      const among = dialect.among(column ?? id, column === null ? 'text' : 'integer')
      const wanted = column === null ? JSON.stringify(ids) : `[${ids.join(',')}]`
      return (await ask(`SELECT 0 AS bucket, ${texts} FROM ${from} AND ${among}`, [wanted])).map(read)
    },
  }
}

const textOf = (value: Value | undefined): string | null =>
  value === null || value === undefined ? null : String(value)
