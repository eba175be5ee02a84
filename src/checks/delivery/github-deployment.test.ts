// Answers as GitHub documents them: there is no GitHub on a test machine.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { githubDeployment } from './github-deployment.ts'

const TOKEN = 'ghp_very-secret'
const SHA = '0123456789abcdef0123456789abcdef01234567'
let api: JsonApi
let state: string | null = 'success'
beforeAll(async () => {
  api = await startJsonApi(({ url }) => {
    if (url.pathname.endsWith('/statuses')) return { body: state === null ? [] : [{ state }, { state: 'in_progress' }] }
    if (url.searchParams.get('environment') !== 'production') return { body: [] }
    return {
      body: [
        { id: 2, ref: 'v1.4.0', sha: SHA },
        { id: 1, ref: 'v1.3.0', sha: 'f'.repeat(40) },
      ],
    }
  })
})
afterAll(() => api.stop())

const given = (now: string | null, options: object = {}) => {
  state = now
  return { options: { apiUrl: api.url, repository: 'acme/shop', ...options } }
}
const statusOf = async (now: string | null, options: object = {}) =>
  (await runCheck(githubDeployment, given(now, options))).status

checkContract(githubDeployment, {
  passing: () => given('success', { ref: 'v1.4.0' }),
  failing: () => given('failure'),
  ...instrumentCases((apiUrl) => ({ apiUrl, repository: 'acme/shop' })),
  secret: { value: TOKEN, case: () => given('failure', { token: TOKEN }) },
  mentions: () => ['acme/shop', 'production', 'v1.4.0'],
  failingExample: { against: () => given('failure') },
  recognises: {
    clear: [
      'GitHub deployment to production succeeded',
      'GitHub shows the deployment as successful',
      'GitHub deployment to staging completed',
    ],
    unclear: ['Deployment succeeded', 'Deploy from GitHub', 'If the GitHub deployment succeeded, go on'],
  },
})

describe('github-deployment', () => {
  it('judges the newest, by its newest status', async () => {
    expect(await statusOf('error')).toBe('failed')
    expect(await statusOf('inactive')).toBe('failed')
    expect(await statusOf('queued')).toBe('unverified')
    expect(await statusOf(null)).toBe('unverified')
  })

  it('wants the ref, by name or commit, and an environment that was deployed to', async () => {
    expect(await statusOf('success', { ref: SHA.slice(0, 7) })).toBe('passed')
    expect(await statusOf('success', { ref: SHA.slice(0, 3) })).toBe('failed')
    expect(await statusOf('success', { ref: 'v1.3.0' })).toBe('failed')
    expect(await statusOf('success', { environment: 'staging' })).toBe('failed')
  })
})
