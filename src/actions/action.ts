// Contract of an action: changes something; has an undo or is declared one-way.
import type { z } from 'zod'
import type { ExecOptions, ExecResult } from '../lib/exec.ts'
import type { DataPort } from '../plan/data-port.ts'
import type { CommandStep } from '../plan/plan.ts'
import type { Outcome } from '../plan/outcome.ts'
import type { Reversibility } from '../plan/way-back.ts'

export interface ActionContext {
  signal: AbortSignal
  directory: string
  env: Readonly<Record<string, string>>
  /** The commands that stand in the document at this item. */
  commands: readonly CommandStep[]
  /** Names what is done at this item in this run: the same for every attempt, and for what verifies or undoes it. */
  deed: string
  /** The project's databases and backups. */
  data: DataPort
  /** Where output of background programs goes. */
  logDirectory: string
  exec(file: string, args: readonly string[], options?: Partial<ExecOptions>): Promise<ExecResult>
  /** One line of progress. */
  progress(line: string): void
}

/** A kind of action. `verify` answers, after a crash, whether it was done. */
export interface Action<Options = unknown> {
  id: string
  summary: string
  options: z.ZodType<Options>
  example: unknown
  failingExample: unknown
  secretFields: readonly string[]
  /** Options that name something of gonogo.yaml: a database, a backup, rules. */
  refersTo?: readonly ('database' | 'backup' | 'rules')[]
  /** Asked when it has been run; without a context, of the options alone. */
  reversibility(options: Options, context?: Pick<ActionContext, 'deed' | 'logDirectory'>): Reversibility
  /** Why it is one-way, where the kind knows: "no way down for 0042_orders". */
  oneWayReason?(options: Options, context: Pick<ActionContext, 'deed' | 'logDirectory'>): string | null
  describe(options: Options, commands: readonly CommandStep[]): string
  run(options: Options, context: ActionContext): Promise<Outcome>
  verify(options: Options, context: ActionContext): Promise<'done' | 'not-done' | 'unknown'>
  /** Takes it back; only called when reversibility is not `one-way`. */
  undo(options: Options, context: ActionContext): Promise<Outcome>
}

/** Keeps the option type while declaring a kind. */
export function defineAction<Options>(action: Action<Options>): Action<Options> {
  return action
}
