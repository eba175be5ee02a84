// Through a real nginx, Debian's, that passes on Upgrade, and through one that forgets to: the mistake this kind is for.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { startSite, type Site } from './nginx.fixture.ts'
import { websocket } from './websocket.ts'

const installed = isProgramThere('nginx', 'nginx-light')
if (!installed) console.warn('SKIPPED: websocket.services.test.ts needs nginx, which could not be installed')

describe.skipIf(!installed)('a WebSocket behind a real nginx', () => {
  let site: Site
  let server: WebSocketServer
  beforeAll(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(`heard ${String(data)}`)))
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    site = await startSite(`
      location /live { proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }
      location /forgetful { proxy_pass http://127.0.0.1:${port}; }
      location /dead { proxy_pass http://127.0.0.1:1; }`)
  })
  afterAll(async () => {
    await site.stop()
    for (const client of server.clients) client.terminate()
    server.close()
  })

  const at = (path: string, extra: Record<string, unknown> = {}) =>
    runCheck(websocket, {
      options: { url: `${site.tlsUrl.replace('http', 'ws')}${path}`, caFile: 'cert.pem', ...extra },
      context: { directory: site.directory },
    })

  it('talks over TLS through the proxy', async () => {
    expect(await at('/live', { message: 'hello', answerMatches: '^heard hello$', ping: true })).toMatchObject({
      status: 'passed',
    })
  })

  it('fails where the proxy passes on no Upgrade, and where nothing is behind it', async () => {
    expect((await at('/forgetful')).summary).toContain('the handshake was answered 4')
    expect((await at('/dead')).summary).toContain('the handshake was answered 502, not 101')
  })
})
