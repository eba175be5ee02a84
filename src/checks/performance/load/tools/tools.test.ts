// What the tools are told, and what is made of what they print. They themselves run in load.services.test.ts.
import { expect, it } from 'vitest'
import { ANSI } from '../../../../../test/servers/hostile.ts'
import { hey } from './hey.ts'
import { k6 } from './k6.ts'
import type { ToolLoad } from './tool.ts'
import { wrk } from './wrk.ts'

const SECRET = 'correct-horse-battery'
const request = { method: 'GET', url: new URL('http://shop.internal:8080/a?b=1'), headers: {}, body: '', weight: 1 }
const plain: ToolLoad = {
  requests: [request],
  schedule: null,
  durationMs: 1500,
  connectionsMax: 8,
  threads: 2,
  timeoutMs: 2500,
  statuses: null,
}
const secret = {
  ...plain,
  requests: [{ ...request, method: 'POST', headers: { 'x-key': SECRET }, body: `"${SECRET}\n` }],
}
const atRate = {
  ...plain,
  schedule: { fromRequestsPerSecond: 0.5, stages: [{ requestsPerSecond: 20, durationMs: 1500 }] },
}

it('wrk is told everything by a script that only its user can read', () => {
  const { args, file } = wrk.command(secret, '/tmp/x')
  expect(args).toEqual([
    '-t',
    '2',
    '-c',
    '8',
    '-d',
    '2s',
    '--timeout',
    '3s',
    '-s',
    '/tmp/x/load.lua',
    'http://shop.internal:8080',
  ])
  expect(args.join(' ')).not.toContain(SECRET)
  expect(file?.content).toContain(`wrk.headers["x-key"] = "${SECRET}"`)
  expect(file?.content).toContain(`wrk.body = "\\034${SECRET}\\010"`)
  const mix = wrk.command({ ...secret, requests: [...secret.requests, request] }, '/tmp/x').file?.content
  expect(mix).toContain(`{["x-key"]="${SECRET}"}, "\\034${SECRET}\\010")`)
})

it('what wrk cannot do is refused: rates, statuses, certificates', () => {
  expect(wrk.refuses(plain)).toBeNull()
  expect(wrk.refuses(atRate)).toMatch(/rate/)
  expect(wrk.refuses({ ...plain, statuses: [200] })).toMatch(/200 to 399/)
  expect(wrk.refuses({ ...plain, requests: [{ ...request, url: new URL('https://shop.internal/') }] })).toMatch(
    /certificates/,
  )
})

it('figures of wrk are read, errors and late answers among them', () => {
  const report = wrk.read('Running 2s test\n...\ngonogo: 1000 2000000 1 2 3 50 10 100 200 300 400 5000 6000 7000\n')
  expect(report).toMatchObject({ requests: 1006, failed: 66, requestsPerSecond: 470 })
  expect(report?.latencyMs).toEqual({ p50: 0.1, p75: 0.2, p90: 0.3, p95: 0.4, p99: 5, p999: 6, max: 7 })
})

it('hey gets one plain request, and nothing secret', () => {
  expect(hey.command(plain, '/tmp/x').args.join(' ')).toBe(
    '-c 8 -cpus 2 -disable-redirects -z 1500ms -t 3 -m GET http://shop.internal:8080/a?b=1',
  )
  expect(hey.refuses(plain)).toBeNull()
  expect(hey.refuses(secret)).toMatch(/everybody on the machine/)
  expect(hey.refuses({ ...plain, requests: [request, request] })).toMatch(/one request/)
  expect(hey.refuses(atRate)).toMatch(/rate/)
})

it('figures of hey are read, statuses and errors told apart', () => {
  const report = hey.read(`
Summary:
  Total:\t2.0000 secs
  Slowest:\t0.5000 secs

Latency distribution:
  50% in 0.0100 secs
  99%% in 0.2500 secs

Status code distribution:
  [200]\t90 responses
  [503]\t8 responses

Error distribution:
  [2]\tGet "http://shop.internal/": ${ANSI}
`)
  expect(report).toMatchObject({
    requests: 100,
    failed: 10,
    requestsPerSecond: 45,
    counts: { 200: 90, 503: 8, broken: 2 },
  })
  expect(report?.latencyMs).toEqual({ p50: 10, p99: 250, max: 500 })
})

it('k6 gets its script as input, with rates as whole numbers', () => {
  const { args, input } = k6.command({ ...secret, schedule: atRate.schedule }, '/tmp/x')
  expect(args.join(' ')).not.toContain(SECRET)
  expect(input).toContain(SECRET)
  expect(input).toContain('"startRate":500,"timeUnit":"1000s","stages":[{"target":20000,"duration":"1500ms"}]')
})

it('figures of k6 are read, and what it dropped never left', () => {
  const metrics = {
    http_reqs: { values: { count: 90 } },
    http_req_failed: { values: { rate: 0.1 } },
    http_req_duration: { values: { med: 5, 'p(99)': 50, max: 'much' } },
    dropped_iterations: { values: { count: 10 } },
  }
  const report = k6.read(`gonogo:${JSON.stringify({ metrics, durationMs: 1000 })}\n`)
  expect(report).toMatchObject({ requests: 100, failed: 9, unsent: 10, requestsPerSecond: 81 })
  expect(report?.latencyMs).toEqual({ p50: 5, p99: 50 })
})

it.each([
  ['nothing', ''],
  ['escapes for terminals', ANSI],
  ['a mark and no figures', 'gonogo:\n'],
  ['a mark and other things', 'gonogo: a b c d e f g h i j k l m n\ngonogo:{"metrics":'],
  ['a summary without figures', 'Summary:\n  Total:\tNaN secs\n'],
])('%s is no report of any tool', (_, printed) => {
  for (const tool of [wrk, hey, k6]) expect(tool.read(printed)).toBeNull()
})
