// The few things a site asks of a bucket: each with a deadline, and errors that say what was asked.
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { withDeadline } from '../../lib/deadline.ts'
import { OutsideError } from '../../lib/errors.ts'
import { sha256 } from '../../lib/hash.ts'
import { openS3, toldByAws, type LoadS3, type OpenedS3 } from '../../lib/s3-client.ts'
import { encodedKey } from './bucket-layout.ts'
import type { FileHeaders } from './file-headers.ts'
import type { BucketOptions } from './options.ts'
import type { SiteFile } from './site-files.ts'

const SHORT_MS = 30_000
const UPLOAD_MS = 600_000
/** Larger files are not held in memory. */
const IN_MEMORY_BYTES = 8 << 20
const TEXT_BYTES_MAX = 64 << 20
const PAGES_MAX = 1000
const DELETED_AT_ONCE = 1000
/** In what every object of ours says about itself. */
const SUM = 'gonogo-sha256'

export interface ObjectStore {
  /** Key → bytes, of all objects whose key begins so. */
  list(prefix: string, signal: AbortSignal): Promise<Map<string, number>>
  /** Null where there is no such object. */
  text(key: string, signal: AbortSignal): Promise<string | null>
  putText(key: string, text: string, signal: AbortSignal): Promise<void>
  /** An object that is there already stays as it is, where the store can tell; some put it there all the same. */
  putNewText(key: string, text: string, signal: AbortSignal): Promise<void>
  /** The server refuses what is not what was meant to be sent. */
  putFile(key: string, file: string, proof: SiteFile, headers: FileHeaders, signal: AbortSignal): Promise<void>
  /** Whether that very content stands there with these headers. */
  has(key: string, proof: SiteFile, headers: FileHeaders, signal: AbortSignal): Promise<boolean>
  copy(from: string, to: string, signal: AbortSignal): Promise<void>
  remove(keys: readonly string[], signal: AbortSignal): Promise<void>
}

export function objectStore(system: string, given: BucketOptions, load: LoadS3): ObjectStore {
  const name = `bucket ${given.name}`
  const Bucket = given.name
  let opened: Promise<OpenedS3> | null = null
  type Limits = { abortSignal: AbortSignal }
  const use = <T>(
    what: string,
    signal: AbortSignal,
    work: (opened: OpenedS3, limits: Limits) => Promise<T>,
    timeoutMs = SHORT_MS,
  ): Promise<T> =>
    toldByAws({ system, name, what }, signal, async () => {
      opened ??= openS3(system, name, given, load)
      return work(await opened, { abortSignal: withDeadline(timeoutMs, signal) })
    })

  return {
    list: (prefix, signal) =>
      use(`list ${prefix}`, signal, async ({ sdk, client }, limits) => {
        const found = new Map<string, number>()
        let pages = 0
        for await (const page of sdk.paginateListObjectsV2({ client }, { Bucket, Prefix: prefix }, limits)) {
          for (const { Key = '', Size = 0 } of page.Contents ?? []) found.set(Key, Size)
          if (++pages > PAGES_MAX) throw new OutsideError(system, `${name} has more objects than can be listed`)
        }
        return found
      }),

    text: (key, signal) =>
      use(`read ${key}`, signal, async ({ sdk, client }, limits) => {
        try {
          const { Body, ContentLength = 0 } = await client.send(new sdk.GetObjectCommand({ Bucket, Key: key }), limits)
          if (ContentLength > TEXT_BYTES_MAX) throw new OutsideError(system, `${name}: ${key} is too long`)
          return await textOf(Body as Readable)
        } catch (error) {
          if (nameOfError(error) === 'NoSuchKey') return null
          throw error
        }
      }),

    putText: (key, text, signal) =>
      use(`put ${key} there`, signal, async ({ sdk, client }, limits) => {
        await client.send(new sdk.PutObjectCommand({ Bucket, ...textObject(key, text) }), limits)
      }),

    putNewText: (key, text, signal) =>
      use(`put ${key} there`, signal, async ({ sdk, client }, limits) => {
        const put = { Bucket, ...textObject(key, text) }
        try {
          await client.send(new sdk.PutObjectCommand({ ...put, IfNoneMatch: '*' }), limits)
        } catch (error) {
          if (nameOfError(error) === 'NotImplemented') await client.send(new sdk.PutObjectCommand(put), limits)
          // The second: two at the same moment, of which the other one was taken.
          else if (!['PreconditionFailed', 'ConditionalRequestConflict'].includes(nameOfError(error))) throw error
        }
      }),

    putFile: (key, file, { bytes, sha256: sum }, headers, signal) =>
      use(
        `put ${key} there`,
        signal,
        async ({ sdk, client }, limits) => {
          const Body = bytes <= IN_MEMORY_BYTES ? await readFile(file) : createReadStream(file)
          const command = new sdk.PutObjectCommand({
            Bucket,
            Key: key,
            Body,
            ContentLength: bytes,
            ChecksumSHA256: base64Of(sum),
            ContentType: headers.contentType,
            CacheControl: headers.cacheControl,
            Metadata: { [SUM]: sum },
          })
          await client.send(command, limits)
        },
        UPLOAD_MS,
      ),

    has: (key, { bytes, sha256: sum }, { contentType, cacheControl }, signal) =>
      use(`look at ${key}`, signal, async ({ sdk, client }, limits) => {
        try {
          const head = await client.send(new sdk.HeadObjectCommand({ Bucket, Key: key }), limits)
          const isSame = head.ContentLength === bytes && head.Metadata?.[SUM] === sum
          return isSame && head.ContentType === contentType && head.CacheControl === cacheControl
        } catch (error) {
          if (['NotFound', 'NoSuchKey'].includes(nameOfError(error))) return false
          throw error
        }
      }),

    copy: (from, to, signal) =>
      use(`copy ${from} to ${to}`, signal, async ({ sdk, client }, limits) => {
        const CopySource = encodedKey(`${Bucket}/${from}`)
        await client.send(new sdk.CopyObjectCommand({ Bucket, Key: to, CopySource }), limits)
      }),

    remove: (keys, signal) =>
      use(`remove ${keys.length} objects`, signal, async ({ sdk, client }, limits) => {
        for (let at = 0; at < keys.length; at += DELETED_AT_ONCE) {
          const Objects = keys.slice(at, at + DELETED_AT_ONCE).map((Key) => ({ Key }))
          const { Errors = [] } = await client.send(
            new sdk.DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
            limits,
          )
          if (Errors[0]) throw new Error(`${Errors[0].Key}: ${Errors[0].Message ?? Errors[0].Code}`)
        }
      }),
  }
}

function textObject(Key: string, Body: string) {
  const headers = { ContentType: 'text/plain; charset=utf-8', CacheControl: 'no-store' }
  return { Key, Body, ChecksumSHA256: base64Of(sha256(Body)), ...headers }
}

const nameOfError = (error: unknown): string => (error as { name?: string }).name ?? ''

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}

const base64Of = (hexadecimal: string): string => Buffer.from(hexadecimal, 'hex').toString('base64')
