// Contract of an action: changes something; has an undo or is declared one-way.
import type { z } from 'zod'
import type { ExecOptions, ExecResult } from '../lib/exec.ts'
import type { CommandStep } from '../plan/plan.ts'
import type { Outcome } from '../plan/outcome.ts'
import type { Reversibility } from '../plan/way-back.ts'

export interface ActionContext {
  signal: AbortSignal
  directory: string
  env: Readonly<Record<string, string>>
  /** The commands that stand in the document at this item. */
  commands: readonly CommandStep[]
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
  reversibility(options: Options): Reversibility
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
