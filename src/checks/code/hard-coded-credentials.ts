// What should not stand in source text: credentials, hosts of one machine, debug switches. Shown by file, line and rule, never by content.
import { matchesGlob, resolve } from 'node:path'
import { z } from 'zod'
import { readBoundedFile } from '../../lib/bounded-file.ts'
import { codeOf } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { lookAtGit, type Git } from './git.ts'
import { breaks, CREDENTIALS, RULES, type RuleName } from './hard-coded/rules.ts'

const FILE_BYTES_MAX = 1 << 20
const FILES_MAX = 20_000
const ALL_BYTES_MAX = 256 << 20
/** A longer line is made by a program; its beginning and no more is looked at. */
const LINE_CHARS_MAX = 4000
const SHOWN_MAX = 100

/** Tests and documents speak of credentials that are none; lock files are full of digests. */
const IGNORED = [
  '**/*.{test,spec}.*',
  '**/{test,tests,__tests__,spec,fixtures,docs,examples,vendor,node_modules,third_party}/**',
  '**/*.{md,mdx,rst,txt,svg,map,lock,snap}',
  '**/*.min.*',
  '**/{package-lock,npm-shrinkwrap,composer.lock,pnpm-lock}*',
  '**/.env.{example,sample,template,dist}',
]

const schema = z.strictObject({
  directory: z.string().default('.').describe('directory of the git repository; only tracked files are looked at'),
  files: z.array(z.string().min(1)).min(1).default(['**']).describe('globs of the files to look at, relative to it'),
  ignore: z.array(z.string().min(1)).default(IGNORED).describe('globs of files that are not looked at'),
  rules: z
    .array(z.enum(RULES))
    .min(1)
    .default([...CREDENTIALS])
    .describe(
      'what must not be there: credentials by default; hosts, debug switches, debug output and notes of things to do on demand',
    ),
  allow: z
    .array(z.string().regex(/^[a-z-]+ \S/, 'not a finding; expected a rule and a path, as "localhost src/dev.ts"'))
    .default([])
    .describe('findings that are right, each a rule and a path or glob: "localhost src/dev.ts"'),
  findingsMax: z.number().int().nonnegative().default(0).describe('findings that are put up with'),
  timeoutMs: timeoutMs(30_000).describe('how long git may take to list the files'),
})

type Options = z.infer<typeof schema>

interface Finding {
  rule: RuleName
  path: string
  line: number
}

/** What the words speak of, and the rules for it. */
const SPOKEN: readonly [RegExp, readonly RuleName[]][] = [
  [/\b(?:credentials?|secrets?|passwords?|(?:api )?keys?|tokens?)\b/i, CREDENTIALS],
  [/\blocalhost\b/i, ['localhost']],
  [/\b(?:internal|private) (?:ips?|addresses|hosts|urls)\b/i, ['private-address']],
  [/\bconsole\.log\b|\bdebug(?:ging)? (?:statements?|output|prints?|logs?)\b|\bprint statements\b/i, ['debug-output']],
  [/\bdebug (?:flags?|mode|switch(?:es)?)\b/i, ['debug-flag']],
  // In brackets, so that this line does not find itself.
  [/\bT[O]DOs?\b|\bFIX[M]Es?\b/, ['left-to-do']],
]

export const hardCodedCredentials = defineCheck({
  id: 'hard-coded-credentials',
  summary: 'searches tracked source files for credentials, hosts and debug switches that were written into them',
  options: schema,
  example: { files: ['src/**'], rules: ['credential-in-code', 'known-token', 'localhost', 'debug-output'] },
  failingExample: { rules: ['credential-in-code'] },
  secretFields: [],
  remedy: 'take the value out of the source, read it from the environment, and make a new one where it was a secret',
  needs: 'git',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (
      /\b(?:if|reviewed|review|policy|logs?\b(?! statements)|logged|rotat\w+|environment variables? (?:are|is) set|git history|image|responses?)\b/i.test(
        sentence,
      )
    )
      return null
    const claim = find(
      sentence,
      /\b(?:no|zero|without|0)\b[^.]{0,20}\bhard-?coded\b[^.]{0,60}|\b(?:no|zero|without|removed? (?:all )?)\s*(?:remaining |leftover |stray |more )?(?:`?console\.log`?|debug(?:ging)? (?:statements?|output|prints?|logs?)|debug (?:flags?|switch(?:es)?)|print statements|T[O]DOs?\b|FIX[M]Es?\b)[^.]{0,60}/i,
    )
    if (!claim) return null
    const rules = SPOKEN.filter(([words]) => words.test(claim)).flatMap(([, names]) => names)
    return rules.length > 0 ? propose(SURE.said, { rules: [...new Set(rules)] }, [claim]) : null
  },

  describe: ({ directory, files, rules }) =>
    `tracked files of ${directory} (${files.join(', ')}): nothing of ${rules.join(', ')}`,

  run: (options, context) => lookAtGit(options, context, (git) => search(options, git, context)),
})

