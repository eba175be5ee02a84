// How many issues an error tracker knows: Sentry, Bugsnag, or any that answers in JSON; of a release, or seen first since a time.
import { z } from 'zod'
import { askJson, type JsonAnswer } from '../../lib/ask-json.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { parsePath, valueAt } from '../../lib/json-path.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { publicUrl, url } from '../fields.ts'
import { ACCESS_SECRETS, accessFields, accessOf, lookThrough, objectsOf, someOf, textOf } from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'

const SERVICES = { sentry: 'https://sentry.io', bugsnag: 'https://api.bugsnag.com', json: '' } as const
const TITLES_MAX = 20

const path = z.string().refine((text) => parsePath(text) !== null, 'not a path such as "data.total"')

const schema = z
  .strictObject({
    service: z.enum(['sentry', 'bugsnag', 'json']).describe('who is asked; `json`: any address that answers in JSON'),
    url: url('http', 'https')
      .optional()
      .describe('its address, where it is not the usual one; for `json` what is asked'),
    ...accessFields,
    organization: z.string().min(1).optional().describe('Sentry: slug of the organization'),
    project: z.string().min(1).optional().describe('Sentry: slug of the project; Bugsnag: id of the project'),
    release: z.string().min(1).optional().describe('only issues that were first seen in this release'),
    environment: z.string().min(1).optional().describe('only issues of this environment, as "production"'),
    since: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('only issues first seen since (Bugsnag: with events since), as 2026-11-21T20:00:00Z'),
    countAt: path.optional().describe('json: path of the number of issues'),
    listAt: path.optional().describe('json: path of a list of issues, which is counted; "" is the whole answer'),
    countHeader: z.string().min(1).optional().describe('json: header of the answer that has the number of issues'),
    countMax: z.number().int().min(0).default(0).describe('how many issues there may be'),
  })
  .refine((o) => o.service !== 'sentry' || (o.organization && o.project), 'Sentry needs organization and project')
  .refine((o) => o.service !== 'bugsnag' || o.project, 'Bugsnag needs project')
  .refine(
    (o) =>
      o.service !== 'json' ||
      (o.url !== undefined && [o.countAt, o.listAt, o.countHeader].filter((x) => x !== undefined).length === 1),
    'json needs url, and one of countAt, listAt and countHeader',
  )

type Options = z.infer<typeof schema>

export const errorTracker = defineCheck({
  id: 'error-tracker',
  summary: 'asks an error tracker for issues, of a release or since a time, and bounds their number',
  options: schema,
  example: {
    service: 'sentry',
    token: '${env:SENTRY_TOKEN}',
    organization: 'acme',
    project: 'shop',
    release: 'shop@1.4.0',
  },
  failingExample: { service: 'json', url: 'http://127.0.0.1:1/issues', countAt: 'total', countMax: 0 },
  secretFields: ['url', ...ACCESS_SECRETS],
  remedy: 'open the issues in the tracker, and settle or resolve them',

  recognise(item) {
    const words = sentenceOf(item)
    const claim = find(
      words,
      /\bno\s+(?:new\s+|critical\s+|unresolved\s+|unhandled\s+){0,2}(?:errors?|issues?|exceptions?)\b[^\n.;]{0,30}\b(?:sentry|bugsnag)\b|\b(?:sentry|bugsnag)\b[^\n.;]{0,40}\bno\s+(?:new\s+|critical\s+|unresolved\s+|unhandled\s+){0,2}(?:errors?|issues?|exceptions?)\b/i,
    )
    if (!claim || /\bif\b/i.test(words)) return null
    const isSentry = /sentry/i.test(claim)
    const token = isSentry ? '${env:SENTRY_TOKEN}' : '${env:BUGSNAG_TOKEN}'
    const project = isSentry
      ? { organization: 'ORGANIZATION', project: 'PROJECT', token }
      : { project: 'PROJECT', headers: { authorization: `token ${token}` } }
    return propose(
      SURE.assumed,
      { service: isSentry ? 'sentry' : 'bugsnag', ...project },
      [claim],
      'put in which project, and the token',
    )
  },

  describe(options) {
    const { service, release, since, environment, countMax } = options
    const which = [
      release === undefined ? '' : ` first seen in ${release}`,
      since === undefined ? '' : ` first seen since ${since}`,
      environment === undefined ? '' : ` of ${environment}`,
    ]
    return `${service} at ${publicUrl(addressOf(options))}: at most ${plural(countMax, 'unresolved issue')}${which.join('')}`
  },

  run: (options, context) => lookThrough(context, () => ask(options, context)),
})

