// The checks of GitHub against conversations that were recorded from GitHub itself (@octokit/fixtures), replayed by their addresses.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { startJsonApi, type JsonApi } from '../../../test/servers/json-api.ts'
import { npmFolder } from '../../../test/servers/packages.ts'
import { githubChecks } from './github-checks.ts'
import { githubRelease } from './github-release.ts'

const folder = npmFolder('@octokit/fixtures@23.1.2')
if (!folder) console.warn('SKIPPED: github.services.test.ts needs @octokit/fixtures, which could not be installed')

interface Recorded {
  method: string
  path: string
  status: number
  response: unknown
}

function recorded(scenario: string): Recorded[] {
  const file = join(
    folder ?? '',
    'node_modules/@octokit/fixtures/scenarios/api.github.com',
    scenario,
    'normalized-fixture.json',
  )
  return JSON.parse(readFileSync(file, 'utf8')) as Recorded[]
}

describe.skipIf(!folder)('what GitHub answered', () => {
  let api: JsonApi
  beforeAll(async () => {
    const all = ['create-status', 'release-assets', 'get-repository'].flatMap(recorded)
    api = await startJsonApi(({ url }) => {
      // It was recorded before there were check runs for it, and tags were not asked for.
      if (url.pathname.endsWith('/check-runs')) return { body: { total_count: 0, check_runs: [] } }
      const found = all.find(({ method, path }) => method === 'get' && path === url.pathname)
      return found && { status: found.status, body: found.response }
    })
  })
  afterAll(() => api.stop())

  it('of the statuses of a commit is read', async () => {
    const ref = '0000000000000000000000000000000000000001'
    const options = { apiUrl: api.url, repository: 'octokit-fixture-org/create-status', ref }
    const outcome = await runCheck(githubChecks, { options })
    const statuses = recorded('create-status').find(({ path }) => path.endsWith('/status'))?.response as {
      state: string
      statuses: { context: string }[]
    }
    expect(outcome.status).toBe(
      statuses.state === 'success' ? 'passed' : statuses.state === 'pending' ? 'unverified' : 'failed',
    )
    for (const { context } of statuses.statuses) expect(outcome.evidence[0]?.content).toContain(context)
  })

  it('of a release is read, and of one that is not there', async () => {
    const options = { apiUrl: api.url, repository: 'octokit-fixture-org/release-assets', tag: 'v1.0.0' }
    const release = recorded('release-assets')[0]?.response as { draft: boolean; prerelease: boolean }
    expect(release).toMatchObject({ draft: false })
    expect((await runCheck(githubRelease, { options: { ...options, prerelease: release.prerelease } })).status).toBe(
      'passed',
    )
    expect(
      (await runCheck(githubRelease, { options: { ...options, prerelease: true, assets: ['none.zip'] } })).status,
    ).toBe('failed')
    const elsewhere = { ...options, repository: 'octokit-fixture-org/hello-world' }
    expect((await runCheck(githubRelease, { options: elsewhere })).summary).toContain('has no published release v1.0.0')
  })
})
