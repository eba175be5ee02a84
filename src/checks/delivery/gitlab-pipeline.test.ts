// Answers as GitLab documents them: there is no GitLab on a test machine.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { gitlabPipeline } from './gitlab-pipeline.ts'

const TOKEN = 'glpat-very-secret'
let api: JsonApi
let status: string | null = 'success'
beforeAll(async () => {
  api = await startJsonApi(({ url }) => {
    if (url.pathname.endsWith('/jobs'))
      return {
        body: [
          { name: 'test', status: 'success' },
          { name: 'lint', status: 'failed', allow_failure: true },
        ],
      }
    return { body: status === null ? [] : [{ id: 77, status }] }
  })
})
afterAll(() => api.stop())

const given = (now: string | null, options: object = {}) => {
  status = now
  return { options: { apiUrl: api.url, project: 'acme/group/shop', ref: 'main', ...options } }
}
const ask = (now: string | null, options: object = {}) => runCheck(gitlabPipeline, given(now, options))

checkContract(gitlabPipeline, {
  passing: () => given('success', { jobs: ['test'] }),
  failing: () => given('failed'),
  ...instrumentCases((apiUrl) => ({ apiUrl, project: 'acme/shop', ref: 'main' })),
  secret: { value: TOKEN, case: () => given('failed', { token: TOKEN }) },
  mentions: () => ['acme/group/shop', 'main', 'test'],
  failingExample: { against: () => given('failed') },
  recognises: {
    clear: ['GitLab pipeline is green', 'GitLab CI passing', 'GitLab CI/CD pipeline of main succeeded'],
    unclear: ['Pipeline is green', 'GitLab CI configured', 'If the GitLab pipeline is green, go on'],
  },
})

describe('gitlab-pipeline', () => {
  it.each([
    ['canceled', 'failed'],
    ['skipped', 'failed'],
    ['running', 'unverified'],
    ['manual', 'unverified'],
    ['', 'unverified'],
    [null, 'unverified'],
  ])('that is %s is %s', async (now, expected) => {
    expect((await ask(now)).status).toBe(expected)
  })

  it('wants named jobs to have succeeded', async () => {
    expect((await ask('success', { jobs: ['lint'] })).summary).toContain('not its lint')
  })

  it('asks for the project by its whole path, and for a commit', async () => {
    await ask('success', { ref: undefined, sha: 'a'.repeat(40) })
    expect(api.requests.at(-1)?.url.href).toContain(`/projects/acme%2Fgroup%2Fshop/pipelines?sha=${'a'.repeat(40)}`)
  })
})
