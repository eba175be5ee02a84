// HAProxy as it is, with a configuration of gonogo's: the contract, and what is not lost.
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeRouter, runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { describeSessionAffinity } from '../../test/contracts/session-affinity.ts'
import { startHaproxy, type HaproxyServer } from '../../test/servers/haproxy.ts'
import { freePort } from '../../test/servers/free-port.ts'
import { isProgramThere } from '../../test/servers/packages.ts'
import { poll } from '../lib/deadline.ts'
import { OutsideError } from '../lib/errors.ts'
import { askRuntime, parseStatistics, STATISTICS } from '../lib/haproxy-runtime.ts'
import { identify } from '../lib/process-identity.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import { haproxy } from './haproxy.ts'
import { startInstance, startVersions, type Versions } from './haproxy/backends.fixture.ts'
import type { Router, RouterContext } from './router.ts'

const isThere = isProgramThere('haproxy', 'haproxy') && isProgramThere('socat', 'socat')
if (!isThere) console.warn('SKIPPED: no haproxy and socat here, and they cannot be installed')

interface Bench extends Versions {
  router: Router
  url: string
  context: RouterContext
  /** The same router with other options. */
  again(options?: Record<string, unknown>): Router
  /** Master and workers, with -9. */
  kill(): Promise<void>
}

async function open(given: Record<string, unknown> = {}): Promise<Bench> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-haproxy-'))
  const port = await freePort()
  const context: RouterContext = {
    name: 'edge',
    directory,
    stateDirectory: join(directory, '.gonogo'),
    env: { PATH: process.env['PATH'] ?? '' },
  }
  const again = (options: Record<string, unknown> = {}): Router =>
    haproxy.create(haproxy.options.parse({ listen: { port }, ...given, ...options }), context)
  const router = again()
  const versions = await startVersions()
  onTestFinished(async () => {
    await router.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  const kill = async (): Promise<void> => {
    const path = join(context.stateDirectory, 'routers/edge/haproxy.pid')
    const master = Number(readFileSync(path, 'utf8'))
    const workers = readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ').map(Number)
    for (const pid of [master, ...workers]) process.kill(pid, 'SIGKILL')
    for (const pid of [master, ...workers])
      await poll(() => (identify(pid) ? null : true), { everyMs: 5, timeoutMs: 5000 })
  }
  return { ...versions, router, url: `http://127.0.0.1:${port}/`, context, again, kill }
}

/** Stands in front of the runtime socket until the test ends. @returns the lines that come from now on. */
async function listenIn(path: string): Promise<string[]> {
  const lines: string[] = []
  const behind = `${path}.behind`
  renameSync(path, behind)
  const server = createServer((client) => {
    client.once('data', (line: Buffer) => {
      lines.push(line.toString().trim())
      const haproxySide = connect(behind)
      haproxySide.write(line)
      client.pipe(haproxySide).pipe(client)
      for (const socket of [client, haproxySide]) socket.on('error', () => socket.destroy())
    })
  }).listen(path)
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    await once(server, 'close')
    renameSync(behind, path)
  })
  return lines
}

const ask = async (url: string, init?: RequestInit): Promise<string> => (await fetch(url, init)).text()
const statusOf = async (url: string, init?: RequestInit): Promise<number> => (await fetch(url, init)).status
const fails = (_: unknown, response: ServerResponse): void => {
  response.statusCode = 500
  response.end('broken')
}

