// Options and plans of static sites, and all of a site in a folder: files and links are real everywhere.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { describeTargetInPlace } from '../../test/contracts/target-contract.ts'
import { OutsideError } from '../lib/errors.ts'
import { staticSite } from './static-site.ts'
import { createSite, siteOf, type SiteProject } from './static-site/site.fixture.ts'

const signal = AbortSignal.timeout(60_000)
const served = (project: SiteProject, path = 'version.txt'): string =>
  readFileSync(join(project.directory, 'www/current', path), 'utf8').trim()
const releases = (project: SiteProject): string[] => readdirSync(join(project.directory, 'www/releases')).toSorted()

async function errorOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(OutsideError)
  return (error as OutsideError).toLine()
}

describe('options', () => {
  it('takes its example, and a folder or a bucket but not both or none', () => {
    expect(staticSite.options.safeParse(staticSite.example).success).toBe(true)
    expect(staticSite.options.safeParse(staticSite.failingExample).error?.issues[0]?.message).toContain(
      'a folder and a bucket',
    )
    expect(staticSite.options.safeParse({ source: 'dist' }).error?.issues[0]?.message).toContain('does not say where')
    expect(staticSite.options.safeParse({ folder: 'x', nonsense: 1 }).success).toBe(false)
    expect(staticSite.options.safeParse({ folder: 'x', cdn: { purge: 'ftp://x' } }).success).toBe(false)
  })

  it.each([
    [
      { folder: 'www' },
      ['copy /p/dist to /p/www/releases/v2/site', 'new link to releases/v2/site over /p/www/current'],
    ],
    [
      { bucket: { name: 'shop-site', prefix: 'shop' }, cdn: { cloudfront: 'E1' } },
      [
        's3://shop-site/shop/releases/v2/',
        '**/*.html last',
        'current.json',
        'invalidate /* of CloudFront distribution E1',
      ],
    ],
    [
      { folder: 'www', cdn: { purge: 'http://cdn/{path}', method: 'PURGE', paths: ['/a', '/b'] } },
      ['PURGE http://cdn/a'],
    ],
    [{ folder: 'www', cdn: { command: ['purge-it', 'all of it'] } }, ["purge-it 'all of it'"]],
  ])('a dry-run says what would be done: %j', (given, parts) => {
    const context = { name: 'site', directory: '/p', stateDirectory: '/p/.gonogo', env: {} }
    const text = staticSite.plan(staticSite.options.parse(given), 'v2', context).join('\n')
    for (const part of parts) expect(text).toContain(part)
  })
})

