// What state a SQLite file is in: the pragmas it keeps, its schema against what is expected, free pages, size and log.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import { canonicalJson, sha256 } from '../../lib/hash.ts'
import { formatSize } from '../../lib/size.ts'
import { failed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext, type Recognise } from '../check.ts'
import { sizeBytes, timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { allWordsOf, find, isPlaceholder, propose, sentenceOf, SURE } from '../words.ts'
import { bad, conclude, good, measured, within, type Finding } from './findings.ts'
import { readSqlite, SQLITE_CORRUPT, SQLITE_NOT_A_DATABASE, type SqliteState } from './read-sqlite.ts'

/** Those that lie in the file. Others, as foreign_keys and synchronous, are of a connection: asking our own says nothing of another's. */
const KEPT = ['application_id', 'auto_vacuum', 'encoding', 'journal_mode', 'page_size', 'user_version'] as const
const SCHEMA_BYTES_MAX = 4 << 20
const NAMED_MAX = 5

const schema = z.strictObject({
  path: z.string().min(1).describe('database file'),
  pragmas: z
    .partialRecord(z.enum(KEPT), z.union([z.string(), z.number()]))
    .default({})
    .describe(
      `pragmas that the file keeps and the values they must have, as { journal_mode: wal, user_version: 7 }: ${KEPT.join(', ')}`,
    ),
  userVersionMin: z.number().int().min(0).optional().describe('smallest user_version that is right'),
  schemaHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'not 64 hexadecimal digits')
    .optional()
    .describe('SHA-256 of the schema, as this check says it of a file that is right'),
  schemaFile: z
    .string()
    .min(1)
    .optional()
    .describe('SQL file that makes the schema that is expected, and nothing else'),
  freePercentMax: z.number().min(0).max(100).optional().describe('share of pages that hold nothing, at most'),
  sizeMax: sizeBytes.optional().describe('largest size of the file'),
  logSizeMax: sizeBytes.optional().describe('largest size of the write-ahead log beside it'),
  timeoutMs: timeoutMs(30_000).describe('how long the look may take'),
})

type Options = z.infer<typeof schema>

export const sqliteState = defineCheck({
  id: 'sqlite-state',
  summary: 'judges pragmas, schema, free pages and size of a SQLite file, read-only, in a process of its own',
  options: schema,
  example: { path: 'data/app.db', pragmas: { journal_mode: 'wal', user_version: 7 }, freePercentMax: 25 },
  failingExample: { path: 'data/no-such-database.db', pragmas: { journal_mode: 'wal' } },
  secretFields: [],
  remedy: 'set the pragma, apply the migrations, or VACUUM the file while nobody writes to it',
  recognise,

  describe(options) {
    const { path, pragmas, userVersionMin, schemaHash, schemaFile, freePercentMax, sizeMax, logSizeMax } = options
    const wanted = [
      ...Object.entries(pragmas).map(([name, value]) => `${name} is ${value}`),
      userVersionMin === undefined ? '' : `user_version at least ${userVersionMin}`,
      schemaHash === undefined ? '' : `schema ${schemaHash.slice(0, 12)}`,
      schemaFile === undefined ? '' : `schema as in ${schemaFile}`,
      freePercentMax === undefined ? '' : `at most ${freePercentMax} % free pages`,
      sizeMax === undefined ? '' : `at most ${formatSize(sizeMax)}`,
      logSizeMax === undefined ? '' : `log at most ${formatSize(logSizeMax)}`,
    ]
    return `state of ${path}: ${wanted.filter(Boolean).join(', ') || 'it can be read'}`
  },

  run: (options, context) => look(context, () => judge(options, context)),
})

async function judge(options: Options, context: CheckContext): Promise<Outcome> {
  const { path, pragmas, schemaFile } = options
  const file = resolve(context.directory, path)
  if (!existsSync(file))
    return failed(`${path}: there is no such database`, { remedy: 'correct the path, or restore the database' })
  let schemaSql: string | null = null
  try {
    if (schemaFile !== undefined) schemaSql = readBounded(resolve(context.directory, schemaFile))
  } catch (error) {
    return unverified(`${schemaFile}: ${messageOf(error)}`, { remedy: 'correct schemaFile' })
  }
  const names = [...new Set([...Object.keys(pragmas), 'user_version'])]
  const reply = await readSqlite(options, { type: 'state', pragmas: names, schemaSql }, context)
  if ('error' in reply) {
    const { code, message } = reply.error
    const isBroken = code === SQLITE_CORRUPT || code === SQLITE_NOT_A_DATABASE
    return (isBroken ? failed : unverified)(`${path}: ${message}`)
  }
  if (!('schema' in reply)) return unverified(`${path}: the reading process gave another answer than asked for`)
  return told(options, reply, { bytes: statSync(file).size, logBytes: sizeOf(`${file}-wal`) })
}

