// Rule kind `aggregate-equals`: a column says what the rows that refer to its row come to.
import { sql, type RawBuilder } from 'kysely'
import { z } from 'zod'
import { columnField, nameOf } from '../columns.ts'
import { allOf, anyOf } from '../compile.ts'
import { defineRule, type Terms } from '../rule.ts'
import { keyNames } from '../terms.ts'
import { unlike } from '../unlike.ts'
import { columnFamily } from '../values.ts'

/** So much more than the tolerance is still equal: sums of the same numbers differ by their order. */
const SLACK = 1e-9

const options = z.strictObject({
  column: columnField('The column that says what its children come to'),
  aggregate: z
    .enum(['count', 'sum', 'avg', 'min', 'max', 'noisy-or'])
    .describe('How the children are put together; noisy-or is 1 - (1 - a)(1 - b)...'),
  of: columnField('The column of the children that is put together'),
  by: columnField('The column of the children that refers to the row'),
  references: columnField('What `by` refers to; left out, the primary key').optional(),
  tolerance: z.number().min(0).default(0).describe('Largest difference that is still equal'),
  childless: z
    .enum(['ignore', 'compare'])
    .default('ignore')
    .describe('Rows without children: nothing is said of them, or they must have 0 (count, sum) or null'),
  nulls: z.enum(['ignore', 'violate']).default('violate').describe('A null where the children come to something'),
})
type Options = z.output<typeof options>

export const aggregateEquals = defineRule<Options>({
  id: 'aggregate-equals',
  summary: 'a column is the count, sum, average, least, greatest or noisy-or of the rows that refer to it',
  options: options as z.ZodType<Options>,
  example: {
    column: 'relationships.confidence',
    aggregate: 'noisy-or',
    of: 'evidence.weight',
    by: 'evidence.relationship_id',
    tolerance: 0.05,
  },
  isRowwise: true,
  describe: ({ column, aggregate, of, by, tolerance }) =>
    `every ${nameOf(column)} is the ${aggregate} of ${nameOf(of)} by ${by.column}${tolerance > 0 ? `, within ${tolerance}` : ''}`,
  reads: ({ column, of, by, references }) => [
    { ...column, option: 'column' },
    { ...of, option: 'of' },
    { ...by, option: 'by' },
    ...(references ? [{ ...references, option: 'references' }] : []),
  ],
  judges: ({ column }) => column.table,
  keyColumns: ({ column }, terms) => keyNames(terms, column.table),
  mismatch(given, terms) {
    const { column, aggregate, of, by, references } = given
    const name = 'name a column of the same table'
    if (of.table !== by.table)
      return { option: 'by', message: `${nameOf(by)} is not in ${of.table}, where \`of\` is`, hint: name }
    if (references && references.table !== column.table)
      return { option: 'references', message: `${nameOf(references)} is not in ${column.table}`, hint: name }
    const { primaryKey } = terms.table(column.table)
    if (!references && primaryKey.length !== 1)
      return {
        option: 'references',
        message: `is missing: ${column.table} has ${primaryKey.length === 0 ? 'no primary key' : 'several columns in its primary key'}`,
        hint: 'name the column that `by` refers to',
      }
    for (const [option, one] of [
      ['column', column],
      ['of', of],
    ] as const) {
      const { family, type } = columnFamily(terms, one)
      if ((option === 'column' || aggregate !== 'count') && !['number', 'any'].includes(family))
        return { option, message: `${nameOf(one)} is ${type}, not a number`, hint: 'name a column of numbers' }
    }
    const problem = unlike(terms, by, referred(given, primaryKey))
    return problem && { option: 'by', ...problem }
  },
  violations(given, terms) {
    const { column, aggregate, of, by, tolerance, childless } = given
    const { table } = column
    const parent = referred(given, terms.table(table).primaryKey)
    const grouping = { table: of.table, by: by.column, aggregates: [{ aggregate, column: of.column }], of: parent }
    const [key, value] = [terms.key(table, 't'), sql`${sql.id('t', parent.column)}`]
    const rows = terms.rows(table)
    const held = terms.held(grouping)
    const said = sql`${sql.id('t', column.column)}${castOf(terms)}`
    if (held) {
      const has = held.has(value)
      const due = dueOf(given, held.total(aggregate, of.column, value), sql`NOT ${has}`)
      // Each total is a call: most rows are done with after the first. CASE keeps SQLite from beginning with what needs only the key.
      const isSuspect = sql`coalesce(abs(${said} - ${due}) > ${sql.lit(tolerance + SLACK)}, 1)`
      const isBroken = allOf([differs(given, said, due), ...(childless === 'compare' ? [] : [has])])
      return sql`SELECT ${key} FROM ${rows} AS t WHERE CASE WHEN ${isSuspect} THEN ${isBroken} ELSE 0 END`
    }
    const group = terms.grouping(grouping)
    const due = dueOf(given, sql`${sql.id('g', `${aggregate}_${of.column}`)}${castOf(terms)}`, sql`g.value IS NULL`)
    if (childless === 'compare')
      return sql`SELECT ${key} FROM ${rows} AS t LEFT JOIN ${group} AS g ON g.value = ${value} WHERE ${differs(given, said, due)}`
    // From the groups, which come in order, to the rows: CROSS keeps SQLite from the other way round.
    const join = terms.engine === 'sqlite' ? sql`CROSS JOIN` : sql`JOIN`
    return sql`SELECT ${key} FROM ${group} AS g ${join} ${rows} AS t ON g.value = ${value} WHERE ${differs(given, said, due)}`
  },
  scan({ column, aggregate, of, by, references, tolerance, childless, nulls }, schema) {
    const key = schema.tables.get(column.table)?.rowidColumn
    if (!key || (references && references.column !== key) || nulls === 'ignore') return null
    const child = { child: of.table, childColumn: by.column, childValue: of.column }
    return { type: 'aggregate', ...column, ...child, aggregate, tolerance, childless }
  },
})

function referred({ column, references }: Options, primaryKey: readonly string[]) {
  return references ?? { table: column.table, column: primaryKey[0] ?? '' }
}

function castOf({ engine }: Terms): RawBuilder<unknown> {
  return engine === 'postgres' ? sql`::float8` : sql``
}

/** Over no rows count and sum are 0; over rows that have only nulls SQL's sum is null. */
function dueOf({ aggregate, childless }: Options, total: RawBuilder<unknown>, isChildless: RawBuilder<unknown>) {
  const isCounted = aggregate === 'count' || aggregate === 'sum'
  return childless === 'compare' && isCounted ? sql`CASE WHEN ${isChildless} THEN 0 ELSE ${total} END` : total
}

function differs({ tolerance, nulls }: Options, said: RawBuilder<unknown>, due: RawBuilder<unknown>) {
  return anyOf([
    sql`abs(${said} - ${due}) > ${sql.lit(tolerance + SLACK)}`,
    sql`(${said} IS NOT NULL AND ${due} IS NULL)`,
    ...(nulls === 'violate' ? [sql`(${said} IS NULL AND ${due} IS NOT NULL)`] : []),
  ])
}