describe('a site in a folder', () => {
  describeTargetInPlace(async () => {
    const project = createSite()
    const target = project.target({ folder: 'www' })
    await target.prepare('v1', signal)
    return { target, serves: async (version) => served(project) === version }
  })

  it('holds every file of the version and nothing else, with paths that stay below it', async () => {
    const project = createSite()
    const target = project.target({ folder: 'www' })
    for (const version of ['v1', 'feature/../../x', '..']) {
      const only = project.target({ folder: 'www', source: version === 'v1' ? 'builds/v1' : 'builds/v2' })
      await only.prepare(version, signal)
      await only.inPlace?.switchTo(version, signal)
      expect(await only.inPlace?.current()).toBe(version)
    }
    expect(releases(project)).toEqual(['%2E.', 'feature%2F..%2F..%2Fx', 'v1'])
    const files = readdirSync(join(project.directory, 'www/releases/v1/site'), { recursive: true, withFileTypes: true })
    expect(files.filter((file) => file.isFile())).toHaveLength(Object.keys(siteOf('v1')).length)
    expect(await target.ready('v1')).toEqual({ healthy: 6, wanted: 6 })
    expect(await target.ready('v3')).toEqual({ healthy: 0, wanted: 1 })
    rmSync(join(project.directory, 'www/releases/v1/site/logo.svg'))
    expect(await target.ready('v1')).toEqual({ healthy: 5, wanted: 6 })
  })

  it('refuses other content under the name of a version, and never looks at the build of what one goes back to', async () => {
    const project = createSite()
    const target = project.target({ folder: 'www' })
    for (const version of ['v1', 'v2']) {
      await target.prepare(version, signal)
      if (version === 'v1') await target.inPlace?.switchTo('v1', signal)
    }
    project.build('v2', { 'index.html': 'built again' })
    const said = await errorOf(target.prepare('v2', signal))
    expect(said).toContain('there already with other content (1 file differs: index.html)')
    expect(said).toContain('releases/v2')
    await target.inPlace?.switchTo('v2', signal)
    rmSync(join(project.directory, 'builds'), { recursive: true })
    await target.prepare('v1', signal)
    await target.prepare('v2', signal)
    await target.inPlace?.switchTo('v1', signal)
    expect(served(project)).toBe('v1')
  })

  it('of two who put a version there at once both are right, and with other content one of them is refused', async () => {
    const project = createSite()
    const one = project.target({ folder: 'www' })
    const two = project.target({ folder: 'www' })
    await Promise.all([one.prepare('v1', signal), two.prepare('v1', signal), one.prepare('v1', signal)])
    expect(releases(project)).toEqual(['v1'])
    const other = project.target({ folder: 'www', source: 'builds/v1' })
    const results = await Promise.allSettled([one.prepare('v2', signal), other.prepare('v2', signal)])
    const refused = results.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(1)
    expect(String((refused[0] as PromiseRejectedResult).reason)).toContain('other content')
    expect(releases(project)).toEqual(['v1', 'v2'])
  })

  it('keeps so many versions, never lets go of the one that serves, and removes what killed copies left', async () => {
    const project = createSite()
    const target = project.target({ folder: 'www', keep: 2, source: 'builds/v1' })
    await target.prepare('v1', signal)
    await target.inPlace?.switchTo('v1', signal)
    mkdirSync(join(project.directory, 'www/releases/.part-elsewhere-1-1-00000000-v9'))
    const left = `.part-${(await import('node:os')).hostname()}-999999-1-00000000-v9`
    mkdirSync(join(project.directory, 'www/releases', left, 'site'), { recursive: true })
    symlinkSync('releases/v9/site', join(project.directory, 'www', `${left}-current`))
    for (const version of ['v2', 'v3', 'v4']) await target.prepare(version, signal)
    expect(releases(project)).toEqual(['.part-elsewhere-1-1-00000000-v9', 'v1', 'v3', 'v4'])
    expect(readdirSync(join(project.directory, 'www')).toSorted()).toEqual(['current', 'releases'])
  })

  it('copies what links inside the site lead to, and refuses links that lead out of it', async () => {
    const project = createSite()
    symlinkSync('index.html', join(project.directory, 'builds/v1/home.html'))
    const target = project.target({ folder: 'www' })
    await target.prepare('v1', signal)
    expect(lstatSync(join(project.directory, 'www/releases/v1/site/home.html')).isFile()).toBe(true)
    symlinkSync('/etc/passwd', join(project.directory, 'builds/v2/secret.html'))
    expect(await errorOf(target.prepare('v2', signal))).toContain('secret.html is neither a file nor a link to a file')
    expect(releases(project)).toEqual(['v1'])
  })

  it.each([
    ['there is no build', () => {}, { source: 'no-such-folder' }, /there is no folder .*no-such-folder \(ENOENT\)/],
    [
      'the docroot is a directory',
      (at: string) => mkdirSync(join(at, 'www/current'), { recursive: true }),
      {},
      /current is a directory, not a link; only a link can be switched/,
    ],
    [
      'the link leads elsewhere',
      (at: string) => {
        mkdirSync(join(at, 'www'))
        symlinkSync('/srv/own', join(at, 'www/current'))
      },
      {},
      /leads to \/srv\/own, which gonogo did not make/,
    ],
    [
      'somebody else has a folder of this name there',
      (at: string) => mkdirSync(join(at, 'www/releases/v1/own'), { recursive: true }),
      {},
      /releases\/v1 is there already, and gonogo did not make it/,
    ],
    ['the folder is a file', (at: string) => writeFileSync(join(at, 'www'), ''), {}, /see that the folder is there/],
  ])('says it when %s', async (_, arrange, options, message) => {
    const project = createSite()
    arrange(project.directory)
    expect(await errorOf(project.target({ folder: 'www', ...options }).prepare('v1', signal))).toMatch(message)
    expect(existsSync(join(project.directory, 'www/releases/v1/site'))).toBe(false)
  })

  it('neither switches to what is not there nor to what somebody changed', async () => {
    const project = createSite()
    const target = project.target({ folder: 'www' })
    await target.prepare('v1', signal)
    await target.inPlace?.switchTo('v1', signal)
    expect(await errorOf(target.inPlace!.switchTo('v2', signal))).toContain('releases/v2 is not there')
    await target.prepare('v2', signal)
    writeFileSync(join(project.directory, 'www/releases/v2/site/index.html'), 'edited')
    expect(await errorOf(target.inPlace!.switchTo('v2', signal))).toContain('is not what was put there: index.html')
    expect(served(project)).toBe('v1')
    // A change that keeps the length is noticed when it is prepared, not by every switch: those are to be instant.
    const index = join(project.directory, 'www/releases/v2/site/index.html')
    writeFileSync(index, siteOf('v2')['index.html']!.replace('v2', 'v9'))
    expect(await errorOf(target.prepare('v2', signal))).toContain('is not what was put there: index.html')
  })

  it('leaves nothing of a copy that is cancelled', async () => {
    const project = createSite()
    project.build(
      'v2',
      Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`many/${at}.txt`, `${at}`.repeat(5000)])),
    )
    const cancel = new AbortController()
    const preparing = project.target({ folder: 'www' }).prepare('v2', cancel.signal)
    setImmediate(() => cancel.abort())
    expect(await errorOf(preparing)).toContain('it was cancelled')
    expect(releases(project)).toEqual([])
  })

  it('the capsule works with a busybox-like mv and with none, refuses a docroot that is no link, and names a version that is gone', async () => {
    const project = createSite()
    const target = project.target({ folder: 'www' })
    await target.prepare('v1', signal)
    const step = target.inPlace!.capsule('v1')
    const current = join(project.directory, 'www/current')
    const bin = join(project.directory, 'bin')
    mkdirSync(bin)
    writeFileSync(
      join(bin, 'mv'),
      '#!/bin/sh\ncase $1 in -T) exit 1 ;; -h) shift; exec /bin/mv -T "$@" ;; esac\nexit 1\n',
    )
    chmodSync(join(bin, 'mv'), 0o755)
    expect(await runCapsuleStep(step, { PATH: `${bin}:${process.env['PATH']}` })).toMatchObject({
      exitCode: 0,
      stderr: '',
    })
    expect(readlinkSync(current)).toBe('releases/v1/site')
    writeFileSync(join(bin, 'mv'), '#!/bin/sh\nexit 1\n')
    const without = await runCapsuleStep(step, { PATH: `${bin}:${process.env['PATH']}` })
    expect([without.exitCode, without.stderr]).toEqual([1, expect.stringContaining('do it by hand: ln -sfn')])
    expect(readdirSync(join(project.directory, 'www')).toSorted()).toEqual(['current', 'releases'])
    rmSync(current)
    mkdirSync(current)
    expect((await runCapsuleStep(step)).stderr).toContain('is not a link')
    expect((await runCapsuleStep(target.inPlace!.capsule('v7'))).stderr).toContain('cannot be served')
  })
})

