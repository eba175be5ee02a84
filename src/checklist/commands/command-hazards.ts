// What there is to know of a command before it is run: that it stays in the background, never ends, asks, destroys, looks only.
import type { CommandStep } from '../../plan/plan.ts'
import { destroys } from './destructive.ts'
import { callsLookOnly } from './looks-only.ts'
import { findPlaceholders, maskPlaceholders, readVariables } from './placeholders.ts'
import { callsOf } from './shell-calls.ts'
import { readShell } from './shell-syntax.ts'
import { isEndless, isInteractive } from './unattended.ts'

export type Hazards = Pick<
  CommandStep,
  'background' | 'endless' | 'interactive' | 'destructive' | 'placeholders' | 'variables' | 'looksOnly' | 'problem'
>

/** Looks at a command as it is written; nothing is run. */
export function findHazards(script: string): Hazards {
  const shell = readShell(maskPlaceholders(script))
  const found = callsOf(shell.statements)
  const background = shell.statements.at(-1)?.node.background === true
  const { reads, sourced } = readVariables(shell.statements, script)
  // What stays in the background is not waited for.
  const waited = shell.statements.filter(({ node }) => node.background !== true)
  const awaited = waited.length === shell.statements.length ? found : callsOf(waited)
  const endless = awaited.loopsForever || awaited.calls.some(isEndless)
  return {
    background,
    endless,
    interactive: found.asks || found.calls.some(isInteractive),
    destructive: found.calls.some(destroys),
    looksOnly: shell.problem === null && shell.statements.length > 0 && !background && callsLookOnly(found),
    placeholders: findPlaceholders(script),
    variables: sourced ? [] : reads,
    problem: shell.problem,
  }
}

/** Whether every command of the script is known to look only. Unknown programs change things: the safe reading. */
export function looksOnly(script: string): boolean {
  return findHazards(script).looksOnly
}
