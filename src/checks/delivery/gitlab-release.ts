// Whether a release is published on GitLab, with its files.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { failed, passed, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { lookThrough, objectOf, objectsOf, someOf, textOf } from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { nonsense } from './code-host.ts'
import { GITLAB_SECRETS, gitlabAt, gitlabFields, projectName } from './gitlab-api.ts'
import { missingNames } from './wanted-names.ts'

const schema = z.strictObject({
  ...gitlabFields,
  tag: z.string().min(1).describe('tag of the release, as "v1.4.0"'),
  assets: z.array(z.string().min(1)).default([]).describe('names of links it must have; `*` stands for any text'),
})

type Options = z.infer<typeof schema>

export const gitlabRelease = defineCheck({
  id: 'gitlab-release',
  summary: 'asks GitLab whether a release is published, with its files',
  options: schema,
  example: { project: 'acme/shop', tag: 'v1.4.0', assets: ['shop-*.tgz'], token: '${env:GITLAB_TOKEN}' },
  failingExample: { project: 'acme/shop', tag: 'no-such-tag' },
  secretFields: [...GITLAB_SECRETS],
  remedy: 'publish it: "glab release create TAG FILES"',

  recognise(item) {
    const words = sentenceOf(item)
    const claim = find(words, /\bgitlab release\b[^\n;]{0,40}\b(?:created|published|exists|available|public)\b/i)
    const tag = /(?<![\w.])v\d+\.\d+(?:\.\d+)?(?:-[\w.]+)?(?![\w])/.exec(words)?.[0]
    if (!claim || !tag || /\bif\b|\bnot\b/i.test(words)) return null
    return propose(SURE.said, { tag, token: '${env:GITLAB_TOKEN}' }, [claim, tag])
  },

  describe(options) {
    const files = options.assets.length > 0 ? `, with ${options.assets.join(', ')}` : ''
    return `GitLab, ${projectName(options)}: release ${options.tag} is published${files}`
  },

  run: (options, context) => lookThrough(context, () => ask(options, context)),
})

async function ask(options: Options, context: CheckContext): Promise<Outcome> {
  const { host, path, project } = await gitlabAt(options, context)
  const { tag } = options
  const release = await host.find(`${path}/releases/${encodeURIComponent(tag)}`)
  if (!release) {
    // A project that may not be seen answers alike: only where it can be is there no such release.
    if (typeof (await host.get(path)).id !== 'number') throw nonsense('GitLab')
    return failed(`${project} has no release ${tag}`)
  }
  if (release.tag_name !== tag) throw nonsense('GitLab')
  const links = objectsOf(objectOf(release.assets).links) ?? []
  const names = links.map(({ name }) => textOf(name))
  const extra = { evidence: [{ name: 'assets', mediaType: 'text/plain' as const, content: excerpt(names.join('\n')) }] }
  const missing = missingNames(options.assets, names)
  const what = `release ${tag} of ${project}`
  if (release.upcoming_release === true) return failed(`${what} is only for ${textOf(release.released_at)}`, extra)
  if (missing.length > 0) return failed(`${what}: without ${someOf(missing)}`, extra)
  return passed(`${what} is published${options.assets.length > 0 ? ' with its files' : ''}`, extra)
}
