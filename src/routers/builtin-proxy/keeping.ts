// What the proxy keeps on disk. Written without blocking: an fsync must not hold up requests.
import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { RoutingTable } from '../../plan/traffic.ts'
import { codeOf } from '../../lib/errors.ts'
import type { Log } from './log.ts'
import { readTable } from './table.ts'

/** Files written one after the other, each wholly or not at all. */
export class Keeping {
  #last: Promise<void> = Promise.resolve()

  /** Resolves when nothing is being written. */
  settled(): Promise<void> {
    return this.#last
  }

  /** Resolves when the content is durable under its name. */
  write(path: string, content: string): Promise<void> {
    const written = this.#last.then(() => replaceFile(path, content))
    this.#last = written.catch(() => {})
    return written
  }
}

/** The table a former proxy had in force, or null. A damaged file is said and not used. */
export async function keptTable(path: string, log: Log): Promise<RoutingTable | null> {
  const json = await readText(path)
  if (json === null) return null
  const read = readTable(json)
  if ('table' in read) return read.table
  log(`${path} is not used: ${read.problem}`)
  return null
}

/** The text of a file, or null when there is none. */
export async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

async function replaceFile(path: string, content: string): Promise<void> {
  const draft = `${path}.draft`
  const file = await open(draft, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  const directory = await open(dirname(path), 'r')
  await directory.sync().finally(() => directory.close())
}
