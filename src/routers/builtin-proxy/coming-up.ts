// How a worker comes up: alone, with the settings and the table on disk; or as a successor, with those of the one that runs.
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { poll, withDeadline } from '../../lib/deadline.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { AS_FORMER, askProxy } from './admin-client.ts'
import type { HandedOver } from './handing-over.ts'
import { keptTable } from './keeping.ts'
import { takeLock } from './lock.ts'
import { createLog } from './log.ts'
import type { Log } from './log.ts'
import { proxyPaths } from './paths.ts'
import type { ProxyPaths } from './paths.ts'
import { settingsSchema } from './settings.ts'
import { readTable } from './table.ts'
import { tellKeeper } from './telling.ts'
import { Worker } from './worker.ts'

/** One that is just ending lets go of the lock soon; one that runs on does not. */
const LOCK_TIMEOUT_MS = 2000
/** A question of a hand-over is answered at once or not at all. */
const QUESTION_TIMEOUT_MS = 5000

/** Serves the socket this process was started with. Where it cannot, it writes down why and ends. */
export async function comeUp(directory: string, role: 'work' | 'take-over'): Promise<void> {
  const paths = proxyPaths(directory)
  const log = createLog((text) => process.stdout.write(text))
  try {
    await (role === 'work' ? workAlone(paths, log) : takeOver(paths, log))
  } catch (error) {
    writeFileSync(paths.failure, JSON.stringify({ code: codeOf(error), message: messageOf(error) }))
    log(`could not start: ${messageOf(error)}`)
    process.exit(1)
  }
}

async function workAlone(paths: ProxyPaths, log: Log): Promise<void> {
  const lock = await poll(() => takeLock(paths.lock), { everyMs: 50, timeoutMs: LOCK_TIMEOUT_MS })
  if (!lock) {
    log('another proxy of this directory runs already')
    return process.exit(0)
  }
  const settings = settingsSchema.parse(JSON.parse(await readFile(paths.settings, 'utf8')))
  const table = await keptTable(paths.table, log)
  await new Worker({ paths, log, lock, settings }).serve(table, () => tellKeeper('serving'))
}

/** Everything that takes time is loaded by now: from here on the former one waits. */
async function takeOver(paths: ProxyPaths, log: Log): Promise<void> {
  const former = await tell(paths.adminSocket, '/hand-over')
  if (!former) throw new Error('there is no proxy to take over from')
  const handed = former as HandedOver
  const settings = settingsSchema.parse(handed.settings)
  const table = handed.table === null ? null : readTable(JSON.stringify(handed.table))
  if (table && 'problem' in table) throw new Error(`the table in force is not understood: ${table.problem}`)
  const lock = await poll(() => takeLock(paths.lock), { everyMs: 5, timeoutMs: LOCK_TIMEOUT_MS })
  if (!lock) throw new Error('another process has the lock')
  await new Worker({ paths, log, lock, settings }).serve(table?.table ?? null, () => {})
  // It may have died meanwhile: then there is nobody left to tell.
  await tell(paths.retiredSocket(handed.pid), `/retire?${AS_FORMER}`)
  tellKeeper('serving')
}

/** What the former proxy answers; null when it is gone. @throws Error when it refuses. */
async function tell(socket: string, path: string): Promise<unknown> {
  const question = { method: 'POST', path, signal: withDeadline(QUESTION_TIMEOUT_MS) } as const
  const answer = await askProxy('the former proxy', socket, question)
  if (answer === null || answer.status === 200) return answer?.body ?? null
  throw new Error(`the former proxy does not do ${path}: ${JSON.stringify(answer.body)}`)
}
