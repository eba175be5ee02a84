// Target kind `static-site`: files that a web server or a bucket serves; one version takes the place of the other at one moment.
import { resolve } from 'node:path'
import type { z } from 'zod'
import { withDeadline } from '../lib/deadline.ts'
import { OutsideError } from '../lib/errors.ts'
import { S3_SECRET_FIELDS } from '../lib/s3-client.ts'
import { bucketPlace } from './static-site/bucket.ts'
import { cdnPlan, cdnShell, emptyCache } from './static-site/cdn.ts'
import { folderPlace } from './static-site/folder.ts'
import { options, type Options } from './static-site/options.ts'
import type { Place } from './static-site/place.ts'
import { requireSeen } from './static-site/seen-outside.ts'
import { defineTarget, type Target, type TargetContext } from './target.ts'

export const staticSite = defineTarget<Options>({
  id: 'static-site',
  summary: 'files in a folder or an S3-compatible bucket, switched at one moment, with a CDN emptied behind it',
  options: options as z.ZodType<Options>,
  example: { source: 'dist', folder: '/var/www/shop', probe: { url: 'http://localhost/' } },
  failingExample: { source: 'dist', folder: '/var/www/shop', bucket: { name: 'shop-site' } },
  secretFields: [...S3_SECRET_FIELDS],
  needs: '@aws-sdk/client-s3 for buckets, @aws-sdk/client-cloudfront for CloudFront; curl for the way back of both',
  abilities: () => ({ mode: 'in-place', reachedBy: 'nothing', resize: false }),
  describe: (given, version) =>
    `put ${sourceOf(given, version)} to ${whereOf(given)} as ${version}, beside what serves`,
  plan: (given, version, context) => {
    const steps = placeOf(given, context).plan(version, resolve(context.directory, sourceOf(given, version)))
    const seen = given.probe ? [`GET ${given.probe.url} until it shows ${version}`] : []
    return [...steps.prepare, ...steps.switch, ...(given.cdn ? cdnPlan(given.cdn) : []), ...seen]
  },
  create: createTarget,
})

const sourceOf = ({ source }: Options, version: string): string => source.replaceAll('{version}', version)

function whereOf({ folder, bucket }: Options): string {
  return folder ?? `bucket ${bucket?.name ?? ''}`
}

function placeOf(given: Options, { name, directory }: TargetContext): Place {
  const system = `target ${name}`
  if (given.bucket) return bucketPlace(system, given.bucket, given.keep)
  return folderPlace(system, resolve(directory, given.folder ?? '.'), given.keep)
}

function createTarget(given: Options, context: TargetContext): Target {
  const system = `target ${context.name}`
  const place = placeOf(given, context)
  const current = (): Promise<string | null> => place.current(AbortSignal.timeout(CURRENT_MS))
  return {
    async current() {
      const version = await current()
      return version === null ? {} : { [version]: [] }
    },

    async prepare(version, signal) {
      const source = resolve(context.directory, sourceOf(given, version))
      await place.prepare(version, source, withDeadline(given.timeout, signal))
      return []
    },

    ready: (version) => place.ready(version),

    // Files need no stopping. They are the way back, until newer versions push them out.
    retire: async () => {},

    capsule: (_, candidate) => ({
      restore: null,
      retire: {
        stage: 'processes',
        title: `leave the files of ${candidate} of ${context.name} where they are`,
        shell: ':',
        files: {},
      },
      suspend: null,
      resume: null,
    }),

    inPlace: {
      current,

      async switchTo(version, signal) {
        const bounded = withDeadline(given.timeout, signal)
        await place.switchTo(version, bounded)
        if (given.cdn)
          await emptyCache(given.cdn, { system, env: context.env, timeoutMs: given.timeout, signal: bounded, version })
        if (!given.probe) return
        const manifest = await place.manifest(version, bounded)
        if (!manifest) throw new OutsideError(system, `${version} is gone from ${place.name}`)
        await requireSeen(system, given.probe, manifest, bounded)
      },

      capsule: (version) => ({
        stage: 'traffic',
        title: `${context.name} shows ${version}`,
        shell: [place.shell(version), ...(given.cdn ? [cdnShell(given.cdn)] : [])].join('\n'),
        files: {},
      }),
    },
  }
}

const CURRENT_MS = 30_000
