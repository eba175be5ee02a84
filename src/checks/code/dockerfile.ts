// Whether a container file keeps the rules that make an image safe to ship; hadolint's findings beside, where wanted.
import { access } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { readBoundedFile } from '../../lib/bounded-file.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { lastLine } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { findingsOf, RULES, type Finding, type Findings, type RuleName } from './dockerfile/findings.ts'

const FILE_BYTES_MAX = 256 << 10
const SHOWN_MAX = 100
const LEVELS = ['error', 'warning', 'info', 'style'] as const
/** What everybody wants; digests and stages are a matter of taste. */
const USUAL = RULES.filter((rule) => rule !== 'base-without-digest' && rule !== 'single-stage')

const schema = z.strictObject({
  file: z.string().min(1).default('Dockerfile').describe('container file to look at'),
  directory: z
    .string()
    .min(1)
    .optional()
    .describe('directory it is built in, where .dockerignore lies; that of the file by default'),
  rules: z
    .array(z.enum(RULES))
    .default([...USUAL])
    .describe('rules it must keep'),
  allow: z
    .array(
      z
        .string()
        .regex(/^[\w-]+(?::\d+)?$/, 'not a finding; expected a rule or a rule and a line: "root-user", "add-url:12"'),
    )
    .default([])
    .describe('findings that are right: a rule, or a rule and a line ("add-url:12"); rules of hadolint too ("DL3008")'),
  buildArgs: z
    .record(z.string(), z.string())
    .default({})
    .describe('build arguments, where a base image depends on them; values are treated as secrets'),
  hadolint: z
    .enum(['off', ...LEVELS])
    .default('off')
    .describe('whether hadolint is run too, and the least level of its findings that counts'),
  timeoutMs: timeoutMs(30_000).describe('how long hadolint may take'),
})

type Options = z.infer<typeof schema>

/** Words that ask for one rule. */
const SPOKEN: readonly [RegExp, readonly RuleName[]][] = [
  [/\bnon-?root\b|\bnot (?:run )?as root\b|\bunprivileged user\b/i, ['root-user']],
  [/\bhealth ?checks?\b/i, ['no-healthcheck']],
  [
    /\b(?:base )?images?\b[^.]{0,20}\bpinned\b|\bpin(?:s|ned)\b[^.]{0,20}\b(?:base )?images?\b|\b(?:no|not)\b[^.]{0,10}:?latest\b/i,
    ['base-untagged', 'base-latest'],
  ],
  [/\bno secrets?\b|\bno credentials?\b/i, ['secret-in-image']],
  [/\bmulti-?stage\b/i, ['single-stage']],
]

export const dockerfile = defineCheck({
  id: 'dockerfile',
  summary: 'looks whether a container file pins its base, runs as no root, checks its health and holds no secret',
  options: schema,
  example: { file: 'Dockerfile', rules: ['base-untagged', 'base-latest', 'root-user'], allow: ['no-healthcheck'] },
  failingExample: { file: 'no-such-dockerfile' },
  secretFields: ['buildArgs'],
  remedy: 'change what the findings name, or allow it by its rule where it is meant',
  needs: 'hadolint, where its findings are wanted',

  recognise(item) {
    const sentence = sentenceOf(item)
    const file = find(sentence, /(?<![\w/.-])(?:[\w.-]+\/)*Dockerfile(?:\.[\w-]+)?\b/)
    if (!file || /\b(?:if|create|created?|update[ds]?|builds?|built|exists?|documented)\b/i.test(sentence)) return null
    const spoken = SPOKEN.flatMap(([words, rules]) => {
      const quote = find(sentence, words)
      return quote ? [{ quote, rules }] : []
    })
    const linted = find(sentence, /\b(?:lint(?:s|ed)?(?: clean)?|hadolint|best practices)\b/i)
    if (spoken.length === 0) return linted ? propose(SURE.said, { file }, [file, linted]) : null
    return propose(SURE.said, { file, rules: [...new Set(spoken.flatMap(({ rules }) => rules))] }, [
      file,
      ...spoken.map(({ quote }) => quote),
    ])
  },

  describe: ({ file, rules, hadolint }) =>
    `${file}: ${[rules.length > 0 ? `nothing of ${rules.join(', ')}` : '', hadolint === 'off' ? '' : `no ${hadolint} of hadolint`].filter(Boolean).join(', ')}`,

  run: (options, context) => look(context, () => judgeFile(options, context)),
})

