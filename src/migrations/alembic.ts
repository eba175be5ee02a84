// Alembic, by its own command line. Its revisions form a graph; one with several heads is refused, as Alembic itself would.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { complaintOf, runProgram, toolResult, whyNotRun, wordsOf } from './program.ts'
import { hasPythonDowngrade } from './source-text.ts'
import { connectionEnv } from './time-outs.ts'
import { unknown, type MigrationPlace, type MigrationStatus, type MigrationTool, type ToolResult } from './tool.ts'

const INSTALL = 'pip install alembic and its database driver, where `alembic` is found on the PATH'
const NO_EDITS = 'alembic does not tell whether a file was edited after it was applied'
const LINE = /^(<base>|[\w.-]+(?:, [\w.-]+)*) -> ([\w.-]+)((?: \([^()]*\))*), ?(.*)$/

interface Revision {
  id: string
  parents: string[]
  isCurrent: boolean
  isHead: boolean
}

export const alembic: MigrationTool = {
  id: 'alembic',
  canStopAt: true,

  async status(place) {
    // `history` says nothing of a revision that is applied but has no file; `current` does.
    const current = await run(place, ['current'])
    const notRun = whyNotRun('alembic', current, INSTALL)
    if (notRun) return notRun
    const lost = /Can't locate revision identified by '([^']+)'/.exec(wordsOf(current))?.[1]
    if (lost !== undefined)
      return { known: true, migrations: [], problems: [`revision ${lost} is applied, but its file is gone`], notes: [] }
    const history = current.exitCode === 0 ? await run(place, ['history', '--indicate-current']) : current
    const words = wordsOf(history)
    if (history.exitCode !== 0)
      return unknown(`alembic cannot tell: ${lastError(words)}`, 'make `alembic current` work', words)
    return readHistory(history.stdout, waysDown(place.directory), words)
  },

  async apply(place, versions, progress) {
    return each(
      place,
      versions.map((version) => ({ version, args: ['upgrade', version] })),
      progress,
    )
  },

  async down(place, versions, progress) {
    const result = await run(place, ['history', '--indicate-current'])
    const revisions = result.exitCode === 0 ? parse(result.stdout) : null
    const steps = versions.map((version) => {
      const parents = Array.isArray(revisions) ? revisions.find(({ id }) => id === version)?.parents : undefined
      return parents === undefined || parents.length > 1 ? null : { version, args: ['downgrade', parents[0] ?? 'base'] }
    })
    if (steps.some((step) => step === null))
      return {
        ok: false,
        problem: 'alembic does not tell what stood before',
        words: wordsOf(result),
        touched: [],
        timeouts: passage(place).says,
      }
    return each(place, steps as { version: string; args: string[] }[], progress)
  },
}

/** What `alembic history --indicate-current` printed, newest first, as a status. Every line has to be understood. */
export function readHistory(stdout: string, ways: ReadonlySet<string>, words: string): MigrationStatus {
  const revisions = parse(stdout)
  if (typeof revisions === 'string')
    return unknown(
      `alembic said something that is not understood: "${revisions}"`,
      'look at `alembic history -i`',
      words,
    )
  const byId = new Map(revisions.map((revision) => [revision.id, revision]))
  const applied = new Set<string>()
  const open = revisions.filter(({ isCurrent }) => isCurrent).map(({ id }) => id)
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (applied.has(id)) continue
    applied.add(id)
    open.push(...(byId.get(id)?.parents ?? []))
  }
  const heads = revisions.filter(({ isHead }) => isHead).map(({ id }) => id)
  const problems = heads.length > 1 ? [`there are several heads: ${heads.join(', ')}; merge them`] : []
  const migrations = revisions
    .toReversed()
    .map(({ id, parents }) => ({ version: id, applied: applied.has(id), down: parents.length <= 1 && ways.has(id) }))
  return { known: true, migrations, problems, notes: [NO_EDITS] }
}

/** The revisions, or the first line that is not understood. */
function parse(stdout: string): Revision[] | string {
  const revisions: Revision[] = []
  for (const line of stdout.split('\n').map((text) => text.trim())) {
    if (line === '') continue
    const [, from, id, marks = ''] = LINE.exec(line) ?? []
    if (from === undefined || id === undefined) return line.slice(0, 200)
    const parents = from === '<base>' ? [] : from.split(', ')
    revisions.push({
      id,
      parents,
      isCurrent: marks.includes('(current)'),
      isHead: /\((?:effective )?head\)/.test(marks),
    })
  }
  return revisions
}

/** Revisions of the folder whose file says how they are taken back. */
function waysDown(directory: string): Set<string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.py'))
  return new Set(
    names.flatMap((name) => {
      const source = readFileSync(join(directory, name), 'utf8')
      const id = /^revision(?:\s*:[^=\n]+)?\s*=\s*["']([\w.-]+)["']/m.exec(source)?.[1]
      return id !== undefined && hasPythonDowngrade(source) ? [id] : []
    }),
  )
}

async function each(
  place: MigrationPlace,
  steps: readonly { version: string; args: string[] }[],
  progress: (line: string) => void,
): Promise<ToolResult> {
  const words: string[] = []
  const touched: string[] = []
  const { says } = passage(place)
  for (const { version, args } of steps) {
    progress(`alembic ${args.join(' ')}`)
    touched.push(version)
    const result = toolResult('alembic', await run(place, args), says, `${version}: `)
    words.push(result.words)
    if (!result.ok)
      return {
        ...result,
        problem: `${version}: alembic ${args.join(' ')}: ${lastError(result.words)}`,
        words: words.join('\n'),
        touched,
      }
  }
  return { ok: true, problem: '', words: words.join('\n'), touched, timeouts: says }
}

/** A Python traceback ends with what went wrong; SQLAlchemy adds the statement below it. */
function lastError(words: string): string {
  const telling = words
    .split('\n')
    .findLast((line) => /^(?:[\w.]+(?:Error|Exception)\b|FAILED:|[\w.]+\.\w+: )/.test(line.trim()))
  const statement = /^\[SQL: .*$/m.exec(words)?.[0]
  return [telling?.trim() ?? complaintOf(words), statement].filter(Boolean).join(' ').slice(0, 400)
}

function run(place: MigrationPlace, args: readonly string[]) {
  const config = place.config === null ? [] : ['-c', place.config]
  return runProgram(['alembic'], [...config, ...args], place, { env: passage(place).env })
}

/** psycopg is libpq: it takes `options` of the URL and PGOPTIONS. */
const passage = (place: MigrationPlace) => connectionEnv(place, true)
