// One backend as the proxy sees it: its connections, and whether it takes requests at the moment.
import { connect } from 'node:net'
import { buildConnector, Pool } from 'undici'
import type { Backend } from '../../plan/traffic.ts'
import { Breaker } from './breaker.ts'
import type { FailureRun } from './breaker.ts'
import { originOf } from './origin.ts'
import type { ProxySettings } from './settings.ts'
import { WellBeing } from './well-being.ts'

/** An ejected backend is tried again this often, with a bare connection. */
const PROBE_EVERY_MS = 250

/** A connection's error, with how many bytes that connection had read: more than 0 means it had been used before. */
export interface ConnectionError extends Error {
  bytesRead?: number
}

/** What an upstream asks of, and tells to, whoever keeps it in turn. */
export interface UpstreamKeeper {
  /** May its breaker open: never so many of stable that nobody is left. */
  mayBreak(upstream: Upstream): boolean
  /** Its breaker opened or closed. */
  breakerChanged(): void
}

export class Upstream {
  readonly backend: Backend
  readonly pool: Pool
  readonly breaker: Breaker
  /** It is in turn: reached, well, and its answers are no failures. */
  healthy = true
  /** It accepts connections, as far as is known. */
  reachable = true
  readonly #wellBeing: WellBeing | null
  readonly #connectTimeoutMs: number
  #closed = false

  /** @param run Of all backends of its version. */
  constructor(backend: Backend, settings: ProxySettings, run: FailureRun, keeper: UpstreamKeeper) {
    this.backend = backend
    this.#connectTimeoutMs = settings.connectTimeoutMs
    this.pool = new Pool(originOf(backend), {
      connections: settings.backendConnectionsMax,
      connect: connectorOf(settings.connectTimeoutMs),
      // The proxy has its own deadlines: undici's are only as fine as half a second and know no event streams.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    this.breaker = new Breaker(
      settings.breaker,
      run,
      () => keeper.mayBreak(this),
      () => {
        this.#judge()
        keeper.breakerChanged()
      },
    )
    this.#wellBeing = settings.health ? new WellBeing(backend, settings.health, () => this.#judge()) : null
  }

  /** What its health check says; true without one. */
  get well(): boolean {
    return this.#wellBeing?.well ?? true
  }

  /** Takes the backend out of turn until it accepts a connection again; asks at once, then every 250 ms. */
  eject(): void {
    if (!this.reachable || this.#closed) return
    this.reachable = false
    this.#judge()
    this.#probe()
  }

  /** Closes the connections when what is under way on them has ended. */
  close(): void {
    this.#closed = true
    this.#wellBeing?.close()
    this.pool.close().catch(() => {})
  }

  #judge(): void {
    this.healthy = this.reachable && this.well && !this.breaker.open
  }

  #probe(): void {
    const socket = connect({ host: this.backend.host, port: this.backend.port, timeout: this.#connectTimeoutMs })
    socket.once('connect', () => {
      this.reachable = true
      this.#judge()
      socket.destroy()
    })
    socket.once('timeout', () => socket.destroy())
    socket.on('error', () => {})
    socket.once('close', () => {
      if (!this.reachable && !this.#closed) setTimeout(() => this.#probe(), PROBE_EVERY_MS).unref()
    })
  }
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
