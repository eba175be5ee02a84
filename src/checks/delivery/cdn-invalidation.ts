// Whether a CDN serves the new content: what the origin has, or what bears a marker of the release, within a time.
import { z } from 'zod'
import { pause, withDeadline } from '../../lib/deadline.ts'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { messageOf } from '../../lib/errors.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { sha256 } from '../../lib/hash.ts'
import { httpRequest, type HttpAnswer } from '../../lib/http-request.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { publicUrl, url } from '../fields.ts'
import { ACCESS_SECRETS, accessFields, accessOf, lookThrough, someOf, type Access } from '../instrument.ts'

const BYTES_MAX = 64 << 20

const schema = z
  .strictObject({
    url: url('http', 'https').describe('address at the CDN, which paths are taken below'),
    origin: url('http', 'https').optional().describe('address at the origin: the CDN must serve the same'),
    ...accessFields,
    paths: z.array(z.string().startsWith('/')).min(1).max(50).default(['/']).describe('paths that are compared'),
    marker: z.string().min(1).optional().describe('text that the new content has, as its version'),
    compare: z.enum(['content', 'etag']).default('content').describe('what must be the same as at the origin'),
    withinMs: durationOption.default(0).describe('how long the CDN may take; it is asked again and again'),
    everyMs: durationOption.default(2000).describe('how long to wait before asking again'),
  })
  .refine((o) => o.origin !== undefined || o.marker !== undefined, 'give origin, marker or both')
  .refine((o) => o.everyMs >= 10, 'everyMs is 10 ms at least')

type Options = z.output<typeof schema>

export const cdnInvalidation = defineCheck({
  id: 'cdn-invalidation',
  summary: 'asks a CDN until it serves what the origin has, or what bears the marker of the release',
  options: schema,
  example: {
    url: 'https://cdn.acme.test',
    origin: 'https://origin.acme.test',
    paths: ['/', '/app.js'],
    withinMs: '5 min',
  },
  failingExample: { url: 'http://127.0.0.1:1', marker: '1.4.0' },
  secretFields: ['url', 'origin', ...ACCESS_SECRETS],
  remedy: 'purge the paths at the CDN, and see what cache headers the origin sends',

  describe({ url: address, origin, paths, marker, compare, withinMs }) {
    const wanted = [
      origin === undefined ? '' : `the same ${compare} as at ${publicUrl(origin)}`,
      marker === undefined ? '' : `"${marker}" in it`,
    ]
    const within = withinMs > 0 ? ` within ${formatDuration(withinMs)}` : ''
    return `${publicUrl(address)}, ${paths.join(', ')}: ${wanted.filter(Boolean).join(' and ')}${within}`
  },

  run: (options, context) => lookThrough(context, () => follow(options, context)),
})

/** Asks until all paths are right, or the time is over. */
async function follow(options: Options, context: CheckContext): Promise<Outcome> {
  const { paths, withinMs, everyMs } = options
  const access = accessOf(options, context.directory)
  const startedAt = performance.now()
  for (;;) {
    const looks = await Promise.all(paths.map((path) => lookAt(options, path, access, context.signal)))
    const elapsedMs = performance.now() - startedAt
    const isOver = elapsedMs + everyMs > withinMs || context.signal.aborted
    if (isOver || looks.every(({ status }) => status === 'passed')) return judge(options, looks, elapsedMs)
    await pause(everyMs, context.signal)
  }
}

interface Look {
  status: 'passed' | 'failed' | 'unverified'
  said: string
}

async function lookAt(options: Options, path: string, access: Access, signal: AbortSignal): Promise<Look> {
  const [fromCdn, fromOrigin] = await Promise.all([
    fetched(options.url, path, access, signal),
    options.origin === undefined ? null : fetched(options.origin, path, access, signal),
  ])
  const at = `${path}: `
  if (fromOrigin !== null && !isWell(fromOrigin))
    return { status: 'unverified', said: `${at}the origin ${inWords(fromOrigin)}` }
  if (!isWell(fromCdn)) return { status: 'failed', said: `${at}the CDN ${inWords(fromCdn)}` }
  const about = cacheWords(fromCdn)
  if (options.marker !== undefined && !fromCdn.text.includes(options.marker))
    return { status: 'failed', said: `${at}without "${options.marker}"${about}` }
  if (fromOrigin !== null && options.compare === 'etag') {
    const [cdnTag, originTag] = [fromCdn, fromOrigin].map(({ headers }) => headers.etag?.replace(/^W\//, ''))
    if (cdnTag === undefined || originTag === undefined)
      return { status: 'unverified', said: `${at}there is no ETag to compare` }
    if (cdnTag !== originTag)
      return { status: 'failed', said: `${at}ETag ${cdnTag}, at the origin ${originTag}${about}` }
  }
  if (fromOrigin !== null && options.compare === 'content' && !fromCdn.body.equals(fromOrigin.body))
    return { status: 'failed', said: `${at}not what the origin has${about}` }
  return { status: 'passed', said: `${at}sha256 ${sha256(fromCdn.body).slice(0, 16)}${about}` }
}

async function fetched(base: string, path: string, access: Access, parent: AbortSignal): Promise<HttpAnswer | string> {
  const { timeoutMs, ...rest } = access
  const signal = withDeadline(timeoutMs, parent)
  const address = new URL(base)
  const [pathname = '', query = ''] = path.split('?')
  address.pathname = address.pathname.replace(/\/+$/, '') + pathname
  if (query !== '') address.search = query
  try {
    return await httpRequest({ url: address.href, ...rest, bytesMax: BYTES_MAX }, signal)
  } catch (error) {
    return signal.aborted ? `gave no whole answer within ${timeoutMs} ms` : `gave no answer: ${messageOf(error)}`
  }
}

function isWell(answer: HttpAnswer | string): answer is HttpAnswer {
  return typeof answer !== 'string' && answer.status === 200
}

function inWords(answer: HttpAnswer | string): string {
  return typeof answer === 'string' ? answer : `answered ${answer.status}`
}

/** What the CDN says of its copy. */
function cacheWords({ headers }: HttpAnswer): string {
  const said = ['age', 'x-cache', 'cf-cache-status', 'x-cache-status', 'last-modified'].flatMap((name) =>
    headers[name] === undefined ? [] : [`${name} ${excerpt(headers[name], 60)}`],
  )
  return said.length > 0 ? ` (${said.join(', ')})` : ''
}

function judge({ url: address, withinMs }: Options, looks: readonly Look[], elapsedMs: number): Outcome {
  const extra = {
    evidence: [
      { name: 'paths', mediaType: 'text/plain' as const, content: excerpt(looks.map(({ said }) => said).join('\n')) },
    ],
    measurements: [{ name: 'time until it was new', value: Math.round(elapsedMs), unit: 'ms' }],
  }
  const unmeasured = { evidence: extra.evidence }
  const within = withinMs > 0 ? ` within ${formatDuration(withinMs)}` : ''
  const what = publicUrl(address)
  const of = (status: Look['status']): string[] => looks.filter((one) => one.status === status).map(({ said }) => said)
  if (of('failed').length > 0)
    return failed(`${what} does not serve the new content${within}: ${someOf(of('failed'))}`, unmeasured)
  if (of('unverified').length > 0)
    return unverified(someOf(of('unverified')), {
      ...unmeasured,
      remedy: 'see that the origin answers, and what it sends',
    })
  return passed(`${what} serves the new content${withinMs > 0 ? ` after ${formatDuration(elapsedMs)}` : ''}`, extra)
}
