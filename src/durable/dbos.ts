// Durable execution on DBOS: the only file that imports it.
import { randomUUID } from 'node:crypto'
import { DBOS, DBOSClient, Error as DBOSErrors } from '@dbos-inc/dbos-sdk'
import type { DLogger, WorkflowHandle } from '@dbos-inc/dbos-sdk'
// Public, but not for everyone: pinned by package.json, and held by the tests of this file.
import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor'
import { dbRetryConfig } from '@dbos-inc/dbos-sdk/internal/utils'
import { Pool } from 'pg'
import type { Durable, Engine, RunMessage } from '../conduct/ports.ts'
import { pause, withDeadline } from '../lib/deadline.ts'
import { codeOf, messageOf, OutsideError, PlanError } from '../lib/errors.ts'
import { connectionOptions } from './connection.ts'
import { createExecution } from './execution.ts'
import type { Execution, Primitives } from './execution.ts'
import { record, replay } from './recorded.ts'
import type { Recorded } from './recorded.ts'
import { createMailWatch } from './mail-watch.ts'
import { createRunLocks } from './run-locks.ts'

export interface EngineOptions {
  databaseUrl: string
  /** The workflow: conducts one run. Everything it does to the world is in `durable.step`. */
  conduct: (runId: string, durable: Durable) => Promise<void>
  /** Names this process in DBOS's tables. @default a new one each time: DBOS must not recover runs by itself */
  executorId?: string
  /** Warnings of the engine, such as a database that is away. @default nowhere */
  log?: (line: string) => void
}

const APPLICATION = 'gonogo'
/** Version of the order of steps in `conduct`. Another one must not resume runs of this one. */
const WORKFLOW_FORMAT = 'gonogo-run-1'
const TOPIC = 'messages'
const WAITING = `select 1 from dbos.notifications where destination_uuid = $1 and topic = $2 and not consumed limit 1`
/** In case a notification is lost together with its connection. */
const RECEIVE_POLL_MS = 1000
const SEND_TIMEOUT_MS = 30_000
/** DBOS orders messages by the millisecond. */
const SEND_SPACING_MS = 2

/**
 * Starts the engine; one a process. Opens no port and talks to nothing but the database.
 * @throws OutsideError when the database cannot be used.
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  if (DBOS.isInitialized()) throw new Error('this process has an engine already')
  let isClosing = false
  // While closing DBOS warns of runs that are still alive; they are meant to be, for the next who conducts them.
  const log = (line: string): void => {
    if (!isClosing) options.log?.(line)
  }
  const executorId = options.executorId ?? `gonogo-${randomUUID()}`
  const pool = createPool(options.databaseUrl, `gonogo engine ${process.pid}`, 10)
  const executions = new Map<string, Execution>()

  const workflow = DBOS.registerWorkflow(
    async (runId: string): Promise<Recorded<void>> => {
      const execution = executions.get(runId)
      if (!execution) throw new Error(`run ${runId} was started by nobody`)
      return await record(() => options.conduct(runId, execution.durable))
    },
    { name: 'conduct' },
  )
  await launch(pool, options.databaseUrl, executorId, log)
  const locks = createRunLocks(options.databaseUrl, log)
  const mail = createMailWatch(options.databaseUrl, log)
  const messenger = await createMessenger(options.databaseUrl, log)

  async function begin(runId: string): Promise<WorkflowHandle<Recorded<void>>> {
    const status = await DBOS.getWorkflowStatus(runId)
    if (!status) return await DBOS.startWorkflow(workflow, { workflowID: runId })(runId)
    if (status.applicationVersion !== WORKFLOW_FORMAT)
      throw new PlanError(`run ${runId} was started by another version of gonogo (${status.applicationVersion})`, {
        hint: 'conduct it to its end with that version',
      })
    return (await takeOver(pool, runId, executorId)) ?? DBOS.retrieveWorkflow<Recorded<void>>(runId)
  }

  return {
    async conduct(runId, signal) {
      if (signal.aborted) return
      const lock = await locks.acquire(runId)
      const execution = createExecution(primitivesOf(runId), () => lock.held())
      executions.set(runId, execution)
      signal.addEventListener('abort', execution.stop, { once: true })
      void lock.lost.then(execution.fail)
      try {
        const result = (await begin(runId)).getResult()
        const recorded = await Promise.race([result, execution.stopped])
        if (recorded) replay(recorded)
      } finally {
        signal.removeEventListener('abort', execution.stop)
        execution.stop()
        await execution.settled()
        executions.delete(runId)
        await lock.release()
      }
    },
    async send(runId, message) {
      await messenger.send(runId, message)
      mail.tell()
    },
    async hasMail(runId) {
      if (!mail.mayHaveMail(runId)) return false
      try {
        return await mail.ask(runId, async () => {
          const { rowCount } = await pool.query(WAITING, [runId, TOPIC])
          return rowCount !== null && rowCount > 0
        })
      } catch (error) {
        // Nothing can be received while the database is away; whoever asks goes on with what he is doing.
        log(`durable engine: ${messageOf(error)}`)
        return false
      }
    },
    async close() {
      isClosing = true
      for (const execution of executions.values()) execution.stop()
      await Promise.all([...executions.values()].map((execution) => execution.settled()))
      await mail.close()
      await messenger.close()
      await DBOS.shutdown({ deregister: true })
      await locks.close()
      await pool.end()
    },
  }
}

async function launch(pool: Pool, databaseUrl: string, executorID: string, log: (line: string) => void): Promise<void> {
  // DBOS would wait up to a minute after an outage; a run that guards live traffic must be back within a second or two.
  Object.assign(dbRetryConfig, { initialBackoffSec: 0.1, maxBackoffSec: 1 })
  DBOS.setConfig({
    name: APPLICATION,
    systemDatabaseUrl: databaseUrl,
    systemDatabasePool: pool,
    applicationVersion: WORKFLOW_FORMAT,
    executorID,
    logger: loggerTo(log),
    enableOTLP: false,
    tracingEnabled: false,
    listenQueues: [],
  })
  try {
    await DBOS.launch()
  } catch (cause) {
    await DBOS.shutdown({ deregister: true }).catch(() => {})
    await pool.end()
    throw new OutsideError('postgres', `the durable engine cannot use the database: ${messageOf(cause)}`, {
      cause,
      retryable: true,
      hint: 'see that the database runs, and that its user may create schemas',
    })
  }
}

/** What DBOS records. Called outside of the workflow's own context it would run things unrecorded, without a word. */
function primitivesOf(runId: string): Primitives {
  return {
    assertRecordable() {
      if (DBOS.workflowID !== runId || DBOS.isInStep())
        throw new Error('durable calls belong directly into the workflow: not into a step, a timer or another run')
    },
    step: (name, work) => DBOS.runStep(work, { name }),
    receive: (timeoutMs) =>
      DBOS.recv<RunMessage>(TOPIC, { timeoutSeconds: timeoutMs / 1000, pollingIntervalMs: RECEIVE_POLL_MS }),
    now: () => DBOS.now(),
  }
}

