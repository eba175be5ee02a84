// Against a real nginx, Debian's: the redirects that people write for it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { startSite, type Site } from './nginx.fixture.ts'
import { redirects } from './redirects.ts'

const installed = isProgramThere('nginx', 'nginx-light')
if (!installed) console.warn('SKIPPED: redirects.services.test.ts needs nginx, which could not be installed')

describe.skipIf(!installed)('redirects of a real nginx', () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite(`
      absolute_redirect off;
      location = / { if ($scheme = http) { return 301 HTTPS$request_uri; } return 200 'shop'; }
      location = /old { return 301 /; }
      location = /soon { return 302 HTTPS/; }
      location = /round { return 301 /about; }
      location = /about { return 301 /round; }`)
  })
  afterAll(() => site.stop())

  const at = (path: string, extra: Record<string, unknown> = {}) =>
    runCheck(redirects, {
      options: { url: `${site.url}${path}`, caFile: 'cert.pem', ...extra },
      context: { directory: site.directory },
    })

  it('passes what goes to https for good', async () => {
    expect((await at('/', { to: `${site.tlsUrl}/` })).status).toBe('passed')
    expect(await at('/old')).toMatchObject({ status: 'passed', measurements: [{ value: 2 }] })
  })

  it('fails what goes there for now, in circles, or by too many ways', async () => {
    expect((await at('/soon')).summary).toContain('not permanent: 302')
    expect((await at('/round')).summary).toContain('round in circles')
    expect((await at('/old', { hopsMax: 1 })).summary).toContain('does not end')
  })

  it('fails where nobody trusts the certificate at the end', async () => {
    expect((await at('/', { caFile: undefined })).summary).toContain('self-signed certificate')
  })
})
