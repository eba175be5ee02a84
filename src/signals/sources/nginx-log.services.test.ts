// Against a real nginx, Debian's, in front of two servers of this process.
import { once } from 'node:events'
import { existsSync, renameSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startNginx, type NginxServer } from '../../../test/servers/nginx.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import type { Sample } from '../../plan/signal.ts'
import type { Source } from '../source.ts'
import { nginxLog } from './nginx-log.ts'

const installed = isProgramThere('nginx', 'nginx-light')
if (!installed) console.warn('SKIPPED: nginx-log.services.test.ts needs nginx, which could not be installed')

const TEXT =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $upstream_response_time $upstream_addr'
const JSON_TEXT = `escape=json '{"status":"$status","request_time":"$request_time","upstream_addr":"$upstream_addr","agent":"$http_user_agent"}'`

interface Service {
  server: Server
  port: number
  served: number
}

describe.skipIf(!installed)('nginx-log source on a real nginx', () => {
  const services: Service[] = []
  const sources: Source[] = []

  beforeAll(async () => {
    for (let i = 0; i < 2; i++) {
      const service: Service = { port: 0, served: 0, server: createServer() }
      service.server.on('request', (asked, response) => {
        service.served++
        if (asked.url === '/hangs') return
        if (asked.url === '/fails') response.statusCode = 500
        response.end('answer')
      })
      service.server.listen(0, '127.0.0.1')
      await once(service.server, 'listening')
      service.port = (service.server.address() as AddressInfo).port
      services.push(service)
    }
  })
  afterAll(async () => {
    for (const source of sources) await source.close?.()
    for (const { server } of services) {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  })

  /** Looks until so many requests of the service were seen, and adds up what was seen by then. */
  function follower(nginx: NginxServer, given: Record<string, unknown>) {
    const source = nginxLog.create(nginxLog.options.parse({ path: nginx.log, ...given }), {
      directory: '/',
      counters: () => Promise.resolve([]),
      instances: () =>
        Promise.resolve(
          Object.fromEntries(
            services.map(({ port }, index) => [
              `v${index + 1}`,
              [{ id: 'a', host: '127.0.0.1', port, pid: null, restarts: 0 }],
            ]),
          ),
        ),
      versions: () => ({ candidate: 'v2', stable: 'v1' }),
    })
    sources.push(source)
    const look = (): Promise<Sample[]> => source.sample(Date.now(), AbortSignal.timeout(5000))
    const seen = { service: [0, 0], v1: [0, 0], v2: [0, 0] }
    const lookUntil = async (requests: number) => {
      const enough = async (): Promise<boolean> => {
        for (const { signal, version, tally } of await look()) {
          const sums = seen[(version ?? 'service') as keyof typeof seen]
          if (signal !== 'requests' || !tally) continue
          sums[0] = (sums[0] ?? 0) + tally.requests
          sums[1] = (sums[1] ?? 0) + tally.errors
        }
        return (seen.service[0] ?? 0) >= requests
      }
      await expect.poll(enough, { timeout: 20_000, interval: 20 }).toBe(true)
      return seen
    }
    return { look, lookUntil }
  }

  async function send(nginx: NginxServer, path: string, times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      const headers = { 'user-agent': `odd " \\ agent \u00e9 ] [ ${i}` }
      await (await request(nginx.url + path, { headers })).body.dump()
    }
  }

  it.each([
    ['text', `'${TEXT}'`, { format: TEXT, time: 'upstream_response_time' }],
    ['JSON', JSON_TEXT, { format: 'json' }],
  ])(
    'counts exactly what was served, also while the log is rotated and nginx is killed: %s',
    async (_, written, given) => {
      const nginx = await startNginx({ ports: services.map(({ port }) => port), format: written })
      try {
        for (const service of services) service.served = 0
        const { look, lookUntil } = follower(nginx, given)
        await look()
        await send(nginx, '/', 30)
        await send(nginx, '/fails', 10)
        expect(await lookUntil(40)).toEqual({
          service: [40, 10],
          v1: [services[0]?.served, expect.any(Number)],
          v2: [services[1]?.served, expect.any(Number)],
        })
        // As logrotate does it, with requests before, in between and after.
        const sending = send(nginx, '/', 60)
        renameSync(nginx.log, `${nginx.log}.1`)
        await send(nginx, '/', 20)
        nginx.reopen()
        await sending
        await expect.poll(() => existsSync(nginx.log), { timeout: 20_000 }).toBe(true)
        await send(nginx, '/', 20)
        expect((await lookUntil(140)).service).toEqual([140, 10])
        await nginx.kill()
        await nginx.start()
        await send(nginx, '/', 10)
        const { service, v1, v2 } = await lookUntil(150)
        expect(service).toEqual([150, 10])
        expect([v1[0], v2[0]]).toEqual(services.map(({ served }) => served))
        expect((v1[1] ?? 0) + (v2[1] ?? 0)).toBe(10)
      } finally {
        await nginx.stop()
      }
    },
  )

  it('blames the version that nginx had to leave for another, and one that is late', async () => {
    const nginx = await startNginx({ ports: services.map(({ port }) => port), format: `'${TEXT}'` })
    const [stable, candidate] = services
    if (!stable || !candidate) throw new Error('two services')
    try {
      const { look, lookUntil } = follower(nginx, { format: TEXT, time: 'upstream_response_time' })
      await look()
      candidate.server.closeAllConnections()
      candidate.server.close()
      await once(candidate.server, 'close')
      stable.served = 0
      await send(nginx, '/', 20)
      const { service, v1, v2 } = await lookUntil(20)
      expect(service).toEqual([20, 0])
      expect(v1).toEqual([20, 0])
      expect(v2[0]).toBeGreaterThan(0)
      expect(v2[1]).toBe(v2[0])
      await send(nginx, '/hangs', 1)
      const after = await lookUntil(21)
      expect(after.service).toEqual([21, 1])
    } finally {
      await nginx.stop()
      candidate.server.listen(candidate.port, '127.0.0.1')
      await once(candidate.server, 'listening')
    }
  })
})
