// Names for what is being written: they say who is at it, so that what a killed process left can be told from work that goes on.
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename } from 'node:path'
import { identify, isAlive } from './process-identity.ts'

const PART = '.part-'

/** A name nobody else takes, for what shall be called `name` when it is whole. */
export function draftName(name: string): string {
  const { pid, startTicks } = identify(process.pid) ?? { pid: process.pid, startTicks: null }
  return `${PART}${hostname()}-${pid}-${startTicks ?? 'x'}-${randomBytes(4).toString('hex')}-${name}`
}

/** Whether a file or directory of this name is somebody's draft. */
export function isDraft(path: string): boolean {
  return basename(path).startsWith(PART)
}

/** Whether nobody is at that draft any more. One of another machine counts as left when it is older than `abandonedMs`. */
export function isAbandonedDraft(path: string, abandonedMs: number): boolean {
  const name = basename(path)
  if (!name.startsWith(PART)) return false
  const beginning = `${PART}${hostname()}-`
  const maker = name.startsWith(beginning) ? /^(\d+)-(\d+|x)-/.exec(name.slice(beginning.length)) : null
  if (maker) return !isAlive({ pid: Number(maker[1]), startTicks: maker[2] === 'x' ? null : Number(maker[2]) })
  const modifiedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return modifiedAt !== undefined && Date.now() - modifiedAt > abandonedMs
}
