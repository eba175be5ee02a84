// Whether what is checked out is what was tested: by a commit on record, a git note, or the time of a report.
import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, relative, resolve } from 'node:path'
import { z } from 'zod'
import { codeOf } from '../../lib/errors.ts'
import { parsePath, valueAt } from '../../lib/json-path.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { pattern, timeoutMs } from '../fields.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { lookAtGit, Untold, type Git } from './git.ts'
import { readReport, Unreadable } from './report-file.ts'

const schema = z
  .strictObject({
    directory: z.string().default('.').describe('directory inside the repository'),
    commit: z
      .string()
      .regex(/^[\w./-]{4,100}$/)
      .refine((text) => !text.startsWith('-'))
      .optional()
      .describe('commit that was tested, as ${env:TESTED_COMMIT}'),
    note: z
      .string()
      .regex(/^\w[\w./-]*$/)
      .optional()
      .describe('name of the git notes in which test runs are recorded, as "tests"'),
    noteMatches: pattern.optional().describe('regular expression that the note of a good test run matches'),
    report: z
      .string()
      .min(1)
      .optional()
      .describe('file that the test run writes: its time, or the commit in it, counts'),
    commitPath: z
      .string()
      .refine((text) => parsePath(text) !== null, 'not a path as git.commit or run.commits[0]')
      .optional()
      .describe('where in that file, if it is JSON, the tested commit stands'),
    ignore: z.array(z.string().min(1)).default([]).describe('paths whose changes need no test run, as docs or *.md'),
    timeoutMs: timeoutMs(30_000).describe('how long each git command may take'),
  })
  .refine(
    (o) => [o.commit, o.note, o.report].filter((way) => way !== undefined).length === 1,
    'say how it is known what was tested: commit, note or report',
  )

type Options = z.infer<typeof schema>

export const testsCurrent = defineCheck({
  id: 'tests-current',
  summary: 'looks whether anything was committed since the last test run',
  options: schema,
  example: { report: 'reports/junit.xml', ignore: ['docs', '*.md'] },
  failingExample: { note: 'no-such-notes' },
  secretFields: [],
  remedy: 'run the tests again on the commit that is released',
  needs: 'git',

  recognise(item) {
    const sentence = sentenceOf(item)
    const said = find(
      sentence,
      /\bno (?:new |further |more )?(?:commits?|changes|code changes) (?:\w+ ){0,3}since (?:the )?(?:last|latest|final) (?:successful |green )?tests?(?: run| execution)?\b/i,
    )
    if (!said) return null
    return propose(SURE.assumed, { report: 'reports/junit.xml' }, [said], 'name the file that your test run writes')
  },

  describe(options) {
    const rest = options.ignore.length > 0 ? `, changes of ${options.ignore.join(', ')} aside` : ''
    return `commits in ${options.directory} since ${baseOf(options)}${rest}`
  },

  run: (options, context) =>
    lookAtGit(options, context, async (git) => {
      if ((await git.maybe('rev-parse', '--verify', '--quiet', 'HEAD')) === null)
        throw new Untold('the repository has no commit')
      if (options.note !== undefined) return byNote(git, options, options.note)
      if (options.commit !== undefined) return byCommit(git, options, options.commit)
      try {
        return await byReport(git, options, context)
      } catch (error) {
        if (error instanceof Unreadable) return unverified(`there is no test run to go by: ${error.message}`)
        throw error
      }
    }),
})

function baseOf({ commit, note, report, commitPath }: Options): string {
  if (commit !== undefined) return `tested commit ${commit}`
  if (note !== undefined) return `the last commit with a note of ${note}`
  return commitPath === undefined ? `${report} was written` : `the commit named by ${commitPath} of ${report}`
}

/** Everything but what needs no test. */
function pathsOf({ ignore }: Options): string[] {
  return ['--', ':/', ...ignore.map((path) => `:(top,exclude)${path}`)]
}

