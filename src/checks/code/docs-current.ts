// Documents of the project: there, not empty, with their headings, changed lately, their links alive.
import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { formatDuration } from '../../lib/duration.ts'
import { durationOption } from '../../lib/duration-option.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, worstStatus, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { listOf, oneOrMore, timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { gitIn, Untold, type Git } from './git.ts'
import { fencedLines, headingsOf, linesOf } from './markdown-headings.ts'
import { readReport, Unreadable } from './report-file.ts'

const schema = z
  .strictObject({
    directory: z.string().default('.').describe('directory of the project'),
    files: oneOrMore(z.string().min(1)).describe('the document, or list of documents'),
    headings: z
      .array(z.string().min(1))
      .default([])
      .describe('headings that each of them must have, in any case of letters'),
    links: z.boolean().default(true).describe('whether relative links of Markdown must lead to files that are there'),
    changedSince: z
      .string()
      .regex(/^[\w./]/)
      .optional()
      .describe('tag or commit since which each must have been changed'),
    changedWithin: durationOption.optional().describe('how long ago each was changed at most, as "30 days", by git'),
    changedWith: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'paths of the code they are about: where those changed since changedSince, or later than the document, so must it',
      ),
    timeoutMs: timeoutMs(30_000).describe('how long each git command may take'),
  })
  .describe('documents')

type Options = z.infer<typeof schema>

const LINKS_MAX = 2000
const NAMED = 5
const FILE = String.raw`(?<![\w/.:-])(?:[\w-]+\/){0,5}[\w-]+\.(?:md|rst|adoc)(?![\w/])`
const CLAIM = String.raw`(?:updated|up[- ]to[- ]date|current|written|exists?|present|created)`
const ABOUT_FILE = new RegExp(
  String.raw`${FILE} (?:(?:is|are|was|were|has been) )?${CLAIM}\b|\b${CLAIM} \(${FILE}\)`,
  'i',
)

interface Finding {
  status: 'failed' | 'unverified'
  text: string
}

export const docsCurrent = defineCheck({
  id: 'docs-current',
  summary: 'looks whether documents are there, complete, changed when they should be, and without dead links',
  options: schema,
  example: { files: ['README.md', 'docs/runbook.md'], headings: ['Rollback'], changedSince: 'v1.9.0' },
  failingExample: { files: 'no-such-document.md' },
  secretFields: [],
  remedy: 'bring the document up to date and commit it',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (
      /\b(?:if|not|never|see|read|review\w*|customer|user|public|wiki|confluence|notion|change ?log)\b/i.test(sentence)
    )
      return null
    if (/^(?:update|write|create|add)\b|\b(?:merged|pr)\b/i.test(sentence)) return null
    const files = [...sentence.matchAll(new RegExp(FILE, 'gi'))].map((match) => match[0])
    // The claim is about the file itself: right behind it, or right before it in brackets.
    const said = find(sentence, ABOUT_FILE)
    if (!said) return null
    return propose(
      SURE.likely,
      { files: [...new Set(files)] },
      [...files, said],
      'what they must have changed since is open',
    )
  },

  describe(options) {
    const claims = [
      'there, not empty',
      options.headings.length > 0 ? `with ${options.headings.map((heading) => `"${heading}"`).join(', ')}` : '',
      options.links ? 'no dead relative link' : '',
      options.changedSince === undefined ? '' : `changed since ${options.changedSince}`,
      options.changedWithin === undefined ? '' : `changed within ${formatDuration(options.changedWithin)}`,
      options.changedWith.length > 0 ? `changed with ${options.changedWith.join(', ')}` : '',
    ]
    return `${listOf(options.files).join(', ')} in ${options.directory}: ${claims.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    look(context, async () => {
      const directory = resolve(context.directory, options.directory)
      const git = gitIn({ directory, timeoutMs: options.timeoutMs }, context)
      const files = listOf(options.files)
      const findings: Finding[] = []
      for (const file of files)
        findings.push(...(await inText(options, directory, file)), ...(await inHistory(options, git, file)))
      return outcomeOf(files, findings)
    }),
})

function outcomeOf(files: readonly string[], findings: readonly Finding[]): Outcome {
  const evidence = [
    {
      name: 'documents',
      mediaType: 'text/plain' as const,
      content: excerpt(findings.map(({ text }) => text).join('\n') || 'nothing to say'),
    },
  ]
  if (findings.length === 0)
    return passed(`${plural(files.length, 'document')} as wanted: ${files.slice(0, NAMED).join(', ')}`, { evidence })
  const status = worstStatus(findings.map((finding) => finding.status))
  const said = findings.filter((finding) => finding.status === status).map(({ text }) => text)
  const summary = said.slice(0, NAMED).join('; ') + (said.length > NAMED ? `; and ${said.length - NAMED} more` : '')
  return status === 'failed' ? failed(summary, { evidence }) : unverified(summary, { evidence })
}

const wrong = (text: string): Finding => ({ status: 'failed', text })

async function inText(options: Options, directory: string, file: string): Promise<Finding[]> {
  let text: string
  try {
    text = (await readReport(directory, file)).text
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return [{ status: error.message.endsWith('no such file') ? 'failed' : 'unverified', text: error.message }]
  }
  const lines = linesOf(text)
  const headings = headingsOf(lines)
  const inner = new Set(headings.map(({ line }) => line))
  if (!lines.some((line, index) => /\w|\p{L}/u.test(line) && !inner.has(index))) return [wrong(`${file} is empty`)]
  const titles = headings.map((heading) => plain(heading.text))
  const missing = options.headings.filter((heading) => !titles.includes(plain(heading)))
  return [
    ...missing.map((heading) => wrong(`${file} has no heading "${heading}"`)),
    ...(options.links && /\.(?:md|markdown)$/i.test(file) ? await deadLinks(lines, directory, file) : []),
  ]
}

/** Numbers before a heading, marks and case do not make it another one. */
function plain(heading: string): string {
  return heading
    .replace(/^[\d.)\s]+|[*_`:]/g, '')
    .trim()
    .toLowerCase()
}

