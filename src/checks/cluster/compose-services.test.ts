import { afterAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { fakePrograms, WITHOUT_PROGRAMS, type Reply } from '../../../test/servers/fake-program.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { composeServices } from './compose-services.ts'

const started: { stop(): void }[] = []
const answering = (...replies: Reply[]) => {
  const fake = fakePrograms({ docker: replies })
  started.push(fake)
  return { env: fake.env }
}
afterAll(() => started.forEach((fake) => fake.stop()))

const container = (service: string, change: Record<string, unknown> = {}) =>
  JSON.stringify({
    ID: '60d7f0cfa456',
    Name: `shop-${service}-1`,
    Service: service,
    State: 'running',
    Health: '',
    ExitCode: 0,
    ...change,
  })
const ps = (...lines: string[]): Reply => ({ when: 'ps --all', stdout: lines.join('\n') })
const services = (...names: string[]): Reply => ({ when: 'config --services', stdout: `${names.join('\n')}\n` })
const WEB = container('web', { Health: 'healthy' })
const MIGRATE = container('migrate', { State: 'exited' })
const context = answering(ps(WEB, container('db'), MIGRATE), services('web', 'db', 'migrate'), {
  when: 'inspect',
  stdout: '2\n0\n0\n',
})

checkContract(composeServices, {
  passing: () => ({ options: { files: ['compose.yaml'], oneShot: ['migrate'], restartsMax: 2 }, context }),
  failing: () => ({ options: { oneShot: ['migrate'], restartsMax: 1 }, context }),
  unverified: () => ({ options: {}, context: answering({ stderr: 'docker: unknown command: docker compose' }) }),
  slow: () => ({ options: {}, context: answering({ instead: 'silent' }) }),
  unreachable: {
    status: 'unverified',
    case: () => ({
      options: {},
      context: answering({ stderr: 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.' }),
    }),
  },
  hostile: {
    'escapes for terminals': {
      status: 'unverified',
      case: () => ({ options: {}, context: answering({ stdout: ANSI }) }),
    },
    'escapes in states': {
      status: 'failed',
      case: () => ({ options: {}, context: answering(ps(container('web', { State: ANSI })), services('web')) }),
    },
    'flags for containers': {
      status: 'unverified',
      case: () => ({
        options: { restartsMax: 0 },
        context: answering(ps(container('web', { ID: '--all' })), services('web')),
      }),
    },
  },
  mentions: () => ['compose.yaml', 'migrate ended well', '2 restarts'],
  failingExample: () => context,
  recognises: {
    clear: [
      'All containers are running and healthy',
      'All services up (`docker compose ps`)',
      'Docker containers are running',
    ],
    unclear: [
      'Containers do not run as root',
      'Container images scanned',
      'All pods and containers are running',
      'If containers are not running, look at the logs',
      'Database container is running',
    ],
  },
})

const run = (options: Record<string, unknown>, where = context) =>
  runCheck(composeServices, { options, context: where })

describe('compose-services', () => {
  it.each([
    "docker: unknown command: docker compose\n\nRun 'docker --help' for more information\n",
    "unknown flag: --all\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]\n\nRun 'docker --help' for more information\n",
    "unknown shorthand flag: 'f' in -f\nSee 'docker --help'.\n",
  ])('says that the plug-in is missing where docker says %j', async (stderr) => {
    expect(await run({ host: 'unix:///var/run/docker.sock' }, answering({ stderr }))).toMatchObject({
      status: 'unverified',
      summary: 'the compose plug-in of docker is not installed',
    })
  })

  it.each<[string, Record<string, unknown>, string[], string]>([
    ['a service without a container', {}, [WEB], 'db has no container'],
    [
      'a service that ended',
      {},
      [WEB, container('db', { State: 'exited', ExitCode: 137 })],
      'shop-db-1 is exited (exit code 137)',
    ],
    ['a service that restarts', {}, [WEB, container('db', { State: 'restarting' })], 'shop-db-1 is restarting'],
    ['a service that is not healthy', {}, [WEB, container('db', { Health: 'starting' })], 'shop-db-1 is starting'],
    [
      'a service that cannot tell, where it must',
      { healthy: true },
      [WEB, container('db')],
      'shop-db-1 has no health check',
    ],
    [
      'work that ended badly',
      { oneShot: ['db'] },
      [WEB, container('db', { State: 'exited', ExitCode: 1 })],
      'it should have ended well',
    ],
    ['work that has not ended', { oneShot: ['db'] }, [WEB, container('db')], 'it should have ended well'],
  ])('fails for %s', async (_, options, lines, words) => {
    const where = answering(ps(...lines), services('web', 'db'))
    expect(await run(options, where)).toMatchObject({ status: 'failed', summary: expect.stringContaining(words) })
  })

  it('reads the list of older programs too, and judges only what it is told', async () => {
    const listed = answering({ when: 'ps', stdout: `[${WEB},${container('db', { State: 'dead' })}]` })
    expect(await run({ services: ['web'] }, listed)).toMatchObject({ status: 'passed' })
    expect(await run({ services: ['web', 'db'] }, listed)).toMatchObject({ status: 'failed' })
  })

  it('cannot tell without services, or without docker', async () => {
    expect(await run({}, answering(ps(), services()))).toMatchObject({ status: 'unverified' })
    expect(await run({}, { env: WITHOUT_PROGRAMS })).toMatchObject({
      status: 'unverified',
      summary: 'docker is not installed',
    })
  })

  it('cannot tell how often it restarted where docker does not say', async () => {
    const silent = answering(ps(WEB), services('web'), { when: 'inspect', stdout: '' })
    expect(await run({ restartsMax: 0 }, silent)).toMatchObject({ status: 'unverified' })
  })
})
