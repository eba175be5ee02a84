// Requests in order, as a smoke test makes them: log in, call with what came back, log out. The step that failed is named.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import type { HttpAnswer } from '../../lib/http-request.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { publicUrl, timeoutMs, url } from '../fields.ts'
import { asking, caFile, issuedIn, requestHeaders, secretsOf, without, withoutValues, type Ask } from './asking.ts'
import { complaintsAbout, phrasesOf } from './expected-answer.ts'
import { CookieJar } from './http-sequence/cookie-jar.ts'
import { redirectsOf, requestOf, sendStep, stepSchema, wantedOf, type Step } from './http-sequence/steps.ts'
import { extract, namesIn } from './http-sequence/values.ts'

const STEPS_MAX = 50
const BODY_CHARS_MAX = 2000

const schema = z
  .strictObject({
    url: url('http', 'https').optional().describe('address that paths of the steps are below'),
    headers: requestHeaders,
    variables: z
      .record(z.string().regex(/^\w+$/), z.string())
      .default({})
      .describe('values to use as {{name}}, as "${env:SMOKE_PASSWORD}"; secrets'),
    steps: z.array(stepSchema).min(1).max(STEPS_MAX).describe('requests in order, and what their answers must be like'),
    finally: z
      .array(stepSchema)
      .max(STEPS_MAX)
      .default([])
      .describe(
        'requests that are made whatever came of the steps, where their values are known: log out, take away what was made',
      ),
    durationMsMax: z.number().positive().optional().describe('longest time for all steps together'),
    caFile,
    timeoutMs: timeoutMs(10_000).describe('how long to wait for each answer'),
  })
  .superRefine((options, context) => {
    const known = new Set(Object.keys(options.variables))
    for (const [list, steps] of [['steps', options.steps] as const, ['finally', options.finally] as const])
      for (const [index, step] of steps.entries()) {
        // Values of the other side are no part of the options: only names that are never given one are mistakes.
        for (const name of namesIn(step))
          if (!known.has(name))
            context.addIssue({
              code: 'custom',
              path: [list, index],
              message: `nothing gives {{${name}}} a value before`,
            })
        for (const name of Object.keys(step.extract)) known.add(name)
      }
  })

type Options = z.infer<typeof schema>

interface Report {
  step: Step
  /** Null where there was no answer. */
  status: number | null
  timeMs: number
  wrong: string[]
  unknown: string[]
  body: string
}

/** What a sequence knows while it goes on; none of its values is ever shown. */
interface Knowledge {
  values: Map<string, string>
  jar: CookieJar
  secrets: string[]
}

export const httpSequence = defineCheck({
  id: 'http-sequence',
  summary:
    'makes HTTP requests in order with cookies and values taken from answers: smoke tests as log in, call, log out',
  options: schema,
  example: {
    url: 'https://shop.internal',
    variables: { password: '${env:SMOKE_PASSWORD}' },
    steps: [
      {
        name: 'log in',
        method: 'POST',
        url: '/api/login',
        bodyJson: { user: 'smoke', password: '{{password}}' },
        extract: { token: { json: 'token' } },
      },
      {
        name: 'list orders',
        url: '/api/orders',
        headers: { authorization: 'Bearer {{token}}' },
        json: { orders: { lengthMin: 1 } },
      },
    ],
  },
  failingExample: { url: 'http://127.0.0.1:1', steps: [{ name: 'health', url: '/health' }] },
  secretFields: ['url', 'headers', 'variables', 'steps', 'finally'],
  remedy: 'make the failing step by hand with the same request, and see what the log of the service says of it',

  describe(options) {
    const told = [...options.steps, ...options.finally].map(
      (step) => `${step.name} (${step.method} ${placeOf(step, options)}: ${phrasesOf(step)[0]})`,
    )
    return `${plural(told.length, 'request')} in order: ${told.join(', ')}`
  },

  run: (options, context) =>
    asking(options, context, async (ask) => {
      const known: Knowledge = {
        values: new Map(Object.entries(options.variables)),
        jar: new CookieJar(),
        secrets: Object.values(options.variables),
      }
      const reports: Report[] = []
      for (const step of options.steps) {
        reports.push(await perform(step, options, known, ask))
        if (!isWell(reports.at(-1) as Report)) break
      }
      const main = reports.length
      for (const step of options.finally)
        if (namesIn(step).every((name) => known.values.has(name)))
          reports.push(await perform(step, options, known, ask))
      return withoutValues(judge(options, reports, main, without(known.secrets)), known.secrets)
    }),
})

