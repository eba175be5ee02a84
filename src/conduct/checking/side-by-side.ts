// Looks side by side, but not all at once; those that measure the machine have it to themselves, afterwards.
import { findKind } from '../../catalog/catalog.ts'
import { inParallel } from '../../lib/in-parallel.ts'
import type { Binding } from '../../plan/binding.ts'

/** Runs `look` over the subjects. Results stand in their order. */
export async function sideBySide<T, R>(
  subjects: readonly T[],
  atOnceMax: number,
  bindingOf: (subject: T) => Binding,
  look: (subject: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<T, R>()
  const keep = async (subject: T): Promise<void> => void results.set(subject, await look(subject))
  await inParallel(
    subjects.filter((subject) => !isAlone(bindingOf(subject))),
    atOnceMax,
    keep,
  )
  await inParallel(
    subjects.filter((subject) => isAlone(bindingOf(subject))),
    1,
    keep,
  )
  return subjects.map((subject) => results.get(subject) as R)
}

function isAlone(binding: Binding): boolean {
  return binding.type === 'check' && findKind('check', binding.check, { path: 'check' }).alone === true
}
