// Whether everything that GitHub runs for a commit is green: checks (Actions and apps) and statuses.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { lookThrough, objectOf, someOf, textOf } from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { commitHere } from './code-host.ts'
import { GITHUB_SECRETS, githubAt, githubFields, refPath, repositoryName } from './github-api.ts'

const schema = z.strictObject({
  ...githubFields,
  ref: z.string().min(1).optional().describe('commit, branch or tag; without it the commit that is checked out here'),
  required: z.array(z.string().min(1)).default([]).describe('names of checks that must be there and have succeeded'),
  ignored: z.array(z.string().min(1)).default([]).describe('names of checks that are not judged'),
})

type Options = z.infer<typeof schema>

interface Ran {
  name: string
  /** Null: not finished. */
  isGreen: boolean | null
  said: string
}

/** `skipped` and `neutral` hold nothing up, as on GitHub itself. */
const GREEN: readonly string[] = ['success', 'neutral', 'skipped']

export const githubChecks = defineCheck({
  id: 'github-checks',
  summary: 'asks GitHub whether all checks and statuses of a commit are green',
  options: schema,
  example: { repository: 'acme/shop', ref: 'main', token: '${env:GITHUB_TOKEN}', required: ['test', 'lint'] },
  failingExample: { repository: 'acme/shop', ref: 'main', required: ['no such check'] },
  secretFields: [...GITHUB_SECRETS],
  remedy: 'open the checks of the commit on GitHub, and run again what is red',

  recognise(item) {
    const words = sentenceOf(item)
    const claim = find(
      words,
      /\b(?:github actions?|github (?:checks|workflows?)|CI(?:\/CD)?(?: pipelines?| builds?| checks| jobs| tests| status)?)\b[^\n.;]{0,25}\b(?:green|passe[sd]|passing|succeed(?:s|ed)?|successful)\b|\b(?:passing|green|pass|passed)\b[^\n.;]{0,12}\b(?:in|on)\s+(?:the\s+)?(?:CI(?:\/CD)?|github actions)\b/i,
    )
    if (
      !claim ||
      /\b(?:if|not|gitlab|jenkins|circle ?ci|travis|bitbucket|azure|buildkite|configure\w*|staging)\b/i.test(words)
    )
      return null
    const isGithub = /github/i.test(words)
    const remark = `${isGithub ? '' : 'GitHub is assumed; '}the commit that is checked out is asked for, with GITHUB_TOKEN`
    return propose(isGithub ? SURE.said : SURE.assumed, { token: '${env:GITHUB_TOKEN}' }, [claim], remark)
  },

  describe(options) {
    const required = options.required.length > 0 ? `, ${options.required.join(', ')} among them` : ''
    return `GitHub, ${repositoryName(options)}: all checks of ${options.ref ?? 'the commit that is checked out'} are green${required}`
  },

  run: (options, context) => lookThrough(context, () => ask(options, context)),
})

async function ask(options: Options, context: CheckContext): Promise<Outcome> {
  const { repository, host } = await githubAt(options, context)
  const ref = options.ref ?? (await commitHere(context))
  const base = `/repos/${repository}/commits/${refPath(ref)}`
  const [runs, statuses] = await Promise.all([
    host.list(`${base}/check-runs`, (data) => objectOf(data).check_runs),
    host.list(`${base}/status`, (data) => objectOf(data).statuses),
  ])
  const ran = [
    ...runs.map(({ name, status, conclusion }): Ran => {
      const said = status === 'completed' ? textOf(conclusion) : textOf(status)
      return { name: textOf(name), said, isGreen: status === 'completed' ? GREEN.includes(said) : null }
    }),
    ...statuses.map(({ context: name, state }): Ran => {
      const isGreen = state === 'pending' ? null : state === 'success'
      return { name: textOf(name), said: textOf(state), isGreen }
    }),
  ].filter(({ name }) => !options.ignored.includes(name))
  return judge(options, ran, `${repository} at ${ref.length >= 40 ? ref.slice(0, 7) : ref}`)
}

function judge({ required }: Options, ran: readonly Ran[], what: string): Outcome {
  const extra = {
    evidence: [
      {
        name: 'checks',
        mediaType: 'text/plain' as const,
        content: excerpt(ran.map(({ name, said }) => `${name}: ${said}`).join('\n')),
      },
    ],
    measurements: [{ name: 'checks', value: ran.length, unit: 'count' }],
  }
  const named = (some: readonly Ran[]): string => someOf(some.map(({ name, said }) => `${name} (${said})`))
  const red = ran.filter(({ isGreen }) => isGreen === false)
  if (red.length > 0)
    return failed(`${what}: ${plural(red.length, 'check')} of ${ran.length} not green: ${named(red)}`, extra)
  const running = ran.filter(({ isGreen }) => isGreen === null)
  if (running.length > 0)
    return unverified(`${what}: not finished: ${named(running)}`, {
      ...extra,
      remedy: 'ask again when they have finished',
    })
  // What is required has to have run: a check that was skipped has shown nothing.
  const missing = required.filter((name) => !ran.some((one) => one.name === name && one.said !== 'skipped'))
  if (missing.length > 0) return failed(`${what}: ${someOf(missing)} did not run`, extra)
  if (ran.length === 0)
    return unverified(`${what}: nothing ran for it`, { ...extra, remedy: 'push the commit, and correct `ref`' })
  return passed(`${what}: ${plural(ran.length, 'check')} green`, extra)
}
