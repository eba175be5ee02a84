// Tokens of registries: what a registry's refusal asks for, and whom our password may be shown. Pure but for the one request.
import { httpRequest } from '../../../lib/http-request.ts'

export interface Challenge {
  realm: string
  service: string | null
  scope: string | null
}

/** The `Bearer` challenge of a `www-authenticate` header; null without one. */
export function parseChallenge(header: string): Challenge | null {
  const bearer = /\bBearer\s+(.{1,4096})/is.exec(header)?.[1]
  if (bearer === undefined) return null
  const field = (name: string): string | null =>
    new RegExp(String.raw`(?:^|[\s,])${name}="([^"]{0,2048})"`, 'i').exec(bearer)?.[1] ?? null
  const realm = field('realm')
  return realm === null ? null : { realm, service: field('service'), scope: field('scope') }
}

/**
 * Whether the realm is the registry's own: the same host, or one beside it (`auth.docker.io` of `registry-1.docker.io`) or above it
 * (`gitlab.com` of `registry.gitlab.com`). Never in clear where the registry is not.
 */
export function isOwnRealm(realm: string, registryUrl: string): boolean {
  if (!URL.canParse(realm)) return false
  const [own, registry] = [new URL(realm), new URL(registryUrl)]
  if (own.username !== '' || own.password !== '') return false
  if (own.protocol !== 'https:' && own.protocol !== registry.protocol) return false
  if (own.hostname === registry.hostname) return true
  if (/^[\d.]+$|^\[/.test(registry.hostname)) return false
  const [, ...above] = registry.hostname.split('.')
  const parent = above.join('.')
  // `co.uk` is nobody's own.
  const isShared = above.length < 2 || /^(?:co|com|org|net|gov|gob|gouv|edu|ac|or|ne|go)\.[a-z]{2}$/i.test(parent)
  return !isShared && (own.hostname === parent || own.hostname.endsWith(`.${parent}`))
}

/** A token, or null where the answer holds none. */
export async function fetchToken(
  challenge: Challenge,
  scope: string,
  authorization: string | null,
  request: { ca?: string[] },
  signal: AbortSignal,
): Promise<string | null> {
  const url = new URL(challenge.realm)
  if (challenge.service !== null) url.searchParams.set('service', challenge.service)
  url.searchParams.set('scope', scope)
  const headers: Record<string, string> = authorization === null ? {} : { authorization }
  const answer = await httpRequest({ ...request, url: url.href, headers, bytesMax: 1 << 20, redirectsMax: 0 }, signal)
  if (answer.status !== 200) return null
  try {
    const { token, access_token: accessToken } = JSON.parse(answer.text) as { token?: unknown; access_token?: unknown }
    const found = token ?? accessToken
    return typeof found === 'string' && /^[\w.~+/=-]+$/.test(found) ? found : null
  } catch {
    return null
  }
}
