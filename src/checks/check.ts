// Contract of a check: looks and judges, changes nothing.
import type { z } from 'zod'
import type { ExecOptions, ExecResult } from '../lib/exec.ts'
import type { DataPort } from '../plan/data-port.ts'
import type { Item, Proposal } from '../plan/plan.ts'
import type { Outcome } from '../plan/outcome.ts'

/** What a check gets from outside. */
export interface CheckContext {
  /** Aborts when the run is cancelled or the check's deadline has passed. */
  signal: AbortSignal
  /** Directory of `gonogo.yaml`; relative paths are taken from here. */
  directory: string
  /** The whole environment the release runs in, not only what is added to it. */
  env: Readonly<Record<string, string>>
  /** The project's databases and backups. */
  data: DataPort
  /** Runs a program under the check's signal and deadline. */
  exec(file: string, args: readonly string[], options?: Partial<ExecOptions>): Promise<ExecResult>
}

/** What a kind offers recognition: a proposal with valid options, or null. It abstains rather than guesses. */
export type Recognise = (
  item: Pick<Item, 'text' | 'label' | 'code' | 'thresholds' | 'commands'>,
) => Omit<Proposal, 'check'> | null

/** A kind of check: one file, its test, one line in the catalogue. */
export interface Check<Options = unknown> {
  /** kebab-case, as written in `gonogo.yaml`. */
  id: string
  summary: string
  options: z.ZodType<Options>
  /** Options as a user would write them, of a case that can pass. */
  example: unknown
  /** Options (as a user would write them) that turn it red: every gate can fail. */
  failingExample: unknown
  /** Options whose values are secrets. */
  secretFields: readonly string[]
  /** How to fix it, in a sentence, where the outcome has nothing better to say. */
  remedy: string
  /** What a user may not have and this kind asks for, as "kubectl" or "the npm package redis"; it says so where it is missing. */
  needs?: string
  /** What it looks at is what a person stated: no machine saw it. */
  restsOnPeople?: boolean
  /** Takes the machine to itself: what is measured would suffer from others running beside it. */
  alone?: boolean
  /** Options that name something of gonogo.yaml: a database, a backup, rules. */
  refersTo?: readonly ('database' | 'backup' | 'rules')[]
  recognise?: Recognise
  /** Dry-run text: what would be looked at. */
  describe(options: Options): string
  /** Judges. Never throws for bad news: unreachable, refused, no such file are `failed` or `unverified`. */
  run(options: Options, context: CheckContext): Promise<Outcome>
}

/** Keeps the option type while declaring a kind. */
export function defineCheck<Options>(check: Check<Options>): Check<Options> {
  return check
}
