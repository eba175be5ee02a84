// Known holes in the packages a project depends on, by the audit of its own package manager.
import { resolve } from 'node:path'
import { z } from 'zod'
import { excerpt, lastLine } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { readAudit, SEVERITIES, type Advisory } from './audit/advisories.ts'
import { managerOf, readPackageJson, type Manager } from './node-project.ts'
import { Unreadable } from './report-file.ts'

const MANAGERS = ['npm', 'pnpm', 'yarn', 'yarn-classic'] as const

const schema = z.strictObject({
  directory: z.string().default('.').describe('directory of the project'),
  manager: z
    .enum(['auto', ...MANAGERS])
    .default('auto')
    .describe(
      'package manager; auto goes by packageManager of package.json and by lockfile. Other ecosystems: kind sarif-gate',
    ),
  severity: z.enum(SEVERITIES).default('high').describe('from which severity on an advisory is a failure'),
  production: z.boolean().default(true).describe('whether packages for development only are left out'),
  allow: z
    .array(
      z.strictObject({
        id: z.string().min(3).describe('GHSA-..., CVE-... or the number of the registry'),
        reason: z.string().min(3).describe('why it does no harm here'),
        until: z.iso.date().describe('last day on which it is allowed, as 2025-03-31'),
      }),
    )
    .default([])
    .describe('advisories that are known and accepted, each until a day'),
  timeoutMs: timeoutMs(120_000).describe('how long the package manager may take'),
})

type Options = z.infer<typeof schema>

const NAMED = 4
const LISTED = 100
const ANSWER_CHARS_MAX = 32 << 20

const VECTORS: Record<(typeof MANAGERS)[number], { file: string; args: string[]; production: string[] }> = {
  npm: { file: 'npm', args: ['audit', '--json'], production: ['--omit=dev'] },
  pnpm: { file: 'pnpm', args: ['audit', '--json'], production: ['--prod'] },
  yarn: {
    file: 'yarn',
    args: ['npm', 'audit', '--json', '--recursive', '--all'],
    production: ['--environment', 'production'],
  },
  'yarn-classic': {
    file: 'yarn',
    args: ['audit', '--json'],
    production: ['--groups', 'dependencies optionalDependencies'],
  },
}

export const dependencyAudit = defineCheck({
  id: 'dependency-audit',
  summary: 'asks the package manager for known holes in the dependencies and judges them by severity',
  options: schema,
  example: { severity: 'high', allow: [{ id: 'GHSA-aaaa-bbbb-cccc', reason: 'only in tests', until: '2030-01-31' }] },
  failingExample: { severity: 'info', production: false },
  secretFields: [],
  remedy: 'update the packages named, or allow an advisory with a reason until a day',
  needs: 'the package manager of the project: npm, pnpm or yarn',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (
      /\b(?:if|fix|container|docker|images?|sast|dast|scan results|host|os|infrastructure|owasp|pip|cargo|snyk|trivy|python)\b/i.test(
        sentence,
      )
    )
      return null
    const audit = find(sentence, /\b(?:npm|pnpm|yarn) audit\b/i)
    const claim = find(
      sentence,
      /\b(?:no|zero|0|without) (?:known |open )?(critical|high|moderate)(?:(?:[- ]severity)? (?:or|and|\/) (?:critical|high))?(?:[- ]severity)? (?:vulnerabilit(?:y|ies)|advisor(?:y|ies)|issues)\b|\b(?:shows?|reports?|has) (?:no|zero|0) (critical|high|moderate)\b/i,
    )
    const ofPackages = audit ?? find(sentence, /\b(?:dependenc(?:y|ies)|npm packages?|node_modules)\b/i)
    if (!claim || !ofPackages) return null
    const named = SEVERITIES.filter((level) => new RegExp(`\\b${level}\\b`, 'i').test(claim))
    const [severity] = named
    if (!severity) return null
    return propose(
      audit ? SURE.named : SURE.likely,
      { severity, ...(/--(?:production|omit[= ]dev|prod)\b/.test(sentence) || !audit ? {} : { production: false }) },
      [ofPackages, claim],
    )
  },

  describe(options) {
    const kept = options.allow.length > 0 ? `, ${plural(options.allow.length, 'advisory', 'advisories')} allowed` : ''
    const which = options.production ? ' for production' : ''
    return `${options.manager === 'auto' ? 'audit' : `${options.manager} audit`} of the packages${which} in ${options.directory}: none of severity ${options.severity} or worse${kept}`
  },

  run: (options, context) =>
    look(context, async () => {
      try {
        return await auditWith(options, context)
      } catch (error) {
        if (error instanceof Unreadable)
          return unverified(`the packages were not audited: ${excerpt(error.message, 300)}`)
        throw error
      }
    }),
})

