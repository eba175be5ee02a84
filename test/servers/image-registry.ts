// A real image registry for services suites, Debian's docker-registry: on loopback, filled over plain HTTP; a second door to the same
// images wants tokens that a realm of this process signs.
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, randomUUID, sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { freePort } from './free-port.ts'
import { selfSigned } from './hostile.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const USER = { name: 'ops', password: 'registry-password-to-hide' }

export interface ImageRegistry {
  /** `127.0.0.1:PORT`. */
  host: string
  /** The same images behind tokens. */
  lockedHost: string
  /** Who gets a token. */
  user: typeof USER
  /** Pushes an image for one platform. @returns its digest. */
  push(repository: string, tag: string, config: Record<string, unknown>): Promise<string>
  /** Pushes an index of images that are there. @returns its digest. */
  pushIndex(
    repository: string,
    tag: string,
    manifests: readonly { digest: string; platform: Record<string, string> }[],
  ): Promise<string>
  /** Answers nothing until `resume`. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

/** Starts both doors; they answer when this resolves. Wants openssl and docker-registry. */
export async function startImageRegistry(): Promise<ImageRegistry> {
  const root = mkdtempSync(join(tmpdir(), 'gonogo-registry-'))
  const [key, certificate] = selfSigned(root)
  const realm = createServer((request, response) => {
    const scope = new URL(request.url ?? '/', 'http://realm').searchParams.get('scope') ?? ''
    const right = `Basic ${Buffer.from(`${USER.name}:${USER.password}`).toString('base64')}`
    if (request.headers.authorization !== right) return void response.writeHead(401).end()
    response.end(JSON.stringify({ token: tokenFor(scope, key, certificate) }))
  }).listen(0, '127.0.0.1')
  await once(realm, 'listening')
  const running: ChildProcess[] = []
  const end = (): void => running.forEach((child) => child.kill('SIGKILL'))
  process.once('exit', end)
  const open = async (name: string, auth: Record<string, unknown>): Promise<string> => {
    const host = `127.0.0.1:${await freePort()}`
    const config = {
      version: '0.1',
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: join(root, 'images') } },
      http: { addr: host },
      ...auth,
    }
    const file = join(root, `${name}.yml`)
    // YAML may be written as JSON.
    writeFileSync(file, JSON.stringify(config))
    running.push(spawn('docker-registry', ['serve', file], { stdio: 'ignore' }))
    const isThere = await poll(async () => ((await fetch(`http://${host}/v2/`).catch(() => null)) ? true : null), {
      everyMs: 50,
      timeoutMs: 20_000,
    })
    if (!isThere) throw new Error('docker-registry did not start')
    return host
  }
  const host = await open('open', {})
  const token = {
    realm: `http://127.0.0.1:${(realm.address() as AddressInfo).port}/token`,
    service: 'registry',
    issuer: 'realm',
    rootcertbundle: join(root, 'cert.pem'),
  }
  const lockedHost = await open('locked', { auth: { token } })
  const put = async (repository: string, tag: string, type: string, body: string): Promise<string> => {
    await expectStatus(201, `http://${host}/v2/${repository}/manifests/${tag}`, {
      method: 'PUT',
      headers: { 'content-type': type },
      body,
    })
    return digestOf(body)
  }
  return {
    host,
    lockedHost,
    user: USER,
    async push(repository, tag, config) {
      const configBody = JSON.stringify(config)
      const upload = await expectStatus(202, `http://${host}/v2/${repository}/blobs/uploads/`, { method: 'POST' })
      const location = new URL(upload.headers.get('location') ?? '', `http://${host}`)
      location.searchParams.set('digest', digestOf(configBody))
      await expectStatus(201, location.href, { method: 'PUT', body: configBody })
      const descriptor = {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: digestOf(configBody),
        size: configBody.length,
      }
      return put(
        repository,
        tag,
        MANIFEST,
        JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config: descriptor, layers: [] }),
      )
    },
    async pushIndex(repository, tag, manifests) {
      const sizes = await Promise.all(
        manifests.map(async ({ digest }) => {
          const answer = await expectStatus(200, `http://${host}/v2/${repository}/manifests/${digest}`, {
            headers: { accept: MANIFEST },
          })
          return (await answer.text()).length
        }),
      )
      const entries = manifests.map((manifest, index) => ({ mediaType: MANIFEST, size: sizes[index], ...manifest }))
      return put(repository, tag, INDEX, JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: entries }))
    },
    pause: () => running.forEach((child) => child.kill('SIGSTOP')),
    resume: () => running.forEach((child) => child.kill('SIGCONT')),
    async stop() {
      process.removeListener('exit', end)
      realm.close()
      const gone = running
        .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
        .map((child) => once(child, 'exit'))
      end()
      await Promise.all(gone)
      rmSync(root, { recursive: true, force: true })
    },
  }
}

async function expectStatus(status: number, url: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, init)
  if (answer.status !== status) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return answer
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** A token of the distribution's own kind: what may be done stands in it, and by whom it was signed. */
function tokenFor(scope: string, key: Buffer, certificate: Buffer): string {
  const [type = '', name = '', actions = ''] = scope.split(':')
  const now = Math.floor(Date.now() / 1000)
  const der = certificate.toString().replaceAll(/-----[^-]+-----|\s/g, '')
  const claims = {
    iss: 'realm',
    aud: 'registry',
    sub: USER.name,
    jti: randomUUID(),
    iat: now,
    nbf: now - 5,
    exp: now + 60,
  }
  const parts = [
    { alg: 'ES256', typ: 'JWT', x5c: [der] },
    { ...claims, access: [{ type, name, actions: actions.split(',') }] },
  ]
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}
