// What a metric of Argo Rollouts asks Prometheus.
import { parseDurationMs } from '../../lib/duration.ts'
import type { ImportedQuery, ImportedSource } from './collected.ts'
import { placeholdersIn, withOpenPlaces } from './placeholders.ts'
import { mapOf, numberOf, type Keys } from './resources.ts'

export interface ArgoQuery {
  server: Pick<ImportedSource, 'url' | 'timeoutMs'>
  text: string
  range: Pick<ImportedQuery, 'range'>
}

/** Where the controller's own setting is meant. */
const ADDRESS_OF_CONTROLLER = '${env:PROMETHEUS_URL}'

const LEFT_OUT: Readonly<Record<string, string>> = {
  headers: 'may be secrets: write them as `headers` of the source, with references like ${env:NAME}',
  authentication: 'write `bearer` of the source, with a reference like ${env:NAME}',
  insecure: 'certificates are always checked',
}

/**
 * @param fold what of several series counts; the query is made to give that one.
 * @param leaveOut keys below the metric, and why.
 * @returns null where it cannot be carried over, which has been said.
 */
export function argoQuery(
  metric: Readonly<Record<string, unknown>>,
  fold: 'max' | 'min' | null,
  leaveOut: (keys: Keys, why: string) => void,
): ArgoQuery | null {
  const provider = mapOf(metric.provider) ?? {}
  const prometheus = mapOf(provider.prometheus)
  if (!prometheus) {
    const [name = 'none'] = Object.keys(provider)
    leaveOut(['provider', name], whyNot(name))
    return null
  }
  const query = typeof prometheus.query === 'string' ? prometheus.query.trim() : ''
  if (query === '') {
    leaveOut(['provider', 'prometheus'], 'has no query')
    return null
  }
  for (const [field, why] of Object.entries(LEFT_OUT))
    if (prometheus[field] !== undefined) leaveOut(['provider', 'prometheus', field], why)
  const range = rangeOf(prometheus, fold)
  if (range === 'none') {
    leaveOut(
      ['provider', 'prometheus', 'rangeQuery'],
      'is no stretch that ends now, of which the highest or lowest value counts',
    )
    return null
  }
  const unfilled = placeholdersIn(query)
  if (unfilled.length > 0)
    leaveOut(
      ['provider', 'prometheus', 'query'],
      `${unfilled.join(', ')} has no value here: write it into the query, or {{version}} where it tells versions apart`,
    )
  const text = withOpenPlaces(query)
  return {
    server: serverOf(prometheus, leaveOut),
    text: fold ? `${fold}(${text})` : text,
    range: range ? { range } : {},
  }
}

function serverOf(
  { address, timeout }: Readonly<Record<string, unknown>>,
  leaveOut: (keys: Keys, why: string) => void,
): ArgoQuery['server'] {
  const url = typeof address === 'string' ? address.trim() : ''
  if (url === '' || placeholdersIn(url).length > 0)
    leaveOut(
      ['provider', 'prometheus'],
      `the address is not in the file: set ${ADDRESS_OF_CONTROLLER.slice(6, -1)}, or write it as \`url\``,
    )
  const seconds = numberOf(timeout)
  return {
    url: url === '' || placeholdersIn(url).length > 0 ? ADDRESS_OF_CONTROLLER : url,
    ...(seconds !== null && seconds > 0 ? { timeoutMs: Math.min(60_000, Math.round(seconds * 1000)) } : {}),
  }
}

/** A range that ends now; null: it asks for one moment. */
function rangeOf(
  { rangeQuery }: Readonly<Record<string, unknown>>,
  fold: 'max' | 'min' | null,
): ImportedQuery['range'] | null | 'none' {
  if (rangeQuery === undefined) return null
  const { start, end, step } = mapOf(rangeQuery) ?? {}
  const back = /^\s*now\(\)\s*-\s*duration\(\s*["']([^"']+)["']\s*\)\s*$/.exec(String(start))?.[1]
  const overMs = back === undefined ? null : parseDurationMs(back)
  const stepMs = parseDurationMs(String(step))
  const isNow = end === undefined || /^\s*now\(\)\s*$/.test(String(end))
  return fold && isNow && overMs !== null && stepMs !== null ? { overMs, stepMs, take: fold } : 'none'
}

function whyNot(provider: string): string {
  const instead: Readonly<Record<string, string>> = {
    web: 'use a source of kind `http-json`',
    job: 'bind a checklist item to a check',
    kayenta: 'use a guard of kind `kayenta` or `verdict`',
    none: 'names no provider',
  }
  return instead[provider] ?? 'only Prometheus is read; use a source of kind `http-json` where it has an HTTP API'
}
