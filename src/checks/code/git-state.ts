// The state of a git repository. Looks only: no fetch, no lock, no index refresh.
import { z } from 'zod'
import { failed, passed } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { listOf, oneOrMore, timeoutMs } from '../fields.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { atRemote, lookAtGit, type Git } from './git.ts'

const schema = z
  .strictObject({
    directory: z.string().default('.').describe('directory inside the repository'),
    clean: z.boolean().default(true).describe('whether there must be no uncommitted change'),
    untracked: z.boolean().default(false).describe('whether files git does not know are allowed in a clean tree'),
    branch: oneOrMore(z.string().min(1)).optional().describe('branch, or list of branches, that must be checked out'),
    tag: z.string().min(1).optional().describe('tag that must exist'),
    tagAtHead: z.boolean().default(false).describe('whether that tag must be at the checked-out commit'),
    inSync: z
      .boolean()
      .default(false)
      .describe('whether the branch must be the same commit at its upstream, which is asked'),
    timeoutMs: timeoutMs(30_000).describe('how long each git command may take'),
  })
  .refine(
    (o) => o.clean || o.branch !== undefined || o.tag !== undefined || o.inSync,
    'say what must hold: clean, branch, tag or inSync',
  )
  .refine((o) => !o.tagAtHead || o.tag !== undefined, 'tagAtHead wants a tag')

type Options = z.infer<typeof schema>

/** What is so on a branch of the host, not in this checkout. */
const ELSEWHERE =
  /\b(?:ci|cd|pipelines?|builds?|tests?|checks?|workflows?|jobs?|actions|protect\w*|merged?|prs?|pull requests?|deployed|deployments?)\b/i

export const gitState = defineCheck({
  id: 'git-state',
  summary: 'looks whether a git tree is clean, on the right branch, tagged and in sync',
  options: schema,
  example: { branch: 'main', tag: 'v2.0.0', inSync: true },
  failingExample: { clean: false, branch: 'no-such-branch' },
  secretFields: [],
  remedy: 'commit, push or check out what is wanted, then check again',

  recognise(item) {
    // The page of a tag or a branch is no claim about this checkout.
    const sentence = sentenceOf(item).replace(/https?:\/\/\S+/gi, ' ')
    if (/\b(?:if|not|never|create|delete|rebase|docker|image|alerts?)\b/i.test(sentence)) return null
    const clean = find(
      sentence,
      /\b(?:working (?:tree|directory|copy)|git (?:status|tree)|repository)\b[^.]{0,15}\bclean\b|\bno uncommitted changes\b|\ball (?:code |local |the )?(?:changes|code) (?:are |is |have been )?committed\b/i,
    )
    // "Pipeline green on the main branch" is about the pipeline, whatever is checked out here.
    const branch = ELSEWHERE.test(sentence)
      ? null
      : (/\b(?:on|from)\b[^.]{0,25}?\b(main|master|production|develop|release\/[\w.-]+) branch\b/i.exec(sentence) ??
        /\b(?:on|checked out|current branch is|branch is) (?:the )?(main|master|release\/[\w.-]+)$/i.exec(sentence))
    // Whether a tag was pushed or signed is told by the kind that asks the remote.
    const tag = /\b(?:pushed|signed|annotated)\b/i.test(sentence)
      ? null
      : /\btag(?:ged)?\b[^.]{0,25}?\b(v?\d+\.\d+\.\d+(?:-[\w.]+)?)(?![\w.]*x\b)/i.exec(sentence)
    const inSync = find(
      sentence,
      /\b(?:branch|repository|local|code|commits|changes)\b[^.]{0,30}\b(?:in sync with|up to date with|up-to-date with|pushed to)\s+(?:the )?(?:remote|origin|upstream)\b/i,
    )
    const quotes = [clean, branch?.[0], tag?.[0], inSync].filter((quote) => typeof quote === 'string')
    if (quotes.length === 0) return null
    const options = {
      clean: clean !== null,
      ...(branch ? { branch: branch[1] } : {}),
      ...(tag ? { tag: tag[1] } : {}),
      ...(inSync ? { inSync: true } : {}),
    }
    return propose(SURE.said, options, quotes)
  },

  describe(options) {
    const claims = [
      options.clean ? (options.untracked ? 'clean, untracked files allowed' : 'clean') : '',
      options.branch === undefined ? '' : `on ${listOf(options.branch).join(' or ')}`,
      options.tag === undefined
        ? ''
        : `tag ${options.tag} ${options.tagAtHead ? 'at the checked-out commit' : 'exists'}`,
      options.inSync ? 'same commit as its upstream' : '',
    ]
    return `git repository at ${options.directory}: ${claims.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    lookAtGit(options, context, async (git) => {
      const head = await git.line('rev-parse', '--verify', 'HEAD')
      const branch = await git.maybe('symbolic-ref', '--quiet', '--short', 'HEAD')
      const wrong = [
        ...(options.clean ? await changes(git, options) : []),
        ...wrongBranch(options, branch),
        ...(options.tag === undefined ? [] : await wrongTag(git, options.tag, options.tagAtHead ? head : null)),
        ...(options.inSync ? await outOfSync(git, branch, head) : []),
      ]
      const where = `${branch ?? 'detached'} at ${head.slice(0, 12)}`
      const evidence = [
        { name: 'git', mediaType: 'application/json' as const, content: JSON.stringify({ head, branch, wrong }) },
      ]
      return wrong.length > 0 ? failed(`${where}: ${wrong.join('; ')}`, { evidence }) : passed(where, { evidence })
    }),
})

async function changes(git: Git, { untracked }: Options): Promise<string[]> {
  const status = await git.text('status', '--porcelain=v1', '-z', `--untracked-files=${untracked ? 'no' : 'normal'}`)
  const paths = status.split('\0').filter(Boolean)
  if (paths.length === 0) return []
  const first = paths[0]?.slice(3)
  return [
    `${paths.length === 1 ? 'an uncommitted change' : `${paths.length} uncommitted changes`} (${first}${paths.length > 1 ? ', ...' : ''})`,
  ]
}

function wrongBranch(options: Options, branch: string | null): string[] {
  if (options.branch === undefined || (branch !== null && listOf(options.branch).includes(branch))) return []
  return [`${listOf(options.branch).join(' or ')} wanted`]
}

async function wrongTag(git: Git, tag: string, head: string | null): Promise<string[]> {
  const commit = await git.maybe('rev-parse', '--verify', '--quiet', `refs/tags/${tag}^{commit}`)
  if (commit === null) return [`there is no tag ${tag}`]
  return head === null || commit === head ? [] : [`tag ${tag} is at ${commit.slice(0, 12)}`]
}

/** Asks the remote what the branch is there, instead of trusting what was fetched some time ago. */
async function outOfSync(git: Git, branch: string | null, head: string): Promise<string[]> {
  if (branch === null) return ['no branch is checked out that could have an upstream']
  const remote = await git.maybe('config', '--get', `branch.${branch}.remote`)
  const merge = await git.maybe('config', '--get', `branch.${branch}.merge`)
  if (remote === null || merge === null) return [`branch ${branch} has no upstream`]
  const commit = await atRemote(git, remote, merge)
  if (!commit) return [`${remote} has no ${merge}`]
  return commit === head ? [] : [`${remote} has ${commit.slice(0, 12)} as ${merge}`]
}
