// Whether a database is where its migrations say: nothing pending, nothing edited, nothing missing. Asked of the team's own tool.
import { z } from 'zod'
import { plural } from '../../lib/plural.ts'
import { findPlace, placeFields, publicDatabase } from '../../migrations/options.ts'
import { appliedOf, isNamed, pendingUpTo, TOOL_IDS, type MigrationStatus } from '../../migrations/tool.ts'
import { toolOf } from '../../migrations/tools.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type Recognise } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { allWordsOf, find, propose, sentenceOf, SURE } from '../words.ts'

const NAMED_MAX = 5

const schema = z.strictObject({
  ...placeFields,
  pendingMax: z.number().int().min(0).default(0).describe('how many migrations may be pending'),
  expectVersion: z.string().min(1).optional().describe('the newest applied migration must be this one'),
  timeoutMs: timeoutMs(60_000).describe('how long the tool may take'),
})

type Options = z.infer<typeof schema>
type Known = Extract<MigrationStatus, { known: true }>

export const migrationStatus = defineCheck({
  id: 'migration-status',
  summary: `asks ${TOOL_IDS.slice(0, -1).join(', ')} or a folder of plain SQL files whether migrations are pending or were tampered with`,
  options: schema,
  example: { tool: 'prisma', directory: 'prisma/migrations', pendingMax: 0 },
  failingExample: { tool: 'sql-folder', directory: 'migrations', database: 'app.db', expectVersion: '9999' },
  secretFields: ['database'],
  remedy: 'apply or take back what is pending with the migration tool, then check again',

  recognise,

  describe(options) {
    const { tool, directory, project, database, pendingMax, expectVersion } = options
    const which = `${tool === 'auto' ? 'the migration tool' : tool} in ${directory ?? project}`
    const where = database === undefined ? '' : ` about ${publicDatabase(database)}`
    const most = pendingMax === 0 ? 'nothing may be pending' : `at most ${pendingMax} may be pending`
    return `ask ${which}${where}: ${most}${expectVersion === undefined ? '' : `, the newest is ${expectVersion}`}`
  },

  run: (options, context) =>
    look(context, async () => {
      const limits = { lockTimeoutMs: options.timeoutMs, statementTimeoutMs: options.timeoutMs }
      const exec: typeof context.exec = (file, args, given) =>
        context.exec(file, args, { timeoutMs: options.timeoutMs, ...given })
      const found = findPlace(options, { ...context, ...limits, exec })
      if ('known' in found) return unverified(found.why, { remedy: found.remedy })
      const status = await toolOf(found.tool).status(found.place)
      if (!status.known) return unverified(status.why, { remedy: status.remedy, evidence: evidenceOf(status.words) })
      return judge(options, status)
    }),
})

function judge(options: Options, { migrations, problems, notes }: Known): Outcome {
  const pending = pendingUpTo(migrations, undefined) ?? []
  const applied = appliedOf(migrations)
  const newest = applied.at(-1)
  const extra = {
    measurements: [
      { name: 'pending migrations', value: pending.length, unit: 'count' },
      { name: 'applied migrations', value: applied.length, unit: 'count' },
    ],
    evidence: evidenceOf(
      [...migrations.map(({ version, applied: is }) => `${is ? 'applied' : 'pending'} ${version}`), ...notes].join(
        '\n',
      ),
    ),
  }
  if (problems.length > 0) return failed(problems.join('; '), { ...extra, remedy: 'put the migrations right' })
  const { pendingMax, expectVersion } = options
  if (expectVersion !== undefined && (newest === undefined || !isNamed(newest, expectVersion)))
    return failed(`the newest applied migration is ${newest ?? 'none'}, ${expectVersion} wanted`, extra)
  const named = pending.slice(0, NAMED_MAX).map(({ version }) => version)
  const more = pending.length > NAMED_MAX ? `, ${pending.length - NAMED_MAX} more` : ''
  const says = pending.length === 0 ? 'nothing is pending' : `pending: ${named.join(', ')}${more}`
  if (pending.length > pendingMax)
    return failed(`${says}; at most ${pendingMax} wanted`, {
      ...extra,
      remedy: 'apply them, or bind the item to the migration action',
    })
  // A folder without a migration says nothing about the database.
  if (migrations.length === 0)
    return unverified('there is no migration', { ...extra, remedy: 'say by `directory` where the migrations lie' })
  return passed(`${says}; ${plural(applied.length, 'migration')} applied, the newest is ${newest ?? 'none'}`, extra)
}

function evidenceOf(content: string): Outcome['evidence'] {
  return content === '' ? [] : [{ name: 'status', mediaType: 'text/plain', content }]
}

/** A command that only tells the status, and its tool. */
const COMMANDS: readonly [tool: string, command: RegExp][] = [
  ['prisma', /\bprisma\s+migrate\s+status\b/i],
  ['knex', /\bknex\s+(?:--\S+\s+)*migrate:(?:status|list)\b/i],
  ['alembic', /\balembic\s+current\b/i],
  ['flyway', /\bflyway\s+(?:-\S+\s+)*(?:info|validate)\b/i],
]
const CLAIM =
  /\b(?:no\s+(?:\w+\s+){0,2}?(?:pending|outstanding|unapplied)\s+(?:\w+\s+){0,2}?migrations?|no\s+(?:\w+\s+)?migrations?\s+(?:are\s+)?(?:pending|outstanding)|all\s+(?:\w+\s+){0,3}?migrations\s+(?:have\s+been\s+|are\s+|were\s+)?(?:\w+ly\s+)?applied|migrations?\s+(?:status\s+)?(?:is|are)\s+(?:all\s+)?(?:up[- ]to[- ]date|in\s+sync))\b/i
/** Who speaks of these does not say that the database is migrated now. */
const OTHERWISE =
  /\b(?:if|when|unless|before|after|staging|rehears\w*|dry[- ]run|tested|reviewed|backward\w*|compatible|rollback|roll(?:ed)? back|revers\w+|data\s+migrat\w+|document\w*|plan(?:ned)?)\b/i

/** Who runs one of these is about to migrate: what stands beside it is not the question whether all is done. */
const APPLIES =
  /\b(?:migrate\s+(?:deploy|dev|reset)|db\s+push|migrate:(?:latest|up|down|rollback|to)|alembic\s+(?:upgrade|downgrade|stamp)|flyway\s+(?:-\S+\s+)*(?:migrate|undo|repair))\b/i

/** A command that tells the status, or a claim that all is applied. A command that applies is an order, not a question. */
function recognise(item: Parameters<Recognise>[0]): ReturnType<Recognise> {
  const words = allWordsOf(item)
  const asked = COMMANDS.flatMap(([tool, pattern]) => {
    const quote = find(words, pattern)
    return quote === null ? [] : [{ tool, quote }]
  })
  const [only, ...others] = asked
  if (others.length > 0 || APPLIES.test(words)) return null
  const sentence = sentenceOf(item)
  const claim = find(sentence, CLAIM)
  if (claim !== null && OTHERWISE.test(sentence)) return null
  if (only && claim === null) return propose(SURE.likely, { tool: only.tool }, [only.quote])
  if (only && claim !== null) return propose(SURE.named, { tool: only.tool }, [claim, only.quote])
  if (claim === null || item.code.length > 0 || item.commands.length > 0) return null
  const named = COMMANDS.find(([tool]) => new RegExp(`\\b${tool}\\b`, 'i').test(claim))?.[0]
  if (named !== undefined) return propose(SURE.said, { tool: named }, [claim])
  return propose(SURE.assumed, {}, [claim], 'the tool is told by its configuration in the project')
}
