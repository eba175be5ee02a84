import { afterAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { fakePrograms, WITHOUT_PROGRAMS, type Reply } from '../../../test/servers/fake-program.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { helmRelease } from './helm-release.ts'

const started: { stop(): void }[] = []
const answering = (...replies: Reply[]) => {
  const fake = fakePrograms({ helm: replies })
  started.push(fake)
  return { env: fake.env }
}
afterAll(() => started.forEach((fake) => fake.stop()))

const DEPLOYED = {
  revision: 3,
  updated: '2026-01-02T03:04:05.678Z',
  status: 'deployed',
  chart: 'shop-1.4.2',
  app_version: '1.4.2',
  description: 'Upgrade complete',
}
const context = answering(
  { when: 'history shop ', stdout: JSON.stringify([DEPLOYED]) },
  { when: 'history stuck ', stdout: JSON.stringify([{ ...DEPLOYED, status: 'pending-upgrade' }]) },
  { when: 'history', stderr: 'Error: release: not found' },
)
const options = { release: 'shop', namespace: 'shop' }

checkContract(helmRelease, {
  passing: () => ({ options: { ...options, chart: 'shop-1.4.2', appVersion: '1.4.2', revisionMin: 3 }, context }),
  failing: () => ({ options: { release: 'stuck' }, context }),
  unverified: () => ({
    options,
    context: answering({ stderr: 'Error: query: failed: secrets is forbidden: User "guest" cannot list' }),
  }),
  slow: () => ({ options, context: answering({ instead: 'silent' }) }),
  unreachable: {
    status: 'unverified',
    case: () => ({
      options,
      context: answering({
        stderr: 'Error: Kubernetes cluster unreachable: Get "https://127.0.0.1:1/version": connection refused',
      }),
    }),
  },
  hostile: {
    'escapes for terminals': { status: 'unverified', case: () => ({ options, context: answering({ stdout: ANSI }) }) },
    'escapes in names': {
      status: 'failed',
      case: () => ({ options, context: answering({ stdout: JSON.stringify([{ ...DEPLOYED, status: ANSI }]) }) }),
    },
    'no history': { status: 'unverified', case: () => ({ options, context: answering({ stdout: '[]' }) }) },
  },
  mentions: () => ['release shop', 'namespace shop', 'deployed', 'shop-1.4.2', 'revision 3'],
  failingExample: () => context,
  recognises: {
    clear: [
      'Release is deployed (`helm status shop -n prod`)',
      'Helm release `shop` is deployed',
      '`helm history shop --namespace=prod` shows a successful upgrade',
    ],
    unclear: [
      'Helm chart deployed',
      'Helm release notes published',
      'If `helm status shop` is not deployed, roll back',
      'Helm is installed',
    ],
  },
})

const run = (more: Record<string, unknown>, where = context) =>
  runCheck(helmRelease, { options: { ...options, ...more }, context: where })

describe('helm-release', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['another chart', { chart: 'shop-1.5.0' }, 'chart shop-1.5.0 wanted'],
    ['another version', { appVersion: '1.5.0' }, 'application 1.5.0 wanted, it is 1.4.2'],
    ['too few upgrades', { revisionMin: 4 }, 'revision 4 at least wanted'],
    ['an old one', { ageMax: '1h' }, 'at most 1 h wanted'],
    ['another status', { status: 'superseded' }, 'status superseded wanted'],
    ['none', { release: 'gone' }, 'there is no release gone'],
  ])('fails for %s', async (_, more, words) => {
    expect(await run(more)).toMatchObject({ status: 'failed', summary: expect.stringContaining(words) })
  })

  it('passes what was deployed just now, and cannot tell without a date', async () => {
    const at = (updated: string) => answering({ stdout: JSON.stringify([{ ...DEPLOYED, updated }]) })
    expect(await run({ ageMax: '1h' }, at(new Date().toISOString()))).toMatchObject({ status: 'passed' })
    expect(await run({ ageMax: '1h' }, at('yesterday'))).toMatchObject({ status: 'unverified' })
  })

  it('says what to install', async () => {
    expect(await run({}, { env: WITHOUT_PROGRAMS })).toMatchObject({
      status: 'unverified',
      remedy: expect.stringContaining('install helm'),
    })
  })
})
