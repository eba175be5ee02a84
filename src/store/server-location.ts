// Where the embedded server keeps its data and its socket: in the state directory, unless its user cannot get there.
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { OutsideError } from '../lib/errors.ts'
import { sha256 } from '../lib/hash.ts'
import { canEnter } from './server-user.ts'
import type { ServerUser } from './server-user.ts'

export interface ServerLocation {
  /** Lock, leases, log, data and, where it was needed, a copy of the binaries. */
  base: string
  /** Directory of the Unix socket; only the server's user, root and ourselves can enter it. */
  sockets: string
}

/** `sun_path` holds 108 bytes on Linux and 104 on macOS; `/.s.PGSQL.5432` takes 14 of them. */
const SOCKET_DIRECTORY_BYTES_MAX = 88

/**
 * Finds or chooses the location and makes its directories. A location outside of the state directory is recorded
 * there (`postgres/location.json`) and told to `log`.
 * @throws OutsideError when the recorded location is gone: what was in it must not be replaced by nothing, unseen.
 */
export function locateServer(
  stateDirectory: string,
  user: ServerUser | null,
  log: (line: string) => void,
): ServerLocation {
  const home = join(stateDirectory, 'postgres')
  mkdirSync(home, { recursive: true })
  const base = recordedBase(home) ?? (user && !canEnter(home, user) ? moveOut(home, user, log) : home)
  const sockets = join(base, 'socket')
  if (Buffer.byteLength(sockets) <= SOCKET_DIRECTORY_BYTES_MAX) return { base, sockets: ownDirectory(sockets, user) }
  return { base, sockets: ownDirectory(join(tmpdir(), `gonogo-${sha256(realpathSync(base)).slice(0, 16)}`), user) }
}

function recordedBase(home: string): string | null {
  const record = join(home, 'location.json')
  if (!existsSync(record)) return null
  const { base } = JSON.parse(readFileSync(record, 'utf8')) as { base: string }
  if (existsSync(base)) return base
  throw new OutsideError('postgres', `the database was kept in ${base}, which is gone`, {
    hint: `restore that directory, or delete ${record} to begin with an empty database`,
  })
}

/**
 * /var/lib first: what is left alone for a month under /var/tmp gets cleaned away on many systems. A project that is
 * itself temporary leaves nothing outside of the temporary directory.
 */
function moveOut(home: string, user: ServerUser, log: (line: string) => void): string {
  const name = `gonogo-${sha256(realpathSync(home)).slice(0, 16)}`
  const temporary = realpathSync(tmpdir())
  const isTemporary = realpathSync(home).startsWith(temporary + sep)
  for (const parent of isTemporary ? [temporary] : ['/var/lib', '/var/tmp', temporary]) {
    if (!existsSync(parent) || !canEnter(parent, user)) continue
    const base = join(parent, name)
    try {
      mkdirSync(base, { mode: 0o711 })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') continue
      assertOwned(base, process.getuid?.() ?? 0)
    }
    writeFileAtomic(join(home, 'location.json'), `${JSON.stringify({ base }, null, 2)}\n`)
    log(`user ${user.name}, as whom Postgres runs, cannot enter ${home}; the database is kept in ${base}`)
    return base
  }
  throw new OutsideError('postgres', `user ${user.name} can enter neither ${home} nor a temporary directory`, {
    hint: 'keep the project where other users may enter, or set DATABASE_URL',
  })
}

/** Makes a directory only its user (and root) can enter, or accepts one that is exactly that. */
export function ownDirectory(path: string, user: ServerUser | null): string {
  try {
    mkdirSync(path, { mode: 0o700 })
    if (user) chownSync(path, user.uid, user.gid)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    // A start that was killed between the two calls above left it to root.
    if (user && lstatSync(path).uid === 0) chownSync(path, user.uid, user.gid)
    assertOwned(path, user?.uid ?? process.getuid?.() ?? 0)
    chmodSync(path, 0o700)
  }
  return path
}

/** Names in shared directories can be taken by others first; their directory must not become ours. */
function assertOwned(path: string, uid: number): void {
  const found = lstatSync(path)
  if (found.isDirectory() && found.uid === uid) return
  throw new OutsideError('postgres', `${path} exists and belongs to somebody else`, { hint: 'remove it' })
}
