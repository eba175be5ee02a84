// One backend as the proxy sees it: its connections, and whether it takes them at the moment.
import { connect } from 'node:net'
import { buildConnector, Pool } from 'undici'
import type { Backend } from '../../plan/traffic.ts'
import type { ProxySettings } from './settings.ts'

/** An ejected backend is tried again this often, with a bare connection. */
const PROBE_EVERY_MS = 250

/** A connection's error, with how many bytes that connection had read: more than 0 means it had been used before. */
export interface ConnectionError extends Error {
  bytesRead?: number
}

export class Upstream {
  readonly backend: Backend
  readonly pool: Pool
  healthy = true
  #closed = false
  readonly #connectTimeoutMs: number

  constructor(backend: Backend, settings: ProxySettings) {
    this.backend = backend
    this.#connectTimeoutMs = settings.connectTimeoutMs
    this.pool = new Pool(originOf(backend), {
      connections: settings.backendConnectionsMax,
      connect: connectorOf(settings.connectTimeoutMs),
      // The proxy has its own deadline for the head of an answer: undici's is only as fine as half a second.
      headersTimeout: 0,
      bodyTimeout: settings.bodyTimeoutMs,
    })
  }

  /** Takes the backend out of turn until it accepts a connection again; asks at once, then every 250 ms. */
  eject(): void {
    if (!this.healthy || this.#closed) return
    this.healthy = false
    this.#probe()
  }

  /** Closes the connections when what is under way on them has ended. */
  close(): void {
    this.#closed = true
    this.pool.close().catch(() => {})
  }

  #probe(): void {
    const socket = connect({ host: this.backend.host, port: this.backend.port, timeout: this.#connectTimeoutMs })
    socket.once('connect', () => {
      this.healthy = true
      socket.destroy()
    })
    socket.once('timeout', () => socket.destroy())
    socket.on('error', () => {})
    socket.once('close', () => {
      if (!this.healthy && !this.#closed) setTimeout(() => this.#probe(), PROBE_EVERY_MS).unref()
    })
  }
}

function originOf({ host, port }: Backend): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** undici does not say on which connection a request failed; the error carries it out. */
function connectorOf(connectTimeoutMs: number): buildConnector.connector {
  const connector = buildConnector({ timeout: connectTimeoutMs })
  return (options, callback) =>
    connector(options, (...result) => {
      const socket = result[1]
      socket?.once('error', (error: ConnectionError) => {
        error.bytesRead = socket.bytesRead
      })
      callback(...result)
    })
}
