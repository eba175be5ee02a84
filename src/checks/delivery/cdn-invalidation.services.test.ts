// A real cache in the place of a CDN: Debian's nginx, which keeps copies of an origin of this test for three seconds.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { freePort } from '../../../test/servers/free-port.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { poll } from '../../lib/deadline.ts'
import { cdnInvalidation } from './cdn-invalidation.ts'

const installed = isProgramThere('nginx', 'nginx-light')
if (!installed) console.warn('SKIPPED: cdn-invalidation.services.test.ts needs nginx, which could not be installed')

describe.skipIf(!installed)('cdn-invalidation behind a real cache', () => {
  let origin: JsonApi
  let cache: ChildProcess
  let directory = ''
  let url = ''
  let version = 'v1'

  beforeAll(async () => {
    origin = await startJsonApi(() => ({ body: `shop ${version}`, headers: { 'content-type': 'text/plain' } }))
    directory = mkdtempSync(join(tmpdir(), 'gonogo-cdn-'))
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${directory}/${name};`)
      .join(' ')
    writeFileSync(
      join(directory, 'nginx.conf'),
      `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${directory}/pid; error_log ${directory}/error.log;
events {}
http {
  ${temporary} access_log off;
  proxy_cache_path ${directory}/copies keys_zone=copies:1m;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass ${origin.url}; proxy_cache copies; proxy_cache_valid 200 3s; add_header x-cache-status $upstream_cache_status; }
    location = /alive { return 204; }
  }
}
`,
    )
    cache = spawn('nginx', ['-p', directory, '-e', `${directory}/error.log`, '-c', join(directory, 'nginx.conf')], {
      stdio: 'ignore',
    })
    process.once('exit', () => cache.kill('SIGTERM'))
    const isUp = async (): Promise<true | null> => ((await fetch(`${url}/alive`).catch(() => null)) ? true : null)
    if ((await poll(isUp, { everyMs: 50, timeoutMs: 20_000 })) === null) throw new Error('nginx did not start')
  }, 60_000)
  afterAll(async () => {
    const gone = once(cache, 'exit')
    cache.kill('SIGTERM')
    await gone
    await origin.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const ask = (options: object) => runCheck(cdnInvalidation, { options: { url, origin: origin.url, ...options } })

  it('sees the old copy, and then the new content', async () => {
    expect((await ask({})).status).toBe('passed')
    // The copy of this moment is kept for a while after the release.
    await fetch(`${url}/kept`)
    version = 'v2'
    expect(await ask({ paths: ['/kept'] })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('not what the origin has (x-cache-status HIT'),
    })
    expect(await ask({ paths: ['/kept'], withinMs: '30 s', everyMs: 100, marker: 'v2' })).toMatchObject({
      status: 'passed',
    })
  })
})
