// Store kind `s3`: a bucket of any server that speaks S3. Files go up in parts; the last request makes all of them one object.
import { createWriteStream, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { z } from 'zod'
import { codeOf, messageOf, OutsideError } from '../../lib/errors.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { putObject } from './s3/put-object.ts'
import { ABANDONED_MS, type Store, type StoreKind } from './store.ts'

const options = z.strictObject({
  store: z.literal('s3'),
  bucket: z.string().min(3).max(63),
  prefix: z.string().max(500).default('').describe('In front of all keys: `backups/shop`'),
  region: z.string().min(1).default('us-east-1'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Of a server that is not AWS: `https://minio.internal:9000`'),
  pathStyle: z.boolean().optional().describe('Bucket in the path instead of the host name; default: with `endpoint`'),
  accessKeyId: z.string().min(1).optional().describe('`${env:...}`; default: as the AWS tools find it'),
  secretAccessKey: z.string().min(1).optional().describe('`${env:...}`; a secret'),
  sessionToken: z.string().min(1).optional().describe('`${env:...}`; a secret'),
  timeoutMs: z.number().int().min(1000).max(86_400_000).default(3_600_000).describe('Longest one file may take'),
})
type Options = z.output<typeof options>

/** The client library, loaded when it is needed: it is not installed with gonogo. */
export type LoadS3 = () => Promise<typeof import('@aws-sdk/client-s3') | null>

/** Listing, removing and cleaning are short. */
const SHORT_MS = 30_000
const PAGES_MAX = 1000

export const s3: StoreKind<Options> = {
  id: 's3',
  options: options as z.ZodType<Options>,
  secretFields: ['accessKeyId', 'secretAccessKey', 'sessionToken'],
  create: (given, context) => createS3(given, context.name, loadS3),
}

/** @param load gives the client library, or null where it is not installed. */
export function createS3(given: Options, folder: string, load: LoadS3): Store {
  const prefix = [given.prefix.replaceAll(/^\/+|\/+$/g, ''), folder].filter(Boolean).join('/')
  const name = `s3 ${given.bucket}/${prefix}`
  const keyOf = (key: string): string => `${prefix}/${key}`
  let opened: Promise<Opened> | null = null
  const use = <T>(what: string, timeoutMs: number, signal: AbortSignal, work: Work<T>): Promise<T> =>
    told(name, what, signal, async () => {
      opened ??= open(name, given, load)
      return work(await opened, { abortSignal: withDeadline(timeoutMs, signal) })
    })

  return {
    name,

    put: (key, file, proof, signal) =>
      use(`put ${key} there`, given.timeoutMs, signal, ({ sdk, client }, limits) =>
        putObject({ sdk, client, bucket: given.bucket, key: keyOf(key), file, proof, limits }),
      ),

    get: (key, file, signal) =>
      use(`read ${key}`, given.timeoutMs, signal, async ({ sdk, client }, limits) => {
        const command = new sdk.GetObjectCommand({ Bucket: given.bucket, Key: keyOf(key) })
        const { Body } = await client.send(command, limits)
        try {
          await pipeline(Body as Readable, createWriteStream(file, { flags: 'wx', mode: 0o600 }), {
            signal: limits.abortSignal,
          })
        } catch (error) {
          rmSync(file, { force: true })
          throw error
        }
      }),

    list: (signal) =>
      use('list it', SHORT_MS, signal, async ({ sdk, client }, limits) => {
        const pages = sdk.paginateListObjectsV2({ client }, { Bucket: given.bucket, Prefix: `${prefix}/` }, limits)
        const found = []
        let read = 0
        for await (const { Contents = [] } of pages) {
          for (const { Key = '', Size = 0, LastModified } of Contents)
            found.push({ key: Key.slice(prefix.length + 1), bytes: Size, modifiedAt: LastModified?.getTime() ?? 0 })
          if (++read >= PAGES_MAX) throw new OutsideError('backup', `${name} has more objects than can be listed`)
        }
        return found
      }),

    remove: (key, signal) =>
      use(`remove ${key}`, SHORT_MS, signal, async ({ sdk, client }, limits) => {
        await client.send(new sdk.DeleteObjectCommand({ Bucket: given.bucket, Key: keyOf(key) }), limits)
      }),

    clean: (signal) =>
      use('clean it', SHORT_MS, signal, async ({ sdk, client }, limits) => {
        const listing = new sdk.ListMultipartUploadsCommand({ Bucket: given.bucket, Prefix: `${prefix}/` })
        const { Uploads = [] } = await client.send(listing, limits)
        for (const { Key, UploadId, Initiated } of Uploads)
          if (Initiated && Date.now() - Initiated.getTime() > ABANDONED_MS)
            await client.send(new sdk.AbortMultipartUploadCommand({ Bucket: given.bucket, Key, UploadId }), limits)
      }),
  }
}

type Sdk = typeof import('@aws-sdk/client-s3')
interface Opened {
  sdk: Sdk
  client: S3Client
}
type Work<T> = (opened: Opened, limits: { abortSignal: AbortSignal }) => Promise<T>

async function open(name: string, given: Options, load: LoadS3): Promise<Opened> {
  const sdk = await load()
  if (!sdk)
    throw new OutsideError('backup', `${name}: the S3 client is not installed`, {
      hint: 'npm install @aws-sdk/client-s3, where gonogo is installed',
    })
  const { accessKeyId, secretAccessKey, sessionToken } = given
  const client = new sdk.S3Client({
    region: given.region,
    forcePathStyle: given.pathStyle ?? given.endpoint !== undefined,
    ...(given.endpoint ? { endpoint: given.endpoint } : {}),
    ...(accessKeyId && secretAccessKey
      ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } }
      : {}),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 120_000 },
  })
  return { sdk, client }
}

async function loadS3(): ReturnType<LoadS3> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (error) {
    if (codeOf(error) === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}

async function told<T>(name: string, what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof OutsideError) throw error
    const { name: kind } = error as { name?: string }
    const late = kind === 'AbortError' || kind === 'TimeoutError'
    const why = signal.aborted ? 'it was cancelled' : late ? 'it took too long' : `${whyOf(error)}`
    throw new OutsideError('backup', `${name}: cannot ${what}: ${why}`, {
      retryable: true,
      hint: 'see that endpoint, bucket and credentials are right and that the server answers',
      cause: error,
    })
  }
}

/** `NoSuchBucket`, `ECONNREFUSED`, or the message where there is no better word. */
function whyOf(error: unknown): string {
  const { name } = error as { name?: string }
  const code = codeOf(error)
  const word = name && name !== 'Error' && name !== 'AggregateError' ? name : code
  const message = messageOf(error)
  return word && !message.includes(word) ? `${word}: ${message}` : message
}
