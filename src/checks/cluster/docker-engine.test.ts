import { afterAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { fakePrograms, WITHOUT_PROGRAMS, type Reply } from '../../../test/servers/fake-program.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { dockerEngine } from './docker-engine.ts'

const started: { stop(): void }[] = []
const answering = (...replies: Reply[]) => {
  const fake = fakePrograms({ docker: replies })
  started.push(fake)
  return { env: fake.env }
}
afterAll(() => started.forEach((fake) => fake.stop()))

const INFO: Reply = {
  when: 'info',
  stdout: JSON.stringify({ ServerVersion: '20.10.24+dfsg1', ContainersRunning: 3, Images: 7 }),
}
const DF: Reply = {
  when: 'system df',
  stdout: [
    '{"Active":"1","Reclaimable":"0B (0%)","Size":"1.98GB","TotalCount":"1","Type":"Images"}',
    '{"Active":"1","Reclaimable":"0B","Size":"20kB","TotalCount":"1","Type":"Containers"}',
    '{"Active":"","Reclaimable":"","Size":"0B","TotalCount":"0","Type":"Build Cache"}',
  ].join('\n'),
}
const context = answering(
  INFO,
  DF,
  { when: 'inspect --format={{.Id}} shop:1.4.2', stdout: 'sha256:1\n' },
  { when: 'inspect', stderr: 'Error: No such image: gone:1' },
)
const DOWN = 'Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?'

checkContract(dockerEngine, {
  passing: () => ({ options: { version: '>=20', images: ['shop:1.4.2'], storedBytesMax: '2 GB' }, context }),
  failing: () => ({ options: { version: '>=24' }, context }),
  unverified: () => ({ options: {}, context: { env: WITHOUT_PROGRAMS } }),
  slow: () => ({ options: {}, context: answering({ instead: 'silent' }) }),
  unreachable: {
    status: 'failed',
    case: () => ({ options: { host: 'tcp://127.0.0.1:1' }, context: answering({ stderr: DOWN }) }),
  },
  hostile: {
    'escapes for terminals': {
      status: 'unverified',
      case: () => ({ options: {}, context: answering({ stdout: ANSI, stderr: ANSI }) }),
    },
    'a version that is none': {
      status: 'unverified',
      case: () => ({
        options: {},
        context: answering({ stdout: JSON.stringify({ ServerVersion: ANSI, ContainersRunning: 0, Images: 0 }) }),
      }),
    },
    'sizes that are none': {
      status: 'unverified',
      case: () => ({
        options: { storedBytesMax: 1 },
        context: answering(INFO, { stdout: '{"Type":"Images","Size":"much"}' }),
      }),
    },
  },
  mentions: () => ['>=20', 'shop:1.4.2', '2 GB'],
  failingExample: () => context,
  recognises: {
    clear: [
      'Docker is running',
      'Docker installed',
      'Docker 24+ is available',
      'Docker daemon running (`docker info`)',
    ],
    unclear: [
      'Docker Compose installed',
      'Docker image available',
      'Docker containers running',
      'Monitor that docker is running',
      'Docker Hub is available',
    ],
  },
})

const run = (options: Record<string, unknown>, where = context) => runCheck(dockerEngine, { options, context: where })

describe('docker-engine', () => {
  it('names images it misses, and what is stored', async () => {
    expect(await run({ images: ['shop:1.4.2', 'gone:1'] })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('it has no image gone:1'),
    })
    expect(await run({ storedBytesMax: '1 GB' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('it stores 2 GB, at most 1 GB wanted'),
      measurements: expect.arrayContaining([{ name: 'stored', value: 1_980_020_000, unit: 'bytes' }]),
    })
  })

  it('fails where an older program tells of the engine that does not answer in its answer', async () => {
    const told = answering({ stdout: JSON.stringify({ ServerErrors: [DOWN] }) })
    expect(await run({}, told)).toMatchObject({ status: 'failed', summary: expect.stringContaining('Cannot connect') })
  })

  it('is unverified where it may not ask', async () => {
    const locked = answering({ stderr: 'permission denied while trying to connect to the Docker daemon socket' })
    expect(await run({}, locked)).toMatchObject({ status: 'unverified' })
  })

  it('asks the engine it is told', async () => {
    const only = answering({ ...INFO, when: '--host=unix:///run/other.sock --context=far info' })
    expect(await run({ host: 'unix:///run/other.sock', context: 'far' }, only)).toMatchObject({ status: 'passed' })
    expect(dockerEngine.options.safeParse({ host: 'tcp://user:secret@host:1' }).success).toBe(false)
    expect(dockerEngine.options.safeParse({ host: 'ssh://deploy@host' }).success).toBe(true)
  })
})
