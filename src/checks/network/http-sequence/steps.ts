// One step of a sequence: its options, its request with values filled in, and the redirects after it with their cookies.
import { z } from 'zod'
import type { HttpAnswer } from '../../../lib/http-request.ts'
import type { Ask, Asked } from '../asking.ts'
import { expectedAnswer, type ExpectedAnswer } from '../expected-answer.ts'
import type { CookieJar } from './cookie-jar.ts'
import { extraction, filled, filledDeep } from './values.ts'

const REDIRECTS_MAX = 5
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

/** Options of one step. */
export const stepSchema = z
  .strictObject({
    name: z.string().min(1).max(100).describe('what it does, as "log in"; a failure is told by it'),
    url: z.string().min(1).describe('address, or path below `url` of the sequence'),
    method: z
      .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      .default('GET')
      .describe('request method'),
    headers: z.record(z.string(), z.string()).default({}).describe('request headers, beside those of the sequence'),
    body: z.string().optional().describe('request body as it is sent'),
    bodyJson: z.json().optional().describe('request body that is sent as JSON'),
    form: z.record(z.string(), z.string()).optional().describe('request body that is sent as a form'),
    followRedirects: z
      .boolean()
      .default(false)
      .describe(`whether up to ${REDIRECTS_MAX} redirects are followed, with GET`),
    extract: z
      .record(z.string().regex(/^\w+$/), extraction)
      .default({})
      .describe('values for later steps: name to { json }, { header } or { cookie }, with { matches } or that alone'),
    ...expectedAnswer,
  })
  .refine(
    ({ body, bodyJson, form }) => [body, bodyJson, form].filter((one) => one !== undefined).length <= 1,
    'expected one of body, bodyJson and form',
  )

export type Step = z.infer<typeof stepSchema>

export interface StepRequest {
  url: URL
  method: Step['method']
  headers: Record<string, string>
  body?: string
}

/** The request with values filled in, or in words why it cannot be made. */
export function requestOf(
  step: Step,
  base: { url?: string | undefined; headers: Readonly<Record<string, string>> },
  values: ReadonlyMap<string, string>,
): StepRequest | string {
  // A value that is the whole address was written by the other side: it may name a place, but no other host.
  const isWhole = isName(step.url)
  const address = filled(step.url, values, isWhole ? undefined : encodeURIComponent)
  const url = isWhole ? parsed(address, base.url) : below(address, base.url)
  if (!url) return `${isWhole ? 'what it was given' : 'url'} is no address`
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `it cannot be asked by ${url.protocol}`
  if (isWhole && base.url !== undefined && url.origin !== new URL(base.url).origin) return 'it leads to another host'
  if (isWhole && base.url === undefined) return 'an address that is a value needs the `url` of the sequence'
  const { body, type } = bodyOf(step, values)
  const own = Object.entries({ ...base.headers, ...step.headers }).map(([name, value]) => [
    name.toLowerCase(),
    filled(value, values),
  ])
  const headers: Record<string, string> = {
    ...(type === null ? {} : { 'content-type': type }),
    ...Object.fromEntries(own),
  }
  return { url, method: step.method, headers, ...(body === undefined ? {} : { body }) }
}

function parsed(address: string, base: string | undefined): URL | null {
  return URL.canParse(address, base) ? new URL(address, base) : null
}

/** A path goes below the address of the sequence, whether it begins with a slash or not. */
function below(path: string, base: string | undefined): URL | null {
  if (base === undefined || URL.canParse(path)) return parsed(path, undefined)
  const folder = new URL(base)
  folder.search = ''
  folder.hash = ''
  if (!folder.pathname.endsWith('/')) folder.pathname += '/'
  return parsed(path.replace(/^\//, './'), folder.href)
}

function bodyOf(step: Step, values: ReadonlyMap<string, string>): { body?: string; type: string | null } {
  if (step.bodyJson !== undefined)
    return { body: JSON.stringify(filledDeep(step.bodyJson, values)), type: 'application/json' }
  if (step.form)
    return {
      body: new URLSearchParams(filledDeep(step.form, values)).toString(),
      type: 'application/x-www-form-urlencoded',
    }
  return step.body === undefined ? { type: null } : { body: filled(step.body, values), type: null }
}

/** Sends it with the cookies that belong to it, and keeps those it is given, of redirects too. */
export async function sendStep(
  { url, method, headers, body }: StepRequest,
  jar: CookieJar,
  redirectsMax: number,
  ask: Ask,
): Promise<Asked> {
  let answer: HttpAnswer | undefined
  for (let at = url, hops = 0; ; hops++) {
    const own = at.origin === url.origin ? headers : {}
    const cookie = [jar.headerFor(at), own.cookie ?? ''].filter(Boolean).join('; ')
    const isFirst = answer === undefined
    const asked = await ask({
      url: at.href,
      method: isFirst ? method : 'GET',
      headers: { ...(isFirst ? own : withoutBody(own)), ...(cookie === '' ? {} : { cookie }) },
      ...(isFirst && body !== undefined ? { body } : {}),
    })
    if (asked.problem !== undefined) return asked
    answer = asked.answer
    jar.take(answer.cookies, at)
    const { location } = answer.headers
    if (redirectsMax === 0 || !REDIRECTS.includes(answer.status) || location === undefined) return asked
    // 307 and 308 ask for the same once more: what a POST did is not done again elsewhere.
    if (answer.status > 303 && isFirst && method !== 'GET' && method !== 'HEAD') return asked
    if (hops >= redirectsMax) return { problem: `more than ${redirectsMax} redirects` }
    if (!URL.canParse(location, at.href)) return { problem: 'redirects to what is no address' }
    at = new URL(location, at)
    if (at.protocol !== 'http:' && at.protocol !== 'https:') return { problem: `redirects to ${at.protocol}` }
  }
}

/** Redirects of a step that follows them. */
export const redirectsOf = (step: Step): number => (step.followRedirects ? REDIRECTS_MAX : 0)

function withoutBody(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-type'))
}

/** What the step wants of its answer, with values filled in. One that is all a JSON value counts as the text or as what it says. */
export function wantedOf(step: Step, values: ReadonlyMap<string, string>): ExpectedAnswer {
  const { status, responseHeaders, bodyContains, bodyLacks, bodyMatches, json, responseTimeMsMax } = step
  const wanted = { status, responseHeaders, bodyContains, bodyLacks, bodyMatches, responseTimeMsMax }
  const ofJson = Object.entries(json).map(([path, value]) => {
    const known = typeof value === 'string' && isName(value) ? filled(value, values) : null
    return [filled(path, values), known === null ? filledDeep(value, values) : { oneOf: [known, scalar(known)] }]
  })
  return { ...filledDeep(wanted, values), json: Object.fromEntries(ofJson) as ExpectedAnswer['json'] }
}

const isName = (text: string): boolean => /^\{\{\s*\w+\s*\}\}$/.test(text)

function scalar(text: string): string | number | boolean | null {
  return /^(?:-?\d{1,15}(?:\.\d+)?|true|false|null)$/.test(text) ? (JSON.parse(text) as number | boolean | null) : text
}
