// What the checks share that ask Prometheus: its address, its API, and how a series is named.
import { excerpt } from '../../lib/excerpt.ts'
import { createApi, type PrometheusApi } from '../../lib/prometheus-api.ts'
import type { CheckContext } from '../check.ts'
import { publicUrl, url } from '../fields.ts'
import { ACCESS_SECRETS, accessFields, accessOf } from '../instrument.ts'

/** Where Debian's and the usual container's Prometheus listens. */
export const PROMETHEUS = 'http://127.0.0.1:9090'

/** Options of every check that asks Prometheus. */
export const prometheusFields = {
  url: url('http', 'https')
    .default(PROMETHEUS)
    .describe('address of Prometheus (or of Thanos, Mimir, VictoriaMetrics): what stands before /api/v1'),
  ...accessFields,
}

/** The secret ones of `prometheusFields`. */
export const PROMETHEUS_SECRETS = ['url', ...ACCESS_SECRETS] as const

type PrometheusOptions = Parameters<typeof accessOf>[0] & { url: string }

/** @throws OutsideError when it cannot be asked at all */
export function prometheusAt(options: PrometheusOptions, context: Pick<CheckContext, 'directory'>): PrometheusApi {
  return createApi({ url: options.url, bytesMax: ANSWER_BYTES_MAX, ...accessOf(options, context.directory) })
}

/** How it is named where it is shown. */
export const nameOf = (options: { url: string }): string => `Prometheus at ${publicUrl(options.url)}`

const ANSWER_BYTES_MAX = 12 << 20
const SERIES_CHARS_MAX = 160

/** `http_requests_total{job="shop"}`, or `the value` where it has no labels. */
export function seriesName(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = '', ...rest } = labels
  const pairs = Object.entries(rest).map(([label, value]) => `${label}="${value}"`)
  if (name === '' && pairs.length === 0) return 'the value'
  return excerpt(name + (pairs.length > 0 ? `{${pairs.join(', ')}}` : ''), SERIES_CHARS_MAX).replaceAll('\n', ' ')
}
