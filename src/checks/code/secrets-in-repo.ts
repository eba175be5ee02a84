// Secrets in what git keeps: files that are tracked, and if wanted what recent commits added. No secret found is ever shown.
import { lstat, readFile } from 'node:fs/promises'
import { join, matchesGlob } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { sizeBytes, timeoutMs } from '../fields.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { isShallow, lookAtGit, type Git } from './git.ts'
import { addedLines } from './secrets-in-repo/history.ts'
import { loadScanner, type LoadScanner, type Scan } from './secrets-in-repo/scanner.ts'

const schema = z.strictObject({
  directory: z.string().default('.').describe('directory inside the repository; what is below it is looked at'),
  ignore: z
    .array(z.string().min(1))
    .default([])
    .describe('files that are left out: paths, folders, or patterns as **/*.snap; matched from the directory'),
  commits: z
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('how many of the last commits are looked at too, for what they added'),
  filesMax: z.number().int().min(1).max(200_000).default(20_000).describe('more files than this are not looked at'),
  fileBytesMax: sizeBytes
    .default(5_000_000)
    .describe('bigger text files are not looked at, and must be ignored by name'),
  timeoutMs: timeoutMs(60_000).describe('how long each git command may take'),
})

type Options = z.infer<typeof schema>

const NAMED = 4
const EARLIER = 'earlier commits (a shallow clone)'
const LISTED = 200
/** Enough to tell text from the rest, as git does. */
const BINARY_LOOK_BYTES = 8000

interface Found {
  place: string
  rule: string
}

export const secretsInRepo = defineCheck({
  id: 'secrets-in-repo',
  summary: 'looks for keys, tokens and passwords in the files that git keeps, and in recent commits',
  options: schema,
  example: { ignore: ['test/fixtures', '**/*.snap'], commits: 50 },
  failingExample: { filesMax: 200_000, commits: 10_000 },
  secretFields: [],
  remedy: 'revoke the secret, take it out of the file, and out of the history if it was ever pushed',
  needs: 'git and the npm packages @secretlint/core and @secretlint/secretlint-rule-preset-recommend',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (
      /\b(?:if|never|rotat\w*|vault|manager|client[- ]side|browser|frontend|bundle|images?|container|logs?|review\w*|test data)\b/i.test(
        sentence,
      )
    )
      return null
    const said = find(
      sentence,
      /\bno (?:plain[- ]?text |hard-?coded |exposed |committed )?(?:secrets?|credentials|api keys|passwords|tokens)(?:(?:,| or| and|\/) (?:api |access )?(?:secrets?|credentials|keys|passwords|tokens))* (?:are |is |were )?(?:committed |checked |stored |hard-?coded |present |left |exposed )?(?:in|into|to) (?:the )?(?:source |git |version )?(?:repo(?:sitory)?|code ?base|code|git|control|history|source)\b/i,
    )
    if (!said) return null
    return propose(SURE.said, /\bhistory\b/i.test(said) ? { commits: 1000 } : {}, [said])
  },

  describe(options) {
    const rest = options.ignore.length > 0 ? `, ${options.ignore.join(', ')} aside` : ''
    const past = options.commits > 0 ? ` and what the last ${plural(options.commits, 'commit')} added` : ''
    return `secrets in the tracked files of ${options.directory}${past}${rest}`
  },

  run: (options, context) => lookForSecrets(options, context, loadScanner),
})

/** Looks, with the scanner that `load` gives. */
export function lookForSecrets(options: Options, context: CheckContext, load: LoadScanner): Promise<Outcome> {
  return lookAtGit(options, context, async (git) => {
    const scan = await load()
    if (!scan)
      return unverified('secretlint is not installed', {
        remedy: 'npm install @secretlint/core @secretlint/secretlint-rule-preset-recommend, where gonogo is installed',
      })
    const root = await git.line('rev-parse', '--show-toplevel')
    const prefix = await git.line('rev-parse', '--show-prefix')
    const here = join(root, prefix)
    const tracked = (await git.text('ls-files', '-z', '--', '.')).split('\0').filter(Boolean)
    const paths = [...new Set(tracked)].filter((path) => !isIgnored(options, path))
    if (paths.length > options.filesMax)
      return unverified(`${plural(paths.length, 'file')}, at most ${options.filesMax} are looked at`, {
        remedy: 'ignore folders, or raise filesMax',
      })
    const present = await inFiles(options, context, { scan, here, paths })
    const past = options.commits === 0 ? [] : await inHistory(options, context, { scan, git, prefix })
    const isCut = options.commits > 0 && (await isCutOff(git, options.commits))
    const seen = `${plural(paths.length, 'file')}${options.commits > 0 ? `, last ${plural(options.commits, 'commit')}` : ''}`
    return outcomeOf(seen, [...present.found, ...past], [...present.skipped, ...(isCut ? [EARLIER] : [])])
  })
}

