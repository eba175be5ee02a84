import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  EXAMPLE,
  countsOf,
  fix,
  openRules,
  runProgram,
  startServer,
  temporaryFolder,
  temporaryGraph,
} from './fixtures.ts'
import { parseDependency } from './src/dependency.ts'
import { migrateDown, migrateUp } from './src/migrate.ts'

async function json(url: string, init?: RequestInit): Promise<{ status: number; version: string | null; body: any }> {
  const response = await fetch(url, init)
  return { status: response.status, version: response.headers.get('x-version'), body: await response.json() }
}

const add = (url: string, body: unknown) => json(`${url}/relationships`, { method: 'POST', body: JSON.stringify(body) })
const knowledge = { sourceId: 1, targetId: 2, kind: 'mentors', evidence: [{ source: 'press', weight: 0.5 }] }

describe('version 1', () => {
  test('answers its routes', async () => {
    const { url } = await startServer(await temporaryGraph())
    expect(await json(`${url}/health`)).toMatchObject({
      status: 200,
      version: 'v1',
      body: { schema: 1, explains: false },
    })
    const { body: entity } = await json(`${url}/entities/7`)
    expect(entity).toMatchObject({ id: 7 })
    const search = await json(`${url}/search?q=${entity.name.slice(0, 4).toLowerCase()}&limit=500`)
    expect(search.body.entities).toContainEqual(entity)
    const { body } = await json(`${url}/entities/7/relationships`)
    expect(body.relationships.length).toBeGreaterThan(0)
    for (const one of body.relationships) {
      expect([one.sourceId, one.targetId]).toContain(7)
      expect(one).not.toHaveProperty('evidenceCount')
    }
    expect(await json(`${url}/metrics`)).toMatchObject({
      body: { errors: 0, connections: { limit: 1000 }, database: { lockWaitMs: 5000 } },
    })
  })

  test('keeps the graph consistent when knowledge is added', async () => {
    const path = await temporaryGraph()
    const rules = openRules(path)
    await fix(rules)
    const { url } = await startServer(path)
    const first = await add(url, knowledge)
    expect(first).toMatchObject({ status: 201, body: { created: true } })
    expect(await add(url, knowledge)).toMatchObject({ status: 200, body: { id: first.body.id, created: false } })
    const { body } = await json(`${url}/entities/1/relationships?limit=500`)
    expect(body.relationships.find((one: any) => one.id === first.body.id).confidence).toBe(0.75)
    expect(new Set(Object.values(await countsOf(rules)))).toEqual(new Set([0]))
  })

  test('refuses what would not be knowledge', async () => {
    const { url } = await startServer(await temporaryGraph())
    const statusOf = async (body: string) => (await json(`${url}/relationships`, { method: 'POST', body })).status
    expect(await statusOf('{')).toBe(400)
    expect(await statusOf('null')).toBe(400)
    expect(await statusOf(JSON.stringify({ ...knowledge, evidence: [] }))).toBe(400)
    expect(await statusOf(JSON.stringify({ ...knowledge, evidence: [{ source: 'me', weight: 1 }] }))).toBe(400)
    expect(await statusOf(JSON.stringify({ ...knowledge, evidence: [null] }))).toBe(400)
    expect(await statusOf(JSON.stringify({ ...knowledge, targetId: 99_999_999 }))).toBe(422)
    expect(await statusOf('x'.repeat(100_000))).toBe(413)
  })

  test('says what is not there and what is not possible', async () => {
    const { url } = await startServer(await temporaryGraph())
    expect((await json(`${url}/entities/99999999`)).status).toBe(404)
    expect((await json(`${url}/nowhere`)).status).toBe(404)
    expect((await json(`${url}/search`)).status).toBe(400)
    expect((await json(`${url}/health`, { method: 'DELETE' })).status).toBe(405)
  })
})

test('version 2 explains confidences as soon as the schema is there, and no longer when it is gone', async () => {
  const path = await temporaryGraph()
  const { url } = await startServer(path, { GONOGO_VERSION: 'v2' })
  const first = async () => (await json(`${url}/entities/7/relationships`)).body.relationships[0]
  expect(await first()).not.toHaveProperty('evidenceCount')
  await migrateUp(path)
  const explained = await first()
  expect(explained.confidenceExplained.evidence).toHaveLength(explained.evidenceCount)
  expect(explained.confidenceExplained.expected).toBeTypeOf('number')
  await migrateDown(path)
  expect(await first()).not.toHaveProperty('evidenceCount')
})

