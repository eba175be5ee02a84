// Contract of a signal source: reads measurements; what it cannot read is unknown, never zero.
import type { z } from 'zod'
import type { Sample, VersionCounters } from '../plan/signal.ts'

/** What a source gets from outside; the conductor fills it from the router and the target. */
export interface SourceContext {
  directory: string
  /** Counters per version of the release's router; of several services that of the one named. Null: it counts nothing. */
  counters(signal: AbortSignal, service?: string): Promise<VersionCounters[] | null>
  /** Instances per version of the release's target. */
  instances(): Promise<
    Record<string, { id: string; host: string; port: number; pid: number | null; restarts: number }[]>
  >
  /** The versions of the release; null where nothing is released, or nothing is known of it yet. */
  versions(): { candidate: string | null; stable: string | null }
}

export interface Source {
  /** Looked at no more often than this; left out: at every tick of the sampling. */
  everyMs?: number
  /** How long one look may take; left out: a little less than the sampling interval. */
  timeoutMs?: number
  /** One look. Bad news is a sample with `value: null` or a bad value; it does not throw. */
  sample(now: number, signal: AbortSignal): Promise<Sample[]>
  /** Lets go of what it holds (a port it listens on). Called once, when nobody samples any more; does not throw. */
  close?(): Promise<void>
}

/** A kind of source. */
export interface SourceKind<Options = unknown> {
  id: string
  summary: string
  options: z.ZodType<Options>
  example: unknown
  failingExample: unknown
  secretFields: readonly string[]
  /** Names of the signals it gives, for validation and for recognition of the document's words. */
  signals(options: Options): string[]
  describe(options: Options): string
  create(options: Options, context: SourceContext): Source
}

/** Keeps the option type while declaring a kind. */
export function defineSource<Options>(kind: SourceKind<Options>): SourceKind<Options> {
  return kind
}
