// Answers as GitHub documents them; a conversation recorded from GitHub is in github.services.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { githubRelease } from './github-release.ts'

const TOKEN = 'ghp_very-secret'
let api: JsonApi
const asset = (name: string, state = 'uploaded', size = 1000) => ({ name, state, size })
const release = {
  tag_name: 'v1.4.0',
  draft: false,
  prerelease: false,
  assets: [asset('shop-1.4.0.tgz'), asset('half.zip', 'starter', 0)],
}
const ANSWERS: Record<string, unknown> = {
  '/repos/acme/shop': { full_name: 'acme/shop' },
  '/repos/acme/shop/releases/tags/v1.4.0': release,
  '/repos/acme/shop/releases/tags/v2.0.0-rc.1': { ...release, tag_name: 'v2.0.0-rc.1', prerelease: true },
  '/repos/acme/shop/releases/latest': release,
  '/repos/acme/shop/git/ref/tags/v1.5.0': { ref: 'refs/tags/v1.5.0' },
}
beforeAll(async () => {
  api = await startJsonApi(({ url }) => {
    const body = ANSWERS[url.pathname]
    return body === undefined ? undefined : { body }
  })
})
afterAll(() => api.stop())

const given = (options: object) => ({ options: { apiUrl: api.url, repository: 'acme/shop', ...options } })
const ask = (options: object) => runCheck(githubRelease, given(options))

checkContract(githubRelease, {
  passing: () => given({ tag: 'v1.4.0', assets: ['shop-*.tgz'], latest: true }),
  failing: () => given({ tag: 'v9.9.9' }),
  ...instrumentCases((apiUrl) => ({ apiUrl, repository: 'acme/shop', tag: 'v1.4.0' })),
  secret: { value: TOKEN, case: () => given({ tag: 'v9.9.9', token: TOKEN }) },
  mentions: () => ['acme/shop', 'v1.4.0', 'shop-*.tgz', 'latest'],
  failingExample: { against: () => given({ tag: 'v9.9.9' }) },
  recognises: {
    clear: [
      'GitHub release v1.4.0 published',
      'GitHub Release for `v2.0.0-rc.1` created',
      'v1.4: GitHub release exists',
    ],
    unclear: ['GitHub release published', 'Release v1.4.0 announced', 'If the GitHub release v1.4.0 exists, go on'],
  },
})

describe('github-release', () => {
  it('tells a tag without a release from no tag', async () => {
    expect((await ask({ tag: 'v1.5.0' })).summary).toContain('the tag is there')
    expect((await ask({ tag: 'v9.9.9' })).summary).toContain('nor a tag')
  })

  it('does not take a repository that may not be seen for one without the release', async () => {
    expect(await ask({ tag: 'v1.4.0', repository: 'acme/private' })).toMatchObject({
      status: 'unverified',
      remedy: expect.stringContaining('token'),
    })
  })

  it('wants whole files, and no pre-release unless told', async () => {
    expect((await ask({ tag: 'v1.4.0', assets: ['half.zip'] })).summary).toContain('without half.zip')
    expect((await ask({ tag: 'v2.0.0-rc.1' })).summary).toContain('pre-release')
    expect((await ask({ tag: 'v2.0.0-rc.1', prerelease: true })).status).toBe('passed')
    expect((await ask({ tag: 'v2.0.0-rc.1', prerelease: true, latest: true })).summary).toContain(
      'the latest is v1.4.0',
    )
  })
})
