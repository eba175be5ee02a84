// Against a real nginx, Debian's: a list of origins by `map`, and the origin echoed as examples have it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { cors } from './cors.ts'
import { startSite, type Site } from './nginx.fixture.ts'

const installed = isProgramThere('nginx', 'nginx-light')
if (!installed) console.warn('SKIPPED: cors.services.test.ts needs nginx, which could not be installed')

const GRANT = (origin: string): string => `
  add_header Access-Control-Allow-Origin ${origin} always;
  add_header Access-Control-Allow-Credentials true always;
  add_header Access-Control-Allow-Methods "GET, PUT" always;
  add_header Access-Control-Allow-Headers "authorization" always;`

describe.skipIf(!installed)('CORS of a real nginx', () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite(
      `location /list { ${GRANT('$listed')} if ($request_method = OPTIONS) { ${GRANT('$listed')} return 204; } return 200 '{}'; }
       location /echo { ${GRANT('$http_origin')} return 200 '{}'; }
       location /none { return 200 '{}'; }
       location /down { return 502; }`,
      `map $http_origin $listed { default ''; https://shop.test $http_origin; }`,
    )
  })
  afterAll(() => site.stop())

  const at = (path: string, extra: Record<string, unknown> = {}) =>
    runCheck(cors, { options: { url: `${site.url}${path}`, allowedOrigins: ['https://shop.test'], ...extra } })

  it('passes a list', async () => {
    expect(await at('/list', { method: 'PUT', requestHeaders: ['authorization'], credentials: true })).toMatchObject({
      status: 'passed',
    })
  })

  it('fails an echo, a method that is missing, and a site without any grant', async () => {
    expect((await at('/echo')).summary).toContain('https://origin.invalid is let in')
    expect((await at('/list', { method: 'DELETE' })).summary).toContain('may not use DELETE')
    expect((await at('/none')).summary).toContain('is not let in')
  })

  it('says nothing of a site that is down', async () => {
    expect((await at('/down')).status).toBe('unverified')
  })
})