async function judgeFile(options: Options, context: CheckContext): Promise<Outcome> {
  const path = resolve(context.directory, options.file)
  let text: string
  try {
    text = (await readBoundedFile(path, FILE_BYTES_MAX)).text
  } catch (error) {
    return codeOf(error) === 'ENOENT'
      ? failed(`there is no ${options.file}`, { remedy: 'name the container file by the option file' })
      : unverified(`${options.file}: ${messageOf(error)}`, { remedy: 'see that it is a file this user may read' })
  }
  const { DockerfileParser } = await import('dockerfile-ast')
  const { hasBase, findings, unknown }: Findings = findingsOf(DockerfileParser.parse(text), options.buildArgs)
  if (!hasBase) return failed(`${options.file} builds nothing: it has no FROM`)
  if (!(await hasIgnoreFile(path, resolve(context.directory, options.directory ?? dirname(path)))))
    findings.push({ rule: 'no-dockerignore', line: 0, message: 'everything beside it is sent to the builder' })
  const wanted = findings.filter(({ rule }) => (options.rules as string[]).includes(rule))
  const linted = options.hadolint === 'off' ? [] : await lint(options, path, context)
  const all = [...wanted, ...(typeof linted === 'string' ? [] : linted)].filter(
    (finding) => !isAllowed(finding, options.allow),
  )
  if (all.length > 0) return report(options.file, all)
  if (typeof linted === 'string')
    return unverified(`hadolint told nothing of ${options.file}: ${linted}`, {
      remedy: 'install hadolint, or set hadolint: off',
    })
  const asked = options.rules.some((rule) => rule.startsWith('base-'))
  if (asked && unknown.length > 0)
    return unverified(`${options.file}: ${unknown[0]}`, {
      remedy: 'give its value by buildArgs, or a default in the file',
    })
  return passed(
    `${options.file} keeps ${plural(options.rules.length, 'rule')}${options.hadolint === 'off' ? '' : ` and those of hadolint`}`,
  )
}

/** The builder takes the one named after the file before that of the directory. */
async function hasIgnoreFile(path: string, directory: string): Promise<boolean> {
  for (const candidate of [`${path}.dockerignore`, join(directory, '.dockerignore')])
    try {
      await access(candidate)
      return true
    } catch {
      // The next one, then.
    }
  return false
}

function isAllowed({ rule, line }: Finding, allow: readonly string[]): boolean {
  return allow.includes(rule) || allow.includes(`${rule}:${line}`)
}

const lintSchema = z.array(z.object({ code: z.string(), level: z.enum(LEVELS), line: z.number(), message: z.string() }))

/** What hadolint finds, or why it told nothing. */
async function lint(options: Options, path: string, context: CheckContext): Promise<Finding[] | string> {
  const result = await context.exec('hadolint', ['--no-fail', '--format', 'json', path], {
    timeoutMs: options.timeoutMs,
    signal: context.signal,
  })
  if (result.ended === 'not-started') return 'it is not installed'
  if (result.ended !== 'exited' || result.exitCode !== 0) return lastLine(result.stderr) || result.ended
  let printed: unknown
  try {
    printed = JSON.parse(result.stdout)
  } catch {
    return 'what it printed is no JSON'
  }
  const parsed = lintSchema.safeParse(printed)
  if (!parsed.success) return 'it printed something else than findings'
  const counted = LEVELS.slice(0, LEVELS.indexOf(options.hadolint as (typeof LEVELS)[number]) + 1)
  return parsed.data
    .filter(({ level }) => counted.includes(level))
    .map(({ code, line, message }) => ({ rule: code.slice(0, 40), line, message: message.slice(0, 300) }))
}

function report(file: string, findings: readonly Finding[]): Outcome {
  const lines = findings
    .slice(0, SHOWN_MAX)
    .map(({ rule, line, message }) => `${line > 0 ? `line ${line}: ` : ''}${rule}: ${message.slice(0, 400)}`)
  if (findings.length > SHOWN_MAX) lines.push(`and ${findings.length - SHOWN_MAX} more`)
  const names = [...new Set(findings.map(({ rule, line }) => (line > 0 ? `${rule} (line ${line})` : rule)))]
  const first = names.slice(0, 4).join(', ')
  return failed(`${file}: ${plural(findings.length, 'finding')}: ${first}${names.length > 4 ? ', ...' : ''}`, {
    measurements: [{ name: 'findings', value: findings.length, unit: 'count' }],
    evidence: [{ name: 'findings', mediaType: 'text/plain', content: lines.join('\n') }],
  })
}
