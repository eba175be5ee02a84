// Each guard of the run: its rule in words, how often it tripped, and the worst it saw.
import { formatDuration } from '../lib/duration.ts'
import type { GuardRule } from '../plan/guard-rule.ts'
import type { GuardBody } from '../plan/run-record.ts'
import type { Sample } from '../plan/signal.ts'
import { satisfies } from '../plan/threshold.ts'
import type { Read } from './entries.ts'
import { formatReading, formatValue, signalTitle } from './format.ts'
import type { Recording } from './recording.ts'
import type { ReportGuard, ReportModel } from './shape.ts'

const SCOPE_WORDS: Record<GuardRule['scope'], string> = {
  candidate: ' of the candidate',
  stable: ' of the stable version',
  any: ' of any version',
  service: '',
}

/** "error rate of the candidate > 50 %, 5 samples in a row". */
export function describeRule(rule: GuardRule, unit: string): string {
  const show = (value: number): string => {
    if (rule.relativeTo === 'baseline') return `${formatValue(value, 'percent')} above baseline`
    const reading = formatReading(rule.signal, value, unit)
    return rule.relativeTo === 'baseline-points' ? `baseline plus ${reading}` : reading
  }
  const bound =
    rule.operator === 'between'
      ? `between ${show(rule.value)} and ${show(rule.valueMax ?? Number.POSITIVE_INFINITY)}`
      : `${rule.operator === '==' ? 'is' : rule.operator === '!=' ? 'is not' : rule.operator} ${show(rule.value)}`
  const parts = [`${signalTitle(rule.signal)}${SCOPE_WORDS[rule.scope]} ${bound}`]
  if (rule.consecutive > 1) parts.push(`${rule.consecutive} samples in a row`)
  if (rule.forMs > 0) parts.push(`for ${formatDuration(rule.forMs)}`)
  if (rule.observationsMin > 1) parts.push(`at least ${rule.observationsMin} observations`)
  return parts.join(', ')
}

/** One row a rule, in the plan's order. */
export function reportGuards(
  rules: readonly GuardRule[],
  entries: readonly Read<GuardBody>[],
  recording: Recording,
  versions: ReportModel['versions'],
): ReportGuard[] {
  return rules.map((rule) => {
    const samples = samplesInScope(rule, recording, versions)
    const known = samples.filter((sample) => sample.value !== null)
    return {
      rule,
      condition: describeRule(rule, recording.unitOf(rule.signal)),
      trips: entries
        .filter(({ body }) => body.rule === rule.id)
        .map(({ entry, body }) => ({ at: entry.at, severity: body.severity, sentence: body.sentence })),
      worst: worstOf(rule, known),
      samples: known.length,
      unknown: samples.length - known.length,
    }
  })
}

function samplesInScope(rule: GuardRule, recording: Recording, versions: ReportModel['versions']): Sample[] {
  const scopes: (string | null)[] =
    rule.scope === 'service' ? [null] : rule.scope === 'any' ? recording.versions() : [versions[rule.scope]]
  // An unknown version is not the whole service: nothing was seen in that scope.
  return scopes.flatMap((version) =>
    version === null && rule.scope !== 'service' ? [] : [...recording.of(rule.signal, version)],
  )
}

/** The sample furthest towards the rule's bad state; for equality and ranges, the first one in it, else the last one. */
function worstOf(rule: GuardRule, known: readonly Sample[]): ReportGuard['worst'] {
  let worst: Sample | null = null
  for (const sample of known) if (worst === null || isWorse(rule, sample.value ?? 0, worst.value ?? 0)) worst = sample
  return worst && { value: worst.value ?? 0, unit: worst.unit, at: worst.at, version: worst.version }
}

function isWorse(rule: GuardRule, value: number, than: number): boolean {
  if (rule.operator === '>' || rule.operator === '>=') return value > than
  if (rule.operator === '<' || rule.operator === '<=') return value < than
  return satisfies(rule, than) !== true
}
