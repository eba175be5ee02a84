// Rule kind `freshness`: the newest row is not older than so long.
import { sql, type RawBuilder } from 'kysely'
import { z } from 'zod'
import { formatDuration, parseDurationMs } from '../../lib/duration.ts'
import { columnField, nameOf } from '../columns.ts'
import { defineRule, type Terms } from '../rule.ts'
import { columnFamily } from '../values.ts'

const options = z.strictObject({
  column: columnField('When a row was made or changed'),
  within: z
    .string()
    .refine((text) => (parseDurationMs(text) ?? 0) > 0, { error: 'is no duration like 15 min or 2 days' })
    .describe('How old the newest row may be'),
  format: z
    .enum(['seconds', 'milliseconds', 'text', 'timestamp'])
    .optional()
    .describe(
      'Seconds or milliseconds since 1970, ISO 8601 text (UTC where it names no zone), or a type of the database; left out, told by the type of the column',
    ),
})
type Options = z.output<typeof options>

export const freshness = defineRule<Options>({
  id: 'freshness',
  summary: 'the newest row of a table is not older than a duration; a table without rows is not fresh',
  options: options as z.ZodType<Options>,
  example: { column: 'events.created_at', within: '15 min' },
  describe: ({ column, within }) =>
    `the newest ${nameOf(column)} is not older than ${formatDuration(parseDurationMs(within) ?? 0)}`,
  reads: ({ column }) => [{ ...column, option: 'column' }],
  judges: () => null,
  judged: () => 'one',
  keyColumns: ({ column }) => [`newest ${column.column}`],
  mismatch({ column, format }, terms) {
    const { family, type } = columnFamily(terms, column)
    if (formatOf(terms, { column, format }) === null)
      return {
        option: 'format',
        message: `is missing: ${nameOf(column)} is ${type}, which does not tell how times are written`,
        hint: 'give seconds, milliseconds or text',
      }
    const wants = format && { seconds: 'number', milliseconds: 'number', text: 'text', timestamp: 'time' }[format]
    if (!wants || family === 'any' || family === wants) return null
    return {
      option: 'format',
      message: `${nameOf(column)} is ${type}, which is not ${format}`,
      hint: 'leave it out, or name another column',
    }
  },
  violations(given, terms) {
    const { table, column } = given.column
    const newest = newestMs(terms, sql`${sql.id('t', column)}`, formatOf(terms, given) ?? 'text')
    const oldest = terms.now - (parseDurationMs(given.within) ?? 0)
    return sql`SELECT n.at AS k1 FROM (SELECT ${newest} AS at FROM ${terms.relation(table)} AS t) AS n
      WHERE n.at IS NULL OR n.at < ${sql.lit(oldest)}`
  },
})

/** Null where the type of the column does not tell. */
function formatOf(terms: Terms, { column, format }: Pick<Options, 'column' | 'format'>): Options['format'] | null {
  if (format) return format
  const { family } = columnFamily(terms, column)
  if (family === 'time') return 'timestamp'
  return family === 'text' ? 'text' : null
}

/** Milliseconds since 1970 of the newest; null where there is none that can be read. */
function newestMs(
  { engine }: Terms,
  value: RawBuilder<unknown>,
  format: NonNullable<Options['format']>,
): RawBuilder<unknown> {
  const isNumber = format === 'seconds' || format === 'milliseconds'
  const factor = format === 'seconds' ? 1000 : 1
  if (engine === 'postgres') {
    if (isNumber) return sql`max(${value})::float8 * ${sql.lit(factor)}`
    // Times without a zone are UTC, whatever the zone of the server.
    return format === 'text'
      ? sql`extract(epoch FROM max((${value} || CASE WHEN ${value} ~ '([Zz]|[+-]\\d\\d(:?\\d\\d)?)$' AND ${value} ~ ':' THEN '' ELSE ' UTC' END)::timestamptz))::float8 * 1000`
      : sql`extract(epoch FROM max(${value}))::float8 * 1000`
  }
  // SQLite's any column holds any value: what is no time of this format is not the newest.
  if (isNumber)
    return sql`max(CASE WHEN typeof(${value}) IN ('integer', 'real') THEN ${value} END) * ${sql.lit(factor)}`
  // As instants, not as texts: these may name different zones.
  return sql`CAST(round(max(CASE WHEN typeof(${value}) = 'text' THEN unixepoch(${value}, 'subsec') END) * 1000) AS INTEGER)`
}
