// Applies the pending migrations of a database through the team's own tool, measured against a budget, and takes them back.
import { z } from 'zod'
import { formatDuration, parseDurationMs } from '../lib/duration.ts'
import { findPlace, placeFields, publicDatabase } from '../migrations/options.ts'
import {
  appliedOf,
  pendingUpTo,
  TOOL_IDS,
  type MigrationPlace,
  type MigrationTool,
  type Unknown,
} from '../migrations/tool.ts'
import { toolOf } from '../migrations/tools.ts'
import { failed, unverified } from '../plan/outcome.ts'
import { defineAction, type ActionContext } from './action.ts'
import { applyPending } from './migration/apply.ts'
import { readRecord } from './migration/record.ts'
import { takeBack } from './migration/take-back.ts'

/** Milliseconds, as a number or as people write it: `5 min`, `30s`. */
const duration = z.union([z.number().int().nonnegative(), z.string()]).transform((value, context) => {
  const durationMs = typeof value === 'number' ? value : parseDurationMs(value)
  if (durationMs !== null) return durationMs
  context.addIssue({
    code: 'custom',
    message: `"${value}" is not a duration; expected milliseconds or text like "5 min"`,
  })
  return z.NEVER
})

const schema = z.strictObject({
  ...placeFields,
  to: z.string().min(1).optional().describe('the newest migration to apply; left out: all that is pending'),
  budgetMs: duration
    .optional()
    .describe('how long it may take before the item is red, as "5 min"; it is applied all the same'),
  lockTimeoutMs: duration
    .default(5000)
    .describe('how long a statement waits for a lock that somebody else holds, as "5s"; 0: for ever'),
  statementTimeoutMs: duration
    .default(600_000)
    .describe('how long one statement may take (SQLite: one migration), as "10 min"; 0: for ever'),
  down: z
    .enum(['if-there', 'required', 'never'])
    .default('if-there')
    .describe('whether it is taken back: where each migration has a way down, only applied if each has one, or never'),
})

type Options = z.infer<typeof schema>

export const migration = defineAction({
  id: 'migration',
  summary: `applies pending migrations with ${TOOL_IDS.slice(0, -1).join(', ')} or plain SQL files, and takes them back where they can be`,
  options: schema,
  example: {
    tool: 'sql-folder',
    directory: 'db/migrations',
    database: '${env:DATABASE_URL}',
    budgetMs: '5 min',
    lockTimeoutMs: '5s',
  },
  failingExample: { tool: 'sql-folder', directory: 'no-such-directory', database: 'no-such-file.db' },
  secretFields: ['database'],

  /** Of what was begun: before that nothing needs to be taken back. */
  reversibility(options, context) {
    const record = context && readRecord(context)
    if (!record) return context ? 'reversible' : options.down === 'never' ? 'one-way' : 'compensable'
    return options.down === 'never' || record.withoutDown.length > 0 ? 'one-way' : 'compensable'
  },

  oneWayReason(options, context) {
    const withoutDown = readRecord(context)?.withoutDown ?? []
    if (withoutDown.length > 0) return `no way down for ${withoutDown.join(', ')}`
    return options.down === 'never' ? 'not to be taken back, as configured' : null
  },

  describe(options) {
    const { tool, directory, project, database, to, budgetMs, lockTimeoutMs, statementTimeoutMs, down } = options
    const which = `${tool === 'auto' ? 'the tool of the project' : tool} in ${directory ?? project}`
    const where = database === undefined ? '' : ` to ${publicDatabase(database)}`
    const budget = budgetMs === undefined ? '' : `, within ${formatDuration(budgetMs)}`
    const limits = `lock time-out ${formatDuration(lockTimeoutMs)}, statement time-out ${formatDuration(statementTimeoutMs)}`
    return `apply pending migrations of ${which}${where}${to === undefined ? '' : ` up to ${to}`}${budget}; ${limits}; ${WAYS_DOWN[down]}`
  },

  async run(options, context) {
    if (context.signal.aborted) return unverified('cancelled before it began: nothing was applied')
    const found = placeOf(options, context)
    if ('known' in found) return unverified(`nothing was applied: ${found.why}`, { remedy: found.remedy })
    return applyPending(found.tool, found.place, options, context)
  },

  async verify(options, context) {
    const record = readRecord(context)
    // It is written before the first is applied.
    if (!record) return 'not-done'
    const found = placeOf(options, context)
    if ('known' in found) return 'unknown'
    const status = await found.tool.status(found.place)
    if (!status.known || status.problems.length > 0) return 'unknown'
    const applied = appliedOf(status.migrations)
    const done = record.planned.filter((version) => applied.includes(version))
    if (done.length === 0) return 'not-done'
    // Half of it: neither to be forgotten nor to be called done. A person resumes, and the rest is applied.
    return done.length === record.planned.length && pendingUpTo(status.migrations, options.to)?.length === 0
      ? 'done'
      : 'unknown'
  },

  async undo(options, context) {
    const found = placeOf(options, context)
    if ('known' in found) return failed(`nothing was taken back: ${found.why}`, { remedy: found.remedy })
    return takeBack(found.tool, found.place, context)
  },
})

const WAYS_DOWN = {
  'if-there': 'taken back where each has a way down, else one-way',
  required: 'only if each has a way down',
  never: 'one-way',
} as const

function placeOf(options: Options, context: ActionContext): { tool: MigrationTool; place: MigrationPlace } | Unknown {
  const { lockTimeoutMs, statementTimeoutMs } = options
  const found = findPlace(options, { ...context, lockTimeoutMs, statementTimeoutMs })
  return 'known' in found ? found : { tool: toolOf(found.tool), place: found.place }
}
