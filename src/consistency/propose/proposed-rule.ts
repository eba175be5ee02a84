// A rule that somebody may want, with what speaks for it.

/** Kinds of rules that are proposed. */
export type ProposedKind =
  | 'not-null'
  | 'unique'
  | 'duplicate-groups'
  | 'reference'
  | 'range'
  | 'enum'
  | 'regex'
  | 'freshness'
  | 'aggregate-equals'
  | 'acyclic'

/** What could be a rule: nothing has been looked at but the schema, or a sample. */
export interface Candidate {
  /** Readable and stable: `orders-customer-id-reference`. */
  name: string
  kind: ProposedKind
  /** As written in gonogo.yaml. */
  options: Record<string, unknown>
  /** What it rests on, for people. */
  why: string
  /** `declared` by the schema, `named` as such columns are, or `seen` in the data. */
  basis: 'declared' | 'named' | 'seen'
  /** The database keeps to it by itself: shown, and not judged again unless somebody wants it. */
  isEnforced: boolean
  /** More violations than this share of what was judged, and it is no rule of this data. 1: it is one in any case. */
  brokenShareMax: number
}

export interface ProposedRule extends Candidate {
  /** Violations now; null where it was not counted. */
  violations: number | null
}

/** `orders.customer_id` as words of a name: `orders-customer-id`. */
export function nameFor(columns: readonly string[], kind: ProposedKind): string {
  const words = [...columns, kind].join('-').replace(/[^A-Za-z0-9]+/g, '-')
  return words.replace(/^-+|-+$/g, '').toLowerCase()
}
