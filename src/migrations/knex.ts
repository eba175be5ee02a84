// Knex, by its own command line. It is told each migration by name, so that it is known which one it was at.
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { complaintOf, nodeProgram, runProgram, toolResult, whyNotRun, wordsOf } from './program.ts'
import { hasJavaScriptDown } from './source-text.ts'
import { connectionEnv } from './time-outs.ts'
import { unknown, type MigrationPlace, type MigrationStatus, type MigrationTool, type ToolResult } from './tool.ts'

const INSTALL = 'npm install knex and its database driver, in the project'
const NO_EDITS = 'knex does not tell whether a file was edited after it was applied'
const NAME = /^[\w.-]+\.[cm]?[jt]s$/

export const knex: MigrationTool = {
  id: 'knex',
  canStopAt: true,

  async status(place) {
    const result = await run(place, ['migrate:list'])
    const notRun = whyNotRun('knex', result, INSTALL)
    if (notRun) return notRun
    const words = wordsOf(result)
    if (result.exitCode === 0) return readList(result.stdout, place.directory, words)
    const missing = /the following files are missing: (.+)$/m.exec(words)?.[1]
    if (missing === undefined)
      return unknown(`knex cannot tell: ${complaintOf(words)}`, 'make `knex migrate:list` work', words)
    return {
      known: true,
      migrations: [],
      problems: [`applied, but their files are gone: ${missing.trim()}`],
      notes: [],
    }
  },

  apply: (place, versions, progress) => each(place, versions, 'migrate:up', progress),
  down: (place, versions, progress) => each(place, versions, 'migrate:down', progress),
}

/** What `knex migrate:list` printed, as a status. Every line has to be understood. */
export function readList(stdout: string, directory: string, words: string): MigrationStatus {
  const migrations: { version: string; applied: boolean; down: boolean }[] = []
  const announced: { applied: boolean; count: number }[] = []
  for (const line of stdout.split('\n').map((text) => text.trim())) {
    if (line === '' || /^(?:Using environment:|Working directory changed to|Requiring external module)/.test(line))
      continue
    const [, count, kind] =
      /^(?:Found (\d+)|No) (Completed|Pending) Migration file(?:\/files|s Found)\.$/.exec(line) ?? []
    const state = announced.at(-1)
    if (kind !== undefined) announced.push({ applied: kind === 'Completed', count: Number(count ?? 0) })
    else if (state && NAME.test(line))
      migrations.push({ version: line, applied: state.applied, down: hasDown(join(directory, basename(line))) })
    else
      return unknown(
        `knex said something that is not understood: "${line.slice(0, 200)}"`,
        'look at `knex migrate:list`',
        words,
      )
  }
  const isWhole =
    announced.length === 2 &&
    announced.every(
      ({ applied, count }) => migrations.filter((migration) => migration.applied === applied).length === count,
    )
  if (!isWhole)
    return unknown('knex did not list both what is applied and what is pending', 'look at `knex migrate:list`', words)
  return { known: true, migrations, problems: [], notes: [NO_EDITS] }
}

/** One process each: what was done before one fails stays known. */
async function each(
  place: MigrationPlace,
  versions: readonly string[],
  command: string,
  progress: (line: string) => void,
): Promise<ToolResult> {
  const words: string[] = []
  const touched: string[] = []
  const { says } = passage(place)
  for (const version of versions) {
    progress(`${command} ${version}`)
    touched.push(version)
    const result = toolResult('knex', await run(place, [command, version]), says, `${version}: `)
    words.push(result.words)
    if (!result.ok) return { ...result, words: words.join('\n'), touched }
  }
  return { ok: true, problem: '', words: words.join('\n'), touched, timeouts: says }
}

function run(place: MigrationPlace, args: readonly string[]) {
  const config = place.config === null ? [] : ['--knexfile', place.config]
  return runProgram(nodeProgram('knex', place.project), [...config, ...args], place, { env: passage(place).env })
}

/** node-postgres takes `options` of the URL and PGOPTIONS. */
const passage = (place: MigrationPlace) => connectionEnv(place, true)

function hasDown(path: string): boolean {
  try {
    return hasJavaScriptDown(readFileSync(path, 'utf8'))
  } catch {
    return false
  }
}
