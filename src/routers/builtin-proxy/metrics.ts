// The figures in Prometheus' text format: what `GET /metrics` gives.
import type { VersionCounters } from '../../plan/signal.ts'
import type { RoutingTable } from '../../plan/traffic.ts'

export interface MetricsParts {
  table: RoutingTable | null
  counters: readonly VersionCounters[]
  held: number
  backends: readonly { id: string; version: string; healthy: boolean }[]
}

type Row = [labels: Record<string, string>, value: number]

/** Families of metrics, with a line of help each. */
export function metricsText({ table, counters, held, backends }: MetricsParts): string {
  const count = (name: 'requests' | 'errors' | 'retries' | 'shielded' | 'diverted'): Row[] =>
    counters.map((version) => [{ version: version.version }, version[name] ?? 0])
  return [
    family('requests_total', 'counter', 'Requests answered', count('requests')),
    family('errors_total', 'counter', 'Answers 5xx, and answers that never came', count('errors')),
    family('retries_total', 'counter', 'Requests sent again after a failed attempt', count('retries')),
    family(
      'shielded_total',
      'counter',
      'Error answers that another version answered in the place of',
      count('shielded'),
    ),
    family('diverted_total', 'counter', 'Requests answered by another version, this one being out', count('diverted')),
    family(
      'in_flight',
      'gauge',
      'Requests under way',
      counters.map(({ version, inFlight }) => [{ version }, inFlight]),
    ),
    durations(counters),
    family('weight', 'gauge', 'Share of the traffic in percent', weightsOf(table)),
    family('held', 'gauge', 'Requests that wait for the end of a hold', [[{}, held]]),
    family('closed', 'gauge', 'Whether every request is answered 503', [[{}, table?.closed === undefined ? 0 : 1]]),
    family(
      'backend_up',
      'gauge',
      'Whether the backend is in turn',
      backends.map(({ id, version, healthy }) => [{ backend: id, version }, healthy ? 1 : 0]),
    ),
  ].join('')
}

function weightsOf(table: RoutingTable | null): Row[] {
  return Object.entries(table?.weights ?? {}).map(([version, weight]) => [{ version }, weight])
}

function durations(counters: readonly VersionCounters[]): string {
  const name = 'request_duration_seconds'
  const rows = counters.flatMap(({ version, totalMs, latency }) => {
    let below = 0
    const buckets = latency.counts.map((count, at) => {
      below += count
      const bound = latency.boundsMs[at]
      return line(`${name}_bucket`, { version, le: bound === undefined ? '+Inf' : String(bound / 1000) }, below)
    })
    return [...buckets, line(`${name}_sum`, { version }, totalMs / 1000), line(`${name}_count`, { version }, below)]
  })
  return head(name, 'histogram', 'Time to the end of the answer') + rows.join('')
}

function family(name: string, type: string, help: string, rows: readonly Row[]): string {
  return head(name, type, help) + rows.map(([labels, value]) => line(name, labels, value)).join('')
}

function head(name: string, type: string, help: string): string {
  return `# HELP gonogo_router_${name} ${help}\n# TYPE gonogo_router_${name} ${type}\n`
}

function line(name: string, labels: Record<string, string>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `gonogo_router_${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`
}

function escaped(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)
}
