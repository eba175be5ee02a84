// A query that answers with one number, and the bounds of that number. SQLite or Postgres, read-only.
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { publicUrl, timeoutMs, url } from '../fields.ts'
import { look } from '../look.ts'
import { allWordsOf, propose, sentenceOf, SURE } from '../words.ts'
import { firstRows, type SqlRows } from './sql-rows.ts'

const schema = z
  .strictObject({
    sqlite: z.string().min(1).optional().describe('SQLite file to ask; either this or postgres'),
    postgres: url('postgres', 'postgresql').optional().describe('Postgres URL to ask; a secret'),
    query: z.string().min(1).describe('one SELECT that answers with one row of one number'),
    min: z.number().optional().describe('smallest number that is right, itself included'),
    max: z.number().optional().describe('largest number that is right, itself included'),
    equals: z.number().optional().describe('the only number that is right'),
    timeoutMs: timeoutMs(60_000).describe('how long the query may take'),
  })
  .refine((o) => (o.sqlite === undefined) !== (o.postgres === undefined), 'give either sqlite or postgres')
  .refine((o) => o.min !== undefined || o.max !== undefined || o.equals !== undefined, 'give min, max or equals')

type Options = z.infer<typeof schema>

export const sqlCount = defineCheck({
  id: 'sql-count',
  summary: 'compares the number a query answers with its bounds, on SQLite or Postgres',
  options: schema,
  example: {
    sqlite: 'data/database.db',
    query: 'SELECT count(*) FROM relationships WHERE target_id NOT IN (SELECT id FROM entities)',
    equals: 0,
  },
  failingExample: { sqlite: ':memory:', query: 'SELECT 5', max: 4 },
  secretFields: ['postgres'],
  remedy: 'run the query by hand and see which rows it counts',

  recognise(item) {
    const words = allWordsOf(item)
    const [, answer] =
      /(?:\b(?:returns?|is|equals?|expected:?|should be|=)|=)\s*[`"']?(\d{1,15})\b(?![%.\d])/i.exec(sentenceOf(item)) ??
      []
    const [written, sqlite, ofFile] =
      /\bsqlite3\s+([\w./-]+\.(?:db|sqlite3?))\s+["'](SELECT\s+count\([^"']{1,500}?);?["']/i.exec(words) ?? []
    const [asked, variable, ofUrl] =
      /\bpsql\s+["']?\$\{?([A-Z][A-Z0-9_]*)\}?["']?\s+(?:-\w+\s+)*?-\w*c\s+["'](SELECT\s+count\([^"']{1,500}?);?["']/i.exec(
        words,
      ) ?? []
    if (answer === undefined) return null
    const equals = Number(answer)
    if (written && sqlite && ofFile) return propose(SURE.named, { sqlite, query: ofFile, equals }, [ofFile, answer])
    return asked && variable && ofUrl
      ? propose(SURE.named, { postgres: `\${env:${variable}}`, query: ofUrl, equals }, [ofUrl, answer])
      : null
  },

  describe: (options) => `${options.query.replace(/\s+/g, ' ')} on ${place(options)}: ${bounds(options)}`,

  run: (options, context) =>
    look(context, async () => {
      let rows: SqlRows
      try {
        rows = await firstRows(options, context)
      } catch (error) {
        return unverified(`${place(options)}: ${messageOf(error)}`, {
          remedy: 'see that the database can be read and that the query is right',
        })
      }
      return judge(options, rows)
    }),
})

function judge(options: Options, rows: SqlRows): Outcome {
  const [row, ...others] = rows
  const text = row?.length === 1 ? row[0] : undefined
  if (others.length > 0 || typeof text !== 'string' || !/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) {
    const got =
      rows.length === 0
        ? 'no row'
        : rows.length > 1
          ? 'several rows'
          : (row ?? []).length === 1
            ? String(text)
            : `${row?.length} columns`
    return unverified(`the query on ${place(options)} answered ${got}, not one number`, {
      remedy: 'write it as SELECT count(*) ...',
    })
  }
  const value = Number(text)
  const { min = -Infinity, max = Infinity, equals = value } = options
  const right = value >= min && value <= max && value === equals
  const extra = {
    measurements: [{ name: 'count', value, unit: 'count' }],
    evidence: [{ name: 'query', mediaType: 'text/plain' as const, content: `${options.query}\n\n${text}` }],
  }
  return right ? passed(`${text}, ${bounds(options)}`, extra) : failed(`${text}, but ${bounds(options)} wanted`, extra)
}

function bounds({ min, max, equals }: Options): string {
  const parts = [
    min === undefined ? '' : `at least ${min}`,
    max === undefined ? '' : `at most ${max}`,
    equals === undefined ? '' : `exactly ${equals}`,
  ]
  return parts.filter(Boolean).join(' and ')
}

function place(options: Options): string {
  return options.postgres === undefined ? String(options.sqlite) : publicUrl(options.postgres)
}
