// A crowd of clients in a process of its own.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { pause } from '../../src/lib/deadline.ts'
import { endWithBench } from '../relay/processes.ts'
import type { CrowdOptions } from './crowd.ts'
import type { Seen } from './seen.ts'

export type ClientsMessage =
  | { type: 'start'; options: CrowdOptions }
  /** `count` asks for two figures, `all` for everything. */
  | { type: 'stop' | 'pause' | 'go-on' | 'count' | 'all' }

export interface ClientsReply {
  type: 'progress' | 'ended'
  requests: number
  failed: number
  seen: Seen | null
}

export interface Clients {
  pause(): void
  goOn(): void
  count(): Promise<{ requests: number; failed: number }>
  seen(): Promise<Seen>
  /** Waits until so many more requests ended. */
  ask(requests: number): Promise<void>
  stop(): Promise<Seen>
}

const LOOK_EVERY_MS = 10
/** In which requests must come to an end. */
const PATIENCE_MS = 60_000

export function startClients(options: CrowdOptions): Clients {
  const child = fork(fileURLToPath(new URL('./crowd-process.ts', import.meta.url)))
  endWithBench(child)
  const waiting: ((reply: ClientsReply) => void)[] = []
  const ended = new Promise<Seen>((resolve, reject) => {
    child.on('message', (reply: ClientsReply) => {
      if (reply.type === 'progress') return waiting.shift()?.(reply)
      if (reply.seen) resolve(reply.seen)
      child.disconnect()
    })
    child.once('exit', (code) => reject(new Error(`the clients ended with ${code}`)))
  })
  ended.catch(() => {})
  const tell = (message: ClientsMessage): void => void child.send(message)
  const question = (type: 'count' | 'all'): Promise<ClientsReply> =>
    new Promise((resolve, reject) => {
      waiting.push(resolve)
      ended.catch(reject)
      tell({ type })
    })
  const count = (): Promise<ClientsReply> => question('count')
  tell({ type: 'start', options })
  return {
    pause: () => tell({ type: 'pause' }),
    goOn: () => tell({ type: 'go-on' }),
    count,
    async seen() {
      const { seen } = await question('all')
      if (!seen) throw new Error('the clients did not say what they saw')
      return seen
    },
    async ask(requests) {
      const wanted = (await count()).requests + requests
      const endsAt = performance.now() + PATIENCE_MS + requests
      for (;;) {
        const now = (await count()).requests
        if (now >= wanted) return
        if (performance.now() > endsAt)
          throw new Error(`${wanted - now} of ${requests} requests did not come to an end`)
        await pause(LOOK_EVERY_MS)
      }
    },
    stop() {
      tell({ type: 'stop' })
      return ended
    },
  }
}
