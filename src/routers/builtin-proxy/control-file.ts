// A table can be put in force by moving a file into place: the way for a plain shell without curl.
import { createReadStream, watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { sha256 } from '../../lib/hash.ts'
import { messageOf } from '../../lib/errors.ts'
import { readText } from './keeping.ts'
import type { Log } from './log.ts'
import type { ProxyPaths } from './paths.ts'

/** File events come at once where the system has them; this look catches the others. */
const LOOK_EVERY_MS = 200
const BYTES_MAX = 1 << 20

/**
 * Watches the control file until stopped. A file that was there before counts when its acknowledgement is missing or
 * belongs to another content: it came while no proxy ran.
 * @returns stops watching; resolves when no file is being taken any more.
 */
export async function watchControlFile(
  paths: ProxyPaths,
  take: (json: string) => Promise<{ problem: string } | object>,
  log: Log,
): Promise<() => Promise<void>> {
  let seen = ''
  let looking: Promise<void> | null = null
  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => (looking = null))
    return looking
  }
  async function lookOnce(): Promise<void> {
    try {
      const mark = await markOf(paths.control)
      if (mark !== null && mark !== seen) {
        seen = mark
        await takeFile(paths, take, log)
      }
    } catch (error) {
      log(`control file: ${messageOf(error)}`)
    }
  }
  // In this order: a file that comes meanwhile has another mark.
  const mark = await markOf(paths.control)
  const control = await readText(paths.control)
  const acknowledged = control !== null && (await readText(paths.ack)) === sha256(control)
  if (acknowledged) seen = mark ?? ''
  await look()
  const watcher = watchDirectory(paths.directory, () => void look(), log)
  const timer = setInterval(() => void look(), LOOK_EVERY_MS)
  timer.unref()
  return async () => {
    watcher?.close()
    clearInterval(timer)
    await looking
  }
}

/** File events, or null where the system has none to give: then the look by the clock must do. */
function watchDirectory(directory: string, onChange: () => void, log: Log): FSWatcher | null {
  const complain = (error: unknown): void => log(`watching ${directory}: ${messageOf(error)}`)
  try {
    return watch(directory, onChange).on('error', complain)
  } catch (error) {
    complain(error)
    return null
  }
}

async function takeFile(
  paths: ProxyPaths,
  take: (json: string) => Promise<{ problem: string } | object>,
  log: Log,
): Promise<void> {
  const json = await readBounded(paths.control)
  const result = await take(json)
  if ('problem' in result) log(`control file is not used: ${result.problem}`)
  else await writeFile(paths.ack, sha256(json))
}

/** Tells one file put in place from the next, equal content or not. */
async function markOf(path: string): Promise<string | null> {
  const stats = await stat(path, { bigint: true }).catch(() => null)
  return stats && `${stats.ino} ${stats.mtimeNs} ${stats.size}`
}

async function readBounded(path: string): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(path, { end: BYTES_MAX })) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
