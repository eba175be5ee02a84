// kubectl as gonogo calls it: which cluster, what its failures are, and that a capsule carries both.
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fakePrograms, WITHOUT_PROGRAMS, type FakePrograms, type Reply } from '../../test/servers/fake-program.ts'
import { runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { Kubectl, kubectlProgram, kubeShell } from './kubectl.ts'

const options = { kubeconfig: '/k', context: 'production', namespace: 'shop', timeoutMs: 1500 }
let fakes: FakePrograms | undefined
afterEach(() => fakes?.stop())

function kubectlThatSays(...replies: Reply[]): Kubectl {
  fakes = fakePrograms({ kubectl: replies })
  return new Kubectl(options, 'router edge', fakes.env)
}

it('names cluster, namespace and its time in whole seconds', () => {
  const words = ['get', 'pods', '--kubeconfig=/k', '--context=production', '--namespace=shop', '--request-timeout=2s']
  expect(kubectlProgram(options, ['get', 'pods']).args).toEqual(words)
})

describe('what it says when it fails', () => {
  it.each([
    ['denied', 'Error from server (Forbidden): services "web" is forbidden: User "guest" cannot get resource'],
    ['conflict', 'The request is invalid: the server rejected our request due to an error in our request'],
    [
      'conflict',
      'Error from server (Conflict): Operation cannot be fulfilled on ingresses: the object has been modified',
    ],
    ['unreachable', 'The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?'],
    ['unusable', 'The connection to the server localhost:8080 was refused - did you specify the right host or port?'],
    ['unusable', 'Error in configuration: context was not found for specified context: production'],
    ['no-kind', 'error: the server doesn\'t have a resource type "httproutes"'],
    ['absent', 'Error from server (NotFound): services "web" not found'],
    ['refused', 'The Service "web" is invalid: spec.selector: Invalid value'],
    ['other', 'error: unable to do it'],
  ])('is %s: %s', async (failure, stderr) => {
    const kubectl = kubectlThatSays({ stderr })
    await expect(kubectl.run(kubectl.program(['get', 'service', 'web']))).rejects.toMatchObject({
      failure,
      message: expect.stringContaining(stderr),
    })
  })

  it('is nothing that JSON or the schema would hide', async () => {
    const schema = z.object({ spec: z.object({}) })
    const kubectl = kubectlThatSays(
      { when: 'nonsense', stdout: 'no JSON' },
      { when: 'other', stdout: '{}' },
      { stdout: '' },
    )
    await expect(kubectl.get(schema, 'service', 'nonsense')).rejects.toThrow(/is no JSON/)
    await expect(kubectl.get(schema, 'service', 'other')).rejects.toThrow(/is no service other/)
    expect(await kubectl.get(schema, 'service', 'web')).toBeNull()
  })

  it('is what to install where there is none', async () => {
    const kubectl = new Kubectl(options, 'router edge', WITHOUT_PROGRAMS)
    await expect(kubectl.run(kubectl.program(['version']))).rejects.toMatchObject({
      hint: 'install kubectl (https://kubernetes.io/docs/tasks/tools)',
    })
  })
})

describe('in a capsule', () => {
  const step = (shell: string) => ({ stage: 'traffic' as const, title: '', shell, files: {} })

  it('asks the cluster that was meant when it was written, whoever runs it', async () => {
    fakes = fakePrograms({ kubectl: [{ when: 'get', stdout: 'asked' }] })
    const shell = `${kubeShell({ timeoutMs: 1000 }, { KUBECONFIG: "/it's:/b", HOME: '/h' })}\nkube get pods; echo " $KUBECONFIG $HOME"`
    const env = { PATH: fakes.env['PATH'] ?? '', KUBECONFIG: '/other', HOME: '' }
    expect(await runCapsuleStep(step(shell), env)).toMatchObject({ exitCode: 0, stdout: "asked /it's:/b /h\n" })
  })

  it('says what to install', async () => {
    const ended = await runCapsuleStep(step(kubeShell(options, {})), { PATH: '/nowhere' })
    expect(ended).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('https://kubernetes.io') })
  })
})