/**
 * Makes this process the owner of a run that another one left behind and goes on with it; the caller holds the run's
 * lock. DBOS has this only for all runs of a dead executor at once, by way of a queue that is polled every second.
 * @returns null when the run has ended already
 */
async function takeOver(pool: Pool, runId: string, executorId: string): Promise<WorkflowHandle<Recorded<void>> | null> {
  const owner = randomUUID()
  const { rowCount } = await pool.query(
    `update dbos.workflow_status
     set status = 'PENDING', owner_xid = $2, executor_id = $3, recovery_attempts = 1
     where workflow_uuid = $1 and status in ('PENDING', 'ENQUEUED')`,
    [runId, owner, executorId],
  )
  const executor = DBOSExecutor.globalInstance
  const status = await executor?.systemDatabase.getWorkflowStatus(runId)
  if (!rowCount || !executor || !status) return null
  return (await executor.executeDequeuedWorkflow(status, owner)) as WorkflowHandle<Recorded<void>>
}

/** For commands that only say something to a run. */
export interface Messenger {
  /**
   * Delivers a message to a run, wherever it is conducted; the same `id` is delivered once.
   * @throws PlanError when no such run was started; OutsideError when the database stays away for 30 s.
   */
  send(runId: string, message: RunMessage): Promise<void>
  close(): Promise<void>
}

/** A sender without an engine: nothing is started, the first message opens the connection. */
export async function createMessenger(databaseUrl: string, log: (line: string) => void = () => {}): Promise<Messenger> {
  const pool = createPool(databaseUrl, `gonogo messenger ${process.pid}`, 1)
  const client = await DBOSClient.create({
    systemDatabaseUrl: databaseUrl,
    systemDatabasePool: pool,
    logger: loggerTo(log),
    applicationName: APPLICATION,
  })
  let turn: Promise<unknown> = Promise.resolve()

  async function deliver(runId: string, message: RunMessage): Promise<void> {
    const deadline = withDeadline(SEND_TIMEOUT_MS)
    const late = new Promise<never>((_, reject) => {
      deadline.addEventListener('abort', () =>
        reject(
          new OutsideError('postgres', `did not take a message for run ${runId} within ${SEND_TIMEOUT_MS / 1000} s`, {
            retryable: true,
            hint: 'see that the database server runs; `gonogo rollback --emergency` needs none',
          }),
        ),
      )
    })
    try {
      await Promise.race([client.send(runId, message, TOPIC, message.id), late])
    } catch (error) {
      const isUnknown = error instanceof DBOSErrors.DBOSNonExistentWorkflowError || codeOf(error) === '42P01'
      throw isUnknown ? new PlanError(`run ${runId} was never started`, { hint: 'gonogo status' }) : error
    }
    await pause(SEND_SPACING_MS)
  }

  return {
    send(runId, message) {
      const sent = turn.then(() => deliver(runId, message))
      turn = sent.catch(() => {})
      return sent
    },
    async close() {
      await turn
      await client.destroy()
      await pool.end()
    },
  }
}

function createPool(databaseUrl: string, name: string, connectionsMax: number): Pool {
  const pool = new Pool({ ...connectionOptions(databaseUrl, name), max: connectionsMax })
  // A connection that breaks is replaced; whoever needs it next meets the problem if there still is one. Without the
  // second line one that breaks between being borrowed and being used would take the process down.
  pool.on('error', () => {})
  pool.on('connect', (client) => void client.on('error', () => {}))
  return pool
}

/** DBOS's own tales are of no use to a person who releases; its warnings are. */
function loggerTo(log: (line: string) => void): DLogger {
  const tell = (entry: unknown): void => log(`durable engine: ${String(entry)}`)
  return { info: () => {}, debug: () => {}, warn: tell, error: tell }
}
