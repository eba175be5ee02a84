// The API of OCI registries, as far as checks read it: manifests and configurations of images.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { messageOf } from '../../../lib/errors.ts'
import { httpRequest, type HttpAnswer } from '../../../lib/http-request.ts'
import { fetchToken, isOwnRealm, parseChallenge } from './token.ts'

const MANIFEST_BYTES_MAX = 4 << 20
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

export interface RegistryAccess {
  /** `https://registry.internal:5000`. */
  url: string
  user: { name: string; password: string } | null
  ca?: string[]
}

const digestText = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const platformSchema = z.object({ os: z.string(), architecture: z.string(), variant: z.string().nullish() })
const descriptorSchema = z.object({ digest: digestText, platform: platformSchema.nullish() })

const indexSchema = z.object({ manifests: z.array(descriptorSchema).max(1000) })
const manifestSchema = z.object({ config: z.object({ digest: digestText }), layers: z.array(z.unknown()).max(1000) })
const configSchema = z.object({
  os: z.string().nullish(),
  architecture: z.string().nullish(),
  variant: z.string().nullish(),
  created: z.string().nullish(),
})

export type Manifest =
  | ({ kind: 'index' } & z.infer<typeof indexSchema> & { digest: string })
  | ({ kind: 'manifest' } & z.infer<typeof manifestSchema> & { digest: string })

export type Platform = z.infer<typeof platformSchema>
export type ImageConfig = z.infer<typeof configSchema>

/** `absent`: the registry was asked, and has no such thing. `said` explains the others. */
export type Fetched<T> =
  | { ok: true; value: T }
  | { ok: false; why: 'absent' | 'denied' | 'unreachable' | 'nonsense'; said: string }

export interface Registry {
  manifest(repository: string, reference: string): Promise<Fetched<Manifest>>
  config(repository: string, digest: string): Promise<Fetched<ImageConfig>>
}

/** A conversation with one registry, until the signal ends it. What is fetched by digest is what the digest says, or nonsense. */
export function openRegistry(access: RegistryAccess, signal: AbortSignal): Registry {
  const fetchPath = reader(access, signal)
  return {
    async manifest(repository, reference) {
      const answer = await fetchPath(repository, `manifests/${reference}`)
      if (!answer.ok) return answer
      const digest = digestOf(answer.value.body)
      if (reference.startsWith('sha256:') && reference !== digest)
        return no('nonsense', `what it gave for ${reference} has another digest`)
      const json = parseJson(answer.value.text)
      const index = indexSchema.safeParse(json)
      if (index.success) return { ok: true, value: { kind: 'index', digest, ...index.data } }
      const manifest = manifestSchema.safeParse(json)
      return manifest.success
        ? { ok: true, value: { kind: 'manifest', digest, ...manifest.data } }
        : no('nonsense', `what it gave for ${reference} is no manifest of an image`)
    },
    async config(repository, digest) {
      const answer = await fetchPath(repository, `blobs/${digest}`)
      if (!answer.ok) return answer
      const config = configSchema.safeParse(parseJson(answer.value.text))
      const isRight = config.success && digestOf(answer.value.body) === digest
      return isRight
        ? { ok: true, value: config.data }
        : no('nonsense', `what it gave for ${digest} is no configuration of an image`)
    },
  }
}

type PathReader = (repository: string, path: string) => Promise<Fetched<HttpAnswer>>

/** Asks, and where it is told to get a token first, gets it and asks again. */
function reader({ url, user, ca }: RegistryAccess, signal: AbortSignal): PathReader {
  const request = ca ? { ca } : {}
  const basic = user ? `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}` : null
  let authorization: string | null = null
  const get = (repository: string, path: string): Promise<HttpAnswer> =>
    httpRequest(
      {
        ...request,
        url: `${url}/v2/${repository}/${path}`,
        headers: { accept: ACCEPT, ...(authorization ? { authorization } : {}) },
        bytesMax: MANIFEST_BYTES_MAX,
      },
      signal,
    )
  const letIn = async (refusal: HttpAnswer, repository: string): Promise<string | null> => {
    const header = refusal.headers['www-authenticate'] ?? ''
    const challenge = parseChallenge(header)
    if (!challenge) {
      authorization = /\bBasic\b/i.test(header) ? basic : null
      return authorization ? null : 'it wants a user and a password'
    }
    if (!isOwnRealm(challenge.realm, url)) return 'it sends us to a stranger for a token'
    const token = await fetchToken(challenge, `repository:${repository}:pull`, basic, request, signal)
    authorization = token === null ? null : `Bearer ${token}`
    return token === null ? 'no token was given to us' : null
  }
  return async (repository, path) => {
    try {
      let answer = await get(repository, path)
      if (answer.status === 401) {
        const refusal = await letIn(answer, repository)
        if (refusal !== null) return no('denied', refusal)
        answer = await get(repository, path)
      }
      return judgeStatus(answer, path)
    } catch (error) {
      if (signal.aborted) throw error
      return no('unreachable', messageOf(error))
    }
  }
}

function judgeStatus(answer: HttpAnswer, path: string): Fetched<HttpAnswer> {
  if (answer.status === 200) return { ok: true, value: answer }
  if (answer.status === 401 || answer.status === 403) return no('denied', `status ${answer.status}`)
  if (answer.status !== 404) return no('nonsense', `status ${answer.status}`)
  // A registry says why, in JSON of its own; a 404 of anything else tells of a wrong address.
  const { errors } = (parseJson(answer.text) ?? {}) as { errors?: { code?: unknown }[] }
  const isOwn =
    Array.isArray(errors) &&
    errors.some((error) => /^(?:MANIFEST|NAME|BLOB)(?:_BLOB)?_UNKNOWN$|^NOT_FOUND$/.test(String(error?.code)))
  return isOwn ? no('absent', `it has no ${path}`) : no('nonsense', 'status 404, and not as a registry says it')
}

function no(
  why: 'absent' | 'denied' | 'unreachable' | 'nonsense',
  said: string,
): { ok: false; why: typeof why; said: string } {
  return { ok: false, why, said }
}

function digestOf(body: Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
