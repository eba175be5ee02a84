import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { fakePrograms, WITHOUT_PROGRAMS } from '../../../test/servers/fake-program.ts'
import { startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { imageExists } from './image-exists.ts'
import { isPinned, parseImage } from './registry/image-reference.ts'
import { isOwnRealm, parseChallenge } from './registry/token.ts'

const PASSWORD = 'registry-password-to-hide'
const HOUR_MS = 3_600_000

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
const config = (change: Record<string, unknown> = {}): string =>
  JSON.stringify({
    os: 'linux',
    architecture: 'amd64',
    created: new Date(Date.now() - 2 * HOUR_MS).toISOString(),
    ...change,
  })
const manifestOf = (configText: string): string =>
  JSON.stringify({ schemaVersion: 2, config: { digest: digestOf(configText) }, layers: [] })

const CONFIG = config()
const MANIFEST = manifestOf(CONFIG)
const TIMELESS = config({ created: '1970-01-01T00:00:00Z' })
const platformOf = (architecture: string, os = 'linux') => ({
  digest: digestOf(MANIFEST),
  platform: { os, architecture },
})
const INDEX = JSON.stringify({ manifests: [platformOf('amd64'), platformOf('unknown', 'unknown')] })

/** What the registry has, by repository and what is asked for. */
const HELD: Record<string, string> = {
  'shop/api/manifests/1.4.2': MANIFEST,
  [`shop/api/manifests/${digestOf(MANIFEST)}`]: MANIFEST,
  [`shop/api/blobs/${digestOf(CONFIG)}`]: CONFIG,
  [`shop/api/manifests/${digestOf(MANIFEST).replace(':', '-')}.sig`]: MANIFEST,
  'shop/api/manifests/many': INDEX,
  'shop/api/manifests/timeless': manifestOf(TIMELESS),
  [`shop/api/blobs/${digestOf(TIMELESS)}`]: TIMELESS,
  [`shop/api/manifests/sha256:${'0'.repeat(64)}`]: MANIFEST,
  'locked/api/manifests/1.4.2': MANIFEST,
  'basic/api/manifests/1.4.2': MANIFEST,
  'stranger/api/manifests/1.4.2': MANIFEST,
}

const BASIC = `Basic ${Buffer.from(`ops:${PASSWORD}`).toString('base64')}`
let registry: Server
let stranger: Server
let hostile: HostileServer
let host = ''
let strangersUrl = ''
const strangersVisitors: IncomingMessage['headers'][] = []

/** Whether the request may go on; else it was answered. */
function admits(repository: string, authorization: string | undefined, response: ServerResponse): boolean {
  const challenge: Record<string, [needs: string, header: string]> = {
    locked: [
      'Bearer right-token',
      `Bearer realm="http://${host}/token",service="registry",scope="repository:${repository}:pull"`,
    ],
    basic: [BASIC, 'Basic realm="registry"'],
    stranger: ['Bearer right-token', `Bearer realm="${strangersUrl}",service="registry"`],
  }
  const [needs, header] = challenge[repository.split('/')[0] ?? ''] ?? []
  if (needs === undefined || authorization === needs) return true
  response.writeHead(401, { 'www-authenticate': header }).end('{"errors":[{"code":"UNAUTHORIZED"}]}')
  return false
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', `http://${host}`)
  if (pathname === '/token') {
    const isRight =
      request.headers.authorization === BASIC && searchParams.get('scope') === 'repository:locked/api:pull'
    return void response.writeHead(isRight ? 200 : 401).end(isRight ? '{"token":"right-token"}' : '{}')
  }
  const [, repository = '', path = ''] = /^\/v2\/([\w-]+\/[\w-]+)\/(.+)$/.exec(pathname) ?? []
  if (repository === 'silent/api') return
  if (!admits(repository, request.headers.authorization, response)) return
  const held = HELD[`${repository}/${path}`]
  if (held === undefined)
    return void response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"unknown"}]}')
  response.end(held)
}

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  registry = createServer(answer)
  host = `127.0.0.1:${await listen(registry)}`
  stranger = createServer((request, response) => {
    strangersVisitors.push(request.headers)
    response.end('{"token":"right-token"}')
  })
  strangersUrl = `http://localhost:${await listen(stranger)}/token`
  hostile = await startHostile()
})
afterAll(async () => {
  for (const server of [registry, stranger]) {
    server.close()
    server.closeAllConnections()
  }
  await hostile.stop()
})

