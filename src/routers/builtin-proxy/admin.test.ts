// The admin socket under questions that are wrong, half, too large or slow; and its figures for Prometheus.
import { connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { exec } from '../../lib/exec.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { askProxy } from './admin-client.ts'
import { startBackend } from './backend.fixture.ts'
import { openEdge } from './edge.fixture.ts'
import type { Edge } from './edge.fixture.ts'
import { metricsText } from './metrics.ts'
import { tableOf } from './proxy.fixture.ts'
import { Tallies } from './counting.ts'

function ask({ paths }: Edge, method: 'GET' | 'PUT' | 'POST', path: string, body?: string) {
  const question = { method, path, signal: withDeadline(5000), ...(body === undefined ? {} : { body }) }
  return askProxy('edge', paths.adminSocket, question)
}

/** Writes bytes as they are; gives what comes back. */
function say({ paths }: Edge, text: string): { answer: () => string } {
  let answer = ''
  const socket = connect(paths.adminSocket, () => socket.write(text))
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk))
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return { answer: () => answer }
}

test('questions that make no sense are answered with what is wrong, and cost nothing else', async () => {
  const edge = openEdge()
  await edge.router.set(tableOf({ v1: 100 }, [await startBackend('v1-1')]))
  const { pid } = await edge.health()
  for (const [method, path, body, status, why] of [
    ['PUT', '/table', '{"weights":', 422, /not JSON/],
    ['PUT', '/table', '[]', 422, /expected object/],
    ['PUT', '/table', 'x'.repeat((1 << 20) + 1), 422, /larger than 1048576 bytes/],
    ['PUT', '/settings', 'null', 422, /expected object/],
    ['PUT', '/settings', '{"listen":{"port":0},"nonsense":1}', 422, /nonsense/],
    ['POST', '/drain?version=v1&timeoutMs=soon', undefined, 422, /no number/],
    ['POST', '/upgrade', '{}', 422, /node/],
    ['POST', '/hand-over', undefined, 500, /no successor is waited for/],
    ['POST', '/retire', undefined, 500, /nobody was given/],
    ['POST', '/farewell', '{"pid":"x"}', 422, /pid/],
    ['GET', '/tables', undefined, 404, /no such route/],
    ['PUT', '/health', '', 404, /no such route/],
  ] as const) {
    const answer = await ask(edge, method, path, body)
    expect([path, answer?.status, answer?.body]).toEqual([path, status, { error: expect.stringMatching(why) }])
  }
  // A farewell of somebody who never served here adds nothing.
  await ask(edge, 'POST', '/farewell', JSON.stringify({ pid: 1, counters: [{ version: 'v9', requests: 5 }] }))
  expect(await edge.router.counters(withDeadline(5000))).toMatchObject([{ version: 'v1', requests: 0 }])
  const garbage = say(edge, 'BLA bla\r\n\r\n')
  await vi.waitUntil(() => garbage.answer().startsWith('HTTP/1.1 400'))
  say(edge, 'PUT /table HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"half')
  say(edge, 'GET //[ HTTP/1.1\r\nhost: x\r\n\r\n')
  expect(await edge.get()).toBe('v1')
  expect((await edge.health()).pid).toBe(pid)
})

test('Prometheus finds the figures there, curl does too', async () => {
  const edge = openEdge()
  await edge.router.set(tableOf({ v1: 90, v2: 10 }, [await startBackend('v1-1'), await startBackend('v2-1')]))
  for (let i = 0; i < 4; i++) await edge.get({ 'x-gonogo-version': 'v2' })
  const { stdout } = await exec('curl', ['-sS', '--unix-socket', edge.paths.adminSocket, 'http://router/metrics'], {
    timeoutMs: 5000,
  })
  expect(stdout).toContain('gonogo_router_requests_total{version="v2"} 4\n')
  expect(stdout).toContain('gonogo_router_weight{version="v2"} 10\n')
  expect(stdout).toContain('gonogo_router_request_duration_seconds_bucket{version="v2",le="+Inf"} 4\n')
  expect(stdout).toContain('gonogo_router_backend_up{backend="v2-1",version="v2"} 1\n')
})

test('metrics: buckets add up, labels are escaped, every family says what it is', () => {
  const tallies = new Tallies()
  const version = 'v"1\\\n'
  for (const elapsedMs of [0.4, 3, 3, 90_000]) tallies.of(version).count(elapsedMs, elapsedMs > 1000)
  const text = metricsText({ table: null, counters: tallies.snapshot(), held: 2, backends: [] })
  const label = String.raw`version="v\"1\\\n"`
  expect(text).toContain(`gonogo_router_errors_total{${label}} 1\n`)
  expect(text).toContain(`gonogo_router_request_duration_seconds_bucket{${label},le="0.0005"} 1\n`)
  expect(text).toContain(`gonogo_router_request_duration_seconds_bucket{${label},le="0.003"} 3\n`)
  expect(text).toContain(`gonogo_router_request_duration_seconds_bucket{${label},le="60"} 3\n`)
  expect(text).toContain(`gonogo_router_request_duration_seconds_bucket{${label},le="+Inf"} 4\n`)
  expect(text).toContain(`gonogo_router_request_duration_seconds_count{${label}} 4\n`)
  expect(text).toContain('gonogo_router_held 2\n')
  const families = new Set(
    text.split('\n').flatMap((line) => /^(gonogo_router_\w+?)(?:_bucket|_sum|_count)?[ {]/.exec(line)?.[1] ?? []),
  )
  for (const family of families)
    expect(text).toMatch(new RegExp(`# HELP ${family} .+\n# TYPE ${family} (?:counter|gauge|histogram)\n`))
})
