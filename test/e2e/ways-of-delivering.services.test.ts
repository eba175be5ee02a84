// Ways of delivering by the command line alone: batch by batch, several services with one way back, an environment that is held.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort, gonogo, removeFolder, startGonogo, temporaryFolder, until } from './gonogo.ts'
import { smallProject, type SmallProject } from './small-project.ts'

let folder: string

beforeEach(() => {
  folder = temporaryFolder()
})

afterEach(async () => {
  await gonogo(folder, ['down']).catch(() => {})
  await removeFolder(folder)
})

async function say(code: number, ...args: string[]): Promise<string> {
  const finished = await gonogo(folder, args)
  expect(finished.code, `gonogo ${args.join(' ')}: ${finished.stderr}${finished.stdout}`).toBe(code)
  return finished.stdout
}

const served = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text()

/** Asked without pause from here on; gives what failed. */
function askThroughout(port: number): () => Promise<string[]> {
  const failed: string[] = []
  const stop = new AbortController()
  const ask = async (): Promise<void> => {
    while (!stop.signal.aborted)
      await fetch(`http://127.0.0.1:${port}/`).then(
        async (answer) => {
          const text = await answer.text()
          return answer.status === 200 ? null : failed.push(`${answer.status} ${text}`)
        },
        (error: unknown) => failed.push(String(error)),
      )
  }
  const asking = [ask(), ask()]
  return async () => {
    stop.abort()
    await Promise.all(asking)
    return failed
  }
}

function bindOnlyDelivery(project: SmallProject, sections: Record<string, unknown>): void {
  const { items } = project
  project.configure({
    guards: { failing: { signal: 'error-rate', is: '>', value: 20 } },
    bindings: {
      [items['Settings'] ?? '']: { skip: 'not asked here' },
      [items['Agreement'] ?? '']: { skip: 'not asked here' },
      [items['Delivery'] ?? '']: { rollout: true },
      [items['Release manager'] ?? '']: { skip: 'not asked here' },
    },
    ...sections,
  })
}

const target = (more: object = {}) => ({
  kind: 'process-group',
  command: ['node', 'server.js'],
  health: { kind: 'tcp', startTimeoutMs: 10_000 },
  ...more,
})

test('rolling: instances make way batch by batch, nothing fails, and a bad version goes back to full strength', async () => {
  const port = await freePort()
  const project = smallProject(folder, { port })
  const delivery = (candidate: string) => ({
    target: 'app',
    router: 'edge',
    stable: 'v1',
    candidate,
    autoPromote: true,
    sampling: '200ms',
    strategy: { kind: 'rolling', batches: 2, pause: '700 ms', watch: '1 s' },
  })
  bindOnlyDelivery(project, { targets: { app: target({ instances: 3 }) }, delivery: delivery('v2') })
  await say(0, 'up')
  await say(0, 'plan', '--lock')
  expect(await say(0, 'deploy', '--dry-run')).toMatch(/start v2\n.*node server\.js/)
  const ended = askThroughout(port)
  await say(0, 'deploy', '--yes', '--no-wait')
  expect(await ended()).toEqual([])
  expect(await served(port)).toBe('v2')

  bindOnlyDelivery(project, {
    targets: { app: target({ instances: 3, env: { ILL: 'v3' } }) },
    delivery: delivery('v3'),
  })
  await say(0, 'plan', '--lock')
  const endedIll = askThroughout(port)
  expect(await say(1, 'deploy', '--yes', '--no-wait')).toMatch(/rolled-back/)
  // Requests that may be sent again are answered by the old version: nobody sees the bad one.
  expect(await endedIll()).toEqual([])
  for (let i = 0; i < 10; i++) expect(await served(port)).toBe('v2')
})

test('several services go forward in order; what fails in the last one takes all of them back', async () => {
  const [apiPort, webPort] = [await freePort(), await freePort()]
  const project = smallProject(folder, { port: apiPort })
  bindOnlyDelivery(project, {
    targets: { api: target({ instances: 1 }), web: target({ instances: 1, env: { ILL: 'w2' } }) },
    routers: {
      api: { kind: 'builtin-proxy', listen: { port: apiPort } },
      web: { kind: 'builtin-proxy', listen: { port: webPort } },
    },
    signals: {
      api: { kind: 'router', service: 'api', prefix: 'api.' },
      web: { kind: 'router', service: 'web', prefix: 'web.' },
    },
    guards: {
      api: { signal: 'api.error-rate', is: '>', value: 20 },
      web: { signal: 'web.error-rate', is: '>', value: 20 },
    },
    delivery: {
      services: {
        web: { target: 'web', router: 'web', after: ['api'], candidate: 'w2', stable: 'w1' },
        api: { target: 'api', router: 'api' },
      },
      stable: 'v1',
      candidate: 'v2',
      autoPromote: true,
      sampling: '200ms',
      strategy: {
        kind: 'canary',
        stages: [
          { name: 'half', weight: 50, duration: '3 s' },
          { name: 'whole', weight: 100, duration: '3 s' },
        ],
      },
    },
  })
  await say(0, 'up')
  expect([await served(apiPort), await served(webPort)]).toEqual(['v1', 'w1'])
  await say(0, 'plan', '--lock')
  const endedApi = askThroughout(apiPort)
  const endedWeb = askThroughout(webPort)
  const said = await say(1, 'deploy', '--yes', '--no-wait')
  expect(said).toMatch(/api\.whole/)
  expect(said).toMatch(/rolled-back/)
  expect(await endedApi()).toEqual([])
  expect(await endedWeb()).toEqual([])
  for (let i = 0; i < 5; i++) expect([await served(apiPort), await served(webPort)]).toEqual(['v1', 'w1'])
})