/** What is asked, query included. */
function addressOf(options: Options): string {
  const { service, organization = '', project = '', release, environment, since } = options
  const base = options.url ?? SERVICES[service]
  if (service === 'json' || !URL.canParse(base)) return base
  const address = new URL(base)
  const before = address.pathname.replace(/\/+$/, '')
  if (service === 'sentry') {
    const firstRelease = release === undefined ? '' : ` firstRelease:"${release.replaceAll('"', '')}"`
    const firstSeen = since === undefined ? '' : ` firstSeen:>=${new Date(since).toISOString().slice(0, 19)}`
    address.pathname = `${before}/api/0/projects/${encodeURIComponent(organization)}/${encodeURIComponent(project)}/issues/`
    address.search = new URLSearchParams({
      query: `is:unresolved${firstRelease}${firstSeen}`,
      ...(environment === undefined ? {} : { environment }),
    }).toString()
    return address.href
  }
  address.pathname = `${before}/projects/${encodeURIComponent(project)}/errors`
  const filters = {
    'error.status': 'open',
    'version.introduced_in': release,
    'app.release_stage': environment,
    'event.since': since,
  }
  for (const [name, value] of Object.entries(filters)) {
    if (value === undefined) continue
    address.searchParams.append(`filters[${name}][][type]`, 'eq')
    address.searchParams.append(`filters[${name}][][value]`, value)
  }
  return address.href
}

async function ask(options: Options, context: CheckContext): Promise<Outcome> {
  const { service } = options
  const system = service === 'sentry' ? 'Sentry' : service === 'bugsnag' ? 'Bugsnag' : publicUrl(options.url ?? '')
  const answer = await askJson(
    { system, url: addressOf(options), ...accessOf(options, context.directory) },
    context.signal,
  )
  const found = service === 'json' ? counted(options, answer) : listed(service, answer)
  if (found === null)
    return unverified(`${system} gave no number of issues`, { remedy: 'correct where the number stands' })
  const { count, isMore, titles } = found
  const extra = {
    evidence: [
      { name: 'issues', mediaType: 'text/plain' as const, content: excerpt(titles.slice(0, TITLES_MAX).join('\n')) },
    ],
    measurements: [{ name: 'issues', value: count, unit: 'count' }],
  }
  const seen = `${plural(count, 'issue')}${isMore ? ' or more' : ''}`
  const named = titles.length > 0 ? `: ${someOf(titles.slice(0, 3))}` : ''
  if (count > options.countMax) return failed(`${seen}, at most ${options.countMax} wanted${named}`, extra)
  return isMore ? unverified(`${seen}: not all of them are in one answer`, extra) : passed(seen, extra)
}

interface Found {
  count: number
  isMore: boolean
  titles: string[]
}

/** A page of issues, and in a header how many there are in all. */
function listed(service: 'sentry' | 'bugsnag', { data, headers }: JsonAnswer): Found | null {
  const issues = objectsOf(data)
  if (!issues) return null
  const total = wholeNumber(headers[service === 'sentry' ? 'x-hits' : 'x-total-count'])
  // Sentry names a next page always, and whether it has results.
  const next = /<[^>]*>;\s*rel="next"([^,]*)/.exec(headers.link ?? '')
  const isMore = next !== null && (service === 'bugsnag' || /results="true"/.test(next[1] ?? ''))
  const titles = issues.map(({ title, error_class: kind, message }) =>
    excerpt(textOf(title) || `${textOf(kind)} ${textOf(message)}`.trim(), 150).replaceAll('\n', ' '),
  )
  return {
    count: Math.max(total ?? 0, issues.length),
    isMore: total === null && isMore,
    titles: titles.filter(Boolean),
  }
}

function counted({ countAt, listAt, countHeader }: Options, { data, headers }: JsonAnswer): Found | null {
  if (countHeader !== undefined) return foundOf(wholeNumber(headers[countHeader.toLowerCase()]))
  const value = valueAt(data, parsePath(countAt ?? listAt ?? '') ?? [])
  if (countAt === undefined) return Array.isArray(value) ? foundOf(value.length) : null
  return foundOf(wholeNumber(value))
}

function foundOf(count: number | null): Found | null {
  return count === null ? null : { count, isMore: false, titles: [] }
}

function wholeNumber(value: unknown): number | null {
  if (typeof value === 'string' && /^\d{1,15}$/.test(value.trim())) return Number(value)
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null
}
