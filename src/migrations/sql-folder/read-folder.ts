// A folder of plain SQL files as a list of migrations in order, and what is wrong with it.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../lib/hash.ts'
import { hasStatement, readSections, type Section } from './sections.ts'

export interface FileMigration {
  /** As the files write it: `0003_orders`. */
  version: string
  /** For order: the parts of its number. */
  number: readonly bigint[]
  file: string
  up: Section
  downFile: string | null
  down: Section | null
  /** SHA-256 of the way up, line ends as `\n`: a better way down does not make it another migration. */
  checksum: string
}

export interface Folder {
  migrations: FileMigration[]
  problems: string[]
}

const FILES_MAX = 10_000
const FILE_BYTES_MAX = 64 << 20
/** Numbers from here on are dates and times: they have no gaps. */
const DATE_MIN = 19_000_101n

const PAIRED = /^(\d+)[_-]([\w.-]*?)\.(up|down)\.sql$/i
const FLYWAY = /^([VU])(\d+(?:[._]\d+)*)__(.+)\.sql$/
const PLAIN = /^(\d+)(?:[_-](.+))?\.sql$/

interface NamedFile {
  version: string
  number: bigint[]
  way: 'up' | 'down' | 'sections'
  file: string
}

/** Reads `NNN_name.up.sql` with `.down.sql`, `Vn__name.sql` with `Un__name.sql`, or `NNN_name.sql` with sections. */
export function readFolder(directory: string, allowGaps: boolean): Folder {
  const names = readdirSync(directory).filter((name) => name.endsWith('.sql'))
  if (names.length > FILES_MAX) return { migrations: [], problems: [`more than ${FILES_MAX} files`] }
  const problems: string[] = []
  const files = names.flatMap((name) => {
    const file = nameOf(name)
    if (file === null) problems.push(`${name} is named neither 0001_name.up.sql nor V1__name.sql nor 20260131_name.sql`)
    return file ?? []
  })
  const ups = files.filter(({ way }) => way !== 'down').toSorted(byNumber)
  const downs = files.filter(({ way }) => way === 'down')
  const migrations = ups.flatMap((file) => {
    const matching = downs.filter((down) => isSameNumber(down, file))
    if (matching.length > 1)
      problems.push(`${matching.map((down) => down.file).join(' and ')} take back the same migration`)
    try {
      return [toMigration(directory, file, matching[0] ?? null, problems)]
    } catch (error) {
      problems.push(`${file.file}: ${(error as Error).message}`)
      return []
    }
  })
  for (const down of downs)
    if (!ups.some((up) => isSameNumber(up, down)))
      problems.push(`${down.file} takes back a migration that is not there`)
  return { migrations, problems: [...problems, ...numberingProblems(ups, allowGaps)] }
}

function nameOf(file: string): NamedFile | null {
  const paired = PAIRED.exec(file)
  if (paired) {
    const [, number = '', name = '', way = ''] = paired
    const version = name === '' ? number : `${number}_${name}`
    return { version, number: [BigInt(number)], way: way.toLowerCase() === 'up' ? 'up' : 'down', file }
  }
  const flyway = FLYWAY.exec(file)
  if (flyway) {
    const [, letter, number = '', name = ''] = flyway
    const parts = number.split(/[._]/).map(BigInt)
    while (parts.length > 1 && parts.at(-1) === 0n) parts.pop()
    return { version: `${number}_${name}`, number: parts, way: letter === 'V' ? 'up' : 'down', file }
  }
  const plain = PLAIN.exec(file)
  if (!plain) return null
  const [, number = '', name] = plain
  return { version: name === undefined ? number : `${number}_${name}`, number: [BigInt(number)], way: 'sections', file }
}

function toMigration(
  directory: string,
  file: NamedFile,
  downFile: NamedFile | null,
  problems: string[],
): FileMigration {
  const text = readText(join(directory, file.file))
  const sections =
    file.way === 'sections' ? readSections(text) : { up: { sql: text, line: 1 }, down: null, problem: null }
  if (sections.problem) problems.push(`${file.file}: ${sections.problem}`)
  else if (!hasStatement(sections.up.sql)) problems.push(`${file.file} holds no statement`)
  if (sections.down && downFile) problems.push(`${file.file} and ${downFile.file} both say how it is taken back`)
  const down = downFile ? { sql: readText(join(directory, downFile.file)), line: 1 } : sections.down
  const { version, number } = file
  return {
    version,
    number,
    file: file.file,
    up: sections.up,
    downFile: downFile?.file ?? (sections.down ? file.file : null),
    down: down && hasStatement(down.sql) ? down : null,
    checksum: sha256(sections.up.sql.trim()),
  }
}

function readText(path: string): string {
  const { size } = statSync(path)
  if (size > FILE_BYTES_MAX) throw new Error(`larger than ${FILE_BYTES_MAX} bytes`)
  const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  return text.replaceAll('\r\n', '\n')
}

function numberingProblems(ups: readonly NamedFile[], allowGaps: boolean): string[] {
  return ups.slice(1).flatMap((file, index) => {
    const before = ups[index] as NamedFile
    if (isSameNumber(before, file)) return [`${before.file} and ${file.file} have the same number`]
    const [last] = before.number
    const [next] = file.number
    const counted = before.number.length === 1 && file.number.length === 1 && (next as bigint) < DATE_MIN
    if (allowGaps || !counted || next === (last as bigint) + 1n) return []
    return [`the numbers have a gap between ${before.file} and ${file.file}`]
  })
}

function byNumber(a: NamedFile, b: NamedFile): number {
  for (let index = 0; index < Math.max(a.number.length, b.number.length); index++) {
    const difference = (a.number[index] ?? 0n) - (b.number[index] ?? 0n)
    if (difference !== 0n) return difference < 0n ? -1 : 1
  }
  return a.file < b.file ? -1 : 1
}

function isSameNumber(a: NamedFile, b: NamedFile): boolean {
  return a.number.length === b.number.length && a.number.every((part, index) => part === b.number[index])
}