describe('what stands in front of a site', () => {
  async function web(answer: (url: string, method: string, key: string) => [number, string]) {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers['x-key'] ?? ''}`)
      const [status, body] = answer(request.url ?? '', request.method ?? '', String(request.headers['x-key'] ?? ''))
      response.writeHead(status).end(body)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
  }

  it('a switch is done when visitors see its page, byte for byte, and says what they see instead', async () => {
    const project = createSite()
    const { url } = await web((path) => [200, path === '/stale' ? 'old' : `${served(project, 'index.html')}\n`])
    const right = project.target({ folder: 'www', probe: { url: `${url}/` } })
    await right.prepare('v1', signal)
    await right.inPlace?.switchTo('v1', signal)
    const stale = project.target({ folder: 'www', probe: { url: `${url}/stale`, timeout: '200ms' } })
    expect(await errorOf(stale.inPlace!.switchTo('v1', signal))).toContain(
      'does not show v1: the answer is not its index.html',
    )
    const marked = project.target({ folder: 'www', probe: { url, contains: 'js"></script>{version}' } })
    await marked.inPlace?.switchTo('v1', signal)
  })

  it('asks the CDN for every path with the key of the environment, which the capsule does not hold; and says when it is refused', async () => {
    const project = createSite()
    const { url, asked } = await web((path, _, key) => (key === 'k3y-to-hide' ? [200, ''] : [403, `no ${path}`]))
    const cdn = { purge: `${url}/purge/{path}`, paths: ['/a b', '/c'], secretHeaders: { 'x-key': 'CDN_KEY' } }
    const target = project.target({ folder: 'www', cdn }, { CDN_KEY: 'k3y-to-hide' })
    await target.prepare('v1', signal)
    await target.inPlace?.switchTo('v1', signal)
    expect(asked).toEqual(['POST /purge/a%20b k3y-to-hide', 'POST /purge/c k3y-to-hide'])
    const step = project.target({ folder: 'www', cdn: { ...cdn, paths: ['/c'] } }).inPlace!.capsule('v1')
    expect(JSON.stringify(target.inPlace!.capsule('v1'))).not.toContain('k3y-to-hide')
    expect(await runCapsuleStep(step, { CDN_KEY: 'k3y-to-hide' })).toMatchObject({ exitCode: 0, stderr: '' })
    expect(asked.at(-1)).toBe('POST /purge/c k3y-to-hide')
    expect(await runCapsuleStep(step)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('set CDN_KEY') })
    const refused = project.target({ folder: 'www', cdn }, { CDN_KEY: 'other' })
    expect(await errorOf(refused.inPlace!.switchTo('v1', signal))).toContain('answered 403: no /purge/a%20b')
    expect(await errorOf(project.target({ folder: 'www', cdn }).inPlace!.switchTo('v1', signal))).toContain(
      'CDN_KEY is not set',
    )
  })

  it('runs the command that empties the cache, and says when there is none', async () => {
    const project = createSite()
    const note = join(project.directory, 'emptied')
    const target = project.target({ folder: 'www', cdn: { command: ['touch', note] } })
    await target.prepare('v1', signal)
    await target.inPlace?.switchTo('v1', signal)
    expect(existsSync(note)).toBe(true)
    const missing = project.target({ folder: 'www', cdn: { command: ['no-such-purger'] } })
    expect(await errorOf(missing.inPlace!.switchTo('v1', signal))).toContain('cannot run no-such-purger')
  })
})
