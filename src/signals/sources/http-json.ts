// Source `http-json`: numbers out of a JSON document that a service or a monitoring system answers with.
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import { publicUrl, url } from '../../lib/url-option.ts'
import type { Sample } from '../../plan/signal.ts'
import { httpRequest } from '../../lib/http-request.ts'
import { everyMs, numberOf, scale, signalName, timeoutMs, unit } from '../signal-fields.ts'
import { defineSource, type Source, type SourceContext } from '../source.ts'
import { fillVersion, isPerVersion, versionsOfRelease } from '../version-names.ts'
import { parsePath, valueAt, type Path } from '../../lib/json-path.ts'

const path = z.string().refine((text) => parsePath(text) !== null, 'is no path like data.errors[0].rate')

const options = z.strictObject({
  url: z
    .string()
    .refine((text) => url('http', 'https').safeParse(fillVersion(text, 'v')).success, 'is no http or https URL')
    .describe('Where the JSON is; with `{{version}}` in it, it is asked for each version; a secret'),
  method: z.enum(['GET', 'POST']).default('GET'),
  headers: z.record(z.string(), z.string()).default({}).describe('Request headers; values are treated as secrets'),
  body: z.string().optional().describe('Request body, for POST; `{{version}}` is not filled in here'),
  signals: z
    .record(
      signalName,
      z.strictObject({
        path: path.describe('Where the number is, as `data.errors[0].rate`; may have `{{version}}` in it'),
        unit,
        scale,
        observations: path.optional().describe('Where the number of requests is that it rests on'),
      }),
    )
    .refine((signals) => Object.keys(signals).length > 0, 'names no signal')
    .describe('Signals by name'),
  everyMs: everyMs(5000),
  timeoutMs: timeoutMs(2000),
})

type Options = z.output<typeof options>
type Asked = Options['signals'][string]

/** An answer is one document with a few numbers in it. */
const BYTES_MAX = 1 << 20

export const httpJson = defineSource<Options>({
  id: 'http-json',
  summary: 'Numbers out of a JSON document over HTTP, of the service or of each version',
  options,
  example: {
    url: 'https://metrics.internal/api/checkout?version={{version}}',
    headers: { authorization: 'Bearer ${env:METRICS_TOKEN}' },
    signals: { 'error-rate': { path: 'data.errors.rate', unit: 'percent', observations: 'data.requests' } },
  },
  failingExample: { url: 'https://metrics.internal/api', signals: { 'error-rate': { path: 'data..rate' } } },
  secretFields: ['url', 'headers', 'body'],
  signals: (given) => Object.keys(given.signals),
  describe: (given) =>
    `${Object.keys(given.signals).join(', ')} from JSON of ${publicUrl(fillVersion(given.url, 'VERSION'))} every ${given.everyMs} ms`,
  create: (given, context) => createJsonSource(given, context),
})

function createJsonSource(given: Options, context: SourceContext): Source {
  const signals = Object.entries(given.signals)
  const isOfVersion = ({ path: written }: Asked): boolean => isPerVersion(given.url) || isPerVersion(written)

  async function ask(address: string, signal: AbortSignal): Promise<{ root: unknown } | { why: string }> {
    const { method, headers, body } = given
    try {
      const answer = await httpRequest(
        { url: address, method, headers, bytesMax: BYTES_MAX, ...(body === undefined ? {} : { body }) },
        signal,
      )
      if (answer.status < 200 || answer.status > 299) return { why: `answered ${answer.status}` }
      return { root: JSON.parse(answer.text) as unknown }
    } catch (error) {
      if (signal.aborted) return { why: `no answer within ${given.timeoutMs} ms` }
      return { why: error instanceof SyntaxError ? 'the answer is not JSON' : messageOf(error) }
    }
  }

  async function sample(now: number, signal: AbortSignal): Promise<Sample[]> {
    const versions = versionsOfRelease(context.versions())
    /** Null: one document, in which the versions are looked up. */
    const documents = isPerVersion(given.url) ? versions : [null]
    const samples = await Promise.all(
      documents.map(async (ofVersion) => {
        const answer = await ask(ofVersion === null ? given.url : urlOf(given.url, ofVersion), signal)
        return signals.flatMap(([name, asked]) => {
          const wanted = ofVersion !== null ? [ofVersion] : isOfVersion(asked) ? versions : [null]
          return wanted.map((version): Sample => {
            const about = { signal: name, version, at: now, unit: asked.unit }
            return 'why' in answer
              ? { ...about, value: null, observations: null, detail: answer.why }
              : { ...about, ...readingOf(answer.root, asked, version) }
          })
        })
      }),
    )
    return samples.flat()
  }

  return { sample, everyMs: given.everyMs, timeoutMs: given.timeoutMs }
}

function readingOf(
  root: unknown,
  asked: Asked,
  version: string | null,
): Pick<Sample, 'value' | 'observations' | 'detail'> {
  const found = valueAt(root, filled(asked.path, version))
  const value = numberOf(found)
  const counted = asked.observations === undefined ? null : numberOf(valueAt(root, filled(asked.observations, version)))
  const observations = counted !== null && counted >= 0 ? counted : null
  if (value !== null) return { value: value * asked.scale, observations }
  const what = found === undefined ? 'nothing' : found === null ? 'null' : `no number but ${typeof found}`
  return { value: null, observations, detail: `there is ${what} at ${asked.path}` }
}

/** Filled in key by key: a version with dots in it is one key. */
function filled(written: string, version: string | null): Path {
  const keys = parsePath(written) ?? []
  return version === null ? keys : keys.map((key) => (typeof key === 'string' ? fillVersion(key, version) : key))
}

function urlOf(template: string, version: string): string {
  return fillVersion(template, version, encodeURIComponent)
}
