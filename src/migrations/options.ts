// Options by which a check or an action names a migration tool and its database, and what they come to.
import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { TOOL_IDS, unknown, type MigrationPlace, type ToolId, type Unknown } from './tool.ts'

/** Fields of an options schema. Each parses its own result again unchanged. */
export const placeFields = {
  tool: z
    .enum(['auto', ...TOOL_IDS])
    .default('auto')
    .describe('which tool; auto tells it by its configuration file in the project'),
  project: z.string().min(1).default('.').describe('where the tool is run: where its configuration lies'),
  directory: z
    .string()
    .min(1)
    .optional()
    .describe('where the migration files lie, from the project; left out: where the tool has them by default'),
  config: z.string().min(1).optional().describe('configuration file to name to the tool, from the project'),
  database: z
    .string()
    .min(1)
    .optional()
    .describe('Postgres URL or SQLite file; needed for sql-folder, else handed to the tool; a secret'),
  databaseVariable: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'not a name of a variable')
    .default('DATABASE_URL')
    .describe("environment variable by which the tool's own configuration takes the database"),
  allowGaps: z.boolean().default(false).describe('whether numbers may be left out in a plain SQL folder'),
}

export type PlaceOptions = z.infer<z.ZodObject<typeof placeFields>>

/** Where each tool has its migrations when nobody says otherwise. */
const DIRECTORIES: Record<ToolId, string> = {
  prisma: 'prisma/migrations',
  knex: 'migrations',
  alembic: 'alembic/versions',
  flyway: 'sql',
  'sql-folder': 'migrations',
}

/** By which file of the project each tool is told. A plain SQL folder is never guessed. */
const MARKS: readonly [ToolId, RegExp][] = [
  ['prisma', /^prisma(?:\.config\.[cm]?[jt]s)?$/],
  ['knex', /^knexfile\.(?:js|mjs|ts)$/],
  ['alembic', /^alembic\.ini$/],
  ['flyway', /^flyway\.(?:toml|conf)$/],
]

interface Surroundings extends Pick<MigrationPlace, 'env' | 'signal' | 'exec'> {
  /** Directory of `gonogo.yaml`. */
  directory: string
  lockTimeoutMs: number
  statementTimeoutMs: number
}

/** The tool and its place, or why they cannot be told. */
export function findPlace(
  options: PlaceOptions,
  around: Surroundings,
): { tool: ToolId; place: MigrationPlace } | Unknown {
  const project = resolve(around.directory, options.project)
  if (!existsSync(project)) return unknown(`there is no directory ${options.project}`, 'correct `project`')
  const tool = options.tool === 'auto' ? detect(project, options.project) : options.tool
  if (typeof tool !== 'string') return tool
  const directory = resolve(project, options.directory ?? DIRECTORIES[tool])
  if (!existsSync(directory))
    return unknown(
      `there is no directory ${options.directory ?? DIRECTORIES[tool]} in ${options.project}`,
      'say by `directory` where the migrations lie',
    )
  const { exec, env, signal, lockTimeoutMs, statementTimeoutMs } = around
  const { databaseVariable, allowGaps } = options
  const config = options.config === undefined ? null : resolve(project, options.config)
  const database = options.database === undefined ? null : locate(options.database, project)
  return {
    tool,
    place: {
      project,
      directory,
      config,
      database,
      databaseVariable,
      allowGaps,
      lockTimeoutMs,
      statementTimeoutMs,
      exec,
      env,
      signal,
    },
  }
}

/** Whether it is the URL of a Postgres server. */
export function isPostgresUrl(database: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(database)
}

/** The database as it may be shown: no user, no password, no query. */
export function publicDatabase(database: string): string {
  if (!database.includes('://')) return database
  if (!URL.canParse(database)) return database.replace(/\/\/.*@/s, '//').replace(/[?#].*$/s, '')
  const { protocol, host, pathname } = new URL(database)
  return `${protocol}//${host}${pathname}`
}

function locate(database: string, project: string): string {
  return database.includes('://') ? database : resolve(project, database)
}

function detect(project: string, shown: string): ToolId | Unknown {
  const names = readdirSync(project)
  const found = MARKS.filter(([, mark]) => names.some((name) => mark.test(name))).map(([tool]) => tool)
  const [only, ...others] = found
  if (only !== undefined && others.length === 0) return only
  const seen = only === undefined ? 'no configuration of a migration tool' : `configurations of ${found.join(' and ')}`
  return unknown(`${shown} holds ${seen}`, `name the tool: ${TOOL_IDS.join(', ')}`)
}
