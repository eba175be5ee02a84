// Whether a SQLite file is whole, by SQLite's own check.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { formatDuration } from '../../lib/duration.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { allWordsOf, find, isPlaceholder, propose, sentenceOf, SURE } from '../words.ts'
import { readSqlite, SQLITE_CORRUPT, SQLITE_NOT_A_DATABASE } from './read-sqlite.ts'

const schema = z.strictObject({
  path: z.string().min(1).describe('database file'),
  mode: z
    .enum(['full', 'quick'])
    .default('full')
    .describe(
      'full: PRAGMA integrity_check; quick: PRAGMA quick_check, which leaves out that indexes match their tables',
    ),
  foreignKeys: z.boolean().default(false).describe('whether PRAGMA foreign_key_check must find nothing too'),
  timeoutMs: timeoutMs(300_000).describe('how long the scan may take'),
})

export const sqliteIntegrity = defineCheck({
  id: 'sqlite-integrity',
  summary: 'runs the integrity check of a SQLite database, read-only, in a process of its own',
  options: schema,
  example: { path: 'data/database.db', mode: 'quick', foreignKeys: true },
  failingExample: { path: 'data/no-such-database.db' },
  secretFields: [],
  remedy: 'do not release onto this file: restore a proved copy, "gonogo backup restore"',

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(words, /\b(?:integrity_check|quick_check|(?:database|sqlite|db) integrity)\b/i)
    const [path, ...others] = [...new Set(words.match(/(?<![\w/.-])[\w./-]+\.(?:db|sqlite3?)\b/gi))]
    if (
      !claim ||
      !path ||
      others.length > 0 ||
      isPlaceholder(path) ||
      /\b(?:if|restore|backup)\b/i.test(sentenceOf(item))
    )
      return null
    return propose(SURE.named, /quick_check/i.test(claim) ? { path, mode: 'quick' } : { path }, [claim, path])
  },

  describe: (options) =>
    `PRAGMA ${options.mode === 'quick' ? 'quick_check' : 'integrity_check'} of ${options.path}${options.foreignKeys ? ', and its foreign keys' : ''}`,

  run: (options, context) =>
    look(context, async () => {
      if (!existsSync(resolve(context.directory, options.path)))
        return failed(`${options.path}: there is no such database`, {
          remedy: 'correct the path, or restore the database from a backup',
        })
      const startedAt = performance.now()
      const task = { type: 'integrity', quick: options.mode === 'quick', foreignKeys: options.foreignKeys } as const
      const reply = await readSqlite(options, task, context)
      if ('error' in reply) {
        const broken = reply.error.code === SQLITE_CORRUPT || reply.error.code === SQLITE_NOT_A_DATABASE
        return (broken ? failed : unverified)(
          `${options.path}: ${reply.error.message}`,
          broken ? { remedy: restore } : {},
        )
      }
      if (!('problems' in reply))
        return unverified(`${options.path}: the reading process gave another answer than asked for`)
      const { problems, foreignKeyViolations } = reply
      const evidence = [{ name: 'integrity', mediaType: 'application/json' as const, content: JSON.stringify(reply) }]
      const measurements = [{ name: 'integrity problems', value: problems.length, unit: 'count' }]
      if (foreignKeyViolations !== null)
        measurements.push({ name: 'foreign key violations', value: foreignKeyViolations, unit: 'count' })
      if (problems.length > 0)
        return failed(`${options.path} is damaged: ${problems[0]}`, { evidence, measurements, remedy: restore })
      if (foreignKeyViolations)
        return failed(`${options.path}: ${foreignKeyViolations} rows break a foreign key`, { evidence, measurements })
      const duration = formatDuration(performance.now() - startedAt)
      return passed(`${options.path} is whole (${options.mode} check, ${duration})`, { evidence, measurements })
    }),
})

const restore = 'stop writing to it and restore the last verified backup'
