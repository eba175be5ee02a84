// Whether a feature flag has the value that the release wants: asked of the flag service, a file, a database or Redis.
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { withDeadline } from '../../lib/deadline.ts'
import { messageOf } from '../../lib/errors.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { httpRequest } from '../../lib/http-request.ts'
import { parsePath, valueAt } from '../../lib/json-path.ts'
import { trustOptions } from '../../lib/trust.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { publicUrl, timeoutMs, url } from '../fields.ts'
import { look } from '../look.ts'
import { askRedis } from './redis-session.ts'
import { firstRows } from './sql-rows.ts'

const BYTES_MAX = 4 << 20
const PLACES = ['url', 'file', 'sqlite', 'postgres', 'redis'] as const
const text = z.string().min(1).optional()

const schema = z
  .strictObject({
    url: url('http', 'https')
      .optional()
      .describe(
        'address that answers with JSON, as that of one flag in Unleash or LaunchDarkly; user and password in it are secrets',
      ),
    headers: z.record(z.string(), z.string()).default({}).describe('request headers; values are treated as secrets'),
    caFile: z.string().optional().describe('PEM file of a certificate authority to trust beside the usual ones'),
    file: text.describe('file that holds the flag: .json, .yaml or .yml; any other is read as NAME=value lines'),
    sqlite: text.describe('SQLite file to ask, with `query`'),
    postgres: url('postgres', 'postgresql').optional().describe('Postgres URL to ask, with `query`; a secret'),
    query: text.describe('one SELECT that answers with the value of the flag: one row of one column'),
    redis: url('redis', 'rediss').optional().describe('Redis URL to ask, with `key`; a secret'),
    key: text.describe('key in Redis'),
    hashField: text.describe('field, where the key holds a hash'),
    path: z
      .string()
      .refine((value) => parsePath(value) !== null, 'not a path like "environments.production.on"')
      .optional()
      .describe(
        'where the value stands, in JSON and YAML ("environments.production.on"); of NAME=value lines the name',
      ),
    equals: z.union([z.string(), z.number(), z.boolean()]).describe('the value that is right'),
    timeoutMs: timeoutMs(10_000).describe('how long to wait for the answer'),
  })
  .superRefine((options, context) => {
    const wrong = problemOf(options)
    if (wrong) context.addIssue({ code: 'custom', message: wrong })
  })

type Options = z.infer<typeof schema>

function problemOf(options: { [K in keyof Options]?: unknown }): string | null {
  if (PLACES.filter((place) => options[place] !== undefined).length !== 1) return `give one of ${PLACES.join(', ')}`
  const isSql = options.sqlite !== undefined || options.postgres !== undefined
  if (isSql !== (options.query !== undefined)) return 'sqlite and postgres go with query'
  if ((options.redis !== undefined) !== (options.key !== undefined)) return 'redis goes with key'
  if ((options.url ?? options.file) !== undefined && options.path === undefined) return 'url and file go with path'
  return options.hashField !== undefined && options.key === undefined ? 'hashField goes with key' : null
}

/** The value as it was found; `isText`: its place knows only text, so that "true" may be meant as true. Undefined: there is none. */
interface Found {
  value: unknown
  isText: boolean
}

export const featureFlag = defineCheck({
  id: 'feature-flag',
  summary: 'compares the value of a feature flag (HTTP JSON, file, SQL, Redis) with the one that is wanted',
  options: schema,
  example: {
    url: 'https://flags.internal/api/client/features/new-checkout',
    headers: { authorization: '${env:UNLEASH_TOKEN}' },
    path: 'enabled',
    equals: false,
  },
  failingExample: { sqlite: ':memory:', query: "SELECT 'off'", equals: 'on' },
  secretFields: ['url', 'headers', 'postgres', 'redis'],
  remedy: 'set the flag to what the release wants, where it is kept',

  describe: (options) => `${nameOf(options)} of ${placeOf(options)} is ${JSON.stringify(options.equals)}`,

  run: (options, context) =>
    look(context, async () => {
      const unreached = (words: string): Outcome =>
        unverified(words, { remedy: 'see that the place of the flag can be read from here' })
      const { redis, key = '', hashField } = options
      if (redis !== undefined)
        return askRedis(
          { url: redis, timeoutMs: options.timeoutMs },
          context.signal,
          async (ask) => {
            const value = hashField === undefined ? await ask('GET', key) : await ask('HGET', key, hashField)
            return judge(options, await within(options, value ?? undefined))
          },
          unreached,
        )
      try {
        return judge(options, await read(options, context))
      } catch (error) {
        return unreached(`${placeOf(options)}: ${messageOf(error)}`)
      }
    }),
})

