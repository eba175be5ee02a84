// Is this machine, with this database, fit for a release?
import { accessSync, constants, mkdirSync, statfsSync, statSync } from 'node:fs'
import { freemem } from 'node:os'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction, openDatabase } from '../src/database.ts'
import { inExample } from './context.ts'
import type { Judgement } from './judgement.ts'

const MEGABYTE = 1e6
const NODE_MIN = 24
const MEMORY_BYTES_MIN = 256 * MEGABYTE
/** Room for a backup, a scratch copy and logs. */
const SPARE_BYTES = 100 * MEGABYTE
/** Made where they are missing: a release writes into both. */
const FOLDERS = ['backups', 'logs']

/** Everything that can be looked at without the service. */
export function testEnvironment(databasePath: string): Judgement[] {
  return [
    judgeNode(),
    judgeMemory(),
    ...FOLDERS.map(judgeFolder),
    ...tryJudge('database', 'database', () => testDatabase(databasePath)),
  ]
}

function judgeNode(): Judgement {
  const major = Number(process.versions.node.split('.')[0])
  return { metric: 'node', title: 'Node.js', value: process.version, wanted: `>= ${NODE_MIN}`, ok: major >= NODE_MIN }
}

function judgeMemory(): Judgement {
  return judgeRoom('memory', 'memory available, MB', freemem(), MEMORY_BYTES_MIN)
}

function judgeFolder(folder: string): Judgement {
  const [judgement] = tryJudge(folder, `${folder}/`, () => {
    mkdirSync(inExample(folder), { recursive: true })
    accessSync(inExample(folder), constants.W_OK)
    return [{ metric: folder, title: `${folder}/`, value: 'writable', wanted: 'writable', ok: true }]
  })
  return judgement as Judgement
}

function testDatabase(path: string): Judgement[] {
  using database = openDatabase(path)
  // Takes the write lock and gives it back: proof of write access that writes nothing.
  inTransaction(database, () => undefined)
  const { bavail, bsize } = statfsSync(dirname(path))
  return [
    { metric: 'access', title: 'database access', value: 'read and write', wanted: 'read and write', ok: true },
    judgeIntegrity(database),
    judgeRoom('disk', 'disk free, MB', bavail * bsize, 2 * statSync(path).size + SPARE_BYTES),
  ]
}

function judgeIntegrity(database: DatabaseSync): Judgement {
  const found = String(database.prepare('PRAGMA quick_check(1)').get()?.quick_check).replaceAll('\n', ' ')
  return { metric: 'integrity', title: 'quick_check', value: found, wanted: 'ok', ok: found === 'ok' }
}

function judgeRoom(metric: string, title: string, bytes: number, bytesMin: number): Judgement {
  return { metric, title, value: inMegabytes(bytes), wanted: `>= ${inMegabytes(bytesMin)}`, ok: bytes >= bytesMin }
}

function inMegabytes(bytes: number): number {
  return Math.round(bytes / MEGABYTE)
}

/** What cannot even be looked at has failed. */
function tryJudge(metric: string, title: string, look: () => Judgement[]): Judgement[] {
  try {
    return look()
  } catch (error) {
    return [{ metric, title, value: (error as Error).message, wanted: 'no error', ok: false }]
  }
}
