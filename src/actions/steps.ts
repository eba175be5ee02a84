// The command steps of a document as an action sees them: which can run by themselves, and how they are shown.
import { excerpt } from '../lib/excerpt.ts'
import type { CommandStep } from '../plan/plan.ts'

/** Why a step is not run by itself; empty where it can be. */
export function refuse(step: CommandStep): string[] {
  const reasons = [
    step.placeholders.length > 0 ? `${step.placeholders.join(', ')} must be filled in first` : '',
    step.interactive ? 'it waits for a person to type' : '',
    step.endless && !step.background ? 'it never ends' : '',
  ]
  return reasons.filter(Boolean).map((reason) => `line ${step.line}, \`${excerpt(step.script, 80)}\`: ${reason}`)
}

/** Shell text of the configuration as a step. */
export function shellStep(script: string): CommandStep {
  const flags = { endless: false, interactive: false, destructive: false, placeholders: [] }
  return { script, title: null, line: 0, background: /(^|[^&])&\s*$/.test(script), ...flags }
}

/** The steps in the order in which they run, with what a reader must know of each. */
export function describeSteps(steps: readonly CommandStep[]): string {
  if (steps.length === 0) return 'the commands of the item, of which there are none'
  return steps
    .map((step) => {
      const remarks = [step.destructive ? 'destructive' : '', step.background ? 'keeps running' : ''].filter(Boolean)
      return `\`${excerpt(step.script, 200)}\`${remarks.length > 0 ? ` (${remarks.join(', ')})` : ''}`
    })
    .join(', then ')
}