async function read(options: Options, context: CheckContext): Promise<Found> {
  if (options.url !== undefined) return readUrl(options, options.url, context)
  if (options.file !== undefined) return readFile(options, resolve(context.directory, options.file))
  const rows = await firstRows(options, context)
  if (rows.length !== 1 || rows[0]?.length !== 1)
    throw new Error(rows.length === 0 ? 'the query answers with no row' : 'the query answers with more than one value')
  return within(options, rows[0][0] ?? undefined)
}

async function readUrl(options: Options, address: string, context: CheckContext): Promise<Found> {
  const { headers, caFile } = options
  const trust = trustOptions(caFile, context.directory)
  const signal = withDeadline(options.timeoutMs, context.signal)
  const answer = await httpRequest({ url: address, headers, bytesMax: BYTES_MAX, ...trust }, signal)
  if (answer.status === 401 || answer.status === 403) throw new Error('it does not let us in')
  if (answer.status !== 200) throw new Error(`it answered with status ${answer.status}`)
  return { value: valueAt(jsonOf(answer.text), parsePath(options.path ?? '') ?? []), isText: false }
}

async function readFile(options: Options, file: string): Promise<Found> {
  if (statSync(file).size > BYTES_MAX) throw new Error(`larger than ${BYTES_MAX} bytes`)
  const content = readFileSync(file, 'utf8')
  const path = options.path ?? ''
  if (/\.json$/i.test(file)) return { value: valueAt(jsonOf(content), parsePath(path) ?? []), isText: false }
  if (!/\.ya?ml$/i.test(file)) return { value: valueAt(parseEnv(content), [path]), isText: true }
  const { parse } = await import('yaml')
  return { value: valueAt(parse(content, { maxAliasCount: 100 }), parsePath(path) ?? []), isText: false }
}

/** Of a text with a path, what stands there in its JSON. */
async function within({ path }: Options, value: unknown): Promise<Found> {
  if (path === undefined || typeof value !== 'string') return { value, isText: true }
  return { value: valueAt(jsonOf(value), parsePath(path) ?? []), isText: false }
}

/** @throws without a word of what was said: it may hold secrets. */
function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    throw new Error('what it holds is not JSON')
  }
}

const WORDS: readonly [yes: RegExp, no: RegExp] = [/^(?:true|t|yes|on|1|enabled)$/i, /^(?:false|f|no|off|0|disabled)$/i]

function judge(options: Options, { value, isText }: Found): Outcome {
  const { equals } = options
  const where = `${nameOf(options)} of ${placeOf(options)}`
  if (value === undefined || value === null)
    return unverified(`${where}: there is no such flag`, {
      remedy: 'see how the flag is called, and where its value stands',
    })
  if (typeof value === 'object')
    return unverified(`${where} is not one value`, { remedy: 'let `path` go on to the value itself' })
  const shown = excerpt(JSON.stringify(value), 100).replaceAll('\n', ' ')
  const extra = { evidence: [{ name: 'flag', mediaType: 'text/plain' as const, content: shown }] }
  if (isText && typeof equals === 'boolean' && !WORDS.some((words) => words.test(String(value))))
    return unverified(`${where} is ${shown}, which is neither true nor false`, extra)
  const isRight = isText ? sameText(String(value), equals) : value === equals
  return isRight
    ? passed(`${where} is ${shown}`, extra)
    : failed(`${where} is ${shown}, ${JSON.stringify(equals)} wanted`, extra)
}

/** In places that know only text. */
function sameText(value: string, wanted: string | number | boolean): boolean {
  if (typeof wanted === 'boolean') return WORDS[wanted ? 0 : 1].test(value)
  return typeof wanted === 'number' ? value.trim() !== '' && Number(value) === wanted : value === wanted
}

function nameOf({ path, key, hashField, query }: Options): string {
  if (query !== undefined) return query.replace(/\s+/g, ' ')
  return [key, hashField, path].filter((part) => part !== undefined).join(' ')
}

function placeOf({ url: address, file, sqlite, postgres, redis }: Options): string {
  return file ?? sqlite ?? publicUrl(address ?? postgres ?? redis ?? '')
}