describe('metrics', () => {
  const scrape = async (url: string) => (await fetch(`${url}/metrics`, { headers: { accept: 'text/plain' } })).text()

  test('Prometheus finds what users were answered, by status; health checks and its own scrapes are not among them', async () => {
    const { url } = await startServer(await temporaryGraph())
    for (const path of ['entities/1', 'entities/2', 'entities/99999999', 'health']) await json(`${url}/${path}`)
    await scrape(url)
    const scraped = await scrape(url)
    expect(scraped).toContain('http_request_duration_seconds_count{status_code="200",version="v1"} 2\n')
    expect(scraped).toContain('http_request_duration_seconds_bucket{status_code="404",version="v1",le="+Inf"} 1\n')
    expect(scraped).toMatch(/^process_start_time_seconds \d+/m)
  })

  test('Prometheus is answered also when users are not', async () => {
    const { url } = await startServer(await temporaryGraph(), { GONOGO_VERSION: 'v2', FAULT: 'errors' })
    while ((await json(`${url}/entities/1`)).status !== 500) await sleep(20)
    expect(await scrape(url)).toMatch(/_count\{status_code="500",version="v2"\} [1-9]/)
  })

  test('buckets hold what took no longer', async () => {
    const { url } = await startServer(await temporaryGraph(), { DEPENDENCY: '20' })
    for (let asked = 0; asked < 20; asked++) await json(`${url}/entities/1`)
    const buckets = [...(await scrape(url)).matchAll(/_bucket\{status_code="200",version="v1",le="([^"]+)"\} (\d+)/g)]
    const counts = buckets.map(([, , count]) => Number(count))
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
    expect(counts.at(-1)).toBe(20)
    expect(counts[0]).toBe(0)
  })
})

test('what its dependency does not answer, it does not answer; it is healthy all the same', async () => {
  const { url } = await startServer(await temporaryGraph(), { DEPENDENCY: '0 1' })
  expect((await json(`${url}/entities/1`)).status).toBe(502)
  expect((await json(`${url}/health`)).status).toBe(200)
})

test('a dependency is read strictly', () => {
  expect(parseDependency('')).toBeNull()
  expect(parseDependency('20')).not.toBeNull()
  for (const nonsense of ['fast', '20 2', '-1', '20 0.1 3'])
    expect(() => parseDependency(nonsense)).toThrow('dependency')
})

test('a service without its database does not start', async () => {
  const ended = await runProgram([`${EXAMPLE}src/server.ts`], {
    PORT: '0',
    DATABASE_PATH: `${temporaryFolder()}/none.db`,
  })
  expect(ended.code).toBe(1)
  expect(ended.stdout).toContain('no such database')
})

test('on SIGTERM it answers what is in flight, closes idle connections and exits with 0', async () => {
  const service = await startServer(await temporaryGraph(), { GONOGO_VERSION: 'v2', FAULT: 'latency 400' })
  // Latency comes a moment after the start: from then on a request is in flight long enough to be caught there.
  while ((await fetchMs(`${service.url}/health`)) < 400) await sleep(10)
  const agent = new Agent({ keepAlive: true })
  const answered = getWith(agent, `${service.url}/entities/1`)
  const idle = new Agent({ keepAlive: true })
  await text(await getWith(idle, `${service.url}/entities/2`))
  const inFlight = getWith(agent, `${service.url}/entities/3`)
  await text(await answered)
  await sleep(50)
  service.child.kill('SIGTERM')
  const response = await inFlight
  expect(response.statusCode).toBe(200)
  expect(response.headers.connection).toBe('close')
  expect(JSON.parse(await text(response))).toMatchObject({ id: 3 })
  expect(await service.ended).toEqual([0, null])
  await expect(fetch(`${service.url}/health`)).rejects.toThrow()
})

async function fetchMs(url: string): Promise<number> {
  const startedAt = performance.now()
  await (await fetch(url)).text()
  return performance.now() - startedAt
}

async function getWith(agent: Agent, url: string): Promise<IncomingMessage> {
  const sent = request(url, { agent }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return response
}
