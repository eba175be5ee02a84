// One file into one object, in parts; proved by what the server says it has, or by reading it back.
import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3'
import { OutsideError } from '../../../lib/errors.ts'
import type { FileProof } from '../store.ts'

export interface Put {
  sdk: typeof import('@aws-sdk/client-s3')
  client: S3Client
  bucket: string
  key: string
  file: string
  proof: FileProof
  limits: { abortSignal: AbortSignal }
}

const PART_BYTES_MIN = 16 << 20
/** S3 takes 10,000. */
const PARTS_MAX = 9000
/** A cancelled upload is taken back nevertheless; that may take so long. */
const CLEANING_MS = 15_000

/** Nobody sees an object before the last request. @throws what the client throws, or OutsideError when it is not what was sent. */
export async function putObject(put: Put): Promise<void> {
  const handle = await open(put.file, 'r')
  try {
    const { size } = await handle.stat()
    if (size !== put.proof.bytes) throw changed(put)
    const expected = put.proof.bytes <= PART_BYTES_MIN ? await putWhole(put, handle) : await putParts(put, handle)
    if (!(await isStored(put, expected))) {
      await remove(put)
      throw new OutsideError('backup', `${put.key} did not arrive as it was sent`, { retryable: true })
    }
  } finally {
    await handle.close()
  }
}

/** @returns the checksum the server must have. */
async function putWhole({ sdk, client, bucket, key, proof, limits, file }: Put, handle: FileHandle): Promise<string> {
  const body = await read(handle, 0, proof.bytes)
  const digest = createHash('sha256').update(body).digest()
  if (digest.toString('hex') !== proof.sha256) throw changed({ file })
  const ChecksumSHA256 = digest.toString('base64')
  await client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ChecksumSHA256 }), limits)
  return ChecksumSHA256
}

/** @returns the checksum of checksums that the server must have: base64 of SHA-256 over those of the parts, and their number. */
async function putParts({ sdk, client, bucket, key, proof, limits, file }: Put, handle: FileHandle): Promise<string> {
  const partBytes = Math.max(PART_BYTES_MIN, Math.ceil(proof.bytes / PARTS_MAX))
  const target = { Bucket: bucket, Key: key }
  const begin = new sdk.CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'SHA256' })
  const { UploadId } = await client.send(begin, limits)
  try {
    const whole = createHash('sha256')
    const digests = createHash('sha256')
    const parts: CompletedPart[] = []
    for (let at = 0; at < proof.bytes; at += partBytes) {
      const PartNumber = parts.length + 1
      const Body = await read(handle, at, Math.min(partBytes, proof.bytes - at))
      whole.update(Body)
      const digest = createHash('sha256').update(Body).digest()
      digests.update(digest)
      const ChecksumSHA256 = digest.toString('base64')
      const command = new sdk.UploadPartCommand({ ...target, UploadId, PartNumber, Body, ChecksumSHA256 })
      const { ETag } = await client.send(command, limits)
      parts.push({ ETag, PartNumber, ChecksumSHA256 })
    }
    if (whole.digest('hex') !== proof.sha256) throw changed({ file })
    const end = new sdk.CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: parts } })
    await client.send(end, limits)
    return `${digests.digest('base64')}-${parts.length}`
  } catch (error) {
    const abort = new sdk.AbortMultipartUploadCommand({ ...target, UploadId })
    // What cannot be taken back now is removed by a later `clean`.
    await client.send(abort, { abortSignal: AbortSignal.timeout(CLEANING_MS) }).catch(() => {})
    throw error
  }
}

async function isStored(put: Put, expected: string): Promise<boolean> {
  const { sdk, client, bucket, key, proof, limits } = put
  const head = new sdk.HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' })
  const { ContentLength, ChecksumSHA256 } = await client.send(head, limits)
  if (ContentLength !== proof.bytes) return false
  // Servers write the number of parts behind it or leave it out.
  if (ChecksumSHA256) return ChecksumSHA256 === expected || ChecksumSHA256 === expected.replace(/-\d+$/, '')
  const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: key }), limits)
  const hash = createHash('sha256')
  for await (const chunk of Body as Readable) hash.update(chunk as Uint8Array)
  return hash.digest('hex') === proof.sha256
}

async function remove({ sdk, client, bucket, key }: Put): Promise<void> {
  const limits = { abortSignal: AbortSignal.timeout(CLEANING_MS) }
  await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }), limits)
}

async function read(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  for (let filled = 0; filled < length;) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) return buffer.subarray(0, filled)
    filled += bytesRead
  }
  return buffer
}

function changed({ file }: { file: string }): OutsideError {
  return new OutsideError('backup', `${file} is not what was backed up: it has changed`)
}
