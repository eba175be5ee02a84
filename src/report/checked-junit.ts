// What `gonogo check` came to, for CI systems that read JUnit: what nobody bound is an error there, as everything that is not verified.
import { UNBOUND_REMEDY, type CheckedItem, type CheckedRelease } from './checked.ts'
import { RESULTS, renderSuites, type Suite } from './junit.ts'

/** A suite for each phase, one for guards that cannot turn red. */
export function renderCheckedJunit({ service, items, unbound, blindGuards }: CheckedRelease): string {
  const cases = new Map<string, Suite['cases']>()
  const add = (phase: string, one: Suite['cases'][number]): void => {
    cases.set(phase, [...(cases.get(phase) ?? []), one])
  }
  for (const item of items) add(item.phase, itemCase(item))
  for (const { phase, text } of unbound)
    add(phase, {
      name: text,
      seconds: 0,
      result: 'error',
      message: 'nobody said how to verify it',
      output: UNBOUND_REMEDY,
    })
  for (const { title, sentence } of blindGuards)
    add('Guards', { name: title, seconds: 0, result: 'failure', message: 'cannot turn red', output: sentence })
  return renderSuites(
    service,
    [...cases].map(([name, own]) => ({ name, startedAt: null, cases: own })),
  )
}

function itemCase({ label, text, status, summary, remedy, durationMs }: CheckedItem): Suite['cases'][number] {
  return {
    name: label ?? text,
    seconds: durationMs / 1000,
    result: status === 'waived' ? RESULTS.skipped : RESULTS[status],
    message: summary,
    output: remedy ?? '',
  }
}
