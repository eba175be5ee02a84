// Whether a published site (a folder, or an address) is whole: its files are there, are those of the build, and nothing it refers to is missing.
import { readFileSync } from 'node:fs'
import { glob, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { sha256 } from '../../lib/hash.ts'
import { inParallel } from '../../lib/in-parallel.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { publicUrl, url } from '../fields.ts'
import { ACCESS_SECRETS, accessFields, accessOf, lookThrough, someOf } from '../instrument.ts'
import { referencesOf } from './site/references.ts'
import { openSite, type Published } from './site/open-site.ts'

const FILES_MAX = 2000
const AT_ONCE_MAX = 8

const schema = z
  .strictObject({
    folder: z.string().min(1).optional().describe('folder that is published; either this or url'),
    url: url('http', 'https').optional().describe('address of the site or bucket, without a file name'),
    ...accessFields,
    files: z.array(z.string().min(1)).max(500).default([]).describe('files that must be there, as "robots.txt"'),
    build: z
      .string()
      .min(1)
      .optional()
      .describe('folder of the build: every file of it must be there, the same byte by byte'),
    ignored: z
      .array(z.string().min(1))
      .default(['**/*.map'])
      .describe('files of the build that need not be there; patterns'),
    index: z
      .string()
      .min(1)
      .default('index.html')
      .describe('page whose scripts, styles, images and links must be there too'),
    references: z.boolean().default(true).describe('whether what `index` refers to is looked for'),
  })
  .refine((o) => (o.folder === undefined) !== (o.url === undefined), 'give either folder or url')

type Options = z.infer<typeof schema>

export const staticSite = defineCheck({
  id: 'static-site',
  summary: 'looks for the files of a published site, compares them with the build, and follows what its page refers to',
  options: schema,
  example: { url: 'https://www.acme.test', build: 'dist', files: ['robots.txt'] },
  failingExample: { folder: 'no-such-folder' },
  secretFields: ['url', ...ACCESS_SECRETS],
  remedy: 'build again and publish the whole build',

  describe({ folder, url: address, files, build, index, references }) {
    const wanted = [
      `${index} is there${references ? ', and all that it refers to' : ''}`,
      files.length > 0 ? `${files.join(', ')} too` : '',
      build === undefined ? '' : `every file is the one of ${build}`,
    ]
    return `${folder ?? publicUrl(address ?? '')}: ${wanted.filter(Boolean).join('; ')}`
  },

  run: (options, context) => lookThrough(context, () => lookOver(options, context)),
})

async function lookOver(options: Options, context: CheckContext): Promise<Outcome> {
  const { build, index, files } = options
  const site = openSite(options, accessOf(options, context.directory), context)
  const built = build === undefined ? [] : await filesOf(resolve(context.directory, build), options.ignored)
  if (build !== undefined && built.length === 0)
    return unverified(`there is no build in ${build}`, { remedy: 'build first, and correct `build`' })
  if (built.length > FILES_MAX) return unverified(`the build has more than ${plural(FILES_MAX, 'file')}`)
  const page = await site.read(index)
  const referred = page.isThere && options.references ? referencesOf(page.body.toString('utf8'), index) : []
  const wanted = [...new Set([index, ...files, ...built, ...referred])]
  const looks = await inParallel(wanted, AT_ONCE_MAX, async (path) => {
    const found = path === index ? page : await site.read(path)
    const own = built.includes(path) ? sha256(readFileSync(join(resolve(context.directory, build ?? ''), path))) : null
    return { path, said: complaint(path, found, own, page, index), isUnknown: !found.isThere && found.isUnknown }
  })
  return judge(options, looks)
}

/** What is wrong with a file; empty where nothing is. */
function complaint(path: string, found: Published, builtHash: string | null, page: Published, index: string): string {
  if (!found.isThere) return `${path} ${found.said}`
  if (found.body.length === 0 && builtHash === null) return `${path} is empty`
  if (builtHash !== null && sha256(found.body) !== builtHash) return `${path} is not the one of the build`
  // Servers of single pages answer with the page for everything that is not there.
  const isPage = /\.html?$|\/$/.test(path)
  if (path !== index && !isPage && /\.\w+$/.test(path) && page.isThere && found.body.equals(page.body))
    return `${path} is missing: ${index} comes in its place`
  return ''
}

interface FileLook {
  path: string
  said: string
  isUnknown: boolean
}

function judge({ folder, url: address, build }: Options, looks: readonly FileLook[]): Outcome {
  const bad = looks.filter(({ said, isUnknown }) => said !== '' && !isUnknown)
  const unknown = looks.filter(({ isUnknown }) => isUnknown)
  const lines = [...bad, ...unknown].map(({ said }) => said)
  const extra = {
    evidence: [
      {
        name: 'files',
        mediaType: 'text/plain' as const,
        content: excerpt([...lines, '', ...looks.map(({ path }) => path)].join('\n')),
      },
    ],
    measurements: [
      { name: 'files', value: looks.length, unit: 'count' },
      { name: 'files missing or different', value: bad.length, unit: 'count' },
    ],
  }
  const what = folder ?? publicUrl(address ?? '')
  if (bad.length > 0) return failed(`${what}: ${someOf(bad.map(({ said }) => said))}`, extra)
  if (unknown.length > 0) return unverified(`${what}: ${someOf(unknown.map(({ said }) => said))}`, extra)
  return passed(
    `${what}: ${plural(looks.length, 'file')} there${build === undefined ? '' : `, those of ${build} the same`}`,
    extra,
  )
}

/** Paths of all files below, with `/` between their parts. */
async function filesOf(folder: string, ignored: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for await (const path of glob('**/*', { cwd: folder, exclude: ignored })) {
    if (found.length > FILES_MAX) break
    const about = await stat(join(folder, path)).catch(() => null)
    if (about?.isFile()) found.push(path.split(sep).join('/'))
  }
  return found.toSorted()
}
