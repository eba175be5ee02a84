import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { hasOpenssl, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { staticSite } from './static-site.ts'

const TOKEN = 'site-very-secret'
let directory = ''
let server: JsonApi
let hostile: HostileServer
/** Files that the server has; what it has not is answered by `fallback`. */
let published: Record<string, string> = {}
let fallback: 'missing' | 'page' | 'broken' = 'missing'

const PAGE = `<!doctype html><link rel="stylesheet" href="/css/a.css"><link rel="canonical" href="/elsewhere">
<script src="js/a.js?v=1"></script><img srcset="img/1.png 1x, img/2.png 2x" src="https://others.test/x.png">
<!-- <script src="gone.js"></script> --><a href="/route">a route</a><a href="terms.pdf">terms</a>`
const FILES = {
  'index.html': PAGE,
  'css/a.css': 'a{}',
  'js/a.js': '1',
  'img/1.png': '1',
  'img/2.png': '2',
  'terms.pdf': '%PDF',
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-site-'))
  server = await startJsonApi(({ url }) => {
    const body = published[url.pathname.slice(1)]
    if (body !== undefined) return { body }
    if (fallback === 'broken') return { status: 503, body: 'no' }
    return fallback === 'page' ? { body: PAGE } : { status: 404, body: 'no' }
  })
  hostile = await startHostile()
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(join(directory, 'dist', path, '..'), { recursive: true })
    writeFileSync(join(directory, 'dist', path), text)
  }
  writeFileSync(join(directory, 'dist', 'js', 'a.js.map'), 'not published')
})
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true })
  await server.stop()
  await hostile.stop()
})

const given = (files: Record<string, string>, options: object = {}, otherwise: typeof fallback = 'missing') => {
  published = files
  fallback = otherwise
  return { options: { url: server.url, ...options }, context: { directory } }
}
const ask = (...args: Parameters<typeof given>) => runCheck(staticSite, given(...args))
const without = (path: keyof typeof FILES): Record<string, string> =>
  Object.fromEntries(Object.entries(FILES).filter(([name]) => name !== path))
const at = (name: string) => ({ options: { url: `${hostile.url}/${name}` } })

checkContract(staticSite, {
  passing: () => given(FILES, { build: 'dist', files: ['terms.pdf'] }),
  failing: () => given(without('js/a.js')),
  unverified: () => given(FILES, { build: 'no-such-build' }),
  slow: () => ({ options: { url: `${hostile.url}/silent` } }),
  unreachable: { status: 'failed', case: () => ({ options: { url: 'http://127.0.0.1:1' } }) },
  hostile: {
    ...Object.fromEntries(
      ['endless', 'redirects', '500', '401'].map((name) => [
        name,
        { status: 'unverified' as const, case: () => at(name) },
      ]),
    ),
    'no HTTP': { status: 'unverified', case: () => ({ options: { url: hostile.garbageUrl } }) },
    'a page that leads out of its folder': {
      status: 'failed',
      case: () => {
        mkdirSync(join(directory, 'evil'), { recursive: true })
        writeFileSync(join(directory, 'evil', 'index.html'), '<script src="%2e%2e%2f%2e%2e%2fetc%2fpasswd"></script>')
        return { options: { folder: 'evil' }, context: { directory } }
      },
    },
    ...(hasOpenssl()
      ? {
          'a certificate that nobody trusts': {
            status: 'unverified' as const,
            case: () => ({ options: { url: hostile.tlsUrl } }),
          },
        }
      : {}),
  },
  secret: {
    value: TOKEN,
    case: () => given(without('js/a.js'), { url: server.url.replace('//', `//me:${TOKEN}@`), token: TOKEN }),
  },
  mentions: () => [server.url, 'index.html', 'dist', 'terms.pdf'],
})

describe('static-site', () => {
  it('follows what the page refers to on its own site, and nothing else', async () => {
    expect(await ask(without('img/2.png'))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('img/2.png is missing: answered 404'),
    })
    expect((await ask(FILES)).measurements[0]).toEqual({ name: 'files', value: 6, unit: 'count' })
    expect((await ask(without('js/a.js'), { references: false })).status).toBe('passed')
  })

  it('does not take the page for a file that is missing', async () => {
    expect((await ask(without('js/a.js'), {}, 'page')).summary).toContain(
      'js/a.js is missing: index.html comes in its place',
    )
  })

  it('compares with the build, byte by byte, but for what is not published', async () => {
    expect((await ask({ ...FILES, 'css/a.css': 'b{}' }, { build: 'dist' })).summary).toContain(
      'css/a.css is not the one of the build',
    )
    expect((await ask(FILES, { build: 'dist', ignored: ['*.none'] })).summary).toContain('js/a.js.map is missing')
  })

  it('takes a server in trouble for unknown, and an empty file for missing', async () => {
    expect((await ask(without('js/a.js'), {}, 'broken')).status).toBe('unverified')
    expect((await ask({ ...FILES, 'js/a.js': '' })).summary).toContain('js/a.js is empty')
  })

  it('looks into a folder as well', async () => {
    cpSync(join(directory, 'dist'), join(directory, 'www'), { recursive: true })
    const folder = { url: undefined, folder: 'www', build: 'dist' }
    expect((await ask({}, folder)).status).toBe('passed')
    expect(readFileSync(join(directory, 'www', 'js', 'a.js'), 'utf8')).toBe('1')
    rmSync(join(directory, 'www', 'js', 'a.js'))
    expect((await ask({}, folder)).summary).toContain('js/a.js is missing')
  })
})
