// Against a real Varnish and a real nginx with proxy_cache, both Debian's.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { freePort } from '../../../test/servers/free-port.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { cdnCache } from './cdn-cache.ts'
import { ended, listening, startSite, type Site } from './nginx.fixture.ts'
import { startWeb, type Web } from './web.fixture.ts'

/** What stands behind the caches. */
const startOrigin = (): Promise<Web> =>
  startWeb((request, response) => {
    const control = request.url?.startsWith('/me') ? 'private, no-store' : 'public, max-age=3600'
    response.writeHead(200, request.url === '/mute' ? {} : { 'cache-control': control }).end(`${Math.random()}`)
  })

const hasVarnish = isProgramThere('varnishd', 'varnish')
if (!hasVarnish) console.warn('SKIPPED: cdn-cache.services.test.ts needs varnish, which could not be installed')
const hasNginx = isProgramThere('nginx', 'nginx-light')
if (!hasNginx) console.warn('SKIPPED: cdn-cache.services.test.ts needs nginx, which could not be installed')

describe.skipIf(!hasVarnish)('a real Varnish', () => {
  let origin: Web
  let varnish: ChildProcess
  let directory = ''
  let url = ''
  beforeAll(async () => {
    origin = await startOrigin()
    directory = mkdtempSync(join(tmpdir(), 'gonogo-varnish-'))
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const flags = ['-F', '-n', directory, '-a', `127.0.0.1:${port}`, '-b', origin.url.slice('http://'.length)]
    const small = ['-s', 'default,8M', '-p', 'vsl_space=4M', '-j', 'none', '-T', 'none']
    varnish = spawn('varnishd', [...flags, ...small], { stdio: 'ignore' })
    await listening(port, varnish)
  })
  afterAll(async () => {
    await ended(varnish)
    await origin.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  const at = (path: string, extra: Record<string, unknown> = {}) =>
    runCheck(cdnCache, { options: { url: `${url}${path}`, ...extra } })

  it('keeps what it should, and nothing private', async () => {
    expect(await at('/app.js', { uncached: ['/me'], maxAgeSecondsMin: 3600 })).toMatchObject({ status: 'passed' })
  })

  it('fails what it keeps and should not, and what it should and does not', async () => {
    expect((await at('/app.js', { uncached: ['/mute'] })).summary).toContain('/mute comes from a cache')
    expect((await at('/me')).summary).toContain('forbids caches to keep it')
  })
})

describe.skipIf(!hasNginx)('proxy_cache of a real nginx', () => {
  let origin: Web
  let site: Site
  beforeAll(async () => {
    origin = await startOrigin()
    site = await startSite(
      `location / { proxy_pass ${origin.url}; proxy_cache kept; add_header X-Cache-Status $upstream_cache_status; }
       location /silent/ { proxy_pass ${origin.url}/; proxy_cache kept; }
       location /off { proxy_pass ${origin.url}; proxy_cache_bypass 1; proxy_no_cache 1; proxy_cache kept;
         add_header X-Cache-Status $upstream_cache_status; }`,
      'proxy_cache_path DIRECTORY/cache keys_zone=kept:1m;',
    )
  })
  afterAll(async () => {
    await site.stop()
    await origin.stop()
  })
  const at = (path: string, extra: Record<string, unknown> = {}) =>
    runCheck(cdnCache, { options: { url: `${site.url}${path}`, ...extra } })

  it('keeps what it should', async () => {
    expect((await at('/app.js', { uncached: ['/me'] })).summary).toContain('x-cache-status: HIT')
  })

  it('fails what it lets by, and cannot tell where no header does', async () => {
    expect((await at('/off/app.js')).summary).toContain('did not come from a cache in 4 requests')
    expect((await at('/silent/app.js')).status).toBe('unverified')
  })
})
