// Answers as GitHub documents them: there is no GitHub on a test machine.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { githubPullRequests } from './github-pull-requests.ts'

const TOKEN = 'ghp_very-secret'
const MERGED = ['2026-11-01T10:00:00Z', '2026-11-02T10:00:00Z'] as const
interface Pull {
  merged?: string
  body?: string
  draft?: boolean
  reviews?: string[]
}
let api: JsonApi
let pulls: Record<string, Pull> = {}
beforeAll(async () => {
  api = await startJsonApi(({ url }) => {
    const [, , owner, name, , number, reviews] = url.pathname.split('/')
    if (number === undefined) {
      const own = Object.entries(pulls).map(([ref, { merged = null }]) => ({
        number: Number(ref.split('#')[1]),
        merged_at: merged,
        updated_at: merged,
      }))
      return { body: own }
    }
    const pull = pulls[`${owner}/${name}#${number}`]
    if (!pull) return undefined
    if (reviews) {
      const said = (pull.reviews ?? []).map((pair) => pair.split(':'))
      return { body: said.map(([login, state]) => ({ user: { login }, state })) }
    }
    return {
      body: {
        number: Number(number),
        title: 'x',
        draft: pull.draft ?? false,
        merged_at: pull.merged ?? null,
        body: pull.body ?? null,
        user: { login: 'me' },
      },
    }
  })
})
afterAll(() => api.stop())

const given = (now: Record<number | string, Pull>, options: object = {}) => {
  pulls = Object.fromEntries(
    Object.entries(now).map(([ref, pull]) => [ref.includes('#') ? ref : `acme/shop#${ref}`, pull]),
  )
  const pullRequests = Object.keys(now)
    .filter((ref) => !ref.includes('#'))
    .map(Number)
  return { options: { apiUrl: api.url, repository: 'acme/shop', pullRequests, ...options } }
}
const ask = (now: Record<number | string, Pull>, options: object = {}) =>
  runCheck(githubPullRequests, given(now, options))
const good = { merged: MERGED[0], reviews: ['ada:APPROVED'] }

checkContract(githubPullRequests, {
  passing: () => given({ 1: good, 2: { ...good, merged: MERGED[1], body: 'Depends on #1' } }),
  failing: () => given({ 1: { reviews: ['ada:APPROVED'] } }),
  ...instrumentCases((apiUrl) => ({ apiUrl, repository: 'acme/shop', pullRequests: [1] })),
  secret: { value: TOKEN, case: () => given({ 1: {} }, { token: TOKEN }) },
  mentions: () => ['acme/shop', '1, 2', 'merged', 'approved by 1'],
  failingExample: { against: () => given({ 1: { reviews: ['ada:APPROVED'] } }) },
  recognises: {
    clear: ['Pull requests #41 and #42 merged', 'PR #7 approved', { label: 'PR #12', text: 'reviewed by 2 reviewers' }],
    unclear: ['All PRs merged', 'Issue #12 closed', 'If PR #7 is merged, go on', 'PR #7 is not merged'],
  },
})

describe('github-pull-requests', () => {
  it('counts who approved last, neither authors nor those who only commented', async () => {
    const approvals = async (...reviews: string[]) => (await ask({ 1: { merged: MERGED[0], reviews } })).summary
    expect(await approvals('me:APPROVED')).toBe('acme/shop#1 has 0 approvals, at least 1 wanted')
    expect(await approvals('ada:CHANGES_REQUESTED', 'ada:APPROVED', 'ada:COMMENTED')).toContain('merged')
    expect(await approvals('ada:APPROVED', 'ada:DISMISSED')).toContain('0 approvals')
    expect(await approvals('ada:APPROVED', 'bob:CHANGES_REQUESTED')).toBe('changes are requested of acme/shop#1')
  })

  it('follows what they depend on, in other repositories too', async () => {
    const now = {
      2: { ...good, body: 'Depends on acme/lib#7' },
      'acme/lib#7': { body: 'Requires acme/lib#8', merged: MERGED[0] },
      'acme/lib#8': {},
    }
    expect(await ask(now)).toMatchObject({
      status: 'failed',
      summary: 'acme/lib#7 depends on acme/lib#8, which is not merged',
    })
  })

  it('fails an order that was not kept, and a circle', async () => {
    expect((await ask({ 1: { ...good, merged: MERGED[1] }, 2: { ...good, body: 'Depends on #1' } })).summary).toBe(
      'acme/shop#2 was merged before acme/shop#1, which it depends on',
    )
    expect(
      (await ask({ 1: { ...good, body: 'Depends on #2' }, 2: { ...good, body: 'Depends on #1' } })).summary,
    ).toContain('acme/shop#1 → acme/shop#2 → acme/shop#1')
  })

  it('gives the order of those that are still open, where they need not be merged', async () => {
    const outcome = await ask(
      { 1: { body: 'Depends on #2', reviews: ['ada:APPROVED'] }, 2: { reviews: ['ada:APPROVED'] } },
      { merged: false },
    )
    expect(outcome.status).toBe('passed')
    expect(outcome.evidence[0]?.content).toMatch(/#2.*\n.*#1/)
    expect((await ask({ 1: { draft: true, reviews: ['ada:APPROVED'] } }, { merged: false })).summary).toContain('draft')
  })

  it('does not know of what it may not see', async () => {
    expect(await ask({ 2: { ...good, body: 'Depends on acme/private#1' } })).toMatchObject({
      status: 'unverified',
      remedy: expect.stringContaining('token'),
    })
  })

  it('judges all that were merged since a time', async () => {
    const now = { 1: good, 2: { merged: MERGED[1] } }
    const since = (mergedSince: string) => ask(now, { pullRequests: undefined, mergedSince })
    expect((await since(MERGED[0])).summary).toContain('acme/shop#2 has 0 approvals')
    expect((await since('2026-12-01T00:00:00Z')).status).toBe('unverified')
  })
})
