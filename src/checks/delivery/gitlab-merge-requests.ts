// Whether merge requests are approved, and merged in the order that their descriptions ask for.
import { z } from 'zod'
import { OutsideError } from '../../lib/errors.ts'
import type { Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { lookThrough, objectOf, objectsOf, textOf } from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { nonsense } from './code-host.ts'
import { GITLAB_SECRETS, gitlabAt, gitlabFields, projectName, type Gitlab } from './gitlab-api.ts'
import { changeFields, judgeChanges, withDependencies } from './judge-changes.ts'
import { dependenciesOf, type Change } from './merge-order.ts'

const schema = z.strictObject({
  ...gitlabFields,
  mergeRequests: z
    .array(
      z.union([
        z.number().int().positive(),
        z.string().regex(/^[\w.-]+(?:\/[\w.-]+)+!\d+$/, 'not as 12 or "acme/lib!3"'),
      ]),
    )
    .min(1)
    .max(100)
    .describe('numbers of merge requests, or "group/name!3" of another project'),
  ...changeFields,
})

type Options = z.infer<typeof schema>

export const gitlabMergeRequests = defineCheck({
  id: 'gitlab-merge-requests',
  summary: 'asks GitLab whether merge requests are approved, and merged in the order they depend on one another',
  options: schema,
  example: {
    project: 'acme/shop',
    mergeRequests: [41, 42, 'acme/lib!7'],
    approvalsMin: 2,
    token: '${env:GITLAB_TOKEN}',
  },
  failingExample: { project: 'acme/shop', mergeRequests: [1], approvalsMin: 1000 },
  secretFields: [...GITLAB_SECRETS],
  remedy: 'have them approved, and merge them in the order that the evidence gives',

  recognise(item) {
    const words = sentenceOf(item)
    const claim = find(words, /\b(?:MRs?|merge requests?)\b[^\n;]{0,80}\b(?:merged|approved|reviewed)\b[^\n;]{0,30}/i)
    const numbers = [...words.matchAll(/(?<![\w&])!(\d{1,6})\b/g)].map((match) => Number(match[1]))
    if (!claim || numbers.length === 0 || /\bif\b|\bnot\b/i.test(words)) return null
    const approvalsMin = /approved|reviewed/i.test(claim) ? 1 : 0
    const options = {
      mergeRequests: numbers,
      approvalsMin,
      merged: /\bmerged\b/i.test(claim),
      token: '${env:GITLAB_TOKEN}',
    }
    return propose(SURE.likely, options, [claim], 'the project of this folder is assumed')
  },

  describe(options) {
    const state = options.merged ? 'merged in the order they depend on one another' : 'without objection'
    return `GitLab, ${projectName(options)}: merge requests ${options.mergeRequests.join(', ')}: ${state}, each approved by ${options.approvalsMin} or more`
  },

  run: (options, context) => lookThrough(context, () => ask(options, context)),
})

async function ask(options: Options, context: CheckContext): Promise<Outcome> {
  const gitlab = await gitlabAt(options, context)
  const refs = options.mergeRequests.map((given) => (typeof given === 'number' ? `${gitlab.project}!${given}` : given))
  return judgeChanges(refs, await withDependencies(refs, (ref) => read(gitlab, ref)), options)
}

async function read({ host }: Gitlab, ref: string): Promise<Change> {
  const [project = '', number = ''] = ref.split('!')
  const base = `/projects/${encodeURIComponent(project)}/merge_requests/${number}`
  const found = await host.find(base)
  if (!found)
    throw new OutsideError('GitLab', `${ref} is no merge request, or may not be seen`, {
      hint: 'correct the number; give a token that may read that project',
    })
  const approvals = objectsOf((await host.get(`${base}/approvals`)).approved_by)
  if (!approvals || found.iid !== Number(number)) throw nonsense('GitLab')
  const author = textOf(objectOf(found.author).username)
  const names = new Set(approvals.map(({ user }) => textOf(objectOf(user).username)).filter((name) => name !== author))
  const mergedAtMs = Date.parse(textOf(found.merged_at))
  return {
    ref,
    title: textOf(found.title),
    mergedAtMs: Number.isNaN(mergedAtMs) ? null : mergedAtMs,
    isDraft: found.draft === true,
    approvals: names.size,
    changesRequested: found.detailed_merge_status === 'requested_changes' ? 1 : 0,
    dependsOn: dependenciesOf(textOf(found.description), project, '!'),
  }
}
