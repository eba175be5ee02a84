// A web server of tests: one listener over http, and where asked for over https with a certificate of its own.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasOpenssl, selfSigned } from '../../../test/servers/hostile.ts'

export interface Web {
  /** `http://127.0.0.1:PORT`. */
  url: string
  /** `https://127.0.0.1:PORT`, trusted by `cert.pem` in `directory`; null where it was not asked for, and without openssl. */
  tlsUrl: string | null
  directory: string
  stop(): Promise<void>
}

export async function startWeb(listener: RequestListener, { overTls = false } = {}): Promise<Web> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-web-'))
  const identity = overTls && hasOpenssl() ? selfSigned(directory) : null
  if (overTls && !identity) console.warn('SKIPPED: nothing is asked over TLS, for want of the openssl program')
  const servers = [
    createServer(listener),
    ...(identity ? [createTlsServer({ key: identity[0], cert: identity[1] }, listener)] : []),
  ]
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ports.push((server.address() as AddressInfo).port)
  }
  return {
    url: `http://127.0.0.1:${ports[0]}`,
    tlsUrl: identity ? `https://127.0.0.1:${ports[1]}` : null,
    directory,
    async stop() {
      for (const server of servers) server.closeAllConnections()
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
