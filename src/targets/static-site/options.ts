// Options of the kind `static-site`.
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { s3ConnectionOptions } from '../../lib/s3-client.ts'

const globs = z.array(z.string().min(1)).max(100)

const bucketOptions = z
  .strictObject({
    name: z.string().min(3).max(63).describe('Name of the bucket'),
    prefix: z
      .string()
      .max(500)
      .default('')
      .describe(
        'Where the site lies in the bucket, as `shop`; default: its root. Keys below it are the paths of the site',
      ),
    releases: z
      .string()
      .min(1)
      .max(100)
      .regex(/^[\w.-]+$/, 'one name without slashes')
      .default('releases')
      .describe('Below `prefix`: where every version is kept whole, as the source of switches'),
    entryPoints: globs
      .default(['**/*.html'])
      .describe('Files that refer to others: published last, so that no page refers to what is not there yet'),
    immutable: globs
      .optional()
      .describe(
        'Files whose names change with their content; default: names with a hash in them, as `app-3f9d0c1a.js`',
      ),
    cacheControl: z
      .strictObject({
        immutable: z.string().min(1).default('public, max-age=31536000, immutable'),
        entryPoints: z.string().min(1).default('no-cache'),
        others: z.string().min(1).default('public, max-age=0, must-revalidate'),
      })
      .prefault({})
      .describe('Header `Cache-Control` of the three sorts of files'),
    contentTypes: z
      .record(z.string().startsWith('.'), z.string().min(1))
      .default({})
      .describe(
        'Ending → `Content-Type`, where gonogo does not know the ending or takes another: `{ ".wasm": "application/wasm" }`',
      ),
    atOnce: z.int().min(1).max(64).default(12).describe('So many files are sent or copied at the same time'),
    ...s3ConnectionOptions,
  })
  .describe('A bucket of any server that speaks S3')

const paths = z.array(z.string().startsWith('/')).min(1).max(1000).default(['/*'])

const cdnOptions = z
  .union([
    z
      .strictObject({
        cloudfront: z.string().min(1).describe('Id of the distribution'),
        endpoint: z
          .url({ protocol: /^https?$/ })
          .default('https://cloudfront.amazonaws.com')
          .describe('Where its API answers'),
        paths: paths.describe('What is forgotten; CloudFront counts `/*` as one path'),
        accessKeyId: s3ConnectionOptions.accessKeyId,
        secretAccessKey: s3ConnectionOptions.secretAccessKey,
        sessionToken: s3ConnectionOptions.sessionToken,
      })
      .describe('An invalidation in CloudFront, waited for'),
    z
      .strictObject({
        purge: z
          .string()
          .regex(/^https?:\/\//, 'a URL that begins with http:// or https://')
          .describe('URL that is asked; `{path}` in it is replaced by each of `paths`'),
        method: z.enum(['GET', 'POST', 'PUT', 'DELETE', 'PURGE']).default('POST'),
        headers: z.record(z.string(), z.string()).default({}).describe('Sent as they are; no secrets'),
        secretHeaders: z
          .record(z.string(), z.string().regex(/^\w+$/, 'name of an environment variable'))
          .default({})
          .describe('Header → environment variable whose value is sent: `{ Fastly-Key: FASTLY_API_TOKEN }`'),
        body: z.string().optional().describe('Sent as it is, as `{"purge_everything":true}`'),
        paths,
      })
      .describe('A request to the CDN, answered with 2xx'),
    z
      .strictObject({ command: z.array(z.string()).min(1).describe('Program and arguments; no shell') })
      .describe('A program that empties the cache and ends when that is done'),
  ])
  .describe('The cache in front of the site, emptied after every switch')

const probeOptions = z
  .strictObject({
    url: z.string().url().describe('Page of the site as visitors reach it'),
    file: z.string().min(1).default('index.html').describe('File of the site that is answered there'),
    contains: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Text the answer must hold, `{version}` in it replaced; default: the answer is the file, byte for byte',
      ),
    times: z.int().min(1).max(1000).default(5).describe('So many answers in a row must be right'),
    timeout: durationOption.default(60_000).describe('Longest until they are'),
  })
  .describe('How a switch is seen from outside')

export const options = z
  .strictObject({
    source: z
      .string()
      .min(1)
      .default('dist')
      .describe('Folder of the built site, relative to gonogo.yaml; `{version}` in it is replaced: `builds/{version}`'),
    folder: z
      .string()
      .min(1)
      .optional()
      .describe('Where it is put: versions under `releases`, and `current`, the link that the web server serves'),
    bucket: bucketOptions.optional(),
    keep: z.int().min(2).max(1000).default(5).describe('So many versions are kept, for the way back'),
    cdn: cdnOptions.optional(),
    probe: probeOptions.optional(),
    timeout: durationOption
      .default(600_000)
      .describe('Longest a version may take to be put there, or to be switched to'),
  })
  .superRefine((given, context) => {
    if ((given.folder === undefined) === (given.bucket === undefined))
      context.addIssue({
        code: 'custom',
        message:
          given.folder === undefined ? 'does not say where the site is put' : 'is put into a folder and a bucket',
        params: { expected: 'either `folder` or `bucket`' },
      })
  })

export type Options = z.output<typeof options>
export type BucketOptions = z.output<typeof bucketOptions>
export type CdnOptions = z.output<typeof cdnOptions>
export type ProbeOptions = z.output<typeof probeOptions>
