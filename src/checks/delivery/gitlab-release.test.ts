// Answers as GitLab documents them: there is no GitLab on a test machine.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { gitlabRelease } from './gitlab-release.ts'

const TOKEN = 'glpat-very-secret'
let api: JsonApi
beforeAll(async () => {
  const release = { tag_name: 'v1.4.0', upcoming_release: false, assets: { links: [{ name: 'shop-1.4.0.tgz' }] } }
  const answers: Record<string, unknown> = {
    '/projects/acme%2Fshop': { id: 1 },
    '/projects/acme%2Fshop/releases/v1.4.0': release,
    '/projects/acme%2Fshop/releases/v2.0.0': {
      ...release,
      tag_name: 'v2.0.0',
      upcoming_release: true,
      released_at: '2027-01-01T00:00:00Z',
    },
  }
  api = await startJsonApi(({ url }) => {
    const body = answers[url.pathname]
    return body === undefined ? undefined : { body }
  })
})
afterAll(() => api.stop())

const given = (options: object) => ({ options: { apiUrl: api.url, project: 'acme/shop', ...options } })
const ask = (options: object) => runCheck(gitlabRelease, given(options))

checkContract(gitlabRelease, {
  passing: () => given({ tag: 'v1.4.0', assets: ['shop-*.tgz'] }),
  failing: () => given({ tag: 'v9.9.9' }),
  ...instrumentCases((apiUrl) => ({ apiUrl, project: 'acme/shop', tag: 'v1.4.0' })),
  secret: { value: TOKEN, case: () => given({ tag: 'v9.9.9', token: TOKEN }) },
  mentions: () => ['acme/shop', 'v1.4.0', 'shop-*.tgz'],
  failingExample: { against: () => given({ tag: 'v9.9.9' }) },
  recognises: {
    clear: ['GitLab release v1.4.0 published', 'GitLab Release for `v2.0.0` created', 'v1.4: GitLab release exists'],
    unclear: ['GitLab release published', 'Release v1.4.0 announced', 'If the GitLab release v1.4.0 exists, go on'],
  },
})

describe('gitlab-release', () => {
  it('wants its files, and that it is out already', async () => {
    expect((await ask({ tag: 'v1.4.0', assets: ['x.zip'] })).summary).toContain('without x.zip')
    expect((await ask({ tag: 'v2.0.0' })).summary).toContain('only for 2027')
  })

  it('does not take a project that may not be seen for one without the release', async () => {
    expect((await ask({ tag: 'v1.4.0', project: 'acme/private' })).status).toBe('unverified')
  })
})
