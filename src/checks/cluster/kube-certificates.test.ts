import { afterAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { fakePrograms, WITHOUT_PROGRAMS, type Reply } from '../../../test/servers/fake-program.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { listOf, type KubernetesObject } from '../../../test/servers/kubernetes-objects.ts'
import { kubeCertificates } from './kube-certificates.ts'

const DAY_MS = 86_400_000
const started: { stop(): void }[] = []
const answering = (...replies: Reply[]) => {
  const fake = fakePrograms({ kubectl: replies })
  started.push(fake)
  return { env: fake.env }
}
afterAll(() => started.forEach((fake) => fake.stop()))

const certificate = (name: string, days: number | null, ready = 'True', message = ''): KubernetesObject => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  metadata: { name, namespace: 'shop' },
  status: {
    conditions: [{ type: 'Ready', status: ready, message }],
    ...(days === null ? {} : { notAfter: new Date(Date.now() + (days + 0.5) * DAY_MS).toISOString() }),
  },
})
const holding = (...objects: KubernetesObject[]) => answering({ stdout: listOf(...objects) })
const context = holding(certificate('shop-tls', 60), certificate('old-tls', 5))

checkContract(kubeCertificates, {
  passing: () => ({ options: { namespace: 'shop', certificates: ['shop-tls'], daysLeftMin: 30 }, context }),
  failing: () => ({ options: {}, context }),
  unverified: () => ({
    options: {},
    context: answering({ stderr: `error: the server doesn't have a resource type "certificates"` }),
  }),
  slow: () => ({ options: {}, context: answering({ instead: 'silent' }) }),
  unreachable: {
    status: 'unverified',
    case: () => ({
      options: {},
      context: answering({ stderr: 'Unable to connect to the server: dial tcp: no such host' }),
    }),
  },
  hostile: {
    'escapes in reasons': {
      status: 'failed',
      case: () => ({ options: {}, context: holding(certificate('a', 9, 'False', ANSI)) }),
    },
    'wrong JSON': {
      status: 'unverified',
      case: () => ({ options: {}, context: answering({ stdout: '{"items":[{}]}' }) }),
    },
  },
  mentions: () => ['shop-tls', 'namespace shop', '30 days'],
  failingExample: () => context,
  recognises: {
    clear: [
      'cert-manager certificates are ready',
      'Certificate issued by cert-manager (ready in cert-manager)',
      'TLS is there: `kubectl get certificates`',
    ],
    unclear: [
      'TLS certificate is valid',
      'cert-manager installed',
      'Alert when cert-manager certificates are not ready',
    ],
  },
})

describe('kube-certificates', () => {
  it.each<[string, KubernetesObject, string]>([
    ['too few days', certificate('a', 5), 'certificate a has 5 days left, at least 14 wanted'],
    ['not ready', certificate('a', 60, 'False', 'order is pending'), 'certificate a is not ready: order is pending'],
    ['no date', certificate('a', null), 'does not say how long it lasts'],
  ])('fails for %s', async (_, object, words) => {
    const outcome = await runCheck(kubeCertificates, { options: {}, context: holding(object) })
    expect(outcome).toMatchObject({ status: 'failed', summary: expect.stringContaining(words) })
  })

  it('is unverified where there are none, or no kubectl', async () => {
    for (const where of [holding(), { env: WITHOUT_PROGRAMS }])
      expect(await runCheck(kubeCertificates, { options: {}, context: where })).toMatchObject({ status: 'unverified' })
  })
})
