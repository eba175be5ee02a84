// Whether the constraints of a Postgres database are there and in force: validated, enforced, their triggers on.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import type { Outcome } from '../../plan/outcome.ts'
import { defineCheck, type Recognise } from '../check.ts'
import { publicUrl } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { bad, conclude, good, measured, unknown, type Finding } from './findings.ts'
import { OURS } from './postgres-server.ts'
import { askPostgres, postgresFields, type Ask, type Row } from './postgres-session.ts'

const schema = z.strictObject({
  url: postgresFields.url,
  constraints: z
    .array(z.string().min(1))
    .default([])
    .describe('names of constraints that must be there, as "orders_buyer_fk" or "orders.orders_buyer_fk"'),
  primaryKeys: z.boolean().default(false).describe('whether every table must have a primary key'),
  ignore: z
    .array(z.string().min(1))
    .default([])
    .describe('names of constraints, triggers or tables that need not be in force'),
  timeoutMs: postgresFields.timeoutMs,
})

type Options = z.infer<typeof schema>

export const postgresConstraints = defineCheck({
  id: 'postgres-constraints',
  summary:
    'looks for constraints that are not validated or not enforced, disabled triggers and invalid indexes in Postgres',
  options: schema,
  example: { url: '${env:DATABASE_URL}', constraints: ['orders_buyer_fk'], primaryKeys: true },
  failingExample: { url: 'postgres://127.0.0.1:1/app', constraints: ['no_such_constraint'] },
  secretFields: ['url'],
  remedy: 'ALTER TABLE ... VALIDATE CONSTRAINT, ENABLE TRIGGER, REINDEX INDEX: what is named is not in force',
  recognise,

  describe({ url, constraints, primaryKeys }) {
    const named = constraints.length > 0 ? `, ${constraints.join(', ')} are there` : ''
    const keys = primaryKeys ? ', every table has a primary key' : ''
    return `constraints of ${publicUrl(url)}: all are validated and in force${named}${keys}`
  },

  run: (options, context) => look(context, () => askPostgres(options, context.signal, (ask) => judge(options, ask))),
})

/** From 18 on a constraint may be there and not be enforced; servers before that have no such column. */
const CONSTRAINTS = `
  SELECT c.conname AS name, t.relname AS "table", c.convalidated AS validated,
    coalesce(to_jsonb(c) ->> 'conenforced', 'true') AS enforced
  FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
  WHERE ${OURS} ORDER BY 2, 1 LIMIT 50000`
/** Those of foreign keys are internal: they are what ALTER TABLE ... DISABLE TRIGGER ALL leaves behind. */
const TRIGGERS = `
  SELECT coalesce(c.conname, g.tgname) AS name, t.relname AS "table", c.oid IS NOT NULL AS is_constraint
  FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid JOIN pg_namespace n ON n.oid = t.relnamespace
    LEFT JOIN pg_constraint c ON c.oid = g.tgconstraint
  WHERE g.tgenabled = 'D' AND ${OURS} GROUP BY 1, 2, 3 ORDER BY 2, 1 LIMIT 1000`
const INDEXES = `
  SELECT c.relname AS name, t.relname AS "table" FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT i.indisvalid AND ${OURS} ORDER BY 2, 1 LIMIT 1000`
const TABLES = `
  SELECT t.relname AS name, t.relname AS "table", EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conrelid = t.oid AND c.contype = 'p') AS has_key
  FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
  WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition AND ${OURS} ORDER BY 1 LIMIT 50000`

async function judge({ url, constraints: wanted, primaryKeys, ignore }: Options, ask: Ask): Promise<Outcome> {
  const [constraints, triggers] = [await ask(CONSTRAINTS), await ask(TRIGGERS)]
  const [indexes, tables] = [await ask(INDEXES), await ask(TABLES)]
  const counts = (row: Row): boolean => !ignore.includes(String(row.name)) && !ignore.includes(String(row.table))
  const findings: Finding[] = [
    ...complaints(
      constraints.filter((row) => row.validated !== 't' && row.enforced === 'true'),
      counts,
      'is not validated',
    ),
    ...complaints(
      constraints.filter((row) => row.enforced !== 'true'),
      counts,
      'is not enforced',
    ),
    ...complaints(
      triggers.filter((row) => row.is_constraint === 't'),
      counts,
      'is switched off (its triggers are disabled)',
    ),
    ...complaints(
      triggers.filter((row) => row.is_constraint !== 't'),
      counts,
      'is a disabled trigger',
    ),
    ...complaints(indexes, counts, 'is an invalid index'),
    ...wanted.flatMap((name) =>
      constraints.some((row) => row.name === name || `${row.table}.${row.name}` === name)
        ? []
        : [bad(`there is no constraint ${name}`)],
    ),
  ]
  if (primaryKeys) {
    const without = tables.filter((row) => row.has_key !== 't' && counts(row))
    findings.push(...without.map(({ name }) => bad(`table ${name} has no primary key`)))
  }
  const all = `${plural(constraints.length, 'constraint')} of ${plural(tables.length, 'table')} are in force`
  // Of nothing everything is true.
  if (constraints.length === 0) findings.push(unknown('there is no constraint at all'))
  else if (findings.length === 0) findings.push(good(all))
  return conclude(publicUrl(url), findings, {
    measurements: measured('constraints', constraints.length, 'count'),
    evidence: [
      { name: 'constraints', mediaType: 'text/plain', content: excerpt(findings.map(({ words }) => words).join('\n')) },
    ],
  })
}

function complaints(rows: readonly Row[], counts: (row: Row) => boolean, what: string): Finding[] {
  return rows.filter(counts).map(({ name, table }) => bad(`${name} of ${table} ${what}`))
}

/** Constraints of a database that are said to be in force; where it is not said to be Postgres, a person has to look. */
function recognise(item: Parameters<Recognise>[0]): ReturnType<Recognise> {
  const sentence = sentenceOf(item)
  const claim = find(
    sentence,
    /\b(?:foreign[- ]key|database|db|schema|sql|postgres(?:ql)?)\s+constraints?\s+(?:are |have been |is )?(?:all )?(?:validated|valid|in force|enforced|enabled|active)\b/i,
  )
  const otherwise = /\b(?:not|if|disable\w*|drop\w*|before|after|mysql|mariadb|sqlite|mongo\w*|oracle|tests?)\b/i
  if (!claim || otherwise.test(sentence)) return null
  const variable = /\$\{?([A-Z][A-Z0-9_]*(?:URL|URI|DSN))\}?/.exec(sentence)?.[1]
  if (variable) return propose(SURE.likely, { url: `\${env:${variable}}` }, [claim, variable])
  return /postgres/i.test(sentence)
    ? propose(SURE.likely, { url: '${env:DATABASE_URL}' }, [claim], 'the address is taken from DATABASE_URL')
    : propose(SURE.assumed, { url: '${env:DATABASE_URL}' }, [claim], 'Postgres at DATABASE_URL is assumed')
}
