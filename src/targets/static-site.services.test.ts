// Sites against the real thing: nginx over the link under load, a bucket and a CDN of moto, disks that fill up, processes that are killed.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { describeTargetInPlace } from '../../test/contracts/target-contract.ts'
import { freePort } from '../../test/servers/free-port.ts'
import { motoFolder, startMoto, type MotoServer } from '../../test/servers/moto.ts'
import { isProgramThere } from '../../test/servers/packages.ts'
import { poll } from '../lib/deadline.ts'
import { OutsideError } from '../lib/errors.ts'
import { startSignatureCheck } from './static-site/signature-check.fixture.ts'
import { createSite, siteOf, type SiteProject } from './static-site/site.fixture.ts'
import type { Target } from './target.ts'

const signal = AbortSignal.timeout(280_000)
const AWS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret-to/hide+it' }

async function errorOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(OutsideError)
  return (error as OutsideError).toLine()
}

/** A process that puts v2 there, as gonogo would; to be killed. */
function preparing(project: SiteProject, options: Record<string, unknown>): ChildProcess {
  const kind = fileURLToPath(new URL('static-site.ts', import.meta.url))
  const script = `const { staticSite } = await import(process.argv[1])
    const [, , given, directory] = process.argv
    const target = staticSite.create(staticSite.options.parse(JSON.parse(given)), { name: 'site', directory, stateDirectory: directory, env: {} })
    await target.prepare('v2', AbortSignal.timeout(200000))`
  const given = JSON.stringify({ source: 'builds/{version}', ...options })
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, kind, given, project.directory], {
    stdio: 'ignore',
    env: { ...process.env, ...AWS },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  expect((await gone)[1]).toBe('SIGKILL')
}

/** A build of so many files, of which each says what it is. */
function large(project: SiteProject, files: number, bytes: number): void {
  project.build(
    'v2',
    Object.fromEntries(Array.from({ length: files }, (_, at) => [`many/${at}.txt`, `${at}:`.padEnd(bytes, 'x')])),
  )
}

const nginx = isProgramThere('nginx', 'nginx-light') || spawnSync('nginx', ['-v']).status === 0
if (!nginx) console.warn('SKIPPED: static-site behind nginx: there is no nginx and it could not be installed')

describe.skipIf(!nginx)('a folder behind nginx', () => {
  async function web(project: SiteProject): Promise<string> {
    const port = await freePort()
    const file = join(project.directory, 'nginx.conf')
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${project.directory}/${name};`)
      .join(' ')
    const user = process.getuid?.() === 0 ? 'user root;' : ''
    writeFileSync(
      file,
      `daemon off; ${user} worker_processes 2; pid ${project.directory}/pid; error_log ${project.directory}/error.log;
       events {} http { ${temporary} access_log off; server { listen 127.0.0.1:${port}; root ${project.directory}/www/current; } }`,
    )
    const server = spawn('nginx', ['-e', `${project.directory}/error.log`, '-c', file], { stdio: 'ignore' })
    onTestFinished(async () => {
      const gone = once(server, 'exit')
      server.kill('SIGTERM')
      await gone
    })
    const url = `http://127.0.0.1:${port}`
    const answers = () =>
      fetch(url).then(
        () => true,
        () => null,
      )
    expect(await poll(answers, { everyMs: 20, timeoutMs: 20_000 })).toBe(true)
    return url
  }

  it('loses no request and mixes no answers through 20 switches and back under load, every one seen from outside', async () => {
    const project = createSite()
    // Large enough that an answer is sent in several pieces.
    for (const version of ['v1', 'v2']) project.build(version, { 'large.txt': version.repeat(200_000) })
    const first = project.target({ folder: 'www' })
    for (const version of ['v1', 'v2']) await first.prepare(version, signal)
    await first.inPlace?.switchTo('v1', signal)
    const url = await web(project)
    const target = project.target({ folder: 'www', probe: { url: `${url}/`, times: 3 } })
    const pool = new Pool(url, { connections: 16 })
    let asked = 0
    const wrong: string[] = []
    const over = new AbortController()
    const client = async (path: string, right: (text: string) => boolean): Promise<void> => {
      while (!over.signal.aborted) {
        asked++
        const answer = await pool.request({ path, method: 'GET' }).catch((error: unknown) => String(error))
        if (typeof answer === 'string') wrong.push(answer)
        else if (!right(await answer.body.text()) || answer.statusCode !== 200)
          wrong.push(`${path} ${answer.statusCode}`)
      }
    }
    const clients = [
      ...Array.from({ length: 12 }, () => client('/version.txt', (text) => text === 'v1\n' || text === 'v2\n')),
      ...Array.from({ length: 4 }, () =>
        client('/large.txt', (text) => text === 'v1'.repeat(200_000) || text === 'v2'.repeat(200_000)),
      ),
    ]
    const tookMs: number[] = []
    for (let round = 0; round < 20; round++)
      for (const version of ['v2', 'v1']) {
        const before = asked
        const startedAt = performance.now()
        await target.inPlace?.switchTo(version, signal)
        tookMs.push(performance.now() - startedAt)
        expect(await poll(() => asked > before + 500 || null, { everyMs: 5, timeoutMs: 20_000 })).toBe(true)
      }
    over.abort()
    await Promise.all(clients)
    await pool.close()
    const [median = 0, slowest = 0] = [tookMs.toSorted((a, b) => a - b)[20], Math.max(...tookMs)]
    console.info(
      `static-site: ${asked} requests through 40 switches, ${wrong.length} wrong; a switch and its probes ${median.toFixed(0)} ms, at most ${slowest.toFixed(0)} ms`,
    )
    expect(wrong).toEqual([])
  })

  it('the capsule switches under load too', async () => {
    const project = createSite()
    const target = project.target({ folder: 'www' })
    for (const version of ['v1', 'v2']) {
      await target.prepare(version, signal)
      await target.inPlace?.switchTo(version, signal)
    }
    const url = await web(project)
    expect(await runCapsuleStep(target.inPlace!.capsule('v1'))).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await (await fetch(`${url}/version.txt`)).text()).toBe('v1\n')
  })
})