async function search(options: Options, git: Git, context: CheckContext): Promise<Outcome> {
  const root = resolve(context.directory, options.directory)
  const tracked = [...new Set((await git.text('ls-files', '-z', '--cached')).split('\0').filter(Boolean))]
  const paths = tracked.filter((path) => matches(path, options.files) && !matches(path, options.ignore))
  if (paths.length === 0)
    return unverified(`none of the ${plural(tracked.length, 'tracked file')} is one to look at`, {
      remedy: 'correct the globs of files and ignore',
    })
  if (paths.length > FILES_MAX)
    return unverified(`${plural(paths.length, 'file')} to look at, at most ${FILES_MAX} are`, {
      remedy: 'name fewer by files and ignore',
    })
  const findings: Finding[] = []
  const unread: string[] = []
  let bytesLeft = ALL_BYTES_MAX
  for (const path of paths) {
    if (context.signal.aborted) break
    const text = await textOf(resolve(root, path), Math.min(FILE_BYTES_MAX, bytesLeft))
    if (text === null) unread.push(path)
    else if (text !== '') {
      bytesLeft -= text.length
      findings.push(...findingsOf(path, text, options))
    }
  }
  return judge(options, paths.length, findings, unread)
}

/** The text, '' for what is no text or is no longer there, null for what is too long or may not be read. */
async function textOf(path: string, bytesMax: number): Promise<string | null> {
  try {
    const { text } = await readBoundedFile(path, bytesMax)
    return text.includes('\0') ? '' : text
  } catch (error) {
    // Tracked, but deleted here; or a submodule, a link to nothing.
    return ['ENOENT', 'EISDIR', 'ELOOP', 'ENOTDIR'].includes(codeOf(error) ?? '') ||
      /no regular file/.test(String(error))
      ? ''
      : null
  }
}

function findingsOf(path: string, text: string, { rules, allow }: Options): Finding[] {
  const wanted = rules.filter((rule) => !allow.some((entry) => isAllowed(entry, rule, path)))
  if (wanted.length === 0) return []
  return text.split('\n').flatMap((line, index) => {
    const start = line.slice(0, LINE_CHARS_MAX)
    return wanted.filter((rule) => breaks[rule](start)).map((rule) => ({ rule, path, line: index + 1 }))
  })
}

function isAllowed(entry: string, rule: RuleName, path: string): boolean {
  const [name, ...rest] = entry.split(' ')
  return name === rule && matches(path, [rest.join(' ')])
}

function matches(path: string, globs: readonly string[]): boolean {
  // A star does not stand for the dot in front of a hidden name: such files are matched as if it were not there, too.
  const plain = path.replaceAll(/(^|\/)\./g, '$1')
  return globs.some((glob) => glob === path || matchesGlob(path, glob) || matchesGlob(plain, glob))
}

function judge(options: Options, looked: number, findings: readonly Finding[], unread: readonly string[]): Outcome {
  const measurements = [
    { name: 'findings', value: findings.length, unit: 'count' },
    { name: 'files looked at', value: looked - unread.length, unit: 'count' },
  ]
  const lines = findings.slice(0, SHOWN_MAX).map(({ rule, path, line }) => `${path}:${line} ${rule}`)
  if (findings.length > SHOWN_MAX) lines.push(`and ${findings.length - SHOWN_MAX} more`)
  const evidence =
    findings.length > 0 ? [{ name: 'findings', mediaType: 'text/plain' as const, content: lines.join('\n') }] : []
  const seen = `${plural(findings.length, 'finding')} in ${plural(looked - unread.length, 'file')}`
  if (findings.length > options.findingsMax) {
    const first = lines.slice(0, 3).join(', ')
    return failed(`${seen}, at most ${options.findingsMax} wanted: ${first}${findings.length > 3 ? ', ...' : ''}`, {
      measurements,
      evidence,
    })
  }
  if (unread.length > 0)
    return unverified(
      `${seen}; ${plural(unread.length, 'file')} could not be read or too long to look at (${unread[0]})`,
      {
        measurements,
        evidence,
        remedy: 'let this user read them, or leave them out by ignore',
      },
    )
  return passed(
    `${seen}: nothing of ${options.rules.join(', ')}${findings.length > 0 ? ' beyond what is put up with' : ''}`,
    { measurements, evidence },
  )
}
