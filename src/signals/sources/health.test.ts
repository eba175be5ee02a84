import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Sample } from '../../plan/signal.ts'
import type { SourceContext } from '../source.ts'
import { health } from './health.ts'

const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

type Instance = Awaited<ReturnType<SourceContext['instances']>>[string][number]

async function instance(id: string, answer: RequestListener): Promise<Instance> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { id, host: '127.0.0.1', port: (server.address() as AddressInfo).port, pid: null, restarts: 0 }
}

const well: RequestListener = (_, response) => response.end('ok')
const ill: RequestListener = (_, response) => response.writeHead(503).end('no database')
const silent: RequestListener = () => {}

function look(
  instances: () => Promise<Record<string, Instance[]>>,
  options: unknown = {},
  signal = AbortSignal.timeout(5000),
): Promise<Sample[]> {
  const versions = () => ({ candidate: null, stable: null })
  const context: SourceContext = { directory: '.', instances, versions, counters: () => Promise.resolve([]) }
  return health.create(health.options.parse(options), context).sample(1000, signal)
}

const valuesOf = (samples: Sample[], signal: string): Record<string, number | null> =>
  Object.fromEntries(samples.filter((sample) => sample.signal === signal).map(({ version, value }) => [version, value]))

describe('health source', () => {
  it('is 1 when every instance answers 2xx, and says how long the slowest took', async () => {
    const versions = { v1: [await instance('v1-1', well), await instance('v1-2', well)] }
    const samples = await look(() => Promise.resolve(versions))
    expect(samples).toMatchObject([
      { signal: 'health', version: 'v1', at: 1000, value: 1, observations: 2 },
      { signal: 'health-time', version: 'v1', unit: 'ms' },
    ])
    expect(samples[1]?.value).toBeGreaterThan(0)
  })

  it('is 0 for the version with an ill instance only, and names it', async () => {
    const versions = {
      v1: [await instance('v1-1', well)],
      v2: [await instance('v2-1', well), await instance('v2-2', ill)],
    }
    const samples = await look(() => Promise.resolve(versions))
    expect(valuesOf(samples, 'health')).toEqual({ v1: 1, v2: 0 })
    expect(samples.find(({ version }) => version === 'v2')?.detail).toBe('v2-2 answered 503')
    expect(valuesOf(samples, 'health-time')).toMatchObject({ v2: null })
  })

  it('is 0 when nobody listens any more, or nobody answers in time', async () => {
    const gone = await instance('v2-1', well)
    await new Promise((resolve) => servers.at(-1)?.close(resolve))
    const versions = { v2: [gone], v3: [await instance('v3-1', silent)] }
    const samples = await look(() => Promise.resolve(versions), { timeoutMs: 300 })
    expect(valuesOf(samples, 'health')).toEqual({ v2: 0, v3: 0 })
    expect(samples.map(({ detail }) => detail).join()).toMatch(/v2-1: .*ECONNREFUSED.*v3-1: no answer in 300 ms/)
  })

  it('asks for the path it was given', async () => {
    const path = '/status/live'
    const versions = {
      v1: [await instance('v1-1', (request, response) => response.writeHead(request.url === path ? 204 : 404).end())],
    }
    expect(valuesOf(await look(() => Promise.resolve(versions), { path }), 'health')).toEqual({ v1: 1 })
    expect(valuesOf(await look(() => Promise.resolve(versions)), 'health')).toEqual({ v1: 0 })
  })

  it('is unknown, not ill, when there is no instance, when the target cannot say, and when the look is cancelled', async () => {
    expect(await look(() => Promise.resolve({ v2: [] }))).toMatchObject([{ value: null, detail: 'no instances' }, {}])
    expect(await look(() => Promise.reject(new Error('no state')))).toMatchObject([
      { value: null, detail: 'no state' },
      {},
    ])
    const versions = { v2: [await instance('v2-1', silent)] }
    const cancelled = await look(() => Promise.resolve(versions), {}, AbortSignal.timeout(50))
    expect(cancelled).toMatchObject([{ signal: 'health', version: 'v2', value: null }, { value: null }])
  })

  it('keeps speaking of the versions it knew when the target cannot say', async () => {
    const versions = { v2: [await instance('v2-1', well)] }
    let known = true
    const instances = () => (known ? Promise.resolve(versions) : Promise.reject(new Error('no state')))
    const source = health.create(health.options.parse({}), {
      directory: '.',
      instances,
      counters: () => Promise.resolve([]),
      versions: () => ({ candidate: null, stable: null }),
    })
    await source.sample(1000, AbortSignal.timeout(5000))
    known = false
    expect(valuesOf(await source.sample(2000, AbortSignal.timeout(5000)), 'health')).toEqual({ v2: null })
  })

  it('accepts its example and refuses its failing one', () => {
    expect(health.options.safeParse(health.example).success).toBe(true)
    expect(health.options.safeParse(health.failingExample).success).toBe(false)
  })
})