describe('a folder when things break', () => {
  it('a copy that is killed leaves no version, and the next call makes it and clears up', async () => {
    const project = createSite()
    large(project, 3000, 20_000)
    const child = preparing(project, { folder: 'www' })
    const releases = join(project.directory, 'www/releases')
    const begun = () => (existsSync(releases) && readdirSync(releases, { recursive: true }).length > 100) || null
    expect(await poll(begun, { everyMs: 2, timeoutMs: 60_000 })).toBe(true)
    await killed(child)
    expect(readdirSync(releases)).toEqual([expect.stringMatching(/^\.part-/)])
    const target = project.target({ folder: 'www' })
    expect(await target.ready('v2')).toEqual({ healthy: 0, wanted: 1 })
    await target.prepare('v2', signal)
    expect(readdirSync(releases)).toEqual(['v2'])
    expect(await target.ready('v2')).toEqual({ healthy: 3006, wanted: 3006 })
  })

  const isRoot = process.getuid?.() === 0
  const disk = mkdtempSync(join(tmpdir(), 'gonogo-small-disk-'))
  const mounted = isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]).status === 0
  afterAll(() => {
    if (mounted) spawnSync('umount', [disk])
    rmSync(disk, { recursive: true, force: true })
  })
  if (!mounted) console.warn('SKIPPED: static-site on a full disk: only root can mount one')

  it.skipIf(!mounted)('a full disk is said, and is not left fuller; what serves goes on', async () => {
    const project = createSite()
    large(project, 300, 20_000)
    const target = project.target({ folder: disk })
    await target.prepare('v1', signal)
    await target.inPlace?.switchTo('v1', signal)
    expect(await errorOf(target.prepare('v2', signal))).toMatch(
      /cannot put v2 there: ENOSPC; the disk is full: make room/,
    )
    expect(readdirSync(join(disk, 'releases'))).toEqual(['v1'])
    expect(readFileSync(join(disk, 'current/version.txt'), 'utf8')).toBe('v1\n')
  })
})

const sdk = await import('@aws-sdk/client-s3').catch(() => null)
const moto = sdk ? motoFolder() : null
if (!moto)
  console.warn(
    `SKIPPED: static-site in a bucket needs ${sdk ? 'moto[server], which could not be installed' : '@aws-sdk/client-s3'}`,
  )

