// Flyway, by its own command line and its JSON. User and password travel by the environment, never as arguments.
import { z } from 'zod'
import { complaintOf, runProgram, toolResult, whyNotRun, wordsOf } from './program.ts'
import { isPostgresUrl } from './options.ts'
import { told, type Passage } from './time-outs.ts'
import {
  unknown,
  type Migration,
  type MigrationPlace,
  type MigrationStatus,
  type MigrationTool,
  type ToolResult,
} from './tool.ts'

const INSTALL = 'install the Flyway command line, where `flyway` is found on the PATH'

const infoSchema = z.object({
  operation: z.literal('info'),
  migrations: z.array(
    z.object({
      category: z.string(),
      version: z.string().nullish(),
      description: z.string().nullish(),
      state: z.string(),
      undoable: z.string().nullish(),
    }),
  ),
})
const validateSchema = z.object({
  operation: z.literal('validate'),
  validationSuccessful: z.boolean(),
  invalidMigrations: z
    .array(
      z.object({
        filepath: z.string().nullish(),
        errorDetails: z.object({ errorCode: z.string(), errorMessage: z.string() }).nullish(),
      }),
    )
    .nullish(),
  allErrorMessages: z.string().nullish(),
})
const errorSchema = z.object({ error: z.object({ message: z.string() }) })

const APPLIED = new Set(['Success', 'Out of Order', 'Baseline'])
const PENDING = new Set(['Pending', 'Above Target', 'Outdated'])
/** Rows that tell of the past, or of what is not wanted here. */
const PAST = new Set(['Undone', 'Available', 'Deleted', 'Superseded', 'Below Baseline', 'Ignored (Baseline)'])
const WRONG = new Set(['Failed', 'Missing', 'Failed (Missing)', 'Future', 'Failed (Future)', 'Ignored'])

export const flyway: MigrationTool = {
  id: 'flyway',
  canStopAt: true,

  async status(place) {
    const result = await run(place, ['info'])
    const notRun = whyNotRun('flyway', result, INSTALL)
    if (notRun) return notRun
    const status = readInfo(result.stdout, wordsOf(result))
    if (!status.known) return status
    const validated = await run(place, ['validate', '-ignoreMigrationPatterns=*:pending'])
    const drift = readValidation(validated.stdout, wordsOf(validated))
    return Array.isArray(drift) ? { ...status, problems: [...new Set([...status.problems, ...drift])] } : drift
  },

  async apply(place, versions, progress) {
    const versioned = versions.filter((version) => !version.startsWith('R '))
    const target = versioned.at(-1)
    progress(`flyway migrate to ${target ?? 'what is repeatable'}`)
    const targetArgs = target === undefined ? [] : [`-target=${target}`]
    return outcomeOf(place, await run(place, ['migrate', ...targetArgs]))
  },

  async down(place, versions, progress) {
    progress(`flyway undo down to ${versions.at(-1)}`)
    return outcomeOf(place, await run(place, ['undo', `-target=${versions.at(-1)}`]))
  },
}

/** What `flyway -outputType=json info` printed, as a status. Every state has to be known. */
export function readInfo(stdout: string, words: string): MigrationStatus {
  const json = jsonOf(stdout)
  const info = infoSchema.safeParse(json)
  if (!info.success) {
    const error = errorSchema.safeParse(json)
    const why = error.success ? error.data.error.message.split('\n').slice(0, 3).join(' ') : complaintOf(words)
    return unknown(`flyway cannot tell: ${why}`, 'make `flyway info` work', words)
  }
  const migrations: Migration[] = []
  const problems: string[] = []
  for (const { category, version, description, state, undoable } of info.data.migrations) {
    const name = category === 'Repeatable' || !version ? `R ${description ?? ''}` : version
    if (WRONG.has(state)) problems.push(`${name} (${description}): ${state.toLowerCase()}`)
    else if (APPLIED.has(state) || PENDING.has(state))
      migrations.push({ version: name, applied: APPLIED.has(state), down: undoable === 'Yes' })
    else if (!PAST.has(state))
      return unknown(`flyway names a state that is not known here: ${state}`, 'look at `flyway info`', words)
  }
  return { known: true, migrations: latest(migrations), problems, notes: [] }
}

/** A repeatable migration that is outdated stands there twice; the later row holds. */
function latest(migrations: readonly Migration[]): Migration[] {
  return migrations.filter(
    ({ version }, index) => !migrations.slice(index + 1).some((later) => later.version === version),
  )
}

/** What `validate` finds wrong with applied migrations, or why that is not known. */
export function readValidation(stdout: string, words: string): string[] | Extract<MigrationStatus, { known: false }> {
  const validation = validateSchema.safeParse(jsonOf(stdout))
  if (!validation.success)
    return unknown(`flyway validate cannot tell: ${complaintOf(words)}`, 'make `flyway validate` work', words)
  const { validationSuccessful, invalidMigrations, allErrorMessages } = validation.data
  if (validationSuccessful) return []
  const found = (invalidMigrations ?? []).map(({ filepath, errorDetails }) => {
    const file = filepath?.split(/[\\/]/).at(-1)
    if (errorDetails?.errorCode === 'CHECKSUM_MISMATCH')
      return `${file ?? 'a migration'} was edited after it was applied`
    return [file, errorDetails?.errorMessage.split('\n')[0]].filter(Boolean).join(': ')
  })
  return found.length > 0 ? found : [allErrorMessages ?? 'validation failed']
}

function outcomeOf(place: MigrationPlace, result: Parameters<typeof toolResult>[1]): ToolResult {
  const base = toolResult('flyway', result, passage(place).says)
  const error = errorSchema.safeParse(jsonOf(result.stdout))
  if (!error.success) return base
  // The script's name, line, SQL state and message stand on lines of their own.
  const message = error.data.error.message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^-+$/.test(line))
  return { ...base, ok: false, problem: `flyway: ${message.join('; ').slice(0, 600)}` }
}

function jsonOf(stdout: string): unknown {
  const from = stdout.search(/^\{/m)
  if (from < 0) return null
  try {
    return JSON.parse(stdout.slice(from))
  } catch {
    return null
  }
}

function run(place: MigrationPlace, args: readonly string[]) {
  const config = place.config === null ? [] : [`-configFiles=${place.config}`]
  return runProgram(['flyway'], ['-outputType=json', ...config, ...args], place, { env: passage(place).env })
}

/** JDBC does not read PGOPTIONS: the time-outs are statements that Flyway runs on each connection. */
function passage(place: MigrationPlace): Passage {
  const { database, lockTimeoutMs, statementTimeoutMs } = place
  const locations = { FLYWAY_LOCATIONS: `filesystem:${place.directory}` }
  if (database === null || !isPostgresUrl(database))
    return { env: locations, says: 'lock and statement time-outs could not be set: no Postgres URL is known' }
  const { username, password, host, pathname, search } = new URL(database)
  return {
    env: {
      ...locations,
      FLYWAY_URL: `jdbc:postgresql://${host}${pathname}${search}`,
      FLYWAY_USER: decodeURIComponent(username),
      FLYWAY_PASSWORD: decodeURIComponent(password),
      FLYWAY_INIT_SQL: `SET lock_timeout = ${lockTimeoutMs}; SET statement_timeout = ${statementTimeoutMs}`,
    },
    says: `${told(place)} by initSql`,
  }
}
