// Whether the newest pipeline of a ref on GitLab succeeded, and the named jobs in it.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { lookThrough, someOf, textOf } from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { commitHere } from './code-host.ts'
import { GITLAB_SECRETS, gitlabAt, gitlabFields, projectName } from './gitlab-api.ts'

const schema = z
  .strictObject({
    ...gitlabFields,
    ref: z
      .string()
      .min(1)
      .optional()
      .describe('branch or tag; without ref and sha the commit that is checked out here'),
    sha: z
      .string()
      .regex(/^[0-9a-f]{40}$/, 'not a whole commit id')
      .optional()
      .describe('commit'),
    jobs: z.array(z.string().min(1)).default([]).describe('names of jobs that must have succeeded in it'),
  })
  .refine((o) => o.ref === undefined || o.sha === undefined, 'give either ref or sha')

type Options = z.infer<typeof schema>

const RED: readonly string[] = ['failed', 'canceled', 'canceling', 'skipped']

export const gitlabPipeline = defineCheck({
  id: 'gitlab-pipeline',
  summary: 'asks GitLab whether the newest pipeline of a ref succeeded',
  options: schema,
  example: { project: 'acme/shop', ref: 'main', jobs: ['test'], token: '${env:GITLAB_TOKEN}' },
  failingExample: { project: 'acme/shop', ref: 'main', jobs: ['no such job'] },
  secretFields: [...GITLAB_SECRETS],
  remedy: 'open the pipeline on GitLab, and run again what is red',

  recognise(item) {
    const words = sentenceOf(item)
    const claim = find(
      words,
      /\bgitlab\b[^\n.;]{0,20}\b(?:pipelines?|CI(?:\/CD)?)\b[^\n.;]{0,25}\b(?:green|passe[sd]|passing|succeed\w*|successful)\b/i,
    )
    if (!claim || /\bif\b|\bnot\b|\bconfigure/i.test(words)) return null
    return propose(SURE.said, { token: '${env:GITLAB_TOKEN}' }, [claim], 'the commit that is checked out is asked for')
  },

  describe(options) {
    const jobs = options.jobs.length > 0 ? `, with ${options.jobs.join(', ')}` : ''
    return `GitLab, ${projectName(options)}: the newest pipeline of ${options.ref ?? options.sha ?? 'the commit that is checked out'} succeeded${jobs}`
  },

  run: (options, context) => lookThrough(context, () => ask(options, context)),
})

async function ask(options: Options, context: CheckContext): Promise<Outcome> {
  const { host, path, project } = await gitlabAt(options, context)
  const sha = options.ref === undefined ? (options.sha ?? (await commitHere(context))) : null
  const query = sha === null ? `ref=${encodeURIComponent(options.ref ?? '')}` : `sha=${sha}`
  const [pipeline] = await host.page(`${path}/pipelines?${query}&order_by=id&sort=desc`)
  const name = sha === null ? options.ref : sha.slice(0, 7)
  if (!pipeline) return unverified(`${project} has no pipeline of ${name}`, { remedy: 'push it, and correct `ref`' })
  const status = textOf(pipeline.status)
  const jobs = options.jobs.length > 0 ? await host.list(`${path}/pipelines/${Number(pipeline.id)}/jobs`) : []
  const lines = [
    `pipeline ${Number(pipeline.id)}: ${status}`,
    ...jobs.map((job) => `${textOf(job.name)}: ${textOf(job.status)}`),
  ]
  const extra = {
    evidence: [{ name: 'pipeline', mediaType: 'text/plain' as const, content: excerpt(lines.join('\n')) }],
  }
  const what = `pipeline ${Number(pipeline.id)} of ${project} at ${name}`
  if (RED.includes(status)) return failed(`${what}: ${status}`, extra)
  if (status !== 'success')
    return unverified(`${what} is ${status.replaceAll('_', ' ') || 'in no state'}`, {
      ...extra,
      remedy: 'ask again when it has finished',
    })
  const bad = options.jobs.filter((wanted) => !jobs.some((job) => job.name === wanted && job.status === 'success'))
  if (bad.length > 0) return failed(`${what} succeeded, but not its ${someOf(bad)}`, extra)
  return passed(`${what} succeeded`, extra)
}
