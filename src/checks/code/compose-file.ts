// Whether a compose project has its services, and each of them health, limits, storage and ports as they ought to be.
import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { lastLine } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { listOf, oneOrMore, timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { findingsOf, RULES, type Finding, type RuleName } from './compose/findings.ts'
import { readProject, UntoldProject, WrongProject, type Project } from './compose/project.ts'

const SHOWN_MAX = 100
/** Where compose looks by itself, in its order. */
const USUAL_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']

const schema = z.strictObject({
  file: oneOrMore(z.string().min(1))
    .optional()
    .describe('compose file, or several of which each goes over those before it; where compose looks by default'),
  services: z.array(z.string().min(1)).default([]).describe('services that must be there'),
  rules: z
    .array(z.enum(RULES))
    .default(RULES.filter((rule) => rule !== 'image-without-digest'))
    .describe('rules that every service must keep'),
  allow: z
    .array(
      z.string().regex(/^[a-z-]+(?::\S+)?$/, 'not a finding; expected a rule, or a rule and a service: "no-limits:db"'),
    )
    .default([])
    .describe('findings that are right: a rule, or a rule and a service ("no-health-check:worker")'),
  engine: z.boolean().default(false).describe('whether `docker compose config` must take it too'),
  timeoutMs: timeoutMs(30_000).describe('how long docker may take'),
})

type Options = z.infer<typeof schema>

/** Words that ask for one rule. */
const SPOKEN: readonly [RegExp, readonly RuleName[]][] = [
  [/\bhealth ?checks?\b/i, ['no-health-check']],
  [/\brestart polic(?:y|ies)\b|\brestart: (?:always|unless-stopped)/i, ['no-restart-policy']],
  [/\b(?:resource|memory|cpu) limits?\b/i, ['no-limits']],
  [
    /\bimages?\b[^.]{0,20}\bpinned\b|\bpinned\b[^.]{0,20}\bimages?\b|\bno :?latest\b/i,
    ['image-untagged', 'image-latest'],
  ],
  [
    /\b(?:named )?volumes?\b[^.]{0,20}\b(?:declared|defined|named)\b|\bnamed volumes\b/i,
    ['volume-undeclared', 'volume-anonymous'],
  ],
  [/\bno privileged\b|\bprivileged mode (?:is )?off\b/i, ['privileged']],
]

export const composeFile = defineCheck({
  id: 'compose-file',
  summary: 'looks whether a compose file is valid and its services have health checks, limits and safe ports',
  options: schema,
  example: { file: 'compose.yaml', services: ['app', 'db'], allow: ['no-limits:db'] },
  failingExample: { file: 'no-such-compose.yaml' },
  secretFields: [],
  remedy: 'change what the findings name, or allow it by its rule and service where it is meant',
  needs: 'docker with its compose plug-in, where its own opinion is wanted',

  recognise(item) {
    const sentence = sentenceOf(item)
    const named = find(sentence, /(?<![\w/.-])(?:[\w.-]+\/)*(?:docker-)?compose[\w.-]*\.ya?ml\b/)
    if (
      !named ||
      /\b(?:if|create[ds]?|updated?|copy|copied|deploy(?:ed)?|edit|rollback)\b/i.test(sentence.replace(named, ' '))
    )
      return null
    const spoken = SPOKEN.flatMap(([words, rules]) => {
      const quote = find(sentence, words)
      return quote ? [{ quote, rules }] : []
    })
    if (spoken.length > 0)
      return propose(SURE.said, { file: named, rules: [...new Set(spoken.flatMap(({ rules }) => rules))] }, [
        named,
        ...spoken.map(({ quote }) => quote),
      ])
    const valid = find(sentence, /\b(?:is )?valid(?:ated|ates)?\b|\bsyntax\b/i)
    return valid
      ? propose(SURE.said, { file: named, rules: ['volume-undeclared', 'unknown-service'] }, [named, valid])
      : null
  },

  describe({ file, services, rules, engine }) {
    const claims = [
      services.length > 0 ? `services ${services.join(', ')}` : '',
      rules.length > 0 ? `nothing of ${rules.join(', ')}` : 'valid',
      engine ? 'taken by docker compose' : '',
    ]
    return `${file === undefined ? 'compose file' : listOf(file).join(' and ')}: ${claims.filter(Boolean).join('; ')}`
  },

  run: (options, context) =>
    look(context, async () => {
      const files = options.file === undefined ? await usualFile(context.directory) : listOf(options.file)
      if (files.length === 0)
        return failed(`there is none of ${USUAL_FILES.join(', ')}`, {
          remedy: 'name the compose file by the option file',
        })
      try {
        const project = await readProject(files, context.directory, context.env)
        return await judge(options, files, project, context)
      } catch (error) {
        if (error instanceof WrongProject) return failed(error.message)
        if (error instanceof UntoldProject)
          return unverified(error.message, { remedy: 'keep what it takes in beside it, where this user may read it' })
        throw error
      }
    }),
})

async function usualFile(directory: string): Promise<string[]> {
  for (const name of USUAL_FILES)
    try {
      await access(resolve(directory, name))
      return [name]
    } catch {
      // The next one, then.
    }
  return []
}

async function judge(
  options: Options,
  files: readonly string[],
  project: Project,
  context: CheckContext,
): Promise<Outcome> {
  const where = files.join(' and ')
  if (project.services.size === 0) return failed(`${where} has no services`)
  const missing = options.services.filter((name) => !project.services.has(name))
  const findings = findingsOf(project).filter(
    ({ rule, service }) =>
      options.rules.includes(rule) && !options.allow.includes(rule) && !options.allow.includes(`${rule}:${service}`),
  )
  const refused = options.engine ? await refusedByEngine(options, files, context) : null
  const wrong = [
    missing.length > 0 ? `there is no service ${missing.join(', ')}` : '',
    findings.length > 0 ? summaryOf(findings) : '',
    refused && 'wrong' in refused ? `docker compose refuses it: ${refused.wrong}` : '',
  ].filter(Boolean)
  const lines = findings
    .slice(0, SHOWN_MAX)
    .map(({ rule, service, message }) => `${service}: ${rule}: ${message}`.slice(0, 500))
  if (findings.length > SHOWN_MAX) lines.push(`and ${findings.length - SHOWN_MAX} more`)
  if (project.unset.size > 0)
    lines.push(`set nowhere, and taken for empty: ${[...project.unset].slice(0, 50).join(', ')}`)
  const extra = {
    measurements: [{ name: 'findings', value: findings.length, unit: 'count' }],
    evidence:
      lines.length > 0 ? [{ name: 'findings', mediaType: 'text/plain' as const, content: lines.join('\n') }] : [],
  }
  if (wrong.length > 0) return failed(`${where}: ${wrong.join('; ')}`, extra)
  if (refused && 'untold' in refused)
    return unverified(`${where}: docker compose could not tell: ${refused.untold}`, {
      ...extra,
      remedy: 'install docker and its compose plug-in, or set engine: false',
    })
  return passed(
    `${where}: ${plural(project.services.size, 'service keeps', 'services keep')} ${plural(options.rules.length, 'rule')}`,
    extra,
  )
}

function summaryOf(findings: readonly Finding[]): string {
  const names = findings.slice(0, 4).map(({ rule, service }) => `${rule} (${service.slice(0, 60)})`)
  return `${plural(findings.length, 'finding')}: ${names.join(', ')}${findings.length > 4 ? ', ...' : ''}`
}

/** Needs no engine that runs: the plug-in reads the files by itself. Null where it takes them. */
async function refusedByEngine(
  options: Options,
  files: readonly string[],
  context: CheckContext,
): Promise<{ wrong: string } | { untold: string } | null> {
  const run = (args: string[]) =>
    context.exec('docker', ['compose', ...args], { timeoutMs: options.timeoutMs, signal: context.signal })
  const version = await run(['version', '--short'])
  if (version.ended === 'not-started') return { untold: 'docker is not installed' }
  if (version.ended !== 'exited' || version.exitCode !== 0)
    return { untold: `its plug-in does not answer: ${lastLine(version.stderr) || version.ended}` }
  // Its output would hold every value of the environment: only whether it takes the files is asked.
  const { ended, exitCode, stderr } = await run([...files.flatMap((file) => ['-f', file]), 'config', '--quiet'])
  if (ended !== 'exited') return { untold: `it did not end: ${ended}` }
  return exitCode === 0 ? null : { wrong: lastLine(stderr) || `exit code ${exitCode}` }
}
