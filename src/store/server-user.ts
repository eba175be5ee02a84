// Postgres refuses to run as root. Which existing user it runs as instead, and what that user can reach.
import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { OutsideError } from '../lib/errors.ts'

export interface ServerUser {
  name: string
  uid: number
  gid: number
}

/**
 * The user the server runs as: `postgres` if there is one, else `nobody`; null when this process is not root and
 * the server runs as ourselves.
 * @throws OutsideError when this process is root and there is neither. None is ever created.
 */
export function chooseServerUser(passwdPath = '/etc/passwd'): ServerUser | null {
  if (process.getuid?.() !== 0) return null
  const users = new Map(readFileSync(passwdPath, 'utf8').split('\n').map(parseUser))
  const user = users.get('postgres') ?? users.get('nobody')
  if (user) return user
  throw new OutsideError('postgres', 'cannot run as root, and there is no user "postgres" or "nobody" to run as', {
    hint: 'run gonogo as an ordinary user, or set DATABASE_URL to a Postgres of your own',
  })
}

function parseUser(line: string): [string, ServerUser | undefined] {
  const [name = '', , uid, gid] = line.split(':')
  return [name, uid && gid ? { name, uid: Number(uid), gid: Number(gid) } : undefined]
}

/** Whether the user may enter the directory and every directory above it. Links are followed. */
export function canEnter(directory: string, user: ServerUser): boolean {
  for (let path = realpathSync(directory); ; path = dirname(path)) {
    if (!may(user, path, 0o1)) return false
    if (path === dirname(path)) return true
  }
}

/** Whether the user (null: this process) may read and, where asked, execute the file. */
export function canRead(path: string, user: ServerUser | null, execute: boolean): boolean {
  if (user) return may(user, path, execute ? 0o5 : 0o4)
  try {
    accessSync(path, constants.R_OK | (execute ? constants.X_OK : 0))
    return true
  } catch {
    return false
  }
}

function may(user: ServerUser, path: string, wanted: number): boolean {
  const { uid, gid, mode } = statSync(path)
  const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0
  return ((mode >> shift) & wanted) === wanted
}
