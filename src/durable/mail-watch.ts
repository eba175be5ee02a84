// Knows without asking when there is no mail for a run: the database tells of each message as it arrives. A run asks before each of its
// steps, and hardly ever is there any.
import { Client } from 'pg'
import { pause } from '../lib/deadline.ts'
import { messageOf } from '../lib/errors.ts'
import { connectionOptions } from './connection.ts'

export interface MailWatch {
  /** False only when somebody has looked, there was nothing, and nothing has arrived since. */
  mayHaveMail(runId: string): boolean
  /** Looks, by `look`, whether a message waits. */
  ask(runId: string, look: () => Promise<boolean>): Promise<boolean>
  /** Something was sent by this process: known before the database tells. */
  tell(): void
  close(): Promise<void>
}

/** DBOS notifies of every message: `RUN::TOPIC`. */
const CHANNEL = 'dbos_notifications_channel'
/** In case a notification is lost, or a pooler in between swallows them all. */
const BELIEVED_MS = 1000
const RECONNECT_EVERY_MS = 250
const RUNS_MAX = 1000

/** Starts to listen; until it does, everything is asked. */
export function createMailWatch(databaseUrl: string, log: (line: string) => void): MailWatch {
  const state: { client: Client | null; closed: boolean; arrived: number } = { client: null, closed: false, arrived: 0 }
  /** Run → when it was seen that nothing waits, by the monotonic clock, and after how many arrivals for anybody. */
  const empty = new Map<string, { at: number; arrived: number }>()
  let connecting: Promise<void> = connect()

  async function connect(): Promise<void> {
    while (!state.closed) {
      const client = new Client({
        ...connectionOptions(databaseUrl, `gonogo mail ${process.pid}`),
        query_timeout: 10_000,
      })
      client.on('error', () => {})
      client.on('notification', () => void (state.arrived += 1))
      try {
        await client.connect()
        await client.query(`listen ${CHANNEL}`)
        client.once('end', () => {
          state.client = null
          if (!state.closed) connecting = connect()
        })
        empty.clear()
        state.client = client
        return
      } catch (error) {
        log(`messages are not listened to: ${messageOf(error)}; trying again`)
        await client.end().catch(() => {})
        await pause(RECONNECT_EVERY_MS)
      }
    }
  }

  return {
    mayHaveMail(runId) {
      const seen = empty.get(runId)
      if (!seen || state.client === null || seen.arrived !== state.arrived) return true
      return performance.now() - seen.at > BELIEVED_MS
    },
    async ask(runId, look) {
      const { client, arrived } = state
      const at = performance.now()
      const found = await look()
      if (found || client === null || client !== state.client) return found
      if (empty.size >= RUNS_MAX) empty.clear()
      empty.set(runId, { at, arrived })
      return false
    },
    tell: () => void (state.arrived += 1),
    async close() {
      state.closed = true
      await state.client?.end().catch(() => {})
      await connecting
    },
  }
}