const image = (name: string, more: Record<string, unknown> = {}) => ({
  options: { image: `${host}/${name}`, insecure: true, ...more },
})
/** An image of the hostile server: whatever it is asked lies below the route, by a redirect. */
let detour: Server
let detourHost = ''
beforeAll(async () => {
  detour = createServer((request, response) => {
    const route = /^\/v2\/x\/([\w-]+)\//.exec(request.url ?? '')?.[1] ?? ''
    response.writeHead(307, { location: `${hostile.url}/${route}` }).end()
  })
  detourHost = `127.0.0.1:${await listen(detour)}`
})
afterAll(() => {
  detour.close()
  detour.closeAllConnections()
})
const meaning = (route: string) => () => ({
  options: { image: `${detourHost}/x/${route}:1`, insecure: true, timeoutMs: 5000 },
})

checkContract(imageExists, {
  passing: () => image('shop/api:1.4.2', { platform: 'linux/amd64', ageMax: '1 day', signed: true, pinned: true }),
  failing: () => image('shop/api:1.5.0'),
  unverified: () => image('shop/api:timeless', { ageMax: '1 day' }),
  slow: () => image('silent/api:1.4.2'),
  unreachable: {
    status: 'unverified',
    case: () => ({ options: { image: '127.0.0.1:1/shop/api:1.4.2', insecure: true } }),
  },
  hostile: {
    'a body of 10 GB': { status: 'unverified', case: meaning('endless') },
    'JSON without end': { status: 'unverified', case: meaning('endless-json') },
    'redirects without end': { status: 'unverified', case: meaning('redirects') },
    'escapes for terminals': { status: 'unverified', case: meaning('ansi-json') },
    'no JSON': { status: 'unverified', case: meaning('not-json') },
    'an error': { status: 'unverified', case: meaning('500') },
    'a refusal': { status: 'unverified', case: meaning('401') },
    'a 404 that no registry says': { status: 'unverified', case: meaning('nothing') },
    'no HTTP': {
      status: 'unverified',
      case: () => ({ options: { image: `${new URL(hostile.garbageUrl).host}/x/y:1`, insecure: true } }),
    },
    'a certificate nobody trusts': {
      status: 'unverified',
      case: () => ({ options: { image: `${new URL(hostile.tlsUrl ?? hostile.url).host}/x/y:1` } }),
    },
  },
  secret: { value: PASSWORD, case: () => image('locked/api:9', { user: 'ops', password: PASSWORD }) },
  mentions: () => [host, 'shop/api:1.4.2', 'linux/amd64', '1 day', 'signed'],
  recognises: {
    clear: [
      'Image `registry.internal/shop/api:1.4.2` pushed',
      'Container image ghcr.io/acme/shop:v2.0.1 is published and signed',
      'The image exists in the registry: `registry.internal:5000/shop/web:3.1`',
    ],
    unclear: [
      'Images pushed to registry',
      'Image `registry.example.com/shop:1` pushed',
      'Previous image `registry.internal/shop/api:1.4.1` available',
      'Profile image available at cdn.internal/user/avatar',
      'Images `registry.internal/a:1` and `registry.internal/b:1` pushed',
      'Image `shop:$TAG` pushed',
    ],
  },
})

describe('image-exists', () => {
  it.each<[string, string, Record<string, unknown>, string]>([
    ['another platform', 'shop/api:1.4.2', { platform: 'linux/arm64' }, 'it is for linux/amd64, linux/arm64 wanted'],
    ['a platform whose name only begins alike', 'shop/api:1.4.2', { platform: 'linux/amd' }, 'linux/amd wanted'],
    [
      'a platform the index does not have',
      'shop/api:many',
      { platform: 'linux/arm64' },
      'it is not there for linux/arm64, only for linux/amd64',
    ],
    ['an old image', 'shop/api:1.4.2', { ageMax: '1h' }, 'at most 1 h wanted'],
    ['an image without signature', 'shop/api:many', { signed: true }, 'it has no signature of cosign'],
    ['a moving tag', 'shop/api:many', { pinned: true }, 'has a tag that moves'],
  ])('fails for %s', async (_, name, more, words) => {
    expect(await runCheck(imageExists, image(name, more))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining(words),
    })
  })

  it('looks into an index for the platform, and by digest takes nothing but what the digest says', async () => {
    expect(
      await runCheck(imageExists, image('shop/api:many', { platform: 'linux/amd64', ageMax: '1 day' })),
    ).toMatchObject({
      status: 'passed',
      measurements: [{ name: 'image age', value: 2, unit: 'hours' }],
    })
    expect(await runCheck(imageExists, image(`shop/api@${digestOf(MANIFEST)}`))).toMatchObject({ status: 'passed' })
    expect(await runCheck(imageExists, image(`shop/api@sha256:${'0'.repeat(64)}`))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('has another digest'),
    })
  })

  it('gets a token where it is told to, with the password it was given', async () => {
    const login = { user: 'ops', password: PASSWORD }
    expect(await runCheck(imageExists, image('locked/api:1.4.2', login))).toMatchObject({ status: 'passed' })
    expect(await runCheck(imageExists, image('basic/api:1.4.2', login))).toMatchObject({ status: 'passed' })
    expect(await runCheck(imageExists, image('locked/api:1.4.2'))).toMatchObject({ status: 'unverified' })
    expect(await runCheck(imageExists, image('basic/api:1.4.2'))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('it wants a user and a password'),
    })
  })

  it('shows no stranger the password', async () => {
    const outcome = await runCheck(imageExists, image('stranger/api:1.4.2', { user: 'ops', password: PASSWORD }))
    expect(outcome).toMatchObject({ status: 'unverified', summary: expect.stringContaining('a stranger') })
    expect(strangersVisitors).toEqual([])
  })

  it('asks cosign where a public key is given', async () => {
    const signedBy = (reply: Parameters<typeof fakePrograms>[0][string][number]) => {
      const { env, stop } = fakePrograms({ cosign: [reply] })
      return runCheck(imageExists, {
        ...image('shop/api:1.4.2', { publicKey: 'cosign.pub' }),
        context: { env },
      }).finally(stop)
    }
    const wanted = `@${digestOf(MANIFEST)}`
    expect(await signedBy({ when: wanted, stdout: 'Verified OK' })).toMatchObject({ status: 'passed' })
    expect(await signedBy({ stderr: 'Error: no matching signatures: invalid signature' })).toMatchObject({
      status: 'failed',
    })
    expect(await signedBy({ stderr: 'Error: open cosign.pub: no such file or directory' })).toMatchObject({
      status: 'unverified',
    })
    const without = { ...image('shop/api:1.4.2', { publicKey: 'cosign.pub' }), context: { env: WITHOUT_PROGRAMS } }
    expect(await runCheck(imageExists, without)).toMatchObject({
      status: 'unverified',
      summary: 'cosign is not installed',
    })
  })
})

