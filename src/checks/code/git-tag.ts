// A tag of the release: at the commit that is checked out, and the same at the remote, which is asked.
import { z } from 'zod'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { atRemote, isShallow, lookAtGit, Untold, type Git } from './git.ts'

const schema = z.strictObject({
  directory: z.string().default('.').describe('directory inside the repository'),
  tag: z
    .string()
    .min(1)
    .default('*')
    .describe('name of the tag, or a pattern as v*: then a tag like it must be at the checked-out commit'),
  atHead: z.boolean().default(true).describe('whether it must be at the checked-out commit'),
  annotated: z.boolean().default(false).describe('whether it must be an annotated tag, one with author and message'),
  signed: z.boolean().default(false).describe('whether it must carry a signature that git can verify here'),
  pushed: z.boolean().default(true).describe('whether the remote, which is asked, must have the same tag'),
  remote: z.string().min(1).default('origin').describe('name of the remote'),
  timeoutMs: timeoutMs(30_000).describe('how long each git command may take'),
})

type Options = z.infer<typeof schema>

const isPattern = (tag: string): boolean => /[*?[]/.test(tag)

export const gitTag = defineCheck({
  id: 'git-tag',
  summary: 'looks whether the release is tagged, at this commit, and whether the remote has that tag',
  options: schema,
  example: { tag: 'v2.0.0', annotated: true },
  failingExample: { directory: '.', tag: 'no-such-tag', pushed: false },
  secretFields: [],
  remedy: 'tag the commit that is released (git tag -a NAME) and push the tag',
  needs: 'git',

  recognise(item) {
    const sentence = sentenceOf(item).replace(/https?:\/\/\S+/gi, ' ')
    if (/\b(?:if|not|never|delete|docker|image|registry|container|alerts?|manifest|helm|chart)\b/i.test(sentence))
      return null
    if (/^(?:create|add|push|make|set|write)\b/i.test(sentence.trim())) return null
    const named = find(
      sentence,
      /\btag(?:ged)?\b[^.]{0,25}?\bv?\d+\.\d+\.\d+(?:-[\w.]+)?\b[^.]{0,25}\b(?:pushed|signed|annotated)\b/i,
    )
    const any = find(
      sentence,
      /\b(?:git tag|release tag|version tag)\b[^.]{0,12}\b(?:created|pushed|exists|signed)\b|\b(?:version|release|commit) (?:is |was |has been )?tagged(?: in git)?$/i,
    )
    const said = named ?? any
    if (!said) return null
    const tag = /\bv?\d+\.\d+\.\d+(?:-[\w.]+)?/.exec(named ?? '')?.[0]
    const options = {
      ...(tag ? { tag } : {}),
      ...(/\bannotated\b/i.test(said) ? { annotated: true } : {}),
      ...(/\bsigned\b/i.test(said) ? { signed: true } : {}),
    }
    return named
      ? propose(SURE.named, options, [named])
      : propose(SURE.likely, options, [said], 'any tag at the checked-out commit: name it, if you can')
  },

  describe(options) {
    const claims = [
      options.atHead || isPattern(options.tag) ? 'at the checked-out commit' : 'exists',
      options.annotated ? 'annotated' : '',
      options.signed ? 'signed' : '',
      options.pushed ? `pushed to ${options.remote}` : '',
    ]
    return `git tag ${options.tag} of ${options.directory}: ${claims.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    lookAtGit(options, context, async (git) => {
      const head = await git.maybe('rev-parse', '--verify', '--quiet', 'HEAD')
      if (head === null) throw new Untold('the repository has no commit')
      const tag = isPattern(options.tag) ? await tagAtHead(git, options.tag) : options.tag
      const at = tag && (await git.maybe('rev-parse', '--verify', '--quiet', `refs/tags/${tag}^{commit}`))
      if (!at && (await isShallow(git)))
        throw new Untold(
          'only the end of the history is here, and maybe not its tags',
          'fetch the tags: git fetch --tags',
        )
      if (!tag) return failed(`no tag like ${options.tag} is at the checked-out commit ${head.slice(0, 12)}`)
      if (!at) return failed(`there is no tag ${tag}`)
      const wrong = [
        ...(options.atHead && at !== head ? [`is at ${at.slice(0, 12)}, ${head.slice(0, 12)} is checked out`] : []),
        ...(options.annotated || options.signed ? await wrongObject(git, tag) : []),
        ...(options.pushed ? await wrongAtRemote(git, tag, options.remote) : []),
      ]
      const evidence = [
        { name: 'git', mediaType: 'application/json' as const, content: JSON.stringify({ tag, at, head, wrong }) },
      ]
      if (wrong.length > 0) return failed(`tag ${tag} ${wrong.join('; ')}`, { evidence })
      const doubt = options.signed ? await unverifiable(git, tag) : null
      if (doubt !== null) return unverified(`tag ${tag}: ${doubt}`, { evidence })
      return passed(`tag ${tag} at ${at.slice(0, 12)}${alsoSeen(options)}`, { evidence })
    }),
})

function alsoSeen({ signed, pushed, remote }: Options): string {
  return `${signed ? ', signature verified' : ''}${pushed ? `, the same at ${remote}` : ''}`
}

/** The first tag like it, of those at the checked-out commit. */
async function tagAtHead(git: Git, pattern: string): Promise<string | undefined> {
  const names = await git.text('tag', '--points-at', 'HEAD', '--list', '--', pattern)
  return names.split('\n').find(Boolean)
}

async function wrongObject(git: Git, tag: string): Promise<string[]> {
  return (await git.line('cat-file', '-t', `refs/tags/${tag}`)) === 'tag' ? [] : ['is not annotated']
}

/** A tag that was moved after it was pushed is not the one that others have. */
async function wrongAtRemote(git: Git, tag: string, remote: string): Promise<string[]> {
  if ((await git.maybe('config', '--get-all', `remote.${remote}.url`)) === null)
    throw new Untold(`there is no remote ${remote}`, 'name the remote, or say pushed: false')
  const here = await git.line('rev-parse', `refs/tags/${tag}`)
  const there = await atRemote(git, remote, `refs/tags/${tag}`)
  if (!there) return [`is not at ${remote}`]
  return there === here ? [] : [`is another one at ${remote} (${there.slice(0, 12)}, here ${here.slice(0, 12)})`]
}

/** Why the signature could not be verified, or null where it was. Without the key that is not known, so it is no failure. */
async function unverifiable(git: Git, tag: string): Promise<string | null> {
  try {
    return (await git.maybe('verify-tag', '--', tag)) === null
      ? 'its signature could not be verified, or it has none'
      : null
  } catch (error) {
    if (error instanceof Untold) return error.message
    throw error
  }
}
