// Files that other tools wrote: read whole but bounded, with their age.
import { glob } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readBoundedFile } from '../../lib/bounded-file.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { formatDuration } from '../../lib/duration.ts'
import { durationOption } from '../../lib/duration-option.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import type { CheckContext } from '../check.ts'
import { listOf } from '../fields.ts'
import { look } from '../look.ts'

const REPORT_BYTES_MAX = 64 * 1024 * 1024
const FILES_MAX = 500

/** There is nothing, or nothing of use, to go by. */
export class Unreadable extends Error {}

export interface ReportFile {
  /** As it was named, or found by a pattern. */
  path: string
  text: string
  writtenAt: Date
}

/** How old a report may be. */
export const ageMax = durationOption
  .optional()
  .describe('how long ago it may have been written at most, as "24 h"; older is a failure')

/** @throws Unreadable: not there, no file, too big. */
export async function readReport(directory: string, path: string): Promise<ReportFile> {
  try {
    const { bytes, stat } = await readBoundedFile(resolve(directory, path), REPORT_BYTES_MAX)
    return { path, text: decoded(bytes), writtenAt: stat.mtime }
  } catch (error) {
    const code = codeOf(error)
    const why = code === 'ENOENT' ? 'no such file' : (code ?? messageOf(error))
    throw new Unreadable(`${path}: ${why}`)
  }
}

/** Tools on Windows write UTF-16, and many a byte order mark. */
function decoded(bytes: Buffer): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8'
  return new TextDecoder(encoding).decode(bytes)
}

/** The files that names and patterns (`reports/*.xml`) stand for. @throws Unreadable also where a pattern finds none. */
async function readReports(directory: string, names: readonly string[], signal: AbortSignal): Promise<ReportFile[]> {
  const paths = new Set<string>()
  for (const name of names) {
    const before = paths.size
    if (!/[*?{[]/.test(name)) paths.add(name)
    else
      for await (const path of glob(name, { cwd: directory })) {
        signal.throwIfAborted()
        if (paths.size >= FILES_MAX) throw new Unreadable(`${name} stands for more than ${FILES_MAX} files`)
        paths.add(path)
      }
    if (paths.size === before && !paths.has(name)) throw new Unreadable(`${name}: no such file`)
  }
  const files: ReportFile[] = []
  let chars = 0
  for (const path of [...paths].toSorted()) {
    const file = await readReport(directory, path)
    chars += file.text.length
    if (chars > REPORT_BYTES_MAX)
      throw new Unreadable(`the files are bigger than ${REPORT_BYTES_MAX >> 20} MiB together`)
    files.push(file)
  }
  return files
}

/** What is too old, in words; null where it is not, or no bound was given. */
export function tooOld(files: readonly ReportFile[], ageMsMax: number | undefined): string | null {
  if (ageMsMax === undefined) return null
  const oldest = Math.min(...files.map(({ writtenAt }) => writtenAt.getTime()))
  const ageMs = Math.max(0, Date.now() - oldest)
  return ageMs <= ageMsMax ? null : `written ${formatDuration(ageMs)} ago, at most ${formatDuration(ageMsMax)} wanted`
}

/** For the dry run: `, at most 24 h old`. */
export function ageText(ageMsMax: number | undefined): string {
  return ageMsMax === undefined ? '' : `, at most ${formatDuration(ageMsMax)} old`
}

/** Looks at such files; what cannot be read, or understood, is `unverified`. */
export function lookAtReports(
  options: { files: string | string[] },
  context: CheckContext,
  judge: (files: ReportFile[]) => Outcome | Promise<Outcome>,
): Promise<Outcome> {
  return look(context, async () => {
    try {
      return await judge(await readReports(context.directory, listOf(options.files), context.signal))
    } catch (error) {
      if (error instanceof Unreadable) return unverified(error.message)
      throw error
    }
  })
}