describe.skipIf(!isThere)('haproxy with a configuration that gonogo writes', () => {
  describeRouter(async () => {
    const { router, table, url } = await open()
    return { router, table, ask: () => ask(url) }
  }, [1, 10, 50, 99.99])

  describeSessionAffinity(async () => {
    const { router, table, url } = await open()
    return {
      async ask(cookie) {
        const response = await fetch(url, cookie === undefined ? {} : { headers: { cookie } })
        const set = response.headers.getSetCookie()[0]?.split(';')[0] ?? null
        return { version: await response.text(), cookie: set }
      },
      setWeight: (percent) => router.set(table(percent)),
    }
  })

  it('a candidate that answers only 500: who asks idempotently never sees it, and it is counted against the candidate', async () => {
    const { router, table, url, candidate } = await open()
    await router.set(table(50))
    for (const instance of candidate) instance.answer = fails
    for (let i = 0; i < 100; i++) expect(await ask(url)).toBe('v1')
    const counters = await router.counters(AbortSignal.timeout(5000))
    const [v1, v2] = ['v1', 'v2'].map((version) => counters?.find((one) => one.version === version))
    expect(v1?.errors).toBe(0)
    expect(v2?.shielded).toBeGreaterThan(20)
    expect(v2).toMatchObject({ requests: v2?.shielded, errors: v2?.shielded, retries: v2?.shielded })
    expect(candidate.reduce((sum, { seen }) => sum + seen, 0)).toBe(v2?.requests)
  })

  it('what is not idempotent is never sent twice, and its client sees the failure', async () => {
    const { router, table, url, candidate, stable } = await open({ breaker: null })
    await router.set(table(100))
    for (const instance of candidate) instance.answer = fails
    for (let i = 0; i < 10; i++) expect(await statusOf(url, { method: 'POST', body: 'x' })).toBe(500)
    for (const instance of candidate) instance.answer = (request) => request.socket.destroy()
    // On a connection that served before, HAProxy closes instead of answering 502: its client decides.
    for (let i = 0; i < 10; i++)
      expect(await statusOf(url, { method: 'POST', body: 'x' }).catch(() => 'closed')).toBeOneOf([502, 'closed'])
    expect(candidate.reduce((sum, { seen }) => sum + seen, 0)).toBe(20)
    expect(stable.reduce((sum, { seen }) => sum + seen, 0)).toBe(0)
  })

  it('without a shield the breaker takes an instance out after so many failures', async () => {
    const { router, table, url, candidate } = await open({ shield: null, breaker: { errors: 3 } })
    await router.set(table(100))
    for (const instance of candidate) instance.answer = fails
    const statuses: number[] = []
    for (let i = 0; i < 50; i++) statuses.push(await statusOf(url))
    expect(statuses.filter((status) => status === 500)).toHaveLength(6)
    expect(statuses.slice(-20)).toEqual(Array.from({ length: 20 }, () => 200))
    const counters = await router.counters(AbortSignal.timeout(5000))
    expect(counters?.find(({ version }) => version === 'v2')).toMatchObject({ requests: 6, errors: 6, shielded: 0 })
  })

  it('a version without traffic answers who asks for it by name, and no other', async () => {
    const { router, table, url } = await open()
    await router.set(table(0))
    const preview = (version: string) => fetch(url, { headers: { 'x-gonogo-version': version } })
    for (const name of ['v2', 'candidate']) {
      const response = await preview(name)
      expect([await response.text(), response.headers.get('x-gonogo-version')]).toEqual(['v2', 'v2'])
    }
    expect(await (await preview('stable')).text()).toBe('v1')
    expect((await preview('v9')).status).toBe(503)
    expect((await fetch(url)).headers.get('x-gonogo-version')).toBe('v1')
    await router.set({ ...table(0), backends: table(0).backends.filter(({ version }) => version === 'v1') })
    for (const name of ['v2', 'candidate']) expect((await preview(name)).status).toBe(503)
  })

  it('a held request waits until requests are let go, and is answered by whoever has the traffic then', async () => {
    const { router, table, url, stable, candidate } = await open()
    await router.set(table(0))
    await router.set(table(0, { hold: true }))
    expect(await router.current()).toMatchObject({ hold: true })
    const held = Array.from({ length: 20 }, () => ask(url))
    expect(await Promise.race([...held, new Promise((resolve) => setTimeout(() => resolve('held'), 300))])).toBe('held')
    expect([...stable, ...candidate].map(({ seen }) => seen)).toEqual([0, 0, 0, 0])
    expect(await runCapsuleStep(router.capsule(table(100)))).toMatchObject({ exitCode: 0, stderr: '' })
    for (const answer of held) expect(await answer).toBe('v2')
    expect((await router.current())?.hold).toBeUndefined()
  })

  it('a request that is held for too long gets 503', async () => {
    const { router, table, url } = await open({ hold: { msMax: 100 } })
    await router.set(table(0, { hold: true }))
    const response = await fetch(url)
    expect([response.status, await response.text()]).toEqual([503, 'held for too long'])
  })

  it('closed: everybody gets 503 with the text, until it is open again', async () => {
    const { router, table, url } = await open()
    const closed = 'Back at 5 "sharp"; 100 % sure, Grüße'
    await router.set(table(0, { closed }))
    const response = await fetch(url)
    expect([response.status, await response.text()]).toEqual([503, closed])
    expect(await router.current()).toMatchObject({ closed })
    await router.set(table(0))
    expect(await ask(url)).toBe('v1')
  })

  it('a version whose instances are gone is answered by the stable one; instances that come back serve again', async () => {
    const { router, table, url, candidate } = await open({ breaker: { backAfterMs: 250 } })
    await router.set(table(100))
    for (const instance of candidate) await instance.stop()
    for (let i = 0; i < 20; i++) expect(await ask(url)).toBe('v1')
    const again = await startInstance('v2-1', candidate[0]?.port)
    onTestFinished(() => again.stop())
    expect(await poll(async () => ((await ask(url)) === 'v2' ? true : null), { everyMs: 20, timeoutMs: 10_000 })).toBe(
      true,
    )
  })

  it('after a promotion and two more releases everybody is where he belongs', async () => {
    const { router, url, stable, candidate } = await open()
    const third = [await startInstance('v3-1'), await startInstance('v3-2'), await startInstance('v3-3')]
    onTestFinished(async () => {
      for (const instance of third) await instance.stop()
    })
    const only = (version: string, backends: RoutingTable['backends']): RoutingTable => ({ weights: { [version]: 100 }, backends, stable: version }) // prettier-ignore
    await router.set(only('v1', stable))
    await router.set({ ...only('v2', [...stable, ...candidate]), stable: 'v1' })
    await router.set(only('v2', candidate))
    expect(await router.drain('v1', 5000)).toBe(true)
    const table = { weights: { v2: 40, v3: 60 }, backends: [...candidate, ...third], stable: 'v2' }
    await router.set(table)
    expect(await router.current()).toMatchObject({ weights: { v2: 40, v3: 60 }, stable: 'v2' })
    const seen = new Set<string>()
    for (let i = 0; i < 60; i++) seen.add(await ask(url))
    expect([...seen].toSorted()).toEqual(['v2', 'v3'])
    expect(third.every((instance) => instance.seen > 0)).toBe(true)
    await router.set(only('v3', third.slice(1)))
    for (let i = 0; i < 10; i++) expect(await ask(url)).toBe('v3')
    expect((await router.current())?.backends.map(({ id }) => id).toSorted()).toEqual(['v3-2', 'v3-3'])
    await expect(router.set({ ...table, backends: [...table.backends, ...stable] })).rejects.toThrow('two versions')
  })

  it('a switch between the same instances is the first thing that HAProxy is told; who was taken out meanwhile is put back', async () => {
    const { router, table, url, context } = await open()
    await router.set(table(0))
    const path = join(context.stateDirectory, 'routers/edge/admin.sock')
    const said = await listenIn(path)
    await router.set(table(100))
    expect(said[0]).toMatch(/^set map \S+ blue v1;set map .*;show info;show servers state$/)
    expect(await ask(url)).toBe('v2')
    for (const name of ['blue/blue-1', 'blue/blue-2'])
      await askRuntime({ socket: path }, '/', `set server ${name} state maint`, AbortSignal.timeout(5000))
    await router.set(table(0))
    expect(await ask(url)).toBe('v1')
  })

  it('killed, it comes back with what was in force: by the capsule, without gonogo, or by the next set', async () => {
    const { router, table, url, kill } = await open()
    await router.set(table(100))
    await kill()
    expect(await router.current()).toBeNull()
    await expect(router.counters(AbortSignal.timeout(5000))).rejects.toThrow('HAProxy cannot be asked')
    expect(await runCapsuleStep(router.capsule(table(0)))).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await ask(url)).toBe('v1')
    expect((await router.current())?.weights).toEqual({ v1: 100, v2: 0 })
    await kill()
    await router.set(table(100))
    expect(await ask(url)).toBe('v2')
  })

  it('the capsule talks with curl where there is no socat, and says what to install where there is neither', async () => {
    const { router, table, url, context } = await open()
    await router.set(table(100))
    const tools = join(context.directory, 'bin')
    mkdirSync(tools)
    const lend = (name: string): void => symlinkSync(`/usr/bin/${name}`, join(tools, name))
    for (const name of ['sh', 'cp', 'mv', 'dirname', 'cat', 'sleep']) lend(name)
    const bare = { PATH: tools }
    expect(await runCapsuleStep(router.capsule(table(0)), bare)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('install socat, curl or nc') }) // prettier-ignore
    expect(await ask(url)).toBe('v2')
    lend('curl')
    expect(await runCapsuleStep(router.capsule(table(0)), bare)).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await ask(url)).toBe('v1')
  })

  it('other options are taken over by a reload in which nothing is lost, and the counters go on', async () => {
    const { router, table, url, again } = await open()
    await router.set(table(50))
    for (let i = 0; i < 50; i++) await ask(url)
    const before = await router.counters(AbortSignal.timeout(5000))
    expect(before?.reduce((sum, { requests }) => sum + requests, 0)).toBe(50)
    const over = new AbortController()
    const failures: unknown[] = []
    const clients = Array.from({ length: 8 }, async () => {
      while (!over.signal.aborted) await ask(url).then((text) => ['v1', 'v2'].includes(text) || failures.push(text), (error) => failures.push(error)) // prettier-ignore
    })
    for (const slots of [3, 4, 5]) await again({ slots }).set(table(50))
    over.abort()
    await Promise.all(clients)
    expect(failures).toEqual([])
    const after = await router.counters(AbortSignal.timeout(5000))
    for (const { version, requests } of before ?? [])
      expect(after?.find((one) => one.version === version)?.requests).toBeGreaterThanOrEqual(requests)
  })

  it('a configuration that HAProxy does not take changes nothing: it goes on with what it had', async () => {
    const { router, table, url, again, context } = await open()
    await router.set(table(0))
    const file = join(context.stateDirectory, 'routers/edge/haproxy.cfg')
    const before = readFileSync(file, 'utf8')
    const wrong = again({ listen: { port: Number(new URL(url).port), certificate: '/no/such.pem' } })
    await expect(wrong.set(table(100))).rejects.toThrow('such.pem')
    expect(readFileSync(file, 'utf8')).toBe(before)
    expect(await ask(url)).toBe('v1')
    await router.set(table(100))
    expect(await ask(url)).toBe('v2')
  })

  it('a port that is taken is an error that names it, and nothing is left running', async () => {
    const port = await freePort()
    const taken = createServer().listen(port, '127.0.0.1')
    await once(taken, 'listening')
    onTestFinished(() => void taken.close())
    const { router, table, context } = await open({ listen: { port } })
    await expect(router.set(table(0))).rejects.toThrow(String(port))
    expect(await router.current()).toBeNull()
    expect(existsSync(join(context.stateDirectory, 'routers/edge/haproxy.cfg'))).toBe(false)
  })

  it('stopping it lets who is answered be answered, and waits for no idle client', async () => {
    const { router, table, url, stable } = await open()
    await router.set(table(0))
    expect(await ask(url)).toBe('v1')
    let release = (): void => {}
    const came = new Promise<void>((resolve) => {
      for (const instance of stable)
        instance.answer = (_, response) => {
          release = () => void response.end('at last')
          resolve()
        }
    })
    const slow = ask(url)
    await came
    const stopped = router.stop()
    // A new connection: one that is open is still served once.
    const isLeaving = async (): Promise<true | null> => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      const refused = await Promise.race([once(socket, 'connect').then(() => null), once(socket, 'error').then(() => true as const)]).catch(() => true as const) // prettier-ignore
      socket.destroy()
      return refused
    }
    expect(await poll(isLeaving, { everyMs: 20, timeoutMs: 10_000 })).toBe(true)
    release()
    expect(await slow).toBe('at last')
    await stopped
    expect(await router.current()).toBeNull()
    await router.stop()
  })

  it('WebSockets and other upgrades go through, and drain waits for them', async () => {
    const { router, table, url, stable } = await open()
    await router.set(table(0))
    for (const { upgrade } of stable) upgrade()
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write(
      'GET /ws HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    )
    const [head] = (await once(socket, 'data')) as [Buffer]
    expect(head.toString()).toContain('101')
    socket.write('ping')
    expect(String((await once(socket, 'data'))[0])).toBe('ping')
    await router.set(table(100))
    expect(await router.drain('v1', 100)).toBe(false)
    socket.end()
    expect(await router.drain('v1', 10_000)).toBe(true)
  })
})

