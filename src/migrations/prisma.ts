// Prisma Migrate, by its own command line. It knows no way down: where a down.sql lies beside migration.sql, that is run and the record taken out.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecResult } from '../lib/exec.ts'
import { complaintOf, nodeProgram, runProgram, toolResult, whyNotRun, wordsOf } from './program.ts'
import { hasStatement } from './sql-folder/sections.ts'
import { connectionEnv } from './time-outs.ts'
import { unknown, type MigrationPlace, type MigrationStatus, type MigrationTool } from './tool.ts'

const INSTALL = 'npm install prisma, in the project, with its engines'
const NO_EDITS = 'prisma migrate status does not tell whether a file was edited after it was applied'
const NAME = /^[\w.-]+$/

export const prisma: MigrationTool = {
  id: 'prisma',
  canStopAt: false,

  async status(place) {
    const result = await run(place, ['migrate', 'status'])
    const notRun = whyNotRun('prisma', result, INSTALL)
    return notRun ?? readStatus(result.stdout, result.stderr, foldersOf(place.directory))
  },

  async apply(place, versions, progress) {
    progress(`prisma migrate deploy (${versions.join(', ')})`)
    const result = await run(place, ['migrate', 'deploy'])
    const at = /migration_name="([\w.-]+)"|Migration name: (\S+)/.exec(wordsOf(result))
    const name = at?.[1] ?? at?.[2]
    return toolResult('prisma', result, passage(place).says, name === undefined ? '' : `${name}: `)
  },

  async down(place, versions, progress) {
    const words: string[] = []
    const { says } = passage(place)
    for (const version of versions) {
      progress(`down.sql of ${version}`)
      const script = undoScript(readFileSync(join(place.directory, version, 'down.sql'), 'utf8'), version)
      const result = toolResult('prisma', await execute(place, script), says, `${version}: `)
      words.push(result.words)
      if (!result.ok) return { ...result, words: words.join('\n') }
    }
    return { ok: true, problem: '', words: words.join('\n'), touched: null, timeouts: says }
  },
}

/** The way down and the removal of its record, in one transaction. */
function undoScript(down: string, version: string): string {
  return `BEGIN;\n${down.trim().replace(/;$/, '')};\nDELETE FROM "_prisma_migrations" WHERE "migration_name" = '${version}';\nCOMMIT;\n`
}

interface Folder {
  name: string
  down: boolean
}

/** Folders with a migration.sql, in order: Prisma's own notion of a migration. */
function foldersOf(directory: string): Folder[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() && NAME.test(entry.name) && existsSync(join(directory, entry.name, 'migration.sql')),
    )
    .map(({ name }) => {
      const down = join(directory, name, 'down.sql')
      return { name, down: existsSync(down) && hasStatement(readFileSync(down, 'utf8')) }
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** What `prisma migrate status` printed, as a status. It must name one of its findings, and count as many migrations as there are. */
export function readStatus(stdout: string, stderr: string, folders: readonly Folder[]): MigrationStatus {
  const words = [stdout.trim(), stderr.trim()].filter(Boolean).join('\n')
  const count = /^(?:(\d+) migrations? found in |(No) migration found in )/m.exec(words)
  const pending = listBelow(words, /^Following migrations? (?:have|has) not yet been applied:$/)
  const failed = listBelow(words, /^Following migrations? (?:have|has) failed:$/)
  const lost = listBelow(words, /^The migrations? from the database (?:are|is) not found locally in .*:$/)
  const diverged = listBelow(words, /^The migrations? (?:have|has) not yet been applied:$/)
  const isUpToDate = /^Database schema is up to date!$/m.test(words)
  const found = [pending, failed, lost, diverged].filter((list) => list !== null)
  if (count === null || (found.length === 0 && !isUpToDate))
    return unknown(`prisma cannot tell: ${complaintOf(words)}`, 'make `prisma migrate status` work', words)
  const counted = Number(count[1] ?? 0)
  if (counted !== folders.length)
    return unknown(
      `prisma counts ${counted} migrations, the directory holds ${folders.length}`,
      'correct `directory`',
      words,
    )
  const open = new Set([...(pending ?? []), ...(failed ?? []), ...(diverged ?? [])])
  const stray = [...open].find((name) => !folders.some((folder) => folder.name === name) && !failed?.includes(name))
  if (stray !== undefined)
    return unknown(`prisma names a migration that the directory does not hold: ${stray}`, 'correct `directory`', words)
  // Prisma stops at the first that fails, and says no more then what else is pending.
  const firstFailed = failed?.toSorted()[0]
  const isApplied = (name: string): boolean => !open.has(name) && (firstFailed === undefined || name < firstFailed)
  return {
    known: true,
    migrations: folders.map(({ name, down }) => ({ version: name, applied: isApplied(name), down })),
    problems: [
      ...(failed ?? []).map((name) => `${name} failed and was left: "prisma migrate resolve" says what it is now`),
      ...(lost ?? []).map((name) => `${name} is applied, but its file is gone`),
    ],
    notes: [NO_EDITS],
  }
}

/** Names on the lines below a heading, up to a blank line; null without the heading. */
function listBelow(words: string, heading: RegExp): string[] | null {
  const lines = words.split('\n').map((line) => line.trim())
  const at = lines.findIndex((line) => heading.test(line))
  if (at < 0) return null
  const end = lines.findIndex((line, index) => index > at && !NAME.test(line))
  return lines.slice(at + 1, end < 0 ? undefined : end)
}

/** Before version 7, Prisma wants the schema named for this command, whatever its configuration says. */
async function execute(place: MigrationPlace, script: string): Promise<ExecResult> {
  const args = ['db', 'execute', '--stdin']
  const result = await run(place, args, script)
  const schema = join('prisma', 'schema.prisma')
  const wantsSchema = result.exitCode !== 0 && wordsOf(result).includes('Either --url or --schema must be provided')
  return wantsSchema ? run(place, [...args, '--schema', schema], script) : result
}

function run(place: MigrationPlace, args: readonly string[], input?: string) {
  const config =
    place.config === null
      ? []
      : place.config.endsWith('.prisma')
        ? ['--schema', place.config]
        : ['--config', place.config]
  const env = { ...passage(place).env, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' }
  return runProgram(nodeProgram('prisma', place.project), [...args, ...config], place, {
    env,
    ...(input === undefined ? {} : { input }),
  })
}

/** The schema engine takes `options` of the URL (documented since 3.8) and does not read PGOPTIONS; driver adapters on node-postgres do. */
const passage = (place: MigrationPlace) => connectionEnv(place, false)
