// An RDB file is proved by a Redis of our own that loads it, away from the network; where none is installed, it stays unverified.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, copyFileSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { poll } from '../../lib/deadline.ts'
import { OutsideError } from '../../lib/errors.ts'
import { requireFreeBytes } from '../../databases/sqlite/free-space.ts'
import { openRedis, type Connection } from './connection.ts'
import { keysOf } from './key-counts.ts'

const SERVER = 'redis-server'
const RDB = 'copy.rdb'
/** A Unix socket's path has about a hundred characters; the directory of copies may be deeper. */
const SOCKET = 'redis.sock'

export type Loaded =
  /** Keys per database, and as `expired` those that were over their time when it was loaded: together all keys of the file. */
  | { type: 'loaded'; rows: Record<string, number>; version: string }
  | { type: 'broken'; problem: string }
  /** Nothing was found out: no server here, or one too old for the file. */
  | { type: 'unknown'; why: string }

/** Loads a copy of `file` that is laid as a restore would. @throws OutsideError when there is no room, or it takes too long. */
export async function loadRdb(file: string, bytes: number, timeoutMs: number, signal: AbortSignal): Promise<Loaded> {
  requireFreeBytes(dirname(file), bytes, `restoring ${file} into scratch`)
  const scratch = mkdtempSync(join(dirname(file), '.scratch-'))
  const sockets = mkdtempSync(join(tmpdir(), 'gonogo-redis-'))
  const log = join(scratch, 'log')
  const output = openSync(log, 'w')
  try {
    copyFileSync(file, join(scratch, RDB), constants.COPYFILE_FICLONE)
    const flags = {
      port: '0',
      unixsocket: join(sockets, SOCKET),
      unixsocketperm: '700',
      dir: scratch,
      dbfilename: RDB,
      save: '',
      appendonly: 'no',
    }
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
    const server = spawn(SERVER, args, { stdio: ['ignore', output, output] })
    const ended = once(server, 'exit').then(
      () => 'ended' as const,
      () => 'missing' as const,
    )
    try {
      const how = await Promise.race([ended, whenLoaded(join(sockets, SOCKET), timeoutMs, signal)])
      if (how === 'missing') return { type: 'unknown', why: `${SERVER} is not installed here` }
      if (how === 'ended') return whyNot(readFileSync(log, 'utf8'))
      if (how === null)
        throw new OutsideError(
          'backup',
          signal.aborted ? 'proving the copy was cancelled' : `loading ${file} took longer than ${timeoutMs} ms`,
          { retryable: true },
        )
      return how
    } finally {
      server.kill('SIGKILL')
      await ended
    }
  } finally {
    closeSync(output)
    rmSync(scratch, { recursive: true, force: true })
    rmSync(sockets, { recursive: true, force: true })
  }
}

function whenLoaded(socket: string, timeoutMs: number, signal: AbortSignal): Promise<Loaded | null> {
  return poll(
    async () => {
      let connection: Connection | null = null
      try {
        connection = await openRedis(socket, signal)
        const info = (await connection.ask('INFO')) ?? ''
        if (field(info, 'loading') !== '0') return null
        const keys = await keysOf(connection)
        const total =
          Number(field(info, 'rdb_last_load_keys_loaded')) + Number(field(info, 'rdb_last_load_keys_expired'))
        const present = Object.values(keys).reduce((sum, count) => sum + count, 0)
        const rows = Number.isFinite(total) && total > present ? { ...keys, expired: total - present } : keys
        return { type: 'loaded' as const, rows, version: field(info, 'redis_version') ?? 'unknown' }
      } catch (error) {
        // Not listening yet, or still loading.
        if (error instanceof OutsideError) return null
        throw error
      } finally {
        connection?.close()
      }
    },
    { everyMs: 20, timeoutMs, signal },
  )
}

function whyNot(log: string): Loaded {
  const last =
    log
      .split('\n')
      .filter((line) => /# |Fatal|Can't|error/i.test(line))
      .at(-1)
      ?.replace(/^.*?# /, '')
      .trim() ?? 'it ended without a word'
  // A newer file, or one with types of modules, may be whole.
  if (/RDB format version|module/i.test(log)) return { type: 'unknown', why: `${SERVER} here cannot load it: ${last}` }
  return { type: 'broken', problem: `${SERVER} does not load it: ${last}` }
}

function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
}
