// Whether a release is published on GitHub: its tag, not a draft, with its files.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { formatSize } from '../../lib/size.ts'
import { failed, passed, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { lookThrough, objectsOf, someOf, textOf } from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { nonsense } from './code-host.ts'
import { GITHUB_SECRETS, githubAt, githubFields, refPath, repositoryName } from './github-api.ts'
import { missingNames } from './wanted-names.ts'

const schema = z.strictObject({
  ...githubFields,
  tag: z.string().min(1).describe('tag of the release, as "v1.4.0"'),
  assets: z.array(z.string().min(1)).default([]).describe('files it must have; `*` stands for any text'),
  prerelease: z.boolean().default(false).describe('whether it may be a pre-release'),
  latest: z.boolean().default(false).describe('whether it must be the one that GitHub shows as the latest'),
})

type Options = z.infer<typeof schema>

export const githubRelease = defineCheck({
  id: 'github-release',
  summary: 'asks GitHub whether a release is published, with its files',
  options: schema,
  example: { repository: 'acme/shop', tag: 'v1.4.0', assets: ['shop-*.tgz'], token: '${env:GITHUB_TOKEN}' },
  failingExample: { repository: 'acme/shop', tag: 'no-such-tag' },
  secretFields: [...GITHUB_SECRETS],
  remedy: 'publish it: "gh release create TAG FILES"',

  recognise(item) {
    const words = sentenceOf(item)
    const claim = find(
      words,
      /\bgithub release\b[^\n;]{0,40}\b(?:created|published|exists|available|drafted and published|public)\b/i,
    )
    const tag = /(?<![\w.])v\d+\.\d+(?:\.\d+)?(?:-[\w.]+)?(?![\w])/.exec(words)?.[0]
    if (!claim || !tag || /\bif\b|\bnot\b/i.test(words)) return null
    return propose(SURE.said, { tag, token: '${env:GITHUB_TOKEN}' }, [claim, tag])
  },

  describe(options) {
    const { tag, assets, latest } = options
    const files = assets.length > 0 ? `, with ${assets.join(', ')}` : ''
    return `GitHub, ${repositoryName(options)}: release ${tag} is published${files}${latest ? ', and the latest' : ''}`
  },

  run: (options, context) => lookThrough(context, () => ask(options, context)),
})

async function ask(options: Options, context: CheckContext): Promise<Outcome> {
  const { repository, host } = await githubAt(options, context)
  const { tag } = options
  const release = await host.find(`/repos/${repository}/releases/tags/${refPath(tag)}`)
  if (!release) {
    // A repository that may not be seen answers alike: only where it can be is there no such release.
    if (textOf((await host.get(`/repos/${repository}`)).full_name) === '') throw nonsense('GitHub')
    const isTagged = (await host.find(`/repos/${repository}/git/ref/tags/${refPath(tag)}`)) !== null
    return failed(`${repository} has no published release ${tag}${isTagged ? '; the tag is there' : ', nor a tag'}`)
  }
  const assets = objectsOf(release.assets)
  if (!assets || release.tag_name !== tag) throw nonsense('GitHub')
  const latest = options.latest ? await host.find(`/repos/${repository}/releases/latest`) : null
  const lines = assets.map(({ name, size, state }) => `${textOf(name)}: ${formatSize(Number(size))}, ${textOf(state)}`)
  const extra = {
    evidence: [{ name: 'assets', mediaType: 'text/plain' as const, content: excerpt(lines.join('\n')) }],
    measurements: [{ name: 'assets', value: assets.length, unit: 'count' }],
  }
  const whole = assets.filter(({ state, size }) => state === 'uploaded' && Number(size) > 0)
  const missing = missingNames(
    options.assets,
    whole.map(({ name }) => textOf(name)),
  )
  const wrong = [
    release.draft === true ? 'it is a draft' : '',
    release.prerelease === true && !options.prerelease ? 'it is a pre-release' : '',
    options.latest && latest?.tag_name !== tag ? `the latest is ${textOf(latest?.tag_name) || 'none'}` : '',
    missing.length > 0 ? `without ${someOf(missing)}` : '',
  ].filter(Boolean)
  const what = `release ${tag} of ${repository}`
  if (wrong.length > 0) return failed(`${what}: ${wrong.join('; ')}`, extra)
  return passed(`${what} is published${options.assets.length > 0 ? ' with its files' : ''}`, extra)
}
