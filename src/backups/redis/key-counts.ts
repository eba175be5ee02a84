// Keys per database, as a server says it.
import { openRedis, type Connection } from './connection.ts'

/** `{ db0: 12 }`; databases without keys are left out. @throws OutsideError */
export async function keysOf(connection: Connection): Promise<Record<string, number>> {
  const info = (await connection.ask('INFO', 'keyspace')) ?? ''
  return Object.fromEntries(
    Array.from(info.matchAll(/^(db\d+):keys=(\d+)/gm), ([, name = '', keys]) => [name, Number(keys)]),
  )
}

/** Of a server that runs. @throws OutsideError */
export async function keysAt(url: string, signal: AbortSignal): Promise<Record<string, number>> {
  const connection = await openRedis(url, signal)
  try {
    return await keysOf(connection)
  } finally {
    connection.close()
  }
}
