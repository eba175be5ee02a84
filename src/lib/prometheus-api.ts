// Asking Prometheus over its HTTP API: bounded in time and bytes; what it gives is raw samples with their own times.
import { withDeadline } from './deadline.ts'
import { codeOf, messageOf, OutsideError } from './errors.ts'
import { excerpt } from './excerpt.ts'
import { httpRequest } from './http-request.ts'

export interface RawSeries {
  labels: Readonly<Record<string, string>>
  /** Ascending times in milliseconds since the epoch, by Prometheus' clock; values may be NaN or infinite. */
  samples: { atMs: number; value: number }[]
  /** A native histogram, whose buckets are not read. */
  isNative: boolean
}

export interface Answer {
  series: RawSeries[]
  /** What Prometheus, or what stands before it, has to say beside the answer. */
  warnings: string[]
}

export interface PrometheusApi {
  /** One evaluation, now. @throws OutsideError */
  query(promql: string, signal: AbortSignal): Promise<Answer>
  /** Evaluations from `overMs` ago until now. @throws OutsideError */
  queryRange(promql: string, range: { overMs: number; stepMs: number }, signal: AbortSignal): Promise<Answer>
  /** What it answers with as `data` at another path below /api/v1, as `rules`. @throws OutsideError */
  data(path: string, parameters: Record<string, string>, signal: AbortSignal): Promise<unknown>
}

export interface ApiOptions {
  url: string
  headers: Readonly<Record<string, string>>
  bearer?: string | undefined
  timeoutMs: number
  /** Certificate authorities to trust, all of them: see `trustOptions`. */
  ca?: string[]
  /** @default 32 MiB */
  bytesMax?: number
}

const ANSWER_BYTES_MAX = 32 << 20
/** Longer ones are sent as a form: servers refuse long addresses. */
const ADDRESS_CHARACTERS_MAX = 2000
const WARNINGS_MAX = 3

/** The API behind an address. */
export function createApi(options: ApiOptions): PrometheusApi {
  const base = new URL(options.url)
  base.search = ''
  base.hash = ''
  const { bearer, timeoutMs, ca, bytesMax = ANSWER_BYTES_MAX } = options
  const bounds = { bytesMax, ...(ca ? { ca } : {}) }
  const given = Object.entries(options.headers).map(([name, value]) => [name.toLowerCase(), value])
  const headers = {
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(Object.fromEntries(given) as Record<string, string>),
  }

  async function ask(path: string, parameters: Record<string, string>, signal: AbortSignal): Promise<Envelope> {
    const form = new URLSearchParams({ ...parameters, timeout: `${timeoutMs}ms` }).toString()
    const url = `${base.href.replace(/\/+$/, '')}/api/v1/${path}`
    const asForm = { 'content-type': 'application/x-www-form-urlencoded', ...headers }
    const isShort = url.length + form.length < ADDRESS_CHARACTERS_MAX
    const { status, text } = isShort
      ? await httpRequest({ url: `${url}?${form}`, headers, ...bounds }, signal)
      : await httpRequest({ url, method: 'POST', headers: asForm, body: form, ...bounds }, signal)
    return envelopeOf(status, text)
  }

  async function asked(path: string, parameters: Record<string, string>, parent: AbortSignal): Promise<Envelope> {
    const signal = withDeadline(timeoutMs, parent)
    try {
      return await ask(path, parameters, signal)
    } catch (error) {
      if (error instanceof OutsideError) throw error
      const why = signal.aborted ? `no answer in ${timeoutMs} ms` : messageOf(error)
      const hint = codeOf(error) === 'ECONNREFUSED' ? { hint: `nothing listens at ${base.host}` } : {}
      throw outside(why, { retryable: true, cause: error, ...hint })
    }
  }

  return {
    query: async (promql, signal) => answerOf(await asked('query', { query: promql }, signal)),
    async queryRange(promql, { overMs, stepMs }, signal) {
      const end = Date.now() / 1000
      const times = { start: String(end - overMs / 1000), end: String(end), step: String(stepMs / 1000) }
      return answerOf(await asked('query_range', { query: promql, ...times }, signal))
    },
    data: async (path, parameters, signal) => (await asked(path, parameters, signal)).data,
  }
}

function outside(message: string, more: { retryable?: boolean; hint?: string; cause?: unknown } = {}): OutsideError {
  return new OutsideError('prometheus', message, more)
}

type Envelope = Readonly<Record<string, unknown>>

function answerOf({ data, warnings }: Envelope): Answer {
  return { series: seriesOf(data), warnings: textsOf(warnings) }
}

/** What an answer of the API says. @throws OutsideError where it says no, or is none. */
function envelopeOf(status: number, text: string): Envelope {
  const envelope = parsed(text)
  if (envelope?.status === 'error') {
    const { errorType = 'error', error = '' } = envelope
    throw outside(`${String(errorType)}: ${excerpt(String(error), 300)}`, {
      retryable: status >= 500 || status === 429,
    })
  }
  const isWell = status >= 200 && status < 300
  const how = envelope === null ? ', and not in JSON' : isWell ? ', but not as Prometheus does' : ''
  if (!isWell || envelope?.status !== 'success')
    throw outside(`answered ${status}${how}`, {
      retryable: status >= 500 || status === 429,
      ...(status === 401 || status === 403 ? { hint: 'set `bearer` or `headers` to what lets us in' } : {}),
      ...(status === 404 || (status >= 200 && status < 400) ? { hint: 'set `url` to what stands before /api/v1' } : {}),
    })
  return envelope
}

function parsed(text: string): Envelope | null {
  try {
    const value = JSON.parse(text) as unknown
    return value !== null && typeof value === 'object' ? (value as Envelope) : null
  } catch {
    return null
  }
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.slice(0, WARNINGS_MAX).map((text) => excerpt(String(text), 200)) : []
}

function seriesOf(data: unknown): RawSeries[] {
  const { resultType, result } = (data ?? {}) as { resultType?: string; result?: unknown }
  if (resultType === 'scalar') return [{ labels: {}, samples: samplesOf([result]), isNative: false }]
  if ((resultType !== 'vector' && resultType !== 'matrix') || !Array.isArray(result))
    throw outside(`gave a result of type ${excerpt(String(resultType), 40)}`)
  return (result as Record<string, unknown>[]).map((entry) => ({
    labels: labelsOf(entry.metric),
    samples: samplesOf(resultType === 'vector' ? [entry.value] : entry.values),
    isNative: entry.histogram !== undefined || entry.histograms !== undefined,
  }))
}

function labelsOf(value: unknown): Record<string, string> {
  const labels = value !== null && typeof value === 'object' ? Object.entries(value) : []
  return Object.fromEntries(labels.map(([label, text]) => [label, String(text)]))
}

/** Pairs of seconds and text; what is no pair is left out. */
function samplesOf(pairs: unknown): RawSeries['samples'] {
  if (!Array.isArray(pairs)) return []
  return pairs.flatMap((pair: unknown) => {
    if (!Array.isArray(pair) || typeof pair[0] !== 'number' || typeof pair[1] !== 'string') return []
    return [{ atMs: Math.round(pair[0] * 1000), value: valueOf(pair[1]) }]
  })
}

/** As Prometheus writes numbers: `1e+06`, `NaN`, `+Inf`. */
function valueOf(text: string): number {
  if (/^[+-]?Inf$/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return text.trim() === '' ? Number.NaN : Number(text)
}
