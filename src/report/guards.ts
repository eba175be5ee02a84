// Each guard of the run: its rule in words, how often it tripped, and the worst it saw.
import type { GuardRule, GuardSeries } from '../plan/guard-rule.ts'
import type { GuardBody } from '../plan/run-record.ts'
import type { Sample } from '../plan/signal.ts'
import { satisfies } from '../plan/threshold.ts'
import type { Read } from './entries.ts'
import { looksOf, type Recording } from './recording.ts'
import type { ReportGuard, ReportModel } from './shape.ts'

type Bad = NonNullable<GuardSeries['bad']>

/** One row a rule, in the plan's order. */
export function reportGuards(
  rules: readonly GuardRule[],
  entries: readonly Read<GuardBody>[],
  recording: Recording,
  versions: ReportModel['versions'],
): ReportGuard[] {
  return rules.map((rule) => {
    const seen = rule.series.map((series) => {
      const samples = samplesInScope(series, recording, versions)
      return { samples, known: samples.filter((sample) => sample.value !== null) }
    })
    const [first, ...others] = rule.series
    const directed = first?.bad && others.every(({ bad }) => bad === null) ? first.bad : null
    return {
      rule,
      condition: rule.condition,
      trips: entries
        .filter(({ body }) => body.rule === rule.id)
        .map(({ entry, body }) => ({ at: entry.at, severity: body.severity, sentence: body.sentence })),
      worst: directed && worstOf(directed, seen[0]?.known ?? []),
      // A rule that looks at several series has seen no more than the least seen of them.
      samples: Math.min(...seen.map(({ known }) => countLooks(known))),
      unknown: Math.max(...seen.map(({ samples, known }) => countLooks(samples) - countLooks(known))),
    }
  })
}

function countLooks(samples: readonly Sample[]): number {
  return samples.reduce((sum, sample) => sum + looksOf(sample), 0)
}

function samplesInScope(
  { signal, scope }: GuardSeries,
  recording: Recording,
  versions: ReportModel['versions'],
): Sample[] {
  const scopes: (string | null)[] =
    scope === 'service' ? [null] : scope === 'any' ? recording.versions() : [versions[scope]]
  // An unknown version is not the whole service: nothing was seen in that scope.
  return scopes.flatMap((version) =>
    version === null && scope !== 'service' ? [] : [...recording.of(signal, version)],
  )
}

/** The sample furthest towards the bad state; for equality and ranges, the first one in it, else the last one. */
function worstOf(bad: Bad, known: readonly Sample[]): ReportGuard['worst'] {
  let worst: ReportGuard['worst'] = null
  for (const { signal, unit, at, version, value, thinned } of known) {
    const extremes = [thinned?.min ?? value, thinned?.max ?? value]
    for (const extreme of extremes)
      if (extreme !== null && (worst === null || isWorse(bad, extreme, worst.value)))
        worst = { signal, value: extreme, unit, at, version }
  }
  return worst
}

function isWorse(bad: Bad, value: number, than: number): boolean {
  if (bad.operator === '>' || bad.operator === '>=') return value > than
  if (bad.operator === '<' || bad.operator === '<=') return value < than
  return satisfies(bad, than) !== true
}
