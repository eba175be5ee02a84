// What targets give and routers take.

/** One instance that can answer requests. */
export interface Backend {
  /** `v2-1`. */
  id: string
  version: string
  host: string
  port: number
}

/** Who gets what. Weights are shares that add up to 100; a version with weight 0 still answers its preview header. */
export interface RoutingTable {
  weights: Record<string, number>
  backends: Backend[]
  /** Where a request goes again when its own version fails it, and everything when in doubt. */
  stable: string
  /** Hold new requests in the router (bounded) instead of forwarding: used while the data is swapped. @default false */
  hold?: boolean
}
