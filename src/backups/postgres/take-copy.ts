// Takes a dump and proves it: hashed beside being restored into scratch.
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { syncDirectory } from '../../lib/atomic-file.ts'
import { messageOf, OutsideError } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import { shownPlace } from '../../databases/postgres/place.ts'
import type { BackupContext, BackupManifest, VerifyResult } from '../backup.ts'
import { idOf, makeDirectory, removeUnfinished, unfinishedPath } from '../collection.ts'
import { describeValidation, differencesInRules } from '../copy-rules.ts'
import { toolVersions } from '../provenance.ts'
import { besides } from '../../lib/besides.ts'
import { hashDirectory } from './directory-hash.ts'
import { takeDump } from './dump.ts'
import { proveByRestoring, type RefillProof } from './refill.ts'
import type { Server } from './scratch.ts'

export interface Making {
  server: Server
  /** Where copies are proved: the same server, or another. */
  scratch: Server
  /** Where copies are kept. */
  directory: string
  jobs: number
  tools: string | undefined
  check: 'restore' | 'none'
  restorePoint: boolean
  rules: string | undefined
  requireRules: boolean
  validate: BackupContext['validate']
}

/** Of the directory that pg_dump writes. */
const ENDING = '.pgdump'

/** A copy under its own name, not in the list yet. Nothing is left behind when it fails. @throws OutsideError */
export async function takeCopy(making: Making, signal: AbortSignal): Promise<BackupManifest> {
  const { server, directory, jobs, tools } = making
  const startedAt = performance.now()
  const source = shownPlace(server.url)
  makeDirectory(directory)
  removeUnfinished(directory)
  const id = idOf(Date.now())
  const draft = unfinishedPath(directory, ENDING)
  try {
    const restorePoint = making.restorePoint ? `gonogo_${id}` : null
    const dump = await takeDump({ server, file: draft, jobs, tools, restorePoint }, signal)
    const [hashed, proof] = await besides(
      (both) => hashDirectory(draft, both),
      (both) => prove(making, draft, dump, both),
      signal,
    )
    const { problems, validation, unverified } = proof
    if (problems.length > 0)
      throw new OutsideError('backup', `the copy of ${source} does not come out as it was: ${problems.join('; ')}`, {
        hint: 'take another; when it happens again, run gonogo validate --full-check on the database',
      })
    if (making.requireRules && validation?.verdict !== 'passed')
      throw new OutsideError(
        'backup',
        `the copy of ${source} breaks its rules: ${validation ? describeValidation(validation) : 'they were not run'}`,
        { hint: 'repair the data (gonogo data validate, gonogo data fix), or leave `requireRules` out' },
      )
    const manifest: BackupManifest = {
      id,
      kind: 'postgres',
      source,
      file: join(directory, id + ENDING),
      takenAt: dump.takenAt,
      ...hashed,
      rows: dump.rows,
      verified: unverified === null ? { at: Date.now(), method: methodOf(dump.rows, making, validation) } : null,
      tool: `pg_dump ${dump.tools.version}`,
      durationMs: Math.round(performance.now() - startedAt),
      identity: dump.identity,
      tools: toolVersions({ postgres: dump.serverVersion, pg_dump: dump.tools.version }),
      validation,
      ...(unverified === null ? {} : { unverified }),
    }
    renameSync(draft, manifest.file)
    syncDirectory(directory)
    return manifest
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** Bad news about the copy is a result. @throws OutsideError when it could not be looked at. */
export async function verifyCopy(manifest: BackupManifest, making: Making, signal: AbortSignal): Promise<VerifyResult> {
  const { file } = manifest
  const bad = (summary: string): VerifyResult => ({ ok: false, summary })
  const hashed = await hashDirectory(file, signal)
  if (hashed.bytes !== manifest.bytes) return bad(`${file} has ${hashed.bytes} bytes, ${manifest.bytes} were recorded`)
  if (hashed.sha256 !== manifest.sha256)
    return bad(`${file}: SHA-256 is ${hashed.sha256}, ${manifest.sha256} was recorded`)
  const { problems, validation, unverified } = await prove({ ...making, check: 'restore' }, file, manifest, signal)
  if (unverified !== null) return bad(`${file}: SHA-256 matches, else unverified: ${unverified}`)
  if (problems.length > 0) return bad(`${file}: ${problems.join('; ')}`)
  const differences = manifest.validation && validation ? differencesInRules(manifest.validation, validation) : []
  if (differences.length > 0) return bad(`${file}: rules say otherwise than recorded: ${differences.join('; ')}`)
  const parts = [`${restored(manifest.rows)} as recorded`, 'SHA-256 matches']
  if (validation) parts.push(`${describeValidation(validation)}${manifest.validation ? ', as recorded' : ''}`)
  else if (manifest.validation) parts.push('its rules were not run again')
  return { ok: true, summary: parts.join(', ') }
}

interface Proof extends RefillProof {
  /** Why it could not be proved, or null. */
  unverified: string | null
}

/** That there may be no scratch database makes a copy unverified, not bad. */
async function prove(
  { scratch, jobs, tools, check, validate }: Making,
  file: string,
  { rows, takenAt }: Pick<BackupManifest, 'rows' | 'takenAt'>,
  signal: AbortSignal,
): Promise<Proof> {
  const none = (unverified: string): Proof => ({ problems: [], validation: null, unverified })
  if (check === 'none') return none('it was not asked to be restored into scratch')
  try {
    const proof = await proveByRestoring({ server: scratch, file, jobs, tools }, { rows, takenAt }, validate, signal)
    return { ...proof, unverified: null }
  } catch (error) {
    if (isForbidden(error)) return none(messageOf(error))
    throw error
  }
}

/** Not being allowed to make a database. */
function isForbidden(error: unknown): boolean {
  return error instanceof OutsideError && /permission denied to create database/.test(error.message)
}

function methodOf(rows: BackupManifest['rows'], { rules }: Making, validation: BackupManifest['validation']): string {
  const method = restored(rows)
  if (validation) return `${method}, ${describeValidation(validation)}`
  return rules === undefined ? method : `${method}, the rules of ${rules} were not run`
}

function restored(rows: BackupManifest['rows']): string {
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0)
  return `restored into scratch: ${plural(total, 'row')} in ${plural(Object.keys(rows).length, 'table')}`
}
