// Never two conductors on one run: a session advisory lock in Postgres, held while conducting and gone with its holder.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { Client } from 'pg'
import { pause } from '../lib/deadline.ts'
import { messageOf, OutsideError } from '../lib/errors.ts'
import { connectionOptions } from './connection.ts'

interface RunLock {
  /** Resolves while the lock is held; waits while the connection that holds it is being made again. */
  held(): Promise<void>
  /** Resolves with the reason when somebody else has taken the run over; otherwise never. */
  lost: Promise<OutsideError>
  release(): Promise<void>
}

export interface RunLocks {
  /** @throws OutsideError when the run is being conducted by another process, which is named. */
  acquire(runId: string): Promise<RunLock>
  close(): Promise<void>
}

/** A server notices the end of a vanished host after about 25 s, not after hours. */
const SESSION_SETTINGS = `set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3`
const LOCK = `select pg_try_advisory_lock(hashtextextended($1, 0)) as locked`
const UNLOCK = `select pg_advisory_unlock(hashtextextended($1, 0))`
const HOLDER = `
  select activity.pid, activity.application_name as name
  from pg_locks join pg_stat_activity activity using (pid), hashtextextended($1, 0) key
  where locktype = 'advisory' and granted and objsubid = 1
    and classid::bigint = (key >> 32) & 4294967295 and objid::bigint = key & 4294967295`

const RECONNECT_EVERY_MS = 250

/** One connection for all locks of this process; when it breaks, they are taken again before any further step is made. */
export function createRunLocks(databaseUrl: string, log: (line: string) => void): RunLocks {
  // The last part tells a session of ours that the server has not missed yet from anybody else's.
  const name = `gonogo pid ${process.pid} on ${hostname().slice(0, 30)} #${randomBytes(4).toString('hex')}`
  const locks = new Map<string, (reason: OutsideError) => void>()
  const session: { client: Client | null; closed: boolean } = { client: null, closed: false }
  /** Queries take turns: the driver wants one at a time. */
  let turn: Promise<unknown> = Promise.resolve()

  function inTurn<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const result = turn.then(async () => await work((session.client ??= await connect())))
    turn = result.catch(() => {})
    return result
  }

  async function connect(): Promise<Client> {
    const fresh = new Client({ ...connectionOptions(databaseUrl, name), query_timeout: 10_000 })
    fresh.on('error', () => {})
    try {
      await fresh.connect()
      await fresh.query(SESSION_SETTINGS)
      for (const [runId, lose] of locks) {
        if (await tryLock(fresh, runId, name)) continue
        locks.delete(runId)
        lose(await takenError(fresh, runId))
      }
    } catch (error) {
      await fresh.end().catch(() => {})
      throw error
    }
    fresh.once('end', () => {
      session.client = null
      void reconnect()
    })
    return fresh
  }

  /** As long as there are locks to hold; ends when they are held again, given back or lost. */
  async function reconnect(): Promise<void> {
    while (!session.closed && session.client === null && locks.size > 0) {
      try {
        await inTurn(async () => {})
      } catch (error) {
        log(`the connection that holds the run's lock is broken: ${messageOf(error)}; trying again`)
        await pause(RECONNECT_EVERY_MS)
      }
    }
  }

  async function acquire(runId: string): Promise<RunLock> {
    if (locks.has(runId)) throw new OutsideError('run', `${runId} is being conducted by this very process`)
    try {
      await inTurn(async (client) => {
        if (!(await tryLock(client, runId, name))) throw await takenError(client, runId)
      })
    } catch (cause) {
      if (cause instanceof OutsideError) throw cause
      throw new OutsideError('postgres', `the lock of run ${runId} cannot be taken: ${messageOf(cause)}`, {
        cause,
        retryable: true,
        hint: 'see that the database server runs and can be reached',
      })
    }
    const { promise: lost, resolve: lose } = Promise.withResolvers<OutsideError>()
    locks.set(runId, lose)
    return {
      lost,
      async held() {
        while (session.client === null && !session.closed) await pause(20)
      },
      async release() {
        // Without a connection there is no lock to give back.
        if (!locks.delete(runId) || session.client === null) return
        await inTurn((client) => client.query(UNLOCK, [runId])).catch(() => {})
      },
    }
  }

  async function close(): Promise<void> {
    session.closed = true
    await turn
    await session.client?.end().catch(() => {})
  }

  return { acquire, close }
}

/** Takes the lock; a session of our own that the server still believes in is ended first. */
async function tryLock(client: Client, runId: string, name: string): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const { rows } = await client.query<{ locked: boolean }>(LOCK, [runId])
    if (rows[0]?.locked) return true
    const holder = await findHolder(client, runId)
    if (holder?.name !== name || attempt === 20) return false
    await client.query('select pg_terminate_backend($1)', [holder.pid])
    await pause(50)
  }
}

interface Holder {
  pid: number
  /** Null when it belongs to a role whose sessions we may not see. */
  name: string | null
}

async function findHolder(client: Client, runId: string): Promise<Holder | null> {
  const { rows } = await client.query<Holder>(HOLDER, [runId])
  return rows[0] ?? null
}

async function takenError(client: Client, runId: string): Promise<OutsideError> {
  const holder = await findHolder(client, runId)
  const who = holder?.name?.replace(/^gonogo | #[0-9a-f]+$/g, '') ?? 'another process'
  return new OutsideError('run', `${runId} is being conducted by ${who}`, {
    retryable: true,
    hint: `look at it with \`gonogo watch ${runId}\``,
  })
}
