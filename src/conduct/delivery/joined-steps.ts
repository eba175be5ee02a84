// Steps of the capsule of several services as one step: each in a shell of its own, in this order.
import type { CapsuleStep } from '../../plan/way-back.ts'

/** Null where there is none. A step that fails ends the whole: those after it rest on it. */
export function joinedSteps(steps: readonly (CapsuleStep | null)[]): CapsuleStep | null {
  const there = steps.filter((step) => step !== null)
  const [first] = there
  if (!first || there.length === 1) return first ?? null
  return {
    stage: first.stage,
    title: there.map(({ title }) => title).join('; '),
    shell: there.map(({ shell }) => `(\nset -eu\n${shell.trimEnd()}\n)`).join('\n'),
    files: Object.assign({}, ...there.map(({ files }) => files)) as Record<string, string>,
  }
}
