// The command steps of a document as an action sees them: which can run by themselves, and how they are shown.
import { excerpt } from '../lib/excerpt.ts'
import type { CommandStep } from '../plan/plan.ts'
import { walCopies } from './wal-copies.ts'

/** Why a step is not run by itself; empty where it can be. `env` is what it would see, in `directory`. */
export function refuse(
  step: CommandStep,
  env: Readonly<Record<string, string | undefined>>,
  directory: string,
): string[] {
  const unset = step.variables.filter((name) => env[name] === undefined)
  const reasons = [
    step.problem ?? '',
    step.language === 'sql' ? 'it is SQL, for a check of data' : '',
    step.placeholders.length > 0 ? `${step.placeholders.join(', ')} must be filled in first` : '',
    unset.length > 0
      ? `${unset.map((name) => `$${name}`).join(', ')} ${unset.length === 1 ? 'is' : 'are'} set nowhere`
      : '',
    step.interactive ? 'it waits for a person to type' : '',
    step.endless && !step.background ? 'it never ends' : '',
    ...(step.language === 'shell' && !step.looksOnly
      ? walCopies([...step.setup, step.script].join('\n'), { directory, env: { ...process.env, ...env } })
      : []),
  ]
  return reasons.filter(Boolean).map((reason) => `line ${step.line}, \`${excerpt(step.script, 80)}\`: ${reason}`)
}

/** The steps of the way that was chosen, and those that every way shares; a reason where a choice is missing or unknown. */
export function chooseWay(
  steps: readonly CommandStep[],
  chosen: string | undefined,
): { steps: readonly CommandStep[]; refusal: string | null } {
  const names = [...new Set(steps.flatMap(({ alternative }) => alternative?.name ?? []))]
  const listed = names.map((name) => `"${excerpt(name, 60)}"`).join(', ')
  if (chosen === undefined)
    return { steps, refusal: names.length > 1 ? `there are several ways, of which one is run: ${listed}` : null }
  if (!names.includes(chosen))
    return { steps, refusal: `there is no way "${chosen}" here${names.length > 0 ? `, only ${listed}` : ''}` }
  return {
    steps: steps.filter(({ alternative }) => alternative === null || alternative.name === chosen),
    refusal: null,
  }
}

/** The step with its placeholders filled in; those without a value stay. */
export function fillIn(step: CommandStep, values: Readonly<Record<string, string>>): CommandStep {
  const given = step.placeholders.filter((name) => values[name] !== undefined)
  const script = given.reduce((text, name) => text.replaceAll(name, values[name] ?? ''), step.script)
  return { ...step, script, placeholders: step.placeholders.filter((name) => !given.includes(name)) }
}

/** Shell text of the configuration as a step. */
export function shellStep(script: string): CommandStep {
  const flags = { endless: false, interactive: false, destructive: false, looksOnly: false }
  const open = { placeholders: [], variables: [], alternative: null, expects: null, setup: [], problem: null }
  const background = /(^|[^&])&\s*$/.test(script)
  return { script, title: null, line: 0, language: 'shell', background, ...flags, ...open }
}

/** The steps in the order in which they run, with what a reader must know of each. */
export function describeSteps(steps: readonly CommandStep[]): string {
  if (steps.length === 0) return 'the commands of the item, of which there are none'
  return steps
    .map((step) => {
      const remarks = [
        step.setup.length > 0 ? `after \`${excerpt(step.setup.join('; '), 80)}\`` : '',
        step.destructive ? 'destructive' : '',
        step.background ? 'keeps running' : '',
        step.expects ? `must be as said: ${excerpt(step.expects.text, 80)}` : '',
      ].filter(Boolean)
      return `\`${excerpt(step.script, 200)}\`${remarks.length > 0 ? ` (${remarks.join(', ')})` : ''}`
    })
    .join(', then ')
}
