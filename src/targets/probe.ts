// One look at an instance's health.
import { connect } from 'node:net'
import { withDeadline } from '../lib/deadline.ts'
import { messageOf } from '../lib/errors.ts'
import type { Health } from './health.ts'

export interface ProbeResult {
  healthy: boolean
  /** `HTTP 503`, `ECONNREFUSED`, `no answer within 1000 ms`. */
  said: string
}

export interface Address {
  host: string
  port: number
}

/** Asks the instance at this address. Bad news is a value. */
export function probe(address: Address, health: Health, signal?: AbortSignal): Promise<ProbeResult> {
  const limit = withDeadline(health.timeoutMs, signal)
  return health.kind === 'http' ? probeHttp(address, health, limit) : probeTcp(address, health, limit)
}

async function probeHttp(
  { host, port }: Address,
  { path, status, timeoutMs }: Health,
  signal: AbortSignal,
): Promise<ProbeResult> {
  // Loaded when needed: naming it above would load all of fetch with it, in every command.
  const { get } = await import('node:http')
  return new Promise((resolve) => {
    // A connection of its own each time: an idle one would keep a stopping instance from going.
    const request = get({ host, port, path, agent: false, signal })
    request.on('response', (response) => {
      response.resume()
      resolve({ healthy: response.statusCode === status, said: `HTTP ${response.statusCode}` })
      response.on('error', () => {})
    })
    request.on('error', (error) => resolve({ healthy: false, said: explain(error, timeoutMs) }))
  })
}

function probeTcp({ host, port }: Address, { timeoutMs }: Health, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal })
    socket.on('connect', () => {
      socket.destroy()
      resolve({ healthy: true, said: 'connected' })
    })
    socket.on('error', (error) => resolve({ healthy: false, said: explain(error, timeoutMs) }))
  })
}

function explain(error: Error, timeoutMs: number): string {
  const { code, name } = error as NodeJS.ErrnoException
  if (name === 'AbortError' || name === 'TimeoutError') return `no answer within ${timeoutMs} ms`
  return code ?? messageOf(error)
}
