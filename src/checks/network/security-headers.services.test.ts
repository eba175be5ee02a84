// Against a real nginx, Debian's: what `add_header` and `server_tokens` make of the headers, over https.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { startSite, type Site } from './nginx.fixture.ts'
import { securityHeaders } from './security-headers.ts'

const installed = isProgramThere('nginx', 'nginx-light')
if (!installed) console.warn('SKIPPED: security-headers.services.test.ts needs nginx, which could not be installed')

const HEADERS = `add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
  add_header Content-Security-Policy "default-src 'self'; frame-ancestors 'none'" always;
  add_header X-Content-Type-Options nosniff always;
  add_header Referrer-Policy strict-origin-when-cross-origin always;`

describe.skipIf(!installed)('security-headers of a real nginx', () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite(`
      location / { server_tokens off; ${HEADERS} return 200 'shop'; }
      location /telling { ${HEADERS} return 200 'shop'; }
      location /bare { server_tokens off; return 200 'shop'; }
      location /limited { deny all; }`)
  })
  afterAll(() => site.stop())

  const at = (path: string) =>
    runCheck(securityHeaders, {
      options: { url: `${site.tlsUrl}${path}`, caFile: 'cert.pem' },
      context: { directory: site.directory },
    })

  it('passes a site that sends them all', async () => {
    expect(await at('/')).toMatchObject({ status: 'passed' })
  })

  it('fails where its version is told, and where nothing is sent', async () => {
    expect((await at('/telling')).summary).toMatch(/: server tells a version: nginx\/\d/)
    expect((await at('/bare')).summary).toContain(
      'Strict-Transport-Security is missing; Content-Security-Policy is missing',
    )
  })

  it('says nothing of a page that it may not see, or where nobody trusts the certificate', async () => {
    expect((await at('/limited')).status).toBe('unverified')
    expect((await runCheck(securityHeaders, { options: { url: site.tlsUrl } })).status).toBe('unverified')
  })
})
