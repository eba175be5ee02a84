// Whether a registry has an image: for a platform, young enough, signed.
import { resolve } from 'node:path'
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { messageOf } from '../../lib/errors.ts'
import { trustOptions } from '../../lib/trust.ts'
import { failed, unverified, type Measurement, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { allWordsOf, find, isPlaceholder, propose, SURE } from '../words.ts'
import { ask, couldNotLook } from './program.ts'
import { builtOf, isFor } from './registry/built.ts'
import { isPinned, parseImage, type ImageReference } from './registry/image-reference.ts'
import { openRegistry, type Fetched, type Manifest, type Registry } from './registry/registry.ts'
import { outcomeOf } from './report.ts'

const schema = z
  .strictObject({
    image: z
      .string()
      .refine(
        (text) => parseImage(text) !== null,
        'not the name of an image; expected one like "ghcr.io/acme/shop:1.4.2"',
      )
      .describe('image with its tag or digest; without a registry it is looked for at Docker Hub'),
    platform: z
      .string()
      .regex(/^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9]+)?$/, 'not OS/ARCHITECTURE; expected one like "linux/amd64"')
      .optional()
      .describe('platform it must be there for, as "linux/amd64"'),
    ageMax: durationOption.optional().describe('how long ago it was built, at most: "7 days"'),
    pinned: z
      .boolean()
      .default(false)
      .describe('whether the name must be a digest or a tag with a version, and no moving tag like latest'),
    signed: z
      .boolean()
      .default(false)
      .describe("whether the registry must hold cosign's signature of it; this does not prove whose it is"),
    publicKey: z
      .string()
      .min(1)
      .optional()
      .describe('file of the public key its signature must be made with; asks cosign'),
    user: z.string().min(1).optional().describe('user at the registry'),
    password: z.string().min(1).optional().describe('password or access token of the user; a secret'),
    insecure: z.boolean().default(false).describe('whether the registry is asked over plain HTTP'),
    caFile: z.string().optional().describe('PEM file of a certificate authority to trust beside the usual ones'),
    timeoutMs: timeoutMs(20_000).describe('how long all questions together may take'),
  })
  .refine(
    ({ user, password }) => (user === undefined) === (password === undefined),
    'give both user and password, or neither',
  )

type Options = z.infer<typeof schema>

const IMAGE_WORDS =
  /(?<![\w/.@-])(?:[a-z0-9][a-z0-9.-]*(?::\d+)?\/)(?:[a-z0-9][\w.-]*\/)*[a-z0-9][\w.-]*(?::[\w][\w.-]*|@sha256:[0-9a-f]{64})(?![\w/])/g

export const imageExists = defineCheck({
  id: 'image-exists',
  summary: 'asks a registry whether it has an image: for a platform, not too old, signed',
  options: schema,
  example: {
    image: 'registry.internal/shop/api:1.4.2',
    platform: 'linux/amd64',
    ageMax: '7 days',
    signed: true,
    user: 'deploy',
    password: '${env:REGISTRY_PASSWORD}',
  },
  failingExample: { image: '127.0.0.1:1/shop/api:latest', pinned: true },
  secretFields: ['user', 'password'],
  remedy: 'build, sign and push the image, under the name that is deployed',
  needs: 'cosign, where a public key is given',

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(words, /\b(?:pushed|published|available|exists?|present|signed|signature|in the registry)\b/i)
    if (!claim || !/\bimages?\b/i.test(words)) return null
    if (/\b(?:if|rollback|roll back|previous|scan\w*|not|build and push|delete|old)\b/i.test(words)) return null
    const [image, ...others] = [...new Set(words.match(IMAGE_WORDS) ?? [])]
    if (!image || others.length > 0 || isPlaceholder(image) || !parseImage(image)) return null
    const signed = /\bsign(?:ed|ature|atures)\b/i.test(words) ? { signed: true } : {}
    return propose(SURE.said, { image, ...signed }, [image, claim])
  },

  describe({ image, platform, ageMax, pinned, signed, publicKey }) {
    const bounds = [
      pinned ? 'a version, no moving tag' : '',
      platform === undefined ? '' : `for ${platform}`,
      ageMax === undefined ? '' : `built within ${formatDuration(ageMax)}`,
      publicKey === undefined ? (signed ? 'signed' : '') : `signed with ${publicKey}`,
    ]
    return `the registry has ${[image, ...bounds.filter(Boolean)].join(', ')}`
  },

  run: (options, context) =>
    look(context, async () => {
      const signal = withDeadline(options.timeoutMs, context.signal)
      try {
        return await lookForImage(options, context, signal)
      } catch (error) {
        if (!signal.aborted || context.signal.aborted) throw error
        return unverified(`the registry did not answer within ${options.timeoutMs} ms`, {
          remedy: 'find out what is slow, or give it more time',
        })
      }
    }),
})

