// A service of several, seen under the versions of the whole delivery: `v1` and `v2` may be its own 1.4.2 and 1.5.0.
import { stays, type Versions } from '../../plan/delivered-service.ts'
import type { VersionCounters } from '../../plan/signal.ts'
import type { Backend, RoutingTable } from '../../plan/traffic.ts'

/** The service's own name of a version. */
export function ownVersion(label: string, labels: Versions, own: Versions): string {
  if (label === labels.candidate) return own.candidate
  return label === labels.stable ? own.stable : label
}

/** Backends as the delivery sees them: which service they belong to, versions by its names, ids that no two services share. */
export function labelled(backends: readonly Backend[], part: string, label: string): Backend[] {
  return backends.map((backend) => ({ ...backend, id: `${part}/${backend.id}`, version: label, part }))
}

/** The table of one service, taken out of that of the delivery. */
export function ownTable(table: RoutingTable, part: string, labels: Versions, own: Versions): RoutingTable {
  const isOver = table.stable === labels.candidate
  const share = isOver ? 100 : (table.shares?.[part] ?? table.weights[labels.candidate] ?? 0)
  const isTwin = ({ id, version }: Backend): boolean =>
    stays(own) &&
    version === labels.candidate &&
    table.backends.some((other) => other.id === id && other.version === labels.stable)
  const backends = table.backends
    // The one version of a service that stays is there under both names of the delivery.
    .filter((backend) => backend.part === part && !isTwin(backend))
    .map(({ id, version, host, port, service }): Backend => ({
      id: id.slice(part.length + 1),
      version: ownVersion(version, labels, own),
      host,
      port,
      ...(service === undefined ? {} : { service }),
    }))
  const isSplit = !isOver && !stays(own) && (share > 0 || backends.some(isOf(own.candidate)))
  const { hold, closed, mirror } = table
  return {
    weights: isSplit
      ? { [own.stable]: 100 - share, [own.candidate]: share }
      : { [isOver ? own.candidate : own.stable]: 100 },
    backends,
    stable: isOver ? own.candidate : own.stable,
    ...(hold === undefined ? {} : { hold }),
    ...(closed === undefined ? {} : { closed }),
    ...(mirror && share < 100 && isSplit ? { mirror: { ...mirror, version: own.candidate } } : {}),
  }
}

const isOf =
  (version: string) =>
  (backend: Backend): boolean =>
    backend.version === version

/** Counters of several services under the names of the delivery, added up. */
export function addedCounters(counters: readonly VersionCounters[]): VersionCounters[] {
  const sums = new Map<string, VersionCounters>()
  for (const entry of counters) {
    const sum = sums.get(entry.version)
    sums.set(entry.version, sum ? added(sum, entry) : entry)
  }
  return [...sums.values()]
}

function added(a: VersionCounters, b: VersionCounters): VersionCounters {
  const requests = a.requests + b.requests
  const isAlike = a.latency.boundsMs.join() === b.latency.boundsMs.join()
  const counts = a.latency.counts.map((count, index) => count + (b.latency.counts[index] ?? 0))
  return {
    version: a.version,
    requests,
    errors: a.errors + b.errors,
    retries: a.retries + b.retries,
    shielded: (a.shielded ?? 0) + (b.shielded ?? 0),
    diverted: (a.diverted ?? 0) + (b.diverted ?? 0),
    inFlight: a.inFlight + b.inFlight,
    totalMs: a.totalMs + b.totalMs,
    // Histograms over other bounds cannot be added: what is left is how many there were.
    latency: isAlike ? { boundsMs: a.latency.boundsMs, counts } : { boundsMs: [], counts: [requests] },
  }
}