async function byCommit(git: Git, options: Options, text: string): Promise<Outcome> {
  const tested = await git.maybe('rev-parse', '--verify', '--quiet', `${text}^{commit}`)
  if (tested === null) return unverified(`the repository has no commit ${text}, which is said to be tested`)
  const head = await git.line('rev-parse', 'HEAD')
  const same = await git.maybe('diff', '--quiet', '--no-ext-diff', '--no-textconv', tested, 'HEAD', ...pathsOf(options))
  const count = Number(await git.line('rev-list', '--count', `${tested}..HEAD`))
  const measurements = [{ name: 'commits since', value: count, unit: 'count' }]
  const seen = `${head.slice(0, 12)} is checked out, ${tested.slice(0, 12)} was tested`
  if (same !== null)
    return passed(tested === head ? `${head.slice(0, 12)} was tested` : `${seen}, nothing that needs a test differs`, {
      measurements,
    })
  return failed(`${seen}, ${plural(count, 'commit')} since`, { measurements })
}

async function byNote(git: Git, options: Options, note: string): Promise<Outcome> {
  const noted = new Set(
    (await git.text('notes', `--ref=${note}`, 'list')).split('\n').map((line) => line.split(' ')[1]),
  )
  const commits = (await git.text('rev-list', '--max-count=1000', 'HEAD')).split('\n').filter(Boolean)
  const matching = options.noteMatches === undefined ? null : new RegExp(options.noteMatches, 'm')
  for (const commit of commits) {
    if (!noted.has(commit)) continue
    const text = await git.text('notes', `--ref=${note}`, 'show', commit)
    if (!matching || matching.test(text.slice(0, 10_000))) return byCommit(git, options, commit)
  }
  return failed(`none of the last ${plural(commits.length, 'commit')} has a note of a good test run in ${note}`)
}

async function byReport(git: Git, options: Options, context: CheckContext): Promise<Outcome> {
  const path = options.report as string
  const directory = resolve(context.directory, options.directory)
  if (options.commitPath !== undefined) {
    const { text } = await readReport(directory, path)
    const commit = valueAt(parsed(text), parsePath(options.commitPath) ?? [])
    return typeof commit === 'string' && /^[0-9a-f]{7,64}$/.test(commit)
      ? byCommit(git, options, commit)
      : unverified(`${path} has no commit at ${options.commitPath}`)
  }
  const written = await writtenAt(resolve(directory, path), path)
  if (await isKept(git, resolve(directory, path)))
    return unverified(`${path} is kept in git, so its time is that of the checkout`, {
      remedy: 'name the commit that was tested by commitPath, note or commit',
    })
  // Along the first parent a merge counts with all it brought, however old its commits are.
  const last = await git.line('log', '-1', '--first-parent', '-m', '--format=%ct %h', '--no-patch', ...pathsOf(options))
  const [seconds = '', commit] = last.split(' ')
  if (!/^\d+$/.test(seconds)) return unverified('no commit touches what needs a test')
  const committed = new Date(Number(seconds) * 1000)
  const seen = `${path} was written ${iso(written)}, ${commit} committed ${iso(committed)}`
  return written.getTime() >= committed.getTime() ? passed(seen) : failed(`${seen}: not tested since`)
}

/** Whether git keeps this file; one outside the repository it cannot. */
async function isKept(git: Git, file: string): Promise<boolean> {
  const [top, real] = await Promise.all([realpath(await git.line('rev-parse', '--show-toplevel')), realpath(file)])
  const path = relative(top, real)
  return !path.startsWith('..') && !isAbsolute(path) && (await git.text('ls-files', '-z', '--', `:/${path}`)) !== ''
}

const iso = (date: Date): string => date.toISOString().slice(0, 19).replace('T', ' ')

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function writtenAt(file: string, name: string): Promise<Date> {
  try {
    return (await stat(file)).mtime
  } catch (error) {
    throw new Unreadable(`${name}: ${codeOf(error) === 'ENOENT' ? 'no such file' : codeOf(error)}`)
  }
}
