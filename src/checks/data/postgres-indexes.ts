// Whether the indexes are there, whole and used: by the catalogue, and by the plans that Postgres makes for given queries.
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import { excerpt } from '../../lib/excerpt.ts'
import type { Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { publicUrl } from '../fields.ts'
import { look } from '../look.ts'
import { bad, conclude, good, unknown, within, type Finding } from './findings.ts'
import { readPlan, type PlanReading } from './postgres-plan.ts'
import { numberOf, OURS } from './postgres-server.ts'
import { askPostgres, postgresFields, type Ask } from './postgres-session.ts'

const NAMED_MAX = 5

const query = z.strictObject({
  sql: z.string().min(1).max(20_000),
  index: z.string().min(1).optional(),
  costMax: z.number().positive().optional(),
})

const schema = z.strictObject({
  url: postgresFields.url,
  indexes: z.array(z.string().min(1)).default([]).describe('names of indexes that must be there, complete and usable'),
  invalid: z.boolean().default(true).describe('whether an index that was left half built fails the check'),
  foreignKeys: z
    .boolean()
    .default(false)
    .describe('whether the columns of every foreign key must stand first in an index of their table'),
  unusedMax: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe(
      'how many indexes may never have been used since statistics began; unique ones and those of constraints aside',
    ),
  queries: z
    .array(
      z.union([
        z
          .string()
          .min(1)
          .max(20_000)
          .transform((sql) => ({ sql })),
        query,
      ]),
    )
    .max(100)
    .default([])
    .describe(
      'statements that are explained, never run, as text or as { sql, index: one the plan must use, costMax: estimated cost }; values may be $1, $2',
    ),
  seqScanRowsMax: z
    .number()
    .int()
    .min(0)
    .default(10_000)
    .describe('largest table, in estimated rows, that one of the queries may read from end to end'),
  timeoutMs: postgresFields.timeoutMs,
})

type Options = z.infer<typeof schema>

export const postgresIndexes = defineCheck({
  id: 'postgres-indexes',
  summary: 'judges the indexes of a Postgres database, and by EXPLAIN whether given queries use them',
  options: schema,
  example: {
    url: '${env:DATABASE_URL}',
    indexes: ['orders_buyer_idx'],
    queries: ['SELECT * FROM orders WHERE buyer_id = 7'],
  },
  failingExample: { url: 'postgres://127.0.0.1:1/app', indexes: ['no_such_index'] },
  secretFields: ['url'],
  remedy: 'CREATE INDEX CONCURRENTLY what is missing, REINDEX what is invalid, ANALYZE what has no statistics',

  describe(options) {
    const { indexes, invalid, foreignKeys, unusedMax, queries, seqScanRowsMax } = options
    const wanted = [
      indexes.length > 0 ? `${indexes.join(', ')} are there` : '',
      invalid ? 'none is invalid' : '',
      foreignKeys ? 'every foreign key has one' : '',
      unusedMax === undefined ? '' : `at most ${unusedMax} are unused`,
      ...queries.map(({ sql }) => `EXPLAIN ${excerpt(sql.replace(/\s+/g, ' '), 100)}`),
      queries.length > 0 ? `no sequential scan of more than ${seqScanRowsMax} rows` : '',
    ]
    return `indexes of ${publicUrl(options.url)}: ${wanted.filter(Boolean).join(', ')}`
  },

  run: (options, context) => look(context, () => askPostgres(options, context.signal, (ask) => judge(options, ask))),
})

async function judge(options: Options, ask: Ask): Promise<Outcome> {
  const plans: PlanReading[] = []
  const findings = [...(await ofCatalogue(options, ask))]
  for (const asked of options.queries) {
    const name = excerpt(asked.sql.replace(/\s+/g, ' ').trim(), 60).replaceAll('\n', ' ')
    try {
      const plan = await readPlan(ask, asked.sql)
      plans.push(plan)
      findings.push(...ofPlan(name, asked, plan, options.seqScanRowsMax))
    } catch (error) {
      findings.push(unknown(`${name}: ${messageOf(error)}`))
    }
  }
  return conclude(publicUrl(options.url), findings, {
    measurements: plans.map(({ cost }, index) => ({
      name: `estimated cost of query ${index + 1}`,
      value: cost,
      unit: 'cost',
    })),
    evidence: [
      { name: 'findings', mediaType: 'text/plain', content: excerpt(findings.map(({ words }) => words).join('\n')) },
      { name: 'plans', mediaType: 'application/json', content: excerpt(JSON.stringify(plans, null, 2), 60_000) },
    ],
  })
}

const LISTED = `
  SELECT c.relname AS name, n.nspname || '.' || c.relname AS full_name, t.relname AS "table",
    i.indisvalid AND i.indisready AS usable, i.indisunique OR con.oid IS NOT NULL AS needed, s.idx_scan AS scans
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_constraint con ON con.conindid = i.indexrelid AND con.contype IN ('p', 'u', 'x')
    LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = i.indexrelid
  WHERE ${OURS} ORDER BY 2 LIMIT 20000`

/** The first columns of an index, in any order, are those of the key. Expressions have no columns, and a partial index leaves rows out. */
const KEYS_WITHOUT = `
  SELECT con.conname AS name, con.conrelid::regclass::text AS "table"
  FROM pg_constraint con JOIN pg_namespace n ON n.oid = con.connamespace
  WHERE con.contype = 'f' AND con.conparentid = 0 AND ${OURS} AND NOT EXISTS (
    SELECT 1 FROM pg_index i WHERE i.indrelid = con.conrelid AND i.indisvalid AND i.indpred IS NULL
      AND (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(con.conkey)] @> con.conkey)
  ORDER BY 2, 1 LIMIT 1000`

async function ofCatalogue(options: Options, ask: Ask): Promise<Finding[]> {
  const listed = await ask(LISTED)
  const findings: Finding[] = options.indexes.map((wanted) => {
    const found = listed.find(({ name, full_name }) => name === wanted || full_name === wanted)
    if (!found) return bad(`there is no index ${wanted}`)
    return found.usable === 't' ? good(`${wanted} is there`) : bad(`${wanted} is invalid`)
  })
  if (options.invalid) {
    const broken = listed.filter(({ usable }) => usable !== 't').map(({ full_name }) => String(full_name))
    findings.push(broken.length > 0 ? bad(`invalid: ${some(broken)}`) : ofNone(listed.length))
  }
  if (options.foreignKeys) {
    const without = (await ask(KEYS_WITHOUT)).map(({ name, table }) => `${name} of ${table}`)
    findings.push(
      without.length > 0
        ? bad(`foreign keys without an index: ${some(without)}`)
        : good('every foreign key has an index'),
    )
  }
  if (options.unusedMax !== undefined) {
    const unused = listed.filter(({ needed, scans }) => needed === 'f' && numberOf(scans) === 0)
    const names = unused.length > 0 ? ` (${some(unused.map(({ full_name }) => String(full_name)))})` : ''
    const found = within('unused indexes', unused.length, { max: options.unusedMax })
    findings.push(...found.map(({ status, words }) => ({ status, words: words + names })))
  }
  return findings
}

/** That nothing is wrong with no index at all says that this is the wrong database. */
function ofNone(count: number): Finding {
  return count > 0 ? good(`none of ${count} indexes is invalid`) : unknown('there is no index at all')
}

function some(names: readonly string[]): string {
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : ''
  return names.slice(0, NAMED_MAX).join(', ') + more
}

function ofPlan(name: string, asked: Options['queries'][number], plan: PlanReading, rowsMax: number): Finding[] {
  const { index, costMax } = { index: undefined, costMax: undefined, ...asked }
  const findings = within(`${name}: estimated cost`, plan.cost, { max: costMax })
  if (index !== undefined)
    findings.push(
      plan.indexes.includes(index)
        ? good(`${name}: uses ${index}`)
        : bad(`${name}: does not use ${index} (${plan.indexes.join(', ') || 'no index'})`),
    )
  for (const { table, rows } of plan.seqScans) {
    if (rows === null) findings.push(unknown(`${name}: reads ${table} from end to end, and it was never analysed`))
    else if (rows > rowsMax)
      findings.push(bad(`${name}: reads all ${rows} rows of ${table}, at most ${rowsMax} wanted`))
  }
  return findings.length > 0 ? findings : [good(`${name}: reads no large table from end to end`)]
}
