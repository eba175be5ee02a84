// Rule kind `unique`: no value, or combination of values, stands in two rows. All rows but the first of them break it.
import { sql } from 'kysely'
import { z } from 'zod'
import { columnsField, nameOf, nullsField, tableOf } from '../columns.ts'
import { allOf, anyOf } from '../compile.ts'
import { defineRule } from '../rule.ts'
import { keyList, keyNames } from '../terms.ts'

const options = z.strictObject({
  column: columnsField('What must be unique'),
  nulls: nullsField(),
})
type Options = z.output<typeof options>

export const unique = defineRule<Options>({
  id: 'unique',
  summary: 'no value or combination of values stands in two rows; all rows but the first by key break it',
  options: options as z.ZodType<Options>,
  example: { column: ['orders.country', 'orders.number'] },
  isRowwise: true,
  sorts: true,
  describe: ({ column }) => `${nameOf(column)} is unique`,
  reads: ({ column }) => column.map((one) => ({ ...one, option: 'column' })),
  judges: ({ column }) => tableOf(column),
  keyColumns: ({ column }, terms) => keyNames(terms, tableOf(column)),
  violations({ column, nulls }, terms) {
    const table = tableOf(column)
    const rows = terms.rows(table)
    const columns = column.map((one) => sql`${sql.id('t', one.column)}`)
    const values = column.map((_, index) => sql`${sql.id(`v${index + 1}`)}`)
    const named = columns.map((one, index) => sql`${one} AS ${values[index]}`)
    const keys = keyList(keyNames(terms, table).length)
    const isGiven = allOf(columns.map((one) => sql`${one} IS NOT NULL`))
    // Only rows of values that stand twice are put in order, and none are looked for where there are none.
    const surplus = sql`WITH doubled AS MATERIALIZED (
        SELECT ${sql.join(named)} FROM ${rows} AS t WHERE ${isGiven} GROUP BY ${sql.join(columns)} HAVING count(*) > 1),
      involved AS (
        SELECT ${terms.key(table, 't')}, ${sql.join(named)} FROM ${rows} AS t
        WHERE EXISTS (SELECT 1 FROM doubled) AND (${sql.join(columns)}) IN (SELECT ${sql.join(values)} FROM doubled)),
      ranked AS (
        SELECT ${keys}, row_number() OVER (PARTITION BY ${sql.join(values)} ORDER BY ${keys}) AS place FROM involved)
      SELECT ${keys} FROM ranked WHERE place > 1`
    if (nulls === 'ignore') return surplus
    return sql`SELECT ${keys} FROM (${surplus}) AS s UNION ALL SELECT ${terms.key(table, 't')} FROM ${rows} AS t
      WHERE ${anyOf(columns.map((one) => sql`${one} IS NULL`))}`
  },
})
