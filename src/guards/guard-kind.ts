// Contract of a kind of guard: what a rule looks for in a stream of looks. Pure; severities, events, silence, repeated looks and
// the limit of unknowns are the judge's and the same for all.
import type { z } from 'zod'
import type { GuardSeries, Scope } from '../plan/guard-rule.ts'
import type { Sample } from '../plan/signal.ts'

/** The samples of one moment that concern a rule, none of them seen before. */
export interface Look {
  /** Milliseconds since the epoch. */
  at: number
  /**
   * Those of the rule's series, of the judged version where the series is of scope `any`; and beside them, for comparison, the
   * stable version's of the same signals. Not all of the series need be among them: sources look at a pace of their own.
   */
  samples: readonly Sample[]
}

export interface GuardContext {
  candidate: string
  stable: string
  /** Whom this reading is about; null for the whole service. */
  version: string | null
  /** Sampling interval of the run. */
  samplingMs: number
  /** The pace at which looks at this rule's series come: that of the sampling, or the source's own slower one. */
  intervalMs: number
  /** Signal → value of the stable version before the release. */
  baseline: Readonly<Record<string, number>>
  /** Stages of the delivery begun so far; grows when the candidate's share of the traffic changes. */
  stage: number
  /** Since the look before at this rule's series; null at the first, and where a clock was set back. */
  elapsedMs: number | null
}

/**
 * What one look means. `bad` and `good` are known. `idle`: the source could tell, but there was too little to judge by.
 * `unknown`: it could not tell. Neither of the two is good, neither is bad.
 */
export interface GuardReading {
  kind: 'good' | 'bad' | 'idle' | 'unknown'
  /** What it rests on; of several the one that did it. */
  sample: Sample
  /** For a person: of `bad` the claim ("v2 error rate 60 % > 50 %"), of `idle` and `unknown` why ("connection refused"). */
  sentence: string
  /** What a bad reading rests on besides: "37 requests", "(2 instances refused)". */
  rests?: readonly string[]
  /** False: good, but not so good that a rule which has tripped is well again. @default true */
  well?: boolean
}

/** How long a state must last before it counts. */
export interface Lasting {
  /** Bad looks in a row; unknown and idle ones in between neither count nor break the row. */
  consecutive: number
  /** From the first bad look to the last. */
  forMs: number
  /** A rule that has tripped is well again after it has been so for so long. */
  clearMs: number
}

export interface ProvocationContext {
  candidate: string
  stable: string
  samplingMs: number
  /** Signal → how often its source looks, where that is less often than the sampling. */
  everyMs: Readonly<Record<string, number>>
}

/** Looks that must turn a rule red: the negative control of a gate. */
export interface Provocation {
  /** In order of time; all samples of a look have the same `at`. */
  looks: Sample[][]
  /** When the planted fault begins: looks before it are good. */
  faultAt: number
}

/** Worst time from the begin of a plain fault, one that shows in full in every look, to the trip; besides what a look itself takes. */
export interface Reaction {
  /** Null: it cannot be bounded, `given` says why. */
  ms: number | null
  /** What it takes: "5 requests a look", "2 failed requests"; null where it takes nothing. */
  given: string | null
}

/** A kind of guard. `State` is plain JSON of bounded size, whatever the number of looks. */
export interface GuardKind<Options = unknown, State = unknown> {
  id: string
  summary: string
  /** Reads its own output again unchanged, also after a trip through JSON. */
  options: z.ZodType<Options>
  /** Options as written in gonogo.yaml. */
  example: unknown
  failingExample: unknown
  /** Whom it judges: one reading a version, or one for the service. */
  scope(options: Options): Scope
  /** What it looks at, the one that names it first. It is called when one of them has a new sample. */
  series(options: Options): GuardSeries[]
  /** When it trips: "error rate of the candidate > 50 %, 5 samples in a row". */
  describe(options: Options): string
  /** How long a bad reading must last. Left out: the first bad reading trips, and the first good one mends. */
  lasting?(options: Options): Lasting
  start(options: Options, context: GuardContext): State
  /** Neither changes the given state nor keeps the look. */
  judge(options: Options, state: State, look: Look, context: GuardContext): { state: State; reading: GuardReading }
  provocation(options: Options, context: ProvocationContext): Provocation
  reaction(options: Options, context: ProvocationContext): Reaction
}

/** Looks a kind up: `guardKind` of the catalogue. */
export type GuardKinds = (id: string) => GuardKind

/** Keeps the types of options and state while declaring a kind. */
export function defineGuard<Options, State>(kind: GuardKind<Options, State>): GuardKind<Options, State> {
  return kind
}
