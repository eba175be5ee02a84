import { afterAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { fakePrograms, WITHOUT_PROGRAMS, type Reply } from '../../../test/servers/fake-program.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { kubeObjects } from './kube-objects.ts'

const started: { stop(): void }[] = []
const answering = (...replies: Reply[]) => {
  const fake = fakePrograms({ kubectl: replies })
  started.push(fake)
  return { env: fake.env }
}
afterAll(() => started.forEach((fake) => fake.stop()))

const context = answering(
  { when: 'get secret/db', stdout: 'kind Secret\ntype Opaque\nkey 24 password\nkey 8 user name\nkey 0 host\n' },
  { when: 'get configmap/shop', stdout: 'kind ConfigMap\nkey 5 MODE\n' },
  { when: 'get service/api', stdout: 'kind Service\ntype ClusterIP\n' },
  { when: 'get svc/idle', stdout: 'kind Service\ntype ClusterIP\n' },
  { when: 'get service/far', stdout: 'kind Service\ntype ExternalName\n' },
  { when: 'service-name=api', stdout: 'ready\nready\n' },
  { when: 'service-name=idle', stdout: '' },
  { when: 'get pvc/data', stdout: 'kind PersistentVolumeClaim\nphase Pending\n' },
  { when: 'get namespace/old', stdout: 'kind Namespace\ndeleted 2026-01-01T00:00:00Z\nphase Terminating\n' },
  {
    when: 'get secret/mine',
    stderr: 'Error from server (Forbidden): secrets "mine" is forbidden: User "guest" cannot get resource',
  },
  { when: 'get widget/x', stderr: `error: the server doesn't have a resource type "widget"` },
  { when: 'get secret/no-such', stderr: 'Error from server (NotFound): secrets "no-such-secret" not found' },
)

checkContract(kubeObjects, {
  passing: () => ({
    options: {
      namespace: 'shop',
      objects: ['secret/db', 'service/api', 'service/far'],
      keys: { 'secret/db': ['password', 'user name'], 'configmap/shop': ['MODE'] },
    },
    context,
  }),
  failing: () => ({ options: { objects: ['secret/no-such-one', 'secret/db'] }, context }),
  unverified: () => ({ options: { objects: ['secret/mine'] }, context }),
  slow: () => ({ options: { objects: ['secret/db'] }, context: answering({ instead: 'silent' }) }),
  unreachable: {
    status: 'unverified',
    case: () => ({
      options: { objects: ['secret/db'] },
      context: answering({ stderr: 'The connection to the server 127.0.0.1:1 was refused' }),
    }),
  },
  hostile: {
    'escapes for terminals': {
      status: 'unverified',
      case: () => ({ options: { objects: ['secret/db'] }, context: answering({ stdout: ANSI }) }),
    },
    'an answer that does not end': {
      status: 'unverified',
      case: () => ({ options: { objects: ['secret/db'], timeoutMs: 200 }, context: answering({ instead: 'endless' }) }),
    },
  },
  mentions: () => ['namespace shop', 'secret/db (password, user name)', 'service/api'],
  failingExample: () => context,
  recognises: {
    clear: [
      'ConfigMap `shop-config` created in namespace `shop`',
      'Namespace `shop` created',
      'Kubernetes secret `db-credentials` exists',
      'ConfigMap `shop-config` is present',
      'Service account `deployer` exists',
    ],
    unclear: [
      'Kubernetes secrets are rotated',
      'Secrets exist',
      'ConfigMap `a` and `b` exist',
      'If the namespace `shop` exists, delete it',
      'Secret `<name>` exists in Kubernetes',
      'Service `api` is available',
    ],
  },
})

const run = (options: Record<string, unknown>, where = context) => runCheck(kubeObjects, { options, context: where })

describe('kube-objects', () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      'a key that is missing',
      { objects: ['secret/db'], keys: { 'secret/db': ['token'] } },
      'secret/db has no key token',
    ],
    [
      'a key with nothing under it',
      { objects: ['secret/db'], keys: { 'secret/db': ['host'] } },
      'has nothing under the key host',
    ],
    ['a service that nobody serves', { objects: ['svc/idle'] }, 'svc/idle has no endpoint that is ready'],
    ['a claim that is not bound', { objects: ['pvc/data'] }, 'pvc/data is Pending, not Bound'],
    ['what is on its way out', { objects: ['namespace/old'] }, 'namespace/old is being deleted'],
  ])('fails for %s', async (_, options, words) => {
    expect(await run(options)).toMatchObject({ status: 'failed', summary: expect.stringContaining(words) })
  })

  it('asks for endpoints only where it shall', async () => {
    expect(await run({ objects: ['svc/idle'], endpoints: false })).toMatchObject({ status: 'passed' })
  })

  it('fails for what is missing even where something else may not be seen', async () => {
    expect(await run({ objects: ['secret/mine', 'secret/no-such-one'] })).toMatchObject({ status: 'failed' })
  })

  it('cannot tell of a kind that the API does not have', async () => {
    expect(await run({ objects: ['widget/x'] })).toMatchObject({ status: 'unverified' })
    expect(await run({ objects: ['secret/db'] }, { env: WITHOUT_PROGRAMS })).toMatchObject({ status: 'unverified' })
  })

  it('asks for names and lengths, never for values', async () => {
    const shown = answering({ when: '(len $value)', stdout: 'kind Secret\n' })
    expect(await run({ objects: ['secret/db'] }, shown)).toMatchObject({ status: 'passed' })
  })

  it('refuses what could be a flag', () => {
    for (const name of ['--all', 'secret/--all', 'secret', '-o/json', 'secret/a b'])
      expect(kubeObjects.options.safeParse({ objects: [name] }).success, name).toBe(false)
  })
})
