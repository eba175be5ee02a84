// Whether the newest deployment of an environment on GitHub succeeded, and is of the wanted ref.
import { z } from 'zod'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { lookThrough, objectOf, textOf } from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { GITHUB_SECRETS, githubAt, githubFields, repositoryName } from './github-api.ts'

const schema = z.strictObject({
  ...githubFields,
  environment: z.string().min(1).default('production').describe('name of the environment'),
  ref: z.string().min(1).optional().describe('branch, tag or commit (7 letters at least) that must be deployed'),
})

type Options = z.infer<typeof schema>

const RED: readonly string[] = ['failure', 'error']

export const githubDeployment = defineCheck({
  id: 'github-deployment',
  summary: 'asks GitHub whether the newest deployment of an environment succeeded',
  options: schema,
  example: { repository: 'acme/shop', environment: 'production', ref: 'v1.4.0', token: '${env:GITHUB_TOKEN}' },
  failingExample: { repository: 'acme/shop', environment: 'no-such-environment' },
  secretFields: [...GITHUB_SECRETS],
  remedy: 'read the log of the deployment on GitHub, and deploy again',

  recognise(item) {
    const words = sentenceOf(item)
    const claim = find(
      words,
      /\bgithub\b[^\n.;]{0,20}\bdeployments?\b[^\n.;]{0,40}\b(?:succe\w+|green|complet\w+|active)\b/i,
    )
    if (!claim || /\bif\b|\bnot\b/i.test(words)) return null
    const environment = /\b(staging|production|preview)\b/i.exec(words)?.[1]?.toLowerCase()
    return propose(SURE.likely, { ...(environment ? { environment } : {}), token: '${env:GITHUB_TOKEN}' }, [claim])
  },

  describe: (options) =>
    `GitHub, ${repositoryName(options)}: the newest deployment of ${options.environment} succeeded${options.ref === undefined ? '' : `, and is of ${options.ref}`}`,

  run: (options, context) => lookThrough(context, () => ask(options, context)),
})

async function ask(options: Options, context: CheckContext): Promise<Outcome> {
  const { environment, ref: wanted } = options
  const { repository, host } = await githubAt(options, context)
  const base = `/repos/${repository}/deployments`
  const [deployment] = await host.page(`${base}?environment=${encodeURIComponent(environment)}`)
  if (!deployment)
    return failed(`${repository} was never deployed to ${environment}`, { remedy: 'correct `environment`, or deploy' })
  const [status] = await host.page(`${base}/${Number(deployment.id)}/statuses`)
  const [ref, sha] = [textOf(deployment.ref), textOf(deployment.sha)]
  const state = textOf(objectOf(status).state) || 'pending'
  const what = `deployment of ${ref || sha.slice(0, 7)} to ${environment}`
  const content = JSON.stringify({
    id: deployment.id,
    ref,
    sha,
    created_at: deployment.created_at,
    state,
    description: objectOf(status).description,
  })
  const extra = { evidence: [{ name: 'deployment', mediaType: 'application/json' as const, content }] }
  const isWanted = wanted === undefined || ref === wanted || (/^[0-9a-f]{7,64}$/.test(wanted) && sha.startsWith(wanted))
  if (!isWanted) return failed(`the newest is the ${what}, ${wanted} wanted`, extra)
  if (state === 'success') return passed(`${what} succeeded`, extra)
  if (RED.includes(state)) return failed(`${what}: ${state}`, extra)
  if (state === 'inactive') return failed(`${what} is no longer active`, extra)
  return unverified(`${what} is ${state.replaceAll('_', ' ')}`, { ...extra, remedy: 'ask again when it has finished' })
}
