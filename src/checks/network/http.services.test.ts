// Against a real nginx, Debian's: headers, JSON, basic authentication, a dead upstream, a large file
// cut by its first bytes; and a sequence that logs in.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { http } from './http.ts'
import { httpSequence } from './http-sequence.ts'
import { startSite, type Site } from './nginx.fixture.ts'

const PASSWORD = 'canary-of-nginx'
const installed = isProgramThere('nginx', 'nginx-light')
if (!installed) console.warn('SKIPPED: http.services.test.ts needs nginx, which could not be installed')

describe.skipIf(!installed)('a real nginx', () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite(`
      location = /health { default_type application/json; add_header X-Build v12; return 200 '{"queue":{"depth":7}}'; }
      location = /private { auth_basic shop; auth_basic_user_file DIRECTORY/users; try_files /none @in; }
      location @in { return 200 'in'; }
      location = /dead { proxy_pass http://127.0.0.1:1; }
      location = /login { add_header Set-Cookie "sid=${PASSWORD}; Path=/; Secure; HttpOnly"; return 302 /home; }
      location = /home { if ($cookie_sid != ${PASSWORD}) { return 401; } return 200 'welcome'; }
      location / { root DIRECTORY; }`)
    const hash = createHash('sha1').update(PASSWORD).digest('base64')
    writeFileSync(join(site.directory, 'users'), `ops:{SHA}${hash}\n`)
    writeFileSync(join(site.directory, 'large'), Buffer.alloc(3 << 20, 'x'))
  })
  afterAll(() => site.stop())

  const at = (path: string, extra: Record<string, unknown> = {}) =>
    runCheck(http, {
      options: { url: `${site.tlsUrl}${path}`, caFile: 'cert.pem', ...extra },
      context: { directory: site.directory },
    })

  it('answers as it should', async () => {
    const wanted = { responseHeaders: { 'x-build': { matches: '^v\\d+$' }, server: { contains: 'nginx' } } }
    expect(await at('/health', { ...wanted, json: { 'queue.depth': { max: 10 } } })).toMatchObject({ status: 'passed' })
    expect((await at('/health', { json: { 'queue.depth': { max: 5 } } })).summary).toContain('queue.depth is 7')
    expect((await at('/dead')).summary).toContain('answered 502')
    expect((await at('/large', { bodyContains: 'y' })).status).toBe('unverified')
  })

  it('lets in who has the password, and shows it to nobody', async () => {
    const asked = site.tlsUrl.replace('//', `//ops:${PASSWORD}@`)
    const outcome = await at('/', { url: `${asked}/private` })
    expect(outcome.status).toBe('passed')
    expect(JSON.stringify(outcome)).not.toContain(PASSWORD)
    expect((await at('/private')).status).toBe('failed')
  })

  it('keeps the cookie of a login through a sequence', async () => {
    const steps = [
      { name: 'log in', url: '/login', followRedirects: true, bodyContains: 'welcome' },
      { name: 'call', url: '/home' },
    ]
    const run = (chosen: unknown[]) =>
      runCheck(httpSequence, {
        options: { url: site.tlsUrl, caFile: 'cert.pem', steps: chosen },
        context: { directory: site.directory },
      })
    expect((await run(steps)).status).toBe('passed')
    const outcome = await run([steps[0], { ...steps[1], status: 204 }])
    expect(outcome.summary).toContain('step 2 of 2, call')
    expect(JSON.stringify(outcome)).not.toContain(PASSWORD)
    expect((await run([steps[1]])).summary).toContain('answered 401')
  })
})