function readBounded(file: string): string {
  if (statSync(file).size > SCHEMA_BYTES_MAX) throw new Error(`larger than ${formatSize(SCHEMA_BYTES_MAX)}`)
  return readFileSync(file, 'utf8')
}

/** Without a log there is nothing in it. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

function told(options: Options, state: SqliteState, { bytes, logBytes }: { bytes: number; logBytes: number }): Outcome {
  const { path, pragmas, userVersionMin, schemaHash, freePercentMax, sizeMax, logSizeMax } = options
  const hash = sha256(canonicalJson(state.schema))
  const freePercent = state.pages > 0 ? Math.round((state.freePages / state.pages) * 1000) / 10 : 0
  const userVersion = Number(state.pragmas.user_version)
  const findings: Finding[] = [
    ...Object.entries(pragmas).map(([name, value]) => pragmaFinding(name, value, state.pragmas[name] ?? null)),
    ...within('user_version', userVersion, { min: userVersionMin }),
    ...(schemaHash === undefined
      ? []
      : [
          schemaHash === hash
            ? good('the schema is as expected')
            : bad(`the schema has the hash ${hash}, another is wanted`),
        ]),
    ...(state.expected === null ? [] : [schemaFinding(state.schema, state.expected)]),
    ...within('free pages', freePercent, { max: freePercentMax }, (value) => `${value} %`),
    ...within('size', bytes, { max: sizeMax }, formatSize),
    ...within('log', logBytes, { max: logSizeMax }, formatSize),
  ]
  const seen = good(`${Object.keys(state.schema).length} objects, schema ${hash.slice(0, 12)}`)
  return conclude(path, [seen, ...findings], {
    measurements: [
      ...measured('size', bytes, 'bytes'),
      ...measured('log size', logBytes, 'bytes'),
      ...measured('free pages', freePercent, 'percent'),
      ...measured('user_version', userVersion, 'count'),
    ],
    evidence: [
      {
        name: 'state',
        mediaType: 'application/json',
        content: JSON.stringify({ ...state, schema: undefined, expected: undefined, schemaHash: hash }, null, 2),
      },
    ],
  })
}

/** As PRAGMA takes them: names in any case, and names for the numbers of auto_vacuum. */
function pragmaFinding(name: string, wanted: string | number, found: string | null): Finding {
  if (found === null) return bad(`${name} has no value, ${wanted} wanted`)
  const names: Record<string, string> = name === 'auto_vacuum' ? { none: '0', full: '1', incremental: '2' } : {}
  const plain = (value: string): string => names[value.toLowerCase()] ?? value.toLowerCase()
  return plain(found) === plain(String(wanted))
    ? good(`${name} is ${found}`)
    : bad(`${name} is ${found}, ${wanted} wanted`)
}

function schemaFinding(found: Record<string, string>, expected: Record<string, string>): Finding {
  const names = [...new Set([...Object.keys(found), ...Object.keys(expected)])].toSorted()
  const differences = names.flatMap((name) => {
    if (found[name] === expected[name]) return []
    if (found[name] === undefined) return [`${name} is missing`]
    return [expected[name] === undefined ? `${name} is not expected` : `${name} is another`]
  })
  if (differences.length === 0) return good('the schema is as expected')
  const more = differences.length > NAMED_MAX ? ` and ${differences.length - NAMED_MAX} more` : ''
  return bad(`the schema differs: ${differences.slice(0, NAMED_MAX).join(', ')}${more}`)
}

/** A journal mode or user_version that is said of a named file. */
function recognise(item: Parameters<Recognise>[0]): ReturnType<Recognise> {
  const words = allWordsOf(item)
  const [path, ...others] = [...new Set(words.match(/(?<![\w/.-])[\w./-]+\.(?:db|sqlite3?)\b/gi))]
  if (!path || others.length > 0 || isPlaceholder(path) || /\b(?:if|not|backup|restore|copy)\b/i.test(sentenceOf(item)))
    return null
  const wal = find(words, /\bjournal_mode\s*(?:=|is|:)?\s*[`"']?wal\b|\bWAL mode\b(?: is)?(?: enabled| on| active)?/i)
  const version = /\buser_version\s*(?:=|is|:)?\s*[`"']?(\d{1,9})\b/i.exec(words)
  if (!wal && !version) return null
  const pragmas = { ...(wal ? { journal_mode: 'wal' } : {}), ...(version ? { user_version: Number(version[1]) } : {}) }
  return propose(
    SURE.said,
    { path, pragmas },
    [wal, version?.[0] ?? null, path].filter((quote) => quote !== null),
  )
}
