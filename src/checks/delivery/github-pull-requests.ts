// Whether pull requests are reviewed, and merged in the order that their descriptions ask for.
import { z } from 'zod'
import { OutsideError } from '../../lib/errors.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { lookThrough, objectOf, textOf } from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { nonsense, PAGE_SIZE, type Entry } from './code-host.ts'
import { GITHUB_SECRETS, githubAt, githubFields, repositoryName, type Github } from './github-api.ts'
import { changeFields, judgeChanges, withDependencies } from './judge-changes.ts'
import { dependenciesOf, type Change } from './merge-order.ts'

const NEWEST_MAX = 50

const schema = z
  .strictObject({
    ...githubFields,
    pullRequests: z
      .array(
        z.union([z.number().int().positive(), z.string().regex(/^[\w.-]+\/[\w.-]+#\d+$/, 'not as 12 or "acme/lib#3"')]),
      )
      .min(1)
      .max(100)
      .optional()
      .describe('numbers of pull requests, or "owner/name#3" of another repository'),
    mergedSince: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('instead of numbers: all that were merged into `base` since, as 2026-11-01T00:00:00Z'),
    base: z.string().min(1).default('main').describe('branch that `mergedSince` is about'),
    ...changeFields,
  })
  .refine(
    (o) => (o.pullRequests === undefined) !== (o.mergedSince === undefined),
    'give either pullRequests or mergedSince',
  )

type Options = z.infer<typeof schema>

export const githubPullRequests = defineCheck({
  id: 'github-pull-requests',
  summary: 'asks GitHub whether pull requests are reviewed, and merged in the order they depend on one another',
  options: schema,
  example: {
    repository: 'acme/shop',
    pullRequests: [41, 42, 'acme/lib#7'],
    approvalsMin: 2,
    token: '${env:GITHUB_TOKEN}',
  },
  failingExample: { repository: 'acme/shop', pullRequests: [1], approvalsMin: 1000 },
  secretFields: [...GITHUB_SECRETS],
  remedy: 'have them reviewed, and merge them in the order that the evidence gives',

  recognise(item) {
    const words = sentenceOf(item)
    if (/\bif\b|\bnot\b|\bgitlab\b/i.test(words)) return null
    const claim = find(words, /\b(?:PRs?|pull requests?)\b[^\n;]{0,80}\b(?:merged|approved|reviewed)\b[^\n;]{0,30}/i)
    const numbers = [...words.matchAll(/(?<![\w&])#(\d{1,6})\b/g)].map((match) => Number(match[1]))
    if (!claim || numbers.length === 0) return null
    const approvals = /\b(\d|two|three)\+?\s+(?:approvals?|reviews?|reviewers?)\b/i.exec(words)?.[1]?.toLowerCase()
    const approvalsMin =
      approvals === 'two'
        ? 2
        : approvals === 'three'
          ? 3
          : approvals
            ? Number(approvals)
            : /approved|reviewed/i.test(claim)
              ? 1
              : 0
    const options = {
      pullRequests: numbers,
      approvalsMin,
      merged: /\bmerged\b/i.test(claim),
      token: '${env:GITHUB_TOKEN}',
    }
    return propose(SURE.likely, options, [claim], 'GitHub is assumed, and the repository of this folder')
  },

  describe(options) {
    const { pullRequests, mergedSince, base, approvalsMin, merged } = options
    const which = pullRequests
      ? `pull requests ${pullRequests.join(', ')}`
      : `all merged into ${base} since ${mergedSince}`
    const state = merged ? 'merged in the order they depend on one another' : 'without objection'
    return `GitHub, ${repositoryName(options)}: ${which}: ${state}, each approved by ${approvalsMin} or more`
  },

  run: (options, context) => lookThrough(context, () => ask(options, context)),
})

async function ask(options: Options, context: CheckContext): Promise<Outcome> {
  const github = await githubAt(options, context)
  const own = `${github.repository}#`
  const refs =
    options.pullRequests?.map((given) => (typeof given === 'number' ? own + given : given)) ??
    (await mergedFrom(github, options.base, Date.parse(options.mergedSince ?? ''))).map((number) => own + number)
  if (refs.length === 0) return unverified(`nothing was merged into ${options.base} since ${options.mergedSince}`)
  const changes = await withDependencies(refs, (ref) => read(github, ref))
  return judgeChanges(refs, changes, options)
}

/** @throws OutsideError where there are more than can be looked at */
async function mergedFrom({ host, repository }: Github, base: string, sinceMs: number): Promise<number[]> {
  // The one that was touched longest ago tells whether there may be more behind the page.
  const path = `/repos/${repository}/pulls?state=closed&base=${encodeURIComponent(base)}&sort=updated&direction=desc`
  const closed = await host.page(path)
  const merged = closed.filter(({ merged_at: at }) => Date.parse(textOf(at)) >= sinceMs)
  const isWhole = closed.length < PAGE_SIZE || Date.parse(textOf(closed.at(-1)?.updated_at)) < sinceMs
  if (!isWhole || merged.length > NEWEST_MAX)
    throw new OutsideError('GitHub', `more than ${NEWEST_MAX} were merged since`, {
      hint: 'choose a later `mergedSince`',
    })
  return merged.map(({ number }) => Number(number))
}

async function read({ host }: Github, ref: string): Promise<Change> {
  const [repository = '', number = ''] = ref.split('#')
  const base = `/repos/${repository}/pulls/${number}`
  const found = await host.find(base)
  // An issue has a number too: it is no pull request, and nothing can be merged for it.
  if (!found)
    throw new OutsideError('GitHub', `${ref} is no pull request, or may not be seen`, {
      hint: 'correct the number; give a token that may read that repository',
    })
  if (found.number !== Number(number)) throw nonsense('GitHub')
  const reviews = await host.list(`${base}/reviews`)
  const verdicts = [...latestVerdicts(reviews, textOf(objectOf(found.user).login)).values()]
  const mergedAtMs = Date.parse(textOf(found.merged_at))
  return {
    ref,
    title: textOf(found.title),
    mergedAtMs: Number.isNaN(mergedAtMs) ? null : mergedAtMs,
    isDraft: found.draft === true,
    approvals: verdicts.filter((state) => state === 'APPROVED').length,
    changesRequested: verdicts.filter((state) => state === 'CHANGES_REQUESTED').length,
    dependsOn: dependenciesOf(textOf(found.body), repository, '#'),
  }
}

/** Of each reviewer but the author what was said last; a comment takes nothing back. Reviews come oldest first. */
function latestVerdicts(reviews: readonly Entry[], author: string): Map<string, string> {
  const verdicts = new Map<string, string>()
  for (const { user, state } of reviews) {
    const login = textOf(objectOf(user).login)
    if (login !== '' && login !== author && state !== 'COMMENTED' && state !== 'PENDING')
      verdicts.set(login, textOf(state))
  }
  return verdicts
}