test('of several services one may stay at its version: it serves throughout, going forward and going back', async () => {
  const [apiPort, webPort] = [await freePort(), await freePort()]
  const project = smallProject(folder, { port: apiPort })
  const sections = (candidate: string) => ({
    targets: { api: target({ instances: 1, env: { ILL: 'v3' } }), web: target({ instances: 1 }) },
    routers: {
      api: { kind: 'builtin-proxy', listen: { port: apiPort } },
      web: { kind: 'builtin-proxy', listen: { port: webPort } },
    },
    signals: { api: { kind: 'router', service: 'api', prefix: 'api.' } },
    guards: { api: { signal: 'api.error-rate', is: '>', value: 20 } },
    delivery: {
      services: {
        web: { target: 'web', router: 'web', candidate: 'w1', stable: 'w1' },
        api: { target: 'api', router: 'api', after: ['web'] },
      },
      stable: 'v1',
      candidate,
      autoPromote: true,
      sampling: '200ms',
      strategy: { kind: 'canary', stages: [{ name: 'whole', weight: 100, duration: '2 s' }] },
    },
  })
  const release = async (code: number, candidate: string): Promise<string> => {
    bindOnlyDelivery(project, sections(candidate))
    await say(0, 'plan', '--lock')
    const ended = [askThroughout(apiPort), askThroughout(webPort)]
    const said = await say(code, 'deploy', '--yes', '--no-wait')
    for (const end of ended) expect(await end()).toEqual([])
    return said
  }
  bindOnlyDelivery(project, sections('v2'))
  await say(0, 'up')
  expect(await say(0, 'deploy', '--dry-run')).toMatch(/start v2\n[^]*web: stays at w1\n[^]*back: all traffic to v1\n/)
  // There is nothing to watch at it, so nobody waits for requests to it.
  expect(await release(0, 'v2')).toMatch(/stage web\.whole: web stays at its version; 100 % for 2 s/)
  expect([await served(apiPort), await served(webPort)]).toEqual(['v2', 'w1'])
  expect(await release(1, 'v3')).toMatch(/rolled-back/)
  expect([await served(apiPort), await served(webPort)]).toEqual(['v2', 'w1'])
  expect((await say(0, 'down')).match(/\w+(?= is stopped)/g)).toEqual(['v2', 'w1', 'router'])
})

test('an environment that is held takes no release; a run that was left behind is given up under a name', async () => {
  const port = await freePort()
  const project = smallProject(folder, { port, delivers: false })
  bindOnlyDelivery(project, { guards: {}, bindings: { [project.items['Agreement'] ?? '']: { poll: 'team' } } })
  await say(0, 'plan', '--lock')
  await say(0, 'lock')
  await say(0, 'lock', '--reason', 'the audit', '--as', 'emil')
  expect(await say(1, 'lock')).toMatch(/kept closed by emil .*: the audit/)
  expect((await gonogo(folder, ['deploy', '--yes'])).stderr).toMatch(/kept closed by emil: the audit/)
  expect((await gonogo(folder, ['unlock'])).stderr).toMatch(/it is emil who keeps/)
  await say(0, 'unlock', '--break', '--reason', 'emil is on holiday')

  const left = startGonogo(folder, ['deploy', '--yes'])
  await until('the run to wait', () => /gonogo approve/.test(left.said()))
  expect((await gonogo(folder, ['unlock', '--break', '--reason', 'x'])).stderr).toMatch(
    /is conducted by process|being conducted/,
  )
  left.child.kill('SIGKILL')
  await left.finished
  const given = await until('the hold of the killed one to end', async () => {
    const finished = await gonogo(folder, ['unlock', '--break', '--reason', 'its laptop is gone', '--as', 'emil'])
    return finished.code === 0 && finished.stdout
  })
  expect(given).toMatch(/is given up/)
  expect(await say(0, 'lock')).toMatch(/free[\s\S]*broken by emil \(of rita\): run .*: its laptop is gone/)
  writeFileSync(join(folder, 'settings.json'), '{}')
})
