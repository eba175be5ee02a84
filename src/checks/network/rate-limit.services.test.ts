// Against a real nginx, Debian's: `limit_req` with its own status and with 429.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { startSite, type Site } from './nginx.fixture.ts'
import { rateLimit } from './rate-limit.ts'

const installed = isProgramThere('nginx', 'nginx-light')
if (!installed) console.warn('SKIPPED: rate-limit.services.test.ts needs nginx, which could not be installed')

describe.skipIf(!installed)('limit_req of a real nginx', () => {
  let site: Site
  beforeAll(async () => {
    // `try_files` serves by the phase that is limited; `return` would answer before it.
    site = await startSite(
      `root DIRECTORY;
       location /limited { limit_req zone=first burst=5 nodelay; limit_req_status 429; try_files /cert.pem =404; }
       location /hinting { limit_req zone=second burst=5 nodelay; limit_req_status 429; error_page 429 @slow; try_files /cert.pem =404; }
       location @slow { add_header Retry-After 1 always; return 429; }
       location /own { limit_req zone=third burst=5 nodelay; try_files /cert.pem =404; }
       location /free { try_files /cert.pem =404; }`,
      ['first', 'second', 'third']
        .map((zone) => `limit_req_zone $binary_remote_addr zone=${zone}:1m rate=2r/s;`)
        .join('\n'),
    )
  })
  afterAll(() => site.stop())

  const at = (path: string, extra: Record<string, unknown> = {}) =>
    runCheck(rateLimit, { options: { url: `${site.url}${path}`, requestsMax: 40, ...extra } })

  it('meets the limit, and is let in again', async () => {
    expect(await at('/limited', { requestsMin: 5, recoveryMsMax: 20_000 })).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('lets in again after'),
    })
  })

  it('reads when to come back', async () => {
    expect((await at('/hinting', { retryAfter: true, recoveryMsMax: 20_000 })).status).toBe('passed')
  })

  it('fails where nothing is limited, and where nobody says when to come back', async () => {
    expect((await at('/free')).summary).toContain('none of 40 requests was limited')
    expect((await at('/limited', { retryAfter: true })).summary).toContain('without Retry-After')
  })

  it('does not take 503 for a limit, unless told that it is one', async () => {
    expect(await at('/own')).toMatchObject({
      status: 'unverified',
      remedy: expect.stringContaining('let it answer 429'),
    })
    expect((await at('/own', { status: [429, 503], requestsMin: 0 })).status).toBe('passed')
  })
})