const SLOTS = { blue: ['b1', 'b2'], green: ['g1', 'g2'] }
const LOSSLESS = [
  'option redispatch 1',
  'retries 3',
  'retry-on conn-failure empty-response response-timeout junk-response',
  'http-request disable-l7-retry unless { method GET HEAD OPTIONS }',
]

function adoptAt(server: HaproxyServer, given: Record<string, unknown> = {}): Router {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-haproxy-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const context = { name: 'edge', directory, stateDirectory: join(directory, '.gonogo'), env: {} }
  const options = { adopt: { socket: server.socket, backend: 'web', slots: SLOTS, ...given } }
  return haproxy.create(haproxy.options.parse(options), context)
}

/** @param lines what else stands in the backend */
async function adopt(...lines: string[]): Promise<Versions & { router: Router; server: HaproxyServer }> {
  const server = await startHaproxy({ b1: 0, b2: 0, g1: 0, g2: 0 }, [...LOSSLESS, ...lines])
  onTestFinished(() => server.stop())
  return { ...(await startVersions()), router: adoptAt(server), server }
}

describe.skipIf(!isThere)('haproxy of the user’s own', () => {
  describeRouter(async () => {
    const { router, table, server } = await adopt()
    return { router, table, ask: () => ask(server.url) }
  }, [1, 10, 50, 99])

  it('shares come out as the weights say, and what HAProxy really does is read back', async () => {
    const { router, table, server, candidate } = await adopt()
    const only = table(30).backends.filter(({ id }) => id !== 'v2-2')
    await router.set({ ...table(30), backends: only })
    const share = (await router.current())?.weights['v2'] ?? 0
    expect(Math.abs(share - 30)).toBeLessThan(0.2)
    for (let i = 0; i < 200; i++) await ask(server.url)
    expect(Math.abs((candidate[0]?.seen ?? 0) - 60)).toBeLessThanOrEqual(2)
  })

  it('clients that a cookie of HAProxy ties to a version leave it when it loses its traffic', async () => {
    const { router, table, server } = await adopt('cookie SERVER insert indirect dynamic', 'dynamic-cookie-key secret')
    await router.set(table(100))
    const cookie = (await fetch(server.url)).headers.getSetCookie()[0]?.split(';')[0] ?? ''
    expect(cookie).toContain('SERVER=')
    await router.set(table(0))
    expect(await ask(server.url, { headers: { cookie } })).toBe('v1')
  })

  it('after a restart, which forgets everything, the capsule and the next set put all of it back', async () => {
    const { router, table, server } = await adopt()
    await router.set(table(100))
    await server.kill()
    await server.start()
    expect(await statusOf(server.url)).toBe(503)
    expect(await runCapsuleStep(router.capsule(table(0)))).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await ask(server.url)).toBe('v1')
    await server.kill()
    expect(await router.current()).toBeNull()
    await expect(router.set(table(0))).rejects.toThrow('HAProxy cannot be asked')
    expect(await runCapsuleStep(router.capsule(table(0)))).not.toMatchObject({ exitCode: 0 })
    await server.start()
    await router.set(table(50))
    expect((await router.current())?.weights).toEqual({ v1: 50, v2: 50 })
  })

  it('a version that is not up does not get the traffic: everything stays as it was', async () => {
    const { router, table, server, candidate } = await adopt()
    await router.set(table(0))
    await router.set(table(10))
    for (const instance of candidate) await instance.stop()
    const isDown = async (): Promise<true | null> => {
      const { rows } = parseStatistics(await askRuntime(server, '/', STATISTICS, AbortSignal.timeout(5000)))
      return rows.filter(({ status }) => status.startsWith('DOWN')).length === 2 ? true : null
    }
    expect(await poll(isDown, { everyMs: 20, timeoutMs: 10_000 })).toBe(true)
    await expect(router.set(table(100))).rejects.toThrow('finds none of g1, g2 up')
    expect((await router.current())?.weights['v1']).toBeCloseTo(90, 0)
    expect(await ask(server.url)).toBe('v1')
  })

  it('says what is wrong: a socket that may only look, none at all, none of HAProxy’s, servers that are not there', async () => {
    const { table, server, router } = await adopt()
    const other = (given: Record<string, unknown>) => adoptAt(server, { socket: undefined, ...given })
    await expect(other({ tcp: server.tcp }).set(table(0))).rejects.toMatchObject({ hint: expect.stringContaining('level admin') }) // prettier-ignore
    await expect(other({ socket: '/no/such.sock' }).set(table(0))).rejects.toMatchObject({ hint: expect.stringContaining('stats socket') }) // prettier-ignore
    const web = new URL(server.url).host
    await expect(other({ tcp: web }).set(table(0))).rejects.toThrow(OutsideError)
    await expect(adoptAt(server, { backend: 'nobody' }).set(table(0))).rejects.toThrow('nobody')
    const slots = { blue: ['b1'], green: ['x1'] }
    await expect(adoptAt(server, { slots }).set(table(0))).rejects.toThrow('no server x1')
    await expect(router.set({ ...table(0), backends: [] })).rejects.toThrow('has no instance')
  })

  it('a balance whose weights are fixed is refused', async () => {
    const { router, table } = await adopt('balance static-rr')
    await expect(router.set(table(10))).rejects.toThrow('static-rr')
  })
})
