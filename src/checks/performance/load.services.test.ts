// Against a real nginx: the builtin generator beside wrk and hey (Debian) and k6, where it is on the PATH.
import { spawnSync } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, type Case } from '../../../test/contracts/check-contract.ts'
import { startNginx, type NginxServer } from '../../../test/servers/nginx.ts'
import { installPackages, isProgramThere } from '../../../test/servers/packages.ts'
import { load } from './load.ts'

const PASSWORD = 'load-password-to-hide'
const isThere = (program: string): boolean => !spawnSync(program, ['--help']).error
if (!isThere('nginx')) installPackages('nginx')
const hasNginx = isThere('nginx')
const has = { wrk: isProgramThere('wrk', 'wrk'), hey: isProgramThere('hey', 'hey'), k6: isThere('k6') }
if (!hasNginx) console.warn('SKIPPED: load.services.test.ts needs nginx, which could not be installed')
for (const [program, there] of Object.entries(has))
  if (!there) console.warn(`SKIPPED: load by ${program}, which is not installed here`)

describe.skipIf(!hasNginx)('load on a real nginx', () => {
  let nginx: NginxServer
  let app: Server
  const seen: { path: string | undefined; key: string | undefined }[] = []

  beforeAll(async () => {
    app = createServer((request, response) => {
      seen.push({ path: request.url, key: request.headers['x-key']?.toString() })
      if (request.url === '/broken') response.writeHead(500)
      response.end('hello')
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => app.once('listening', resolve))
    nginx = await startNginx({ ports: [(app.address() as AddressInfo).port], format: "'$request'" })
  })
  afterAll(async () => {
    await nginx.stop()
    app.close()
    app.closeAllConnections()
  })

  const maximum = (path: string, extra: Record<string, unknown> = {}): Case => ({
    options: { url: nginx.url + path, maximum: true, duration: 1000, connectionsMax: 8, ...extra },
  })

  checkContract(load, {
    passing: () => maximum('/alive', { requestsPerSecondMin: 1, latencyMsMax: { p99: 5000 } }),
    failing: () => maximum('/broken'),
    unverified: () => ({
      options: { url: `${nginx.url}/alive`, requestsPerSecond: 50, duration: 200, latencyMsMax: { p999: 5000 } },
    }),
    unreachable: { status: 'failed', case: () => ({ options: load.failingExample }) },
    secret: { value: PASSWORD, case: () => maximum('/alive', { headers: { 'x-key': PASSWORD } }) },
    mentions: () => [`${nginx.url}/alive`],
    recognises: {
      clear: ['Load test at 100 RPS', 'Stress test at 2,000 req/s', 'Sustained 50 requests per second'],
      unclear: ['Load test', 'Load balancer up', 'Load test of 100 RPS planned'],
    },
  })

  it.skipIf(!has.wrk)('by wrk: a pass, a failure, headers that reach the server and nobody else', async () => {
    const tool = { tool: 'wrk', threads: 1 }
    const bounds = { requestsPerSecondMin: 1, latencyMsMax: { p50: 5000, p999: 5000, max: 5000 } }
    expect(await runCheck(load, maximum('/alive', { ...tool, ...bounds }))).toMatchObject({ status: 'passed' })
    expect(await runCheck(load, maximum('/broken', tool))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('errors 100 %'),
    })
    const mix = [{ path: '/one' }, { path: '/two', method: 'POST', body: PASSWORD }]
    for (const [requests, paths] of [
      [mix, ['/one', '/two']],
      [[{ path: '/three' }], ['/three']],
    ] as const) {
      const outcome = await runCheck(load, maximum('/', { ...tool, requests, headers: { 'x-key': PASSWORD } }))
      expect(JSON.stringify(outcome)).not.toContain(PASSWORD)
      for (const path of paths) {
        const keys = seen.filter((one) => one.path === path).map(({ key }) => key)
        expect(new Set(keys)).toEqual(new Set([PASSWORD]))
      }
    }
  })

  it.skipIf(!has.hey)('by hey: a pass, a failure, a percentile it does not tell', async () => {
    const bounds = { requestsPerSecondMin: 1, latencyMsMax: { p50: 5000, p99: 5000 } }
    expect(await runCheck(load, maximum('/alive', { tool: 'hey', ...bounds }))).toMatchObject({ status: 'passed' })
    expect(await runCheck(load, maximum('/broken', { tool: 'hey' }))).toMatchObject({ status: 'failed' })
    expect(await runCheck(load, maximum('/alive', { tool: 'hey', latencyMsMax: { p999: 5000 } }))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('no p999 was measured'),
    })
  })

  it.skipIf(!has.k6)('by k6: a rate, a failure, other statuses, as much as goes', async () => {
    const rate = { tool: 'k6', maximum: false, requestsPerSecond: 100, duration: 2000, connectionsMax: 100 }
    const bounds = { latencyMsMax: { p95: 5000 }, requestsPerSecondMin: 80 }
    const passing = await runCheck(load, maximum('/alive', { ...rate, ...bounds }))
    expect(passing).toMatchObject({ status: 'passed' })
    expect(passing.measurements.find(({ name }) => name === 'requests')?.value).toBeGreaterThan(180)
    const failing = await runCheck(load, maximum('/broken', { ...rate, headers: { 'x-key': PASSWORD } }))
    expect(failing).toMatchObject({ status: 'failed', summary: expect.stringContaining('errors 100 %') })
    expect(JSON.stringify(failing)).not.toContain(PASSWORD)
    expect(await runCheck(load, maximum('/broken', { ...rate, status: 500 }))).toMatchObject({ status: 'passed' })
    expect(await runCheck(load, maximum('/alive', { tool: 'k6' }))).toMatchObject({ status: 'passed' })
  })

  it('is stopped at once, and sends nothing afterwards', async () => {
    for (const tool of ['builtin', ...(has.wrk ? ['wrk'] : [])]) {
      const controller = new AbortController()
      const { options } = maximum('/app', { tool, duration: 60_000 })
      const running = runCheck(load, { options, context: { signal: controller.signal } })
      seen.length = 0
      while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
      controller.abort()
      expect(await running).toMatchObject({ status: 'unverified' })
      // What was under way when it stopped may still arrive; then it is quiet for good.
      for (let before = -1; before !== seen.length;) {
        before = seen.length
        await new Promise((resolve) => setTimeout(resolve, 300))
      }
    }
  })
})
