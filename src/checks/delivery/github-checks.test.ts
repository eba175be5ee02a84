// Answers as GitHub documents them; a conversation recorded from GitHub is in github.services.test.ts.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { instrumentCases } from '../../../test/contracts/instrument-cases.ts'
import { startJsonApi, type ApiAnswer, type JsonApi } from '../../../test/servers/json-api.ts'
import { githubChecks } from './github-checks.ts'

const TOKEN = 'ghp_very-secret'
let api: JsonApi
let runs: object[] = []
let statuses: object[] = []
let refusal: ApiAnswer | null = null
beforeAll(async () => {
  api = await startJsonApi(({ url }) => {
    if (refusal) return refusal
    const from = (Number(url.searchParams.get('page')) - 1) * 100
    if (url.pathname.endsWith('/check-runs'))
      return { body: { total_count: runs.length, check_runs: runs.slice(from, from + 100) } }
    return { body: { state: 'success', statuses: statuses.slice(from, from + 100) } }
  })
})
afterAll(() => api.stop())

const run = (name: string, conclusion: string | null = 'success') => ({
  name,
  conclusion,
  status: conclusion === null ? 'in_progress' : 'completed',
})
const given = (now: { runs?: object[]; statuses?: object[]; refusal?: ApiAnswer }, options: object = {}) => {
  runs = now.runs ?? []
  statuses = now.statuses ?? []
  refusal = now.refusal ?? null
  return { options: { apiUrl: api.url, repository: 'acme/shop', ref: 'main', ...options } }
}
const ask = (now: Parameters<typeof given>[0], options: object = {}) => runCheck(githubChecks, given(now, options))

checkContract(githubChecks, {
  passing: () =>
    given(
      { runs: [run('test'), run('docs', 'skipped')], statuses: [{ context: 'cov', state: 'success' }] },
      { required: ['test'] },
    ),
  failing: () => given({ runs: [run('test', 'failure')] }),
  ...instrumentCases((apiUrl) => ({ apiUrl, repository: 'acme/shop', ref: 'main' })),
  secret: { value: TOKEN, case: () => given({ runs: [run('test', 'failure')] }, { token: TOKEN }) },
  mentions: () => ['acme/shop', 'main', 'test'],
  failingExample: { against: () => given({ runs: [run('test', 'failure')] }) },
  recognises: {
    clear: ['GitHub Actions are green', 'CI pipeline passing', 'All tests pass in CI', 'CI/CD checks green on main'],
    unclear: ['Trigger the CI pipeline', 'GitLab CI is green', 'CI configured', 'If CI is green, merge', 'Tests pass'],
  },
})

describe('github-checks', () => {
  it('names what is red, checks and statuses alike, and ignores what it is told to', async () => {
    const now = { runs: [run('test'), run('lint', 'timed_out')], statuses: [{ context: 'deploy', state: 'error' }] }
    expect(await ask(now)).toMatchObject({
      status: 'failed',
      summary: 'acme/shop at main: 2 checks of 3 not green: lint (timed_out), deploy (error)',
    })
    expect((await ask(now, { ignored: ['lint', 'deploy'] })).status).toBe('passed')
  })

  it('waits for what has not finished, unless something is red already', async () => {
    expect(await ask({ runs: [run('test', null)] })).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('test (in_progress)'),
    })
    expect((await ask({ statuses: [{ context: 'x', state: 'pending' }] })).status).toBe('unverified')
    expect((await ask({ runs: [run('test', null), run('lint', 'failure')] })).status).toBe('failed')
  })

  it('takes nothing at all for no pass, and wants what is required to have run', async () => {
    expect((await ask({})).status).toBe('unverified')
    expect((await ask({ runs: [run('lint')] }, { required: ['test'] })).status).toBe('failed')
    expect((await ask({ runs: [run('test', 'skipped')] }, { required: ['test'] })).status).toBe('failed')
  })

  it('reads all pages, up to a bound', async () => {
    const many = Array.from({ length: 150 }, (_, index) => run(`check ${index}`))
    expect(await ask({ runs: [...many, run('last', 'failure')] })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('last'),
    })
    expect((await ask({ runs: Array.from({ length: 1001 }, () => run('x')) })).status).toBe('unverified')
  })

  it('says when to come back where the limit of requests is used up', async () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.round(Date.now() / 1000) + 1800) }
    expect(
      await ask({ refusal: { status: 403, headers, body: { message: 'API rate limit exceeded' } } }),
    ).toMatchObject({
      status: 'unverified',
      summary: expect.stringMatching(/rate limit exceeded.*until 20\d\d-/),
      remedy: expect.stringContaining('ask again after'),
    })
  })

  it('hints at the token where a repository is not to be seen', async () => {
    expect(await ask({ refusal: { status: 404, body: { message: 'Not Found' } } })).toMatchObject({
      status: 'unverified',
      remedy: expect.stringContaining('token'),
    })
  })

  it('asks for the commit and the repository that are here, by git', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gonogo-github-'))
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], {
        encoding: 'utf8',
      })
    try {
      git('init', '-q')
      const bare = given({ runs: [run('test')] }, { repository: undefined, ref: undefined })
      const here = () => runCheck(githubChecks, { ...bare, context: { directory } })
      expect(await here()).toMatchObject({ status: 'unverified', remedy: 'give it in the options' })
      git('remote', 'add', 'origin', 'git@github.com:acme/shop.js.git')
      expect(await here()).toMatchObject({ status: 'unverified', remedy: 'give `ref`' })
      git('commit', '-q', '--allow-empty', '-m', 'first')
      const commit = git('rev-parse', 'HEAD').trim()
      expect((await here()).status).toBe('passed')
      expect(api.requests.at(-1)?.url.pathname).toMatch(`/repos/acme/shop.js/commits/${commit}/`)
      git('remote', 'set-url', 'origin', `https://me:${TOKEN}@github.com/acme/lib.git/`)
      expect((await here()).summary).toContain('acme/lib at')
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