const isWell = ({ wrong, unknown }: Report): boolean => wrong.length === 0 && unknown.length === 0

/** Where a step asks, as written: values stay names. */
function placeOf(step: Step, options: Options): string {
  return step.url.includes('://') || options.url === undefined
    ? publicUrl(step.url)
    : `${publicUrl(options.url).replace(/\/$/, '')}/${publicUrl(step.url).replace(/^\//, '')}`
}

async function perform(step: Step, options: Options, known: Knowledge, ask: Ask): Promise<Report> {
  const report: Report = { step, status: null, timeMs: 0, wrong: [], unknown: [], body: '' }
  const request = requestOf(step, options, known.values)
  if (typeof request === 'string') return { ...report, wrong: [request] }
  known.secrets.push(...secretsOf({ ...request, url: request.url.href }))
  const startedAt = performance.now()
  const { answer, problem } = await sendStep(request, known.jar, redirectsOf(step), ask)
  report.timeMs = Math.round((performance.now() - startedAt) * 10) / 10
  // Cookies that were replaced meanwhile are no less secret.
  known.secrets.push(...known.jar.values(), ...issuedIn(answer?.text ?? ''))
  if (problem !== undefined) return { ...report, wrong: [problem] }
  const missing = await takeValues(step, answer, request.url, known)
  const { wrong, unknown } = await complaintsAbout(answer, wantedOf(step, known.values), without(known.secrets))
  return { ...report, status: answer.status, wrong: [...wrong, ...missing], unknown, body: answer.text }
}

async function takeValues(step: Step, answer: HttpAnswer, at: URL, known: Knowledge): Promise<string[]> {
  const missing: string[] = []
  for (const [name, from] of Object.entries(step.extract)) {
    const { value, problem } = await extract(from, answer, (cookie) => known.jar.valueFor(cookie, at))
    if (problem !== undefined) missing.push(`no ${name}: ${problem}`)
    else {
      known.values.set(name, value)
      known.secrets.push(value)
    }
  }
  return missing
}

function judge(options: Options, reports: readonly Report[], main: number, clean: (text: string) => string): Outcome {
  const totalMs = Math.round(reports.slice(0, main).reduce((sum, { timeMs }) => sum + timeMs, 0) * 10) / 10
  const lines = reports.map(({ step, status, timeMs, wrong, unknown }) => ({
    step: step.name,
    request: `${step.method} ${placeOf(step, options)}`,
    status,
    timeMs,
    ...(wrong.length + unknown.length > 0 ? { problems: [...wrong, ...unknown] } : {}),
  }))
  const bad = reports.find((report) => report.wrong.length > 0) ?? reports.find((report) => !isWell(report))
  const ofBad =
    bad && bad.body !== ''
      ? [{ name: 'response', mediaType: 'text/plain' as const, content: excerpt(clean(bad.body), BODY_CHARS_MAX) }]
      : []
  const extra = {
    measurements: [{ name: 'duration', value: totalMs, unit: 'ms' }],
    evidence: [
      { name: 'steps', mediaType: 'application/json' as const, content: excerpt(JSON.stringify(lines, null, 1)) },
      ...ofBad,
    ],
  }
  if (bad) {
    const at = reports.indexOf(bad)
    const which =
      at < main ? `step ${at + 1} of ${options.steps.length}, ${bad.step.name}` : `at the end, ${bad.step.name}`
    const answered = bad.status === null ? '' : ` answered ${bad.status}`
    const told = `${which}: ${bad.step.method} ${placeOf(bad.step, options)}${answered}: ${[...bad.wrong, ...bad.unknown].join('; ')}`
    return bad.wrong.length > 0 ? failed(told, extra) : unverified(told, extra)
  }
  const seen = `${plural(reports.length, 'request')} went well in ${totalMs} ms`
  return options.durationMsMax !== undefined && totalMs > options.durationMsMax
    ? failed(`${seen}, at most ${options.durationMsMax} ms wanted`, extra)
    : passed(seen, extra)
}
