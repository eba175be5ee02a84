// What targets give and routers take.

/** One instance that can answer requests. */
export interface Backend {
  /** `v2-1`. */
  id: string
  version: string
  host: string
  port: number
  /** The service it is an instance of, where a delivery has several. */
  part?: string
  /** Where it is not an address but a Service of Kubernetes that leads to the version: its name, in the namespace of target and router. */
  service?: string
}

/** Who gets what. Weights are shares that add up to 100; a version with weight 0 still answers its preview header. */
export interface RoutingTable {
  weights: Record<string, number>
  backends: Backend[]
  /** Where a request goes again when its own version fails it, and everything when in doubt. */
  stable: string
  /** Hold new requests in the router (bounded) instead of forwarding: used while the data is swapped. @default false */
  hold?: boolean
  /** Requests that change nothing are sent to this version too, this share of them in percent; what it answers is counted and dropped. */
  mirror?: { version: string; percent: number }
  /** Of several services: percent of the candidate for each, by name; `weights` are those of the service at hand then. */
  shares?: Record<string, number>
  /** Maintenance: every request is answered 503 with this text. */
  closed?: string
}

/** The version that has everything, or null where traffic is split. */
export function soleVersion(weights: RoutingTable['weights']): string | null {
  return Object.keys(weights).find((version) => (weights[version] ?? 0) >= 100) ?? null
}

/** `all traffic to v1`, `90 % to v1, 10 % to v2`. */
export function describeWeights(weights: RoutingTable['weights']): string {
  const sole = soleVersion(weights)
  if (sole !== null) return `all traffic to ${sole}`
  return Object.entries(weights)
    .filter(([, weight]) => weight > 0)
    .map(([version, weight]) => `${weight} % to ${version}`)
    .join(', ')
}