async function deadLinks(lines: readonly string[], directory: string, file: string): Promise<Finding[]> {
  const fenced = fencedLines(lines)
  const targets = new Map<string, number>()
  for (const [index, line] of lines.entries()) {
    if (fenced[index]) continue
    const text = line.slice(0, 10_000).replace(/`[^`]*`/g, '')
    const found = [
      ...text.matchAll(/\]\(\s*<?([^\s)>]{1,500})/g),
      ...text.matchAll(/^ {0,3}\[[^\]]{1,200}\]:\s*<?([^\s>]{1,500})/g),
    ]
    for (const match of found) if (isRelative(match[1] ?? '')) targets.set(match[1] ?? '', index + 1)
  }
  if (targets.size > LINKS_MAX) return [{ status: 'unverified', text: `${file} has more than ${LINKS_MAX} links` }]
  const dead: Finding[] = []
  for (const [target, line] of targets) {
    const path = pathOf(target)
    if (path === null || !(await isThere(join(directory, dirname(file), path))))
      dead.push(wrong(`${file}:${line} links to ${target}, which is not there`))
  }
  return dead
}

const isRelative = (target: string): boolean => !/^(?:[a-z][a-z0-9+.-]*:|\/|#|\{|\$)/i.test(target)

/** Without query and anchor; null where it is no path. */
function pathOf(target: string): string | null {
  try {
    const path = decodeURIComponent(target.replace(/[?#].*$/, ''))
    return path.includes('\0') ? null : path
  } catch {
    return null
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}

async function inHistory(options: Options, git: Git, file: string): Promise<Finding[]> {
  const { changedSince, changedWithin, changedWith } = options
  if (changedSince === undefined && changedWithin === undefined && changedWith.length === 0) return []
  try {
    const changed = await lastCommit(git, [file])
    if (changed === null) return [wrong(`${file} is not committed`)]
    const findings: Finding[] = []
    const ageMs = Math.max(0, Date.now() - changed.at * 1000)
    if (changedWithin !== undefined && ageMs > changedWithin)
      findings.push(
        wrong(`${file} was changed ${formatDuration(ageMs)} ago, at most ${formatDuration(changedWithin)} wanted`),
      )
    if (changedSince !== undefined) {
      const isCodeSame = changedWith.length > 0 && !(await differs(git, changedSince, changedWith))
      if (!isCodeSame && !(await differs(git, changedSince, [file])))
        findings.push(
          wrong(
            `${file} is as it was at ${changedSince}${changedWith.length > 0 ? `, ${changedWith.join(', ')} changed` : ''}`,
          ),
        )
    } else if (changedWith.length > 0) {
      const code = await lastCommit(git, changedWith)
      if (code === null) return [{ status: 'unverified', text: `no commit touches ${changedWith.join(', ')}` }]
      if (code.hash !== changed.hash && (await isBefore(git, changed.hash, code.hash)))
        findings.push(wrong(`${file} was changed before ${changedWith.join(', ')} (${code.hash.slice(0, 12)})`))
    }
    return findings
  } catch (error) {
    if (!(error instanceof Untold)) throw error
    return [{ status: 'unverified', text: `${file}: ${error.message}` }]
  }
}

async function lastCommit(git: Git, paths: readonly string[]): Promise<{ at: number; hash: string } | null> {
  const line = await git.line('log', '-1', '--no-patch', '--format=%ct %H', '--', ...paths)
  const [at, hash] = line.split(' ')
  return hash ? { at: Number(at), hash } : null
}

async function differs(git: Git, since: string, paths: readonly string[]): Promise<boolean> {
  return (await git.maybe('diff', '--quiet', '--no-ext-diff', '--no-textconv', since, 'HEAD', '--', ...paths)) === null
}

async function isBefore(git: Git, commit: string, other: string): Promise<boolean> {
  return (await git.maybe('merge-base', '--is-ancestor', commit, other)) !== null
}
