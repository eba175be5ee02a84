// Answers as GitLab documents them: there is no GitLab on a test machine.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { gitlabMergeRequests } from './gitlab-merge-requests.ts'

const TOKEN = 'glpat-very-secret'
const MERGED = '2026-11-01T10:00:00Z'
let api: JsonApi
let requests: Record<string, object> = {}
let approvers: string[] = []
beforeAll(async () => {
  api = await startJsonApi(({ url }) => {
    if (url.pathname.endsWith('/approvals'))
      return { body: { approved_by: approvers.map((username) => ({ user: { username } })) } }
    const [, project = '', number] = /^\/projects\/([^/]+)\/merge_requests\/(\d+)$/.exec(url.pathname) ?? []
    const found = requests[`${decodeURIComponent(project)}!${number}`]
    return (
      found && {
        body: { iid: Number(number), author: { username: 'me' }, title: 'x', draft: false, merged_at: null, ...found },
      }
    )
  })
})
afterAll(() => api.stop())

const given = (now: typeof requests, by: string[] = ['ada'], options: object = {}) => {
  requests = now
  approvers = by
  return { options: { apiUrl: api.url, project: 'acme/shop', mergeRequests: [1], ...options } }
}
const ask = (now: typeof requests, by?: string[], options: object = {}) =>
  runCheck(gitlabMergeRequests, given(now, by, options))

checkContract(gitlabMergeRequests, {
  passing: () => given({ 'acme/shop!1': { merged_at: MERGED } }),
  failing: () => given({ 'acme/shop!1': {} }),
  ...instrumentCases((apiUrl) => ({ apiUrl, project: 'acme/shop', mergeRequests: [1] })),
  secret: { value: TOKEN, case: () => given({ 'acme/shop!1': {} }, [], { token: TOKEN }) },
  mentions: () => ['acme/shop', 'merge requests 1', 'merged'],
  failingExample: { against: () => given({ 'acme/shop!1': {} }) },
  recognises: {
    clear: ['Merge requests !41 and !42 merged', 'MR !7 approved', 'Merge request !3 reviewed and merged'],
    unclear: ['All merge requests merged', 'Great!', 'If MR !7 is merged, go on'],
  },
})

describe('gitlab-merge-requests', () => {
  it('counts approvals of others', async () => {
    expect((await ask({ 'acme/shop!1': { merged_at: MERGED } }, ['me'])).summary).toBe(
      'acme/shop!1 has 0 approvals, at least 1 wanted',
    )
  })

  it('follows descriptions into other projects, and does not know of what it may not see', async () => {
    const first = { merged_at: MERGED, description: 'Depends on acme/lib!4' }
    expect((await ask({ 'acme/shop!1': first, 'acme/lib!4': {} })).summary).toContain('acme/lib!4, which is not merged')
    expect((await ask({ 'acme/shop!1': first })).status).toBe('unverified')
  })

  it('fails where changes are requested', async () => {
    const open = { 'acme/shop!1': { detailed_merge_status: 'requested_changes' } }
    expect((await ask(open, ['ada'], { merged: false })).summary).toContain('changes are requested')
  })
})