describe.skipIf(!moto)('a site in a bucket', () => {
  let server: MotoServer
  let buckets = 0
  beforeAll(async () => {
    server = await startMoto(moto ?? '')
  })
  afterAll(() => server.stop())

  const client = () =>
    new sdk!.S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: AWS.AWS_ACCESS_KEY_ID, secretAccessKey: 'x' },
    })

  /** A bucket that anybody may read, as websites have. */
  async function bucketOptions(
    more: Record<string, unknown> = {},
  ): Promise<Record<string, unknown> & { name: string }> {
    const name = `site-${++buckets}`
    await client().send(new sdk!.CreateBucketCommand({ Bucket: name, ACL: 'public-read' }))
    const keys = { accessKeyId: AWS.AWS_ACCESS_KEY_ID, secretAccessKey: AWS.AWS_SECRET_ACCESS_KEY }
    return { name, endpoint: server.endpoint, ...keys, ...more }
  }

  async function read(bucket: string, key: string): Promise<string | null> {
    try {
      const { Body } = await client().send(new sdk!.GetObjectCommand({ Bucket: bucket, Key: key }))
      return (await Body?.transformToString()) ?? null
    } catch {
      return null
    }
  }

  async function keysOf(bucket: string): Promise<string[]> {
    const { Contents = [] } = await client().send(new sdk!.ListObjectsV2Command({ Bucket: bucket }))
    return Contents.map(({ Key = '' }) => Key)
  }

  const isServed = async (bucket: string, version: string, prefix = ''): Promise<boolean> => {
    const found = await Promise.all(Object.keys(siteOf(version)).map((path) => read(bucket, prefix + path)))
    return JSON.stringify(found) === JSON.stringify(Object.values(siteOf(version)))
  }

  async function opened(more: Record<string, unknown> = {}, besides: Record<string, unknown> = {}) {
    const project = createSite()
    const bucket = await bucketOptions(more)
    const target = project.target({ bucket, ...besides })
    return { project, bucket, target, name: bucket.name }
  }

  describeTargetInPlace(async () => {
    const { target, name } = await opened({ prefix: '/shop/' })
    await target.prepare('v1', signal)
    return { target, env: AWS, serves: (version) => isServed(name, version, 'shop/') }
  })

  it('gives files their types and says how long they are kept; pages of the other version go, scripts stay', async () => {
    const { project, target, name } = await opened()
    project.build('v1', { 'old/index.html': 'only in v1' })
    for (const version of ['v1', 'v2']) {
      await target.prepare(version, signal)
      await target.inPlace?.switchTo(version, signal)
    }
    const headersOf = async (key: string) => {
      const { ContentType, CacheControl } = await client().send(new sdk!.HeadObjectCommand({ Bucket: name, Key: key }))
      return [ContentType, CacheControl]
    }
    expect(await headersOf('index.html')).toEqual(['text/html; charset=utf-8', 'no-cache'])
    expect(await headersOf('assets/app-77ab12ef.js')).toEqual([
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ])
    expect(await headersOf('logo.svg')).toEqual(['image/svg+xml', 'public, max-age=0, must-revalidate'])
    expect(await read(name, 'old/index.html')).toBeNull()
    expect(await read(name, 'assets/app-3f9d0c1a.js')).toBe('// v1\n')
    await target.inPlace?.switchTo('v1', signal)
    expect(await read(name, 'old/index.html')).toBe('only in v1')
  })

  it('no page ever refers to a script that is not there, through switches under readers', async () => {
    const { target, name } = await opened()
    for (const version of ['v1', 'v2']) await target.prepare(version, signal)
    await target.inPlace?.switchTo('v1', signal)
    const over = new AbortController()
    let looked = 0
    const missing: string[] = []
    const reader = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const page = (await read(name, 'index.html')) ?? 'no page'
        const script = /src="\/([^"]+)"/.exec(page)?.[1] ?? ''
        if ((await read(name, script)) === null) missing.push(page)
        looked++
      }
    }
    const readers = [reader(), reader(), reader()]
    for (let round = 0; round < 10; round++)
      for (const version of ['v2', 'v1']) {
        await target.inPlace?.switchTo(version, signal)
        const before = looked
        expect(await poll(() => looked > before + 3 || null, { everyMs: 5, timeoutMs: 30_000 })).toBe(true)
      }
    over.abort()
    await Promise.all(readers)
    expect(missing).toEqual([])
  })

  it('an upload that is killed leaves no version, and goes on where it was', async () => {
    const { project, bucket, target, name } = await opened({ atOnce: 2 })
    large(project, 150, 2000)
    const child = preparing(project, { bucket })
    expect(await poll(async () => (await keysOf(name)).length > 30 || null, { everyMs: 100, timeoutMs: 60_000 })).toBe(
      true,
    )
    await killed(child)
    const arrived = (await keysOf(name)).length
    expect(arrived).toBeLessThan(150)
    expect(await target.ready('v2')).toEqual({ healthy: 0, wanted: 1 })
    const modified = async () =>
      new Map(
        ((await client().send(new sdk!.ListObjectsV2Command({ Bucket: name }))).Contents ?? []).map(
          ({ Key, LastModified }) => [Key, LastModified?.getTime()],
        ),
      )
    const before = await modified()
    await target.prepare('v2', signal)
    const after = await modified()
    expect([...before].filter(([key, at]) => after.get(key) !== at)).toEqual([])
    await target.inPlace?.switchTo('v2', signal)
    expect(await read(name, 'many/149.txt')).toBe('149:'.padEnd(2000, 'x'))
  })

  it('a switch that is cut off is no switch, and is finished by the next call', async () => {
    const { target, name, project } = await opened({ atOnce: 1 })
    large(project, 60, 10)
    for (const version of ['v1', 'v2']) await target.prepare(version, signal)
    await target.inPlace?.switchTo('v1', signal)
    const cancel = new AbortController()
    const switching = target.inPlace!.switchTo('v2', cancel.signal)
    expect(
      await poll(async () => (await read(name, 'many/0.txt')) !== null || null, { everyMs: 5, timeoutMs: 30_000 }),
    ).toBe(true)
    cancel.abort()
    expect(await errorOf(switching)).toContain('it was cancelled')
    expect(await target.inPlace?.current()).toBe('v1')
    await target.inPlace?.switchTo('v1', signal)
    expect(await isServed(name, 'v1')).toBe(true)
    await target.inPlace?.switchTo('v2', signal)
    expect([await target.inPlace?.current(), await isServed(name, 'v2')]).toEqual(['v2', true])
  })

  it('refuses other content under the name of a version, and keeps so many', async () => {
    const { project, target, name } = await opened({}, { keep: 2 })
    await target.prepare('v1', signal)
    await target.inPlace?.switchTo('v1', signal)
    for (const version of ['v2', 'v3', 'v4']) {
      project.build(version, { ...siteOf('v2'), [`own-${version}.txt`]: version })
      await target.prepare(version, signal)
      await target.inPlace?.switchTo(version, signal)
    }
    expect([
      (await target.ready('v1')).healthy,
      (await target.ready('v2')).healthy,
      (await target.ready('v3')).healthy,
    ]).toEqual([0, 0, 1])
    const keys = await keysOf(name)
    expect(
      keys.filter((key) => key.startsWith('releases/v1/') || key.includes('3f9d0c1a') || key === 'own-v2.txt'),
    ).toEqual([])
    expect(keys).toContain('own-v3.txt')
    project.build('v5', siteOf('v1'))
    await target.prepare('v5', signal)
    project.build('v5', { 'index.html': 'again' })
    expect(await errorOf(target.prepare('v5', signal))).toContain(
      'version v5 is there already with other content (1 file differs: index.html)',
    )
  })

  it('of two who put other content there at once none is mixed with the other', async () => {
    const { project, bucket } = await opened()
    const targets: Target[] = ['builds/v1', 'builds/v2'].map((source) => project.target({ bucket, source }))
    const results = await Promise.allSettled(targets.map((target) => target.prepare('next', signal)))
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1)
    await targets[0]?.inPlace?.switchTo('next', signal)
    const served = await Promise.all([isServed(bucket.name, 'v1'), isServed(bucket.name, 'v2')])
    expect(served.filter(Boolean)).toHaveLength(1)
  })

  it('the capsule signs what it asks, holds no key, and says what it needs', async () => {
    const check = await startSignatureCheck(server.endpoint, AWS.AWS_SECRET_ACCESS_KEY)
    const { target, name } = await opened({ endpoint: check.endpoint })
    for (const version of ['v1', 'v2']) {
      await target.prepare(version, signal)
      await target.inPlace?.switchTo(version, signal)
    }
    const step = target.inPlace!.capsule('v1')
    expect(JSON.stringify(step)).not.toMatch(/secret-to|AKIDEXAMPLE/)
    check.passed.length = 0
    expect(await runCapsuleStep(step, AWS)).toMatchObject({ exitCode: 0, stderr: '' })
    const asked = [...check.passed]
    expect([await isServed(name, 'v1'), await target.inPlace?.current()]).toEqual([true, 'v1'])
    expect(asked.at(-1)).toBe(`PUT /${name}/releases/current.json`)
    expect(asked).not.toContainEqual(expect.stringContaining('3f9d0c1a'))
    const forged = await runCapsuleStep(step, { ...AWS, AWS_SECRET_ACCESS_KEY: 'wrong' })
    expect([forged.exitCode, forged.stderr]).toEqual([1, expect.stringContaining('are the credentials right')])
    expect((await runCapsuleStep(step)).stderr).toContain('set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
    // What the capsule did is gone over by the next switch: pages of v2 that v1 has not are removed then.
    await target.inPlace?.switchTo('v2', signal)
    expect(await isServed(name, 'v2')).toBe(true)
  })

  it('asks again where the server is busy, and sends files that are not held in memory', async () => {
    let asked = 0
    const check = await startSignatureCheck(server.endpoint, AWS.AWS_SECRET_ACCESS_KEY, () => asked++ % 4 === 0)
    const { project, target, name } = await opened({ endpoint: check.endpoint, atOnce: 3 })
    const content = 'x'.repeat(9 << 20)
    project.build('v2', { 'large.bin': content })
    for (const version of ['v1', 'v2']) {
      await target.prepare(version, signal)
      await target.inPlace?.switchTo(version, signal)
    }
    expect([await isServed(name, 'v2'), (await read(name, 'large.bin')) === content]).toEqual([true, true])
  })

  it('invalidates a CloudFront distribution and waits for it; the capsule asks for it too', async () => {
    const cloudfront = await import('@aws-sdk/client-cloudfront')
    const keys = { accessKeyId: AWS.AWS_ACCESS_KEY_ID, secretAccessKey: AWS.AWS_SECRET_ACCESS_KEY }
    // The client writes into what it is given.
    const credentials = { ...keys }
    const cdn = new cloudfront.CloudFrontClient({ endpoint: server.endpoint, region: 'us-east-1', credentials })
    const { Distribution } = await cdn.send(
      new cloudfront.CreateDistributionCommand({
        DistributionConfig: {
          CallerReference: 'one',
          Comment: '',
          Enabled: true,
          Origins: {
            Quantity: 1,
            Items: [{ Id: 'o', DomainName: 'site.s3.amazonaws.com', S3OriginConfig: { OriginAccessIdentity: '' } }],
          },
          DefaultCacheBehavior: {
            TargetOriginId: 'o',
            ViewerProtocolPolicy: 'allow-all',
            TrustedSigners: { Enabled: false, Quantity: 0 },
          },
        },
      }),
    )
    const id = Distribution?.Id ?? ''
    const project = createSite()
    const options = { cloudfront: id, endpoint: server.endpoint, paths: ['/*', '/a&b'], ...keys }
    const target = project.target({ folder: 'www', cdn: options })
    await target.prepare('v1', signal)
    await target.inPlace?.switchTo('v1', signal)
    const listed = async () =>
      (await cdn.send(new cloudfront.ListInvalidationsCommand({ DistributionId: id }))).InvalidationList?.Items ?? []
    expect((await listed()).map(({ Status }) => Status)).toEqual(['COMPLETED'])
    expect(await runCapsuleStep(target.inPlace!.capsule('v1'), AWS)).toMatchObject({ exitCode: 0, stderr: '' })
    const ids = (await listed()).map(({ Id }) => Id)
    expect(ids).toHaveLength(2)
    const paths = await Promise.all(
      ids.map(async (Id) => {
        const got = await cdn.send(new cloudfront.GetInvalidationCommand({ DistributionId: id, Id }))
        return got.Invalidation?.InvalidationBatch?.Paths?.Items
      }),
    )
    expect(paths).toEqual([
      ['/*', '/a&b'],
      ['/*', '/a&b'],
    ])
  })

  it.each([
    ['there is no such bucket', { name: 'no-such-bucket' }, /NoSuchBucket/],
    ['nobody answers', { endpoint: 'http://127.0.0.1:1' }, /ECONNREFUSED/],
  ])('says in one line that %s', async (_, more, message) => {
    const { target } = await opened(more)
    const said = await errorOf(target.prepare('v1', signal))
    expect(said).toMatch(message)
    expect(said).not.toContain(AWS.AWS_SECRET_ACCESS_KEY)
  })
})