/** Whether fewer commits were fetched than are to be looked at. */
async function isCutOff(git: Git, commits: number): Promise<boolean> {
  if (!(await isShallow(git))) return false
  return Number(await git.line('rev-list', '--count', `--max-count=${commits}`, 'HEAD')) < commits
}

function isIgnored({ ignore }: Options, path: string): boolean {
  return ignore.some(
    (rule) => path === rule || path.startsWith(`${rule.replace(/\/$/, '')}/`) || matchesGlob(path, rule),
  )
}

interface Work {
  scan: Scan
  here: string
  paths: readonly string[]
}

async function inFiles(
  options: Options,
  { signal }: CheckContext,
  { scan, here, paths }: Work,
): Promise<{ found: Found[]; skipped: string[] }> {
  const found: Found[] = []
  const skipped: string[] = []
  for (const path of paths) {
    if (signal.aborted) break
    const text = await textOf(join(here, path), options.fileBytesMax)
    if (text === 'unreadable') skipped.push(path)
    else if (text !== null)
      for (const { line, rule } of await scan(path, text)) found.push({ place: `${path}:${line}`, rule })
  }
  return { found, skipped }
}

/** Null for what is no text or no file; links are not followed, they may lead out of the repository. */
async function textOf(path: string, bytesMax: number): Promise<string | 'unreadable' | null> {
  try {
    const found = await lstat(path)
    if (!found.isFile()) return null
    if (found.size > bytesMax) return 'unreadable'
    const bytes = await readFile(path)
    return bytes.subarray(0, BINARY_LOOK_BYTES).includes(0) ? null : bytes.toString('utf8')
  } catch {
    // Not there, though git keeps it, or not ours to read: either way it was not looked at.
    return 'unreadable'
  }
}

async function inHistory(
  options: Options,
  { signal }: CheckContext,
  { scan, git, prefix }: { scan: Scan; git: Git; prefix: string },
): Promise<Found[]> {
  if ((await git.maybe('rev-parse', '--verify', '--quiet', 'HEAD')) === null) return []
  const how = [
    '--no-ext-diff',
    '--no-textconv',
    '--no-color',
    '--no-renames',
    '--diff-merges=first-parent',
    '--src-prefix=a/',
    '--dst-prefix=b/',
  ]
  const log = await git.text(
    'log',
    `--max-count=${options.commits}`,
    '-p',
    '-U0',
    ...how,
    '--format=commit %h',
    '--',
    '.',
  )
  const found: Found[] = []
  for (const { commit, path, text } of addedLines(log)) {
    // Nothing here waits for anything outside: deadlines would not be heard.
    await setImmediate()
    if (signal.aborted) break
    const below = path.startsWith(prefix) ? path.slice(prefix.length) : path
    if (isIgnored(options, below)) continue
    for (const { rule } of await scan(below, text)) found.push({ place: `${below} in commit ${commit}`, rule })
  }
  return found
}

function outcomeOf(seen: string, found: readonly Found[], skipped: readonly string[]): Outcome {
  const places = [...new Set(found.map(({ place, rule }) => `${place} (${rule})`))]
  const extra = {
    measurements: [{ name: 'secrets', value: places.length, unit: 'count' }],
    evidence: [
      {
        name: 'places',
        mediaType: 'text/plain' as const,
        content: excerpt(
          [seen, ...places.slice(0, LISTED), ...skipped.slice(0, LISTED).map((path) => `not looked at: ${path}`)].join(
            '\n',
          ),
        ),
      },
    ],
  }
  if (places.length > 0)
    return failed(
      `${seen}: ${plural(places.length, 'secret')}: ${excerpt(places.slice(0, NAMED).join(', '), 600)}${places.length > NAMED ? ', ...' : ''}`,
      extra,
    )
  if (skipped.length > 0)
    return unverified(`${seen}: not all could be looked at: ${excerpt(skipped.slice(0, NAMED).join(', '), 400)}`, {
      ...extra,
      remedy: 'fetch and check out the whole repository, ignore files by name, or raise fileBytesMax',
    })
  return passed(`${seen}: no secret`, extra)
}
