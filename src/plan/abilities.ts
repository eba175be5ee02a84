// What kinds of targets and routers can, as far as a delivery may want it: which of them fit together follows from it.

/** What a target can, as far as a delivery may want it. */
export interface TargetAbilities {
  /** `beside`: both versions run at once and a router splits traffic; `in-place`: one takes the other's place, no router. */
  mode: 'beside' | 'in-place'
  /** Where both run at once, what the router must reach. */
  reachedBy: 'addresses' | 'services' | 'nothing'
  /** Can be resized: rolling by batches. */
  resize: boolean
}

/** What a router can, as far as a delivery may want it. */
export interface RouterAbilities {
  /** Any share, or only everything to one version. */
  weights: 'any' | 'whole'
  /** What it sends requests to: addresses, Services of Kubernetes; `anything`: it does not look at backends. */
  reaches: 'addresses' | 'services' | 'anything'
  /** Has counters per version. */
  counts: boolean
  /** Testers can ask for a version before it has traffic. */
  preview: boolean
  /** Can hold requests while data is swapped. */
  hold: boolean
  /** Can answer every request with a text instead, for maintenance; left out: it cannot. */
  close?: boolean
  /** Can copy requests to a version that has no traffic. */
  mirror: boolean
}
