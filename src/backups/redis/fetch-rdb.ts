// The server's data as an RDB file, over the network: asked for as a replica would (what `redis-cli --rdb` does), so nothing of its disk is needed.
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { codeOf, OutsideError } from '../../lib/errors.ts'
import { diskFull } from '../../databases/sqlite/free-space.ts'
import type { FileProof } from '../stores/store.ts'
import { openRedis, type Connection } from './connection.ts'

const CHUNK_BYTES = 1 << 20
/** Length of the mark that ends a stream of unknown length. */
const MARK_BYTES = 40

/** Writes `file`, durably. What it holds is of one moment, that at which the server forked. @throws OutsideError */
export async function fetchRdb(url: string, file: string, signal: AbortSignal): Promise<FileProof> {
  const connection = await openRedis(url, signal)
  try {
    // Servers before 7 know no `rdb-only`: they would send what is written since too, which is not read.
    await connection.ask('REPLCONF', 'capa', 'eof').catch(() => null)
    await connection.ask('REPLCONF', 'rdb-only', '1').catch(() => null)
    const announced = await announcement(connection, signal)
    const handle = await open(file, 'wx', 0o600)
    try {
      const hash = createHash('sha256')
      let bytes = 0
      for await (const chunk of bodyOf(connection, announced)) {
        hash.update(chunk)
        bytes += chunk.length
        await handle.write(chunk)
      }
      await handle.sync()
      return { bytes, sha256: hash.digest('hex') }
    } catch (error) {
      if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') throw diskFull(`while writing ${file}`)
      throw error
    } finally {
      await handle.close()
    }
  } finally {
    connection.close()
  }
}

/** `1234` or `EOF:<mark>`. Until the copy is made the server sends empty lines, to be known alive. */
async function announcement(connection: Connection, signal: AbortSignal): Promise<string> {
  connection.send('SYNC')
  while (!signal.aborted) {
    const text = (await connection.line()).replaceAll('\n', '')
    if (text.startsWith('$')) return text.slice(1)
    if (text.startsWith('-')) throw new OutsideError('redis', `SYNC: ${text.slice(1)}`, { retryable: true })
  }
  throw new OutsideError('redis', 'it was cancelled', { retryable: true })
}

async function* bodyOf(connection: Connection, announced: string): AsyncGenerator<Buffer> {
  if (!announced.startsWith('EOF:')) {
    for (let left = Number(announced); left > 0;) {
      const chunk = await connection.some(Math.min(left, CHUNK_BYTES))
      left -= chunk.length
      yield chunk
    }
    return
  }
  const mark = Buffer.from(announced.slice(4), 'latin1')
  let tail: Buffer = Buffer.alloc(0)
  for (;;) {
    const seen = Buffer.concat([tail, await connection.some(CHUNK_BYTES)])
    const end = seen.indexOf(mark)
    if (end >= 0) {
      yield seen.subarray(0, end)
      return
    }
    const sure = Math.max(0, seen.length - MARK_BYTES)
    yield seen.subarray(0, sure)
    tail = Buffer.from(seen.subarray(sure))
  }
}
