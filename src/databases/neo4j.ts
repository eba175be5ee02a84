// Kind `neo4j` of graph databases: read over Bolt, with the client library where it is installed.
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { pause } from '../lib/deadline.ts'
import { codeOf, messageOf, OutsideError } from '../lib/errors.ts'
import type { Value } from './database.ts'
import { defineGraph, type GraphDatabase, type GraphReader } from './graph.ts'

const options = z.strictObject({
  url: z
    .string()
    .regex(/^(?:\$\{|(?:bolt|neo4j)(?:\+s|\+ssc)?:\/\/)/, 'not a URL that begins with bolt:// or neo4j://')
    .describe('Bolt URL, with user and password where they are needed; a secret: write ${env:NEO4J_URL}'),
  database: z.string().min(1).optional().describe("Which of the server's databases; default: its own default"),
  connectTimeoutMs: z
    .number()
    .int()
    .min(1)
    .max(600_000)
    .default(10_000)
    .describe('How long the server may take to let us in'),
  statementTimeoutMs: z
    .number()
    .int()
    .min(1)
    .max(86_400_000)
    .default(1_800_000)
    .describe('How long one query may take'),
})
type Options = z.output<typeof options>

/** What is used of the client library. */
interface Driver {
  session(options: object): DriverSession
  close(): Promise<void>
}
interface DriverSession {
  run(cypher: string, parameters: object, options: object): AsyncIterable<{ values(): Iterable<unknown> }>
  close(): Promise<void>
}
interface Library {
  driver(url: string, login: unknown, options: object): Driver
  auth: { basic(user: string, password: string): unknown }
}

const BATCH = 1000

/** Longest wait for a connection to be closed. */
const CLOSE_MS = 2000

export const neo4j = defineGraph<Options>({
  id: 'neo4j',
  summary: 'a Neo4j database whose nodes and relationships are compared with tables',
  options: options as z.ZodType<Options>,
  example: { url: '${env:NEO4J_URL}' },
  secretFields: ['url'],
  create: (given) => createGraph(given),
})

function createGraph(given: Options): GraphDatabase {
  const identity = shown(given)
  return {
    engine: 'neo4j',
    identity,
    async read(signal, use) {
      signal.throwIfAborted()
      const driver = connect(await load(), given)
      const mark = randomUUID()
      try {
        return await use(readerOf(driver, { ...given, mark }, identity, signal))
      } finally {
        // The server would go on with what nobody waits for.
        if (signal.aborted) await Promise.race([terminate(driver, mark).catch(() => {}), pause(CLOSE_MS)])
        await Promise.race([driver.close().catch(() => {}), pause(CLOSE_MS)])
      }
    },
  }
}

const TERMINATE = `SHOW TRANSACTIONS YIELD transactionId, metaData WHERE metaData.gonogo = $mark
  TERMINATE TRANSACTIONS transactionId YIELD message RETURN message`

async function terminate(driver: Driver, mark: string): Promise<void> {
  const session = driver.session({ defaultAccessMode: 'READ' })
  const ended = session.run(TERMINATE, { mark }, { timeout: CLOSE_MS })
  await ended[Symbol.asyncIterator]().next()
  await session.close()
}

function readerOf(
  driver: Driver,
  { database, statementTimeoutMs, mark }: Options & { mark: string },
  identity: string,
  signal: AbortSignal,
): GraphReader {
  return {
    async *stream(cypher, parameters) {
      const session = driver.session({
        defaultAccessMode: 'READ',
        fetchSize: BATCH,
        ...(database ? { database } : {}),
      })
      // One listener for all records: a race with one promise for each would keep all of them.
      let giveUp = (): void => {}
      const onAbort = (): void => giveUp()
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        const answer = session.run(cypher, parameters, { timeout: statementTimeoutMs, metadata: { gonogo: mark } })
        const records = answer[Symbol.asyncIterator]()
        let batch: Value[][] = []
        for (;;) {
          signal.throwIfAborted()
          // The library waits for the server whatever becomes of us.
          const next = await new Promise<Awaited<ReturnType<typeof records.next>>>((resolve, reject) => {
            giveUp = () => reject(new Error('cancelled'))
            records.next().then(resolve, reject)
          })
          if (next.done) break
          batch.push(Array.from(next.value.values(), valueOf))
          if (batch.length < BATCH) continue
          yield batch
          batch = []
        }
        if (batch.length > 0) yield batch
      } catch (error) {
        throw explain(error, identity, signal)
      } finally {
        signal.removeEventListener('abort', onAbort)
        // Of a session in the middle of an answer this may take as long as the answer.
        await Promise.race([session.close().catch(() => {}), pause(signal.aborted ? 0 : CLOSE_MS)])
      }
    },
  }
}

/** As the other databases give them: yes is 1, times are ISO text, lists are JSON. */
function valueOf(value: unknown): Value {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (typeof value === 'number' || typeof value === 'string') return value
  if (value instanceof Int8Array) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  if (Array.isArray(value)) return JSON.stringify(value.map((one) => jsonValue(valueOf(one))))
  // `2026-03-01T13:00:00+01:00[Europe/Berlin]`: the offset says all that matters.
  return String(value).replace(/\[[^\]]*\]$/, '')
}

function jsonValue(value: Value): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

function connect({ driver, auth }: Library, { url, connectTimeoutMs }: Options): Driver {
  const { username, password } = new URL(url)
  const place = new URL(url)
  place.username = ''
  place.password = ''
  const login = username === '' ? undefined : auth.basic(decodeURIComponent(username), decodeURIComponent(password))
  return driver(place.href, login, {
    useBigInt: true,
    connectionTimeout: connectTimeoutMs,
    connectionAcquisitionTimeout: connectTimeoutMs,
    maxTransactionRetryTime: 0,
  })
}

/** Optional, so its name is not known when gonogo is compiled. */
const LIBRARY: string = 'neo4j-driver'

async function load(): Promise<Library> {
  try {
    const loaded = (await import(/* @vite-ignore */ LIBRARY)) as Library & { default?: Library }
    return loaded.default ?? loaded
  } catch (error) {
    if (codeOf(error) !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new OutsideError('neo4j', 'the Neo4j client is not installed', {
      hint: 'npm install neo4j-driver, where gonogo is installed',
      cause: error,
    })
  }
}

function explain(error: unknown, identity: string, signal: AbortSignal): OutsideError {
  if (signal.aborted) {
    const late = (signal.reason as Error | undefined)?.name === 'TimeoutError'
    return new OutsideError('neo4j', `${identity}: ${late ? 'not done by the deadline' : 'cancelled'}`, {
      retryable: true,
      cause: error,
    })
  }
  const code = codeOf(error) ?? ''
  const said = messageOf(error).replace(/\s+/g, ' ').trim()
  if (/Security|Unauthorized|Authentication/.test(code))
    return new OutsideError('neo4j', `${identity} does not let us in: ${said}`, {
      hint: 'see user and password in the url',
      cause: error,
    })
  if (/ServiceUnavailable|SessionExpired/.test(code))
    return new OutsideError('neo4j', `cannot reach ${identity}: ${said}`, {
      retryable: true,
      hint: 'see that the server runs, and that `url` names the right host and port',
      cause: error,
    })
  return new OutsideError('neo4j', `${identity}: ${said}`, {
    retryable: code.startsWith('Neo.TransientError'),
    cause: error,
  })
}

function shown({ url, database }: Options): string {
  if (!URL.canParse(url)) return 'neo4j'
  const { host } = new URL(url)
  return `${host}${database ? `/${database}` : ''}`
}
