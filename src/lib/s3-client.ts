// The optional client of S3-compatible buckets: how it is reached, loaded where it is wanted, and what it says when something is wrong.
import type { S3Client } from '@aws-sdk/client-s3'
import { z } from 'zod'
import { codeOf, messageOf, OutsideError } from './errors.ts'

/** Options of everything that reaches a bucket. */
export const s3ConnectionOptions = {
  region: z.string().min(1).default('us-east-1'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Of a server that is not AWS: `https://minio.internal:9000`'),
  pathStyle: z.boolean().optional().describe('Bucket in the path instead of the host name; default: with `endpoint`'),
  accessKeyId: z.string().min(1).optional().describe('`${env:...}`; default: as the AWS tools find it'),
  secretAccessKey: z.string().min(1).optional().describe('`${env:...}`; a secret'),
  sessionToken: z.string().min(1).optional().describe('`${env:...}`; a secret'),
}

/** Of these options, those that hold secrets. */
export const S3_SECRET_FIELDS = ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const

const connection = z.strictObject(s3ConnectionOptions)
export type S3Connection = z.output<typeof connection>

type Sdk = typeof import('@aws-sdk/client-s3')

export interface OpenedS3 {
  sdk: Sdk
  client: S3Client
}

/** The client library, loaded when it is needed: it is not installed with gonogo. */
export type LoadS3 = () => Promise<Sdk | null>

/** Null where it is not installed. */
export async function loadS3(): ReturnType<LoadS3> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (error) {
    if (codeOf(error) === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}

/** @throws OutsideError of `system` that says what to install. */
export async function openS3(system: string, name: string, given: S3Connection, load: LoadS3): Promise<OpenedS3> {
  const sdk = await load()
  if (!sdk)
    throw new OutsideError(system, `${name}: the S3 client is not installed`, {
      hint: 'npm install @aws-sdk/client-s3, where gonogo is installed',
    })
  const client = new sdk.S3Client({
    region: given.region,
    forcePathStyle: given.pathStyle ?? given.endpoint !== undefined,
    ...(given.endpoint ? { endpoint: given.endpoint } : {}),
    ...awsCredentials(given),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 120_000 },
  })
  return { sdk, client }
}

/** Keys that were given; nothing where the client shall find them as the AWS tools do. */
export function awsCredentials({ accessKeyId, secretAccessKey, sessionToken }: Partial<S3Connection>) {
  if (!accessKeyId || !secretAccessKey) return {}
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } }
}

/**
 * Does `work`; what the client throws becomes an OutsideError of `system`: `NAME: cannot WHAT: NoSuchBucket`.
 * @param signal of the caller: tells "cancelled" from "took too long".
 */
export async function toldByAws<T>(
  { system, name, what }: { system: string; name: string; what: string },
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof OutsideError) throw error
    const { name: kind } = error as { name?: string }
    const late = kind === 'AbortError' || kind === 'TimeoutError'
    const why = signal.aborted ? 'it was cancelled' : late ? 'it took too long' : whyOf(error)
    throw new OutsideError(system, `${name}: cannot ${what}: ${why}`, {
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