async function lookForImage(options: Options, context: CheckContext, signal: AbortSignal): Promise<Outcome> {
  const reference = parseImage(options.image)
  if (!reference) return unverified(`"${options.image}" names no image`)
  if (options.pinned && !isPinned(reference))
    return failed(`${options.image} has a tag that moves`, { remedy: 'name a version or a digest, and deploy that' })
  const registry = await open(options, reference, context, signal)
  if ('status' in registry) return registry
  const { repository, tag, digest } = reference
  const manifest = await registry.manifest(repository, digest ?? tag ?? '')
  if (!manifest.ok) return noManifest(options.image, manifest)
  const facts = await factsOf(options, reference, manifest.value, registry)
  if (!facts.ok) return facts.outcome
  if (options.publicKey !== undefined && facts.complaints.length === 0) {
    const unproven = await proveSignature(options, reference, manifest.value.digest, context)
    if (unproven) return unproven
  }
  return outcomeOf({
    seen: `${options.image} is ${manifest.value.digest.slice(0, 19)}`,
    complaints: facts.complaints,
    lines: [`digest ${manifest.value.digest}`, ...facts.lines],
    measurements: facts.measurements,
  })
}

async function open(
  options: Options,
  { registry }: ImageReference,
  context: CheckContext,
  signal: AbortSignal,
): Promise<Registry | Outcome> {
  const { user, password, insecure, caFile } = options
  try {
    const trust = trustOptions(caFile, context.directory)
    const login = user !== undefined && password !== undefined ? { name: user, password } : null
    return openRegistry({ url: `${insecure ? 'http' : 'https'}://${registry}`, user: login, ...trust }, signal)
  } catch (error) {
    return unverified(`certificate authority: ${messageOf(error)}`)
  }
}

function noManifest(image: string, { why, said }: Extract<Fetched<Manifest>, { ok: false }>): Outcome {
  if (why === 'absent') return failed(`the registry has no ${image}`)
  const remedies = {
    denied: 'give user and password of somebody who may read the image',
    nonsense: 'see that the name names the right registry',
  }
  const remedy =
    why === 'unreachable' ? 'see that the registry runs, and that this machine may reach and trust it' : remedies[why]
  return unverified(`the registry could not tell of ${image}: ${said}`, { remedy })
}

type Facts =
  | { ok: true; complaints: string[]; lines: string[]; measurements: Measurement[] }
  | { ok: false; outcome: Outcome }

async function factsOf(
  options: Options,
  { repository }: ImageReference,
  manifest: Manifest,
  registry: Registry,
): Promise<Facts> {
  const { platform, ageMax, signed } = options
  const complaints: string[] = []
  const lines: string[] = []
  const measurements: Measurement[] = []
  const stop = (outcome: Outcome): Facts => ({ ok: false, outcome })
  if (platform !== undefined || ageMax !== undefined) {
    const built = await builtOf(repository, manifest, platform, registry)
    if (!built.ok && built.why !== 'absent') return stop(noManifest(options.image, built))
    if (!built.ok) complaints.push(built.said)
    else {
      lines.push(`platform ${built.value.platform}`, `created ${built.value.created ?? 'not said'}`)
      if (platform !== undefined && !isFor(built.value.platform, platform))
        complaints.push(`it is for ${built.value.platform}, ${platform} wanted`)
      const age = ageOf(built.value.created)
      if (ageMax !== undefined && age === null)
        return stop(
          unverified(`${options.image} does not say when it was built`, {
            remedy: 'build it with its true date, or leave out ageMax',
          }),
        )
      if (age !== null) measurements.push({ name: 'image age', value: Math.round(age / 36_000) / 100, unit: 'hours' })
      if (ageMax !== undefined && age !== null && age > ageMax)
        complaints.push(`it was built ${formatDuration(age)} ago, at most ${formatDuration(ageMax)} wanted`)
    }
  }
  if (signed || options.publicKey !== undefined) {
    const signature = await registry.manifest(repository, `${manifest.digest.replace(':', '-')}.sig`)
    if (!signature.ok && signature.why !== 'absent') return stop(noManifest(options.image, signature))
    if (signature.ok) lines.push(`signature ${signature.value.digest}`)
    else complaints.push('it has no signature of cosign')
  }
  return { ok: true, complaints, lines, measurements }
}

/** Builds that want to be repeatable set the date to the beginning of time: that is none. */
function ageOf(created: string | null): number | null {
  const at = Date.parse(created ?? '')
  return Number.isNaN(at) || at < Date.UTC(2000, 0) ? null : Math.max(0, Date.now() - at)
}

/** Null where cosign is content. */
async function proveSignature(
  options: Options,
  { registry, repository }: ImageReference,
  digest: string,
  context: CheckContext,
): Promise<Outcome | null> {
  const { publicKey = '', insecure, timeoutMs: limitMs } = options
  const flags = [
    `--key=${resolve(context.directory, publicKey)}`,
    '--output=text',
    ...(insecure ? ['--allow-http-registry'] : []),
  ]
  const answer = await ask(context, {
    program: 'cosign',
    args: ['verify', ...flags, `${registry}/${repository}@${digest}`],
    timeoutMs: limitMs,
  })
  if (answer.ok) return null
  const isWrong =
    answer.why === 'refused' && /no matching signatures|invalid signature|no signatures found/i.test(answer.stderr)
  return isWrong ? failed(`${options.image} is not signed with ${publicKey}`) : couldNotLook(answer)
}
