// Against a real image registry, Debian's `docker-registry`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { hasOpenssl } from '../../../test/servers/hostile.ts'
import { startImageRegistry, type ImageRegistry } from '../../../test/servers/image-registry.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { imageExists } from './image-exists.ts'

const installed = isProgramThere('docker-registry', 'docker-registry') && hasOpenssl()
if (!installed) console.warn('SKIPPED: image-exists.services.test.ts needs docker-registry and openssl')

const DAY_MS = 86_400_000

describe.skipIf(!installed)('image-exists on a real registry', () => {
  let registry: ImageRegistry
  let digest = ''

  beforeAll(async () => {
    registry = await startImageRegistry()
    const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString()
    const config = { os: 'linux', architecture: 'amd64', created: daysAgo(3), rootfs: { type: 'layers', diff_ids: [] } }
    digest = await registry.push('shop/api', '1.4.2', config)
    await registry.push('shop/api', `${digest.replace(':', '-')}.sig`, { ...config, created: daysAgo(2) })
    const arm = await registry.push('shop/api', 'arm', { ...config, architecture: 'arm64', created: daysAgo(1) })
    await registry.pushIndex('shop/api', '1.5.0', [
      { digest, platform: { os: 'linux', architecture: 'amd64' } },
      { digest: arm, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
    ])
  })
  afterAll(() => registry?.stop())

  const image = (name: string, more: Record<string, unknown> = {}) => ({
    options: { image: `${registry.host}/${name}`, insecure: true, ...more },
  })
  const locked = (more: Record<string, unknown>) => ({
    options: { image: `${registry.lockedHost}/shop/api:1.4.2`, insecure: true, ...more },
  })

  checkContract(imageExists, {
    passing: () => image('shop/api:1.4.2', { platform: 'linux/amd64', ageMax: '4 days', signed: true, pinned: true }),
    failing: () => image('shop/api:9.9.9'),
    unverified: () => locked({}),
    unreachable: {
      status: 'unverified',
      case: () => ({ options: { image: '127.0.0.1:1/shop/api:1', insecure: true } }),
    },
    secret: {
      value: 'registry-password-to-hide',
      case: () => locked({ user: registry.user.name, password: registry.user.password, ageMax: '1 day' }),
    },
    mentions: () => ['shop/api:1.4.2', 'linux/amd64'],
    recognises: {
      clear: [
        'Image `registry.internal/shop:1.2` pushed',
        'Image registry.internal/a/b:1 exists',
        'Signed image `ghcr.io/acme/shop:1`',
      ],
      unclear: ['Images pushed', 'Image uploads work', 'Build and push the image `ghcr.io/acme/shop:1`'],
    },
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['shop/api:1.4.2', { ageMax: '2 days' }, 'failed'],
    ['shop/api:1.4.2', { platform: 'linux/arm64' }, 'failed'],
    ['shop/api:1.5.0', { platform: 'linux/arm64', ageMax: '2 days' }, 'passed'],
    ['shop/api:1.5.0', { platform: 'linux/arm64/v8' }, 'passed'],
    ['shop/api:1.5.0', { platform: 'windows/amd64' }, 'failed'],
    ['shop/api:1.5.0', { signed: true }, 'failed'],
    ['shop/none:1', {}, 'failed'],
  ])('%s with %j is %s', async (name, more, status) => {
    expect(await runCheck(imageExists, image(name, more))).toMatchObject({ status })
  })

  it('finds it by digest', async () => {
    expect(await runCheck(imageExists, image(`shop/api@${digest}`, { signed: true }))).toMatchObject({
      status: 'passed',
    })
    expect(await runCheck(imageExists, image(`shop/api@sha256:${'0'.repeat(64)}`))).toMatchObject({ status: 'failed' })
  })

  it('gets a token from its realm, with the right password only', async () => {
    const { name: user, password } = registry.user
    expect(await runCheck(imageExists, locked({ user, password, platform: 'linux/amd64' }))).toMatchObject({
      status: 'passed',
    })
    expect(await runCheck(imageExists, locked({ user, password: 'wrong' }))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('no token was given to us'),
    })
  })

  it('is unverified when its own time is over while the registry hangs', async () => {
    registry.pause()
    try {
      expect(await runCheck(imageExists, image('shop/api:1.4.2', { timeoutMs: 300 }))).toMatchObject({
        status: 'unverified',
        summary: 'the registry did not answer within 300 ms',
      })
    } finally {
      registry.resume()
    }
  })
})