describe('the name of an image', () => {
  it.each([
    ['postgres:16', 'registry-1.docker.io', 'library/postgres', '16'],
    ['acme/shop', 'registry-1.docker.io', 'acme/shop', 'latest'],
    ['docker.io/acme/shop:1', 'registry-1.docker.io', 'acme/shop', '1'],
    ['localhost/shop:1', 'localhost', 'shop', '1'],
    ['ghcr.io/acme/team/shop:v1.2', 'ghcr.io', 'acme/team/shop', 'v1.2'],
    [`host:5000/a/b@sha256:${'a'.repeat(64)}`, 'host:5000', 'a/b', null],
  ])('%s', (text, registryHost, repository, tag) => {
    expect(parseImage(text)).toMatchObject({ registry: registryHost, repository, tag })
  })

  it('is refused where it is none', () => {
    for (const text of [
      '',
      'UPPER/case',
      'a//b',
      'host:5000/../x',
      'a:b:c',
      'a@sha256:12',
      'https://a/b',
      `${'a/'.repeat(400)}b`,
    ])
      expect(parseImage(text), text).toBeNull()
  })

  it('is pinned by a digest or a version', () => {
    for (const [text, expected] of [
      ['a:1.2', true],
      ['a:v20260101', true],
      [`a@sha256:${'a'.repeat(64)}`, true],
      ['a:latest', false],
      ['a', false],
    ] as const)
      expect(isPinned(parseImage(text) as NonNullable<ReturnType<typeof parseImage>>), text).toBe(expected)
  })
})

describe('the realm of a token', () => {
  it.each([
    ['https://auth.docker.io/token', 'https://registry-1.docker.io', true],
    ['https://gitlab.com/jwt/auth', 'https://registry.gitlab.com', true],
    ['https://ghcr.io/token', 'https://ghcr.io', true],
    ['https://auth.abc.io/token', 'https://registry.abc.io', true],
    ['https://evil.com/token', 'https://registry.gitlab.com', false],
    ['https://evil.co.uk/token', 'https://registry.co.uk', false],
    ['https://evil-docker.io/token', 'https://registry-1.docker.io', false],
    ['http://ghcr.io/token', 'https://ghcr.io', false],
    ['https://user:pass@ghcr.io/token', 'https://ghcr.io', false],
    ['http://10.0.0.2/token', 'http://10.0.0.1:5000', false],
    ['http://127.0.0.1:6000/token', 'http://127.0.0.1:5000', true],
    ['file:///etc/passwd', 'https://ghcr.io', false],
    ['nothing', 'https://ghcr.io', false],
  ])('%s of %s: %s', (realm, url, expected) => {
    expect(isOwnRealm(realm, url)).toBe(expected)
  })

  it('is read from the header in any order of its fields', () => {
    expect(parseChallenge('Bearer service="s", realm="https://r/t",scope="a:b:c"')).toEqual({
      realm: 'https://r/t',
      service: 's',
      scope: 'a:b:c',
    })
    expect(parseChallenge('Basic realm="x"')).toBeNull()
    expect(parseChallenge('Bearer service="s"')).toBeNull()
  })
})
