// Store kind `s3`: a bucket of any server that speaks S3. Files go up in parts; the last request makes all of them one object.
import { createWriteStream, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { withDeadline } from '../../lib/deadline.ts'
import { OutsideError } from '../../lib/errors.ts'
import {
  loadS3,
  openS3,
  S3_SECRET_FIELDS,
  s3ConnectionOptions,
  toldByAws,
  type LoadS3,
  type OpenedS3,
} from '../../lib/s3-client.ts'
import { putObject } from './s3/put-object.ts'
import { ABANDONED_MS, type Store, type StoreKind } from './store.ts'

const options = z.strictObject({
  store: z.literal('s3'),
  bucket: z.string().min(3).max(63),
  prefix: z.string().max(500).default('').describe('In front of all keys: `backups/shop`'),
  ...s3ConnectionOptions,
  timeoutMs: z.number().int().min(1000).max(86_400_000).default(3_600_000).describe('Longest one file may take'),
})
type Options = z.output<typeof options>

/** Listing, removing and cleaning are short. */
const SHORT_MS = 30_000
const PAGES_MAX = 1000

export const s3: StoreKind<Options> = {
  id: 's3',
  options: options as z.ZodType<Options>,
  secretFields: S3_SECRET_FIELDS,
  create: (given, context) => createS3(given, context.name, loadS3),
}

/** @param load gives the client library, or null where it is not installed. */
export function createS3(given: Options, folder: string, load: LoadS3): Store {
  const prefix = [given.prefix.replaceAll(/^\/+|\/+$/g, ''), folder].filter(Boolean).join('/')
  const name = `s3 ${given.bucket}/${prefix}`
  const keyOf = (key: string): string => `${prefix}/${key}`
  let opened: Promise<OpenedS3> | null = null
  const use = <T>(what: string, timeoutMs: number, signal: AbortSignal, work: Work<T>): Promise<T> =>
    toldByAws({ system: 'backup', name, what }, signal, async () => {
      opened ??= openS3('backup', name, given, load)
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

type Work<T> = (opened: OpenedS3, limits: { abortSignal: AbortSignal }) => Promise<T>