async function auditWith(options: Options, context: CheckContext): Promise<Outcome> {
  const directory = resolve(context.directory, options.directory)
  const manager = options.manager === 'auto' ? await detected(directory) : options.manager
  const { file, args, production } = VECTORS[manager]
  const vector = [...args, ...(options.production ? production : [])]
  const { ended, exitCode, stdout, stderr } = await context.exec(file, vector, {
    cwd: directory,
    env: { ...context.env, NO_COLOR: '1', YARN_ENABLE_COLORS: '0', YARN_ENABLE_TELEMETRY: '0' },
    timeoutMs: options.timeoutMs,
    signal: context.signal,
    outputBytesMax: ANSWER_CHARS_MAX,
  })
  if (ended === 'not-started')
    return unverified(`${file} could not be started`, { remedy: `install ${file} where gonogo runs` })
  if (ended !== 'exited') throw new Unreadable(`${file} did not end within ${options.timeoutMs} ms`)
  if (stdout.length >= ANSWER_CHARS_MAX) throw new Unreadable('the answer is longer than can be read')
  try {
    return judge(options, manager, readAudit(manager, stdout, exitCode))
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const evidence = [
      {
        name: 'output',
        mediaType: 'text/plain' as const,
        content: excerpt(`exit code ${exitCode}\n${stdout}\n${stderr}`, 4000),
      },
    ]
    const why = `${file} ${vector.join(' ')}: ${error.message}${stderr.trim() === '' ? '' : ` (${lastLine(stderr)})`}`
    return unverified(`the packages were not audited: ${excerpt(why, 400)}`, {
      evidence,
      remedy: 'see that the registry answers audits and the lockfile fits package.json',
    })
  }
}

async function detected(directory: string): Promise<(typeof MANAGERS)[number]> {
  const manager: Manager | null = await managerOf(directory, await readPackageJson(directory))
  if (manager === null) throw new Unreadable('no lockfile, or several, tells which package manager is meant')
  if (manager === 'bun') throw new Unreadable('audits of bun are not read: have a scanner write SARIF')
  return manager
}

function judge(options: Options, manager: Manager, advisories: readonly Advisory[]): Outcome {
  const today = new Date().toISOString().slice(0, 10)
  const least = SEVERITIES.indexOf(options.severity)
  const grave = advisories.filter(({ severity }) => SEVERITIES.indexOf(severity) >= least)
  const ruleFor = ({ ids }: Advisory) =>
    options.allow.find(({ id }) => ids.some((known) => known.toLowerCase() === id.toLowerCase()))
  const open = grave.filter((advisory) => {
    const rule = ruleFor(advisory)
    return !rule || rule.until < today
  })
  const extra = {
    measurements: SEVERITIES.map((level) => ({
      name: level,
      value: advisories.filter(({ severity }) => severity === level).length,
      unit: 'count',
    })),
    evidence: [
      {
        name: 'advisories',
        mediaType: 'text/plain' as const,
        content: excerpt(
          advisories
            .slice(0, LISTED)
            .map(
              (advisory) => `${textOf(advisory)}: ${excerpt(advisory.title, 200)}${reasonOf(ruleFor(advisory), today)}`,
            )
            .join('\n') || 'none',
        ),
      },
    ],
  }
  const seen = `${manager} audit: ${plural(advisories.length, 'advisory', 'advisories')}`
  if (open.length > 0) {
    const named = open.slice(0, NAMED).map((advisory) => `${textOf(advisory)}${reasonOf(ruleFor(advisory), today)}`)
    return failed(
      `${seen}, ${open.length} of severity ${options.severity} or worse: ${named.join('; ')}${open.length > NAMED ? '; ...' : ''}`,
      extra,
    )
  }
  const kept = grave.length > 0 ? `, ${grave.length} of them allowed` : ''
  return passed(
    `${seen}${kept}, none of severity ${options.severity} or worse${grave.length > 0 ? ' besides' : ''}`,
    extra,
  )
}

function textOf({ package: name, severity, ids }: Advisory): string {
  return excerpt(`${severity} ${name} ${ids[0] ?? ''}`.trim(), 150)
}

function reasonOf(rule: Options['allow'][number] | undefined, today: string): string {
  if (!rule) return ''
  return rule.until < today ? ` (was allowed until ${rule.until})` : ` (allowed until ${rule.until}: ${rule.reason})`
}
