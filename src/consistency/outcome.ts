// A validation as the outcome of a check: one sentence, the figures, the whole of it as evidence.
import { formatDuration } from '../lib/duration.ts'
import { plural } from '../lib/plural.ts'
import { worstStatus, type Measurement, type Outcome, type Status } from '../plan/outcome.ts'
import { successPercent, verdictOf, type RuleResult, type Validation } from './result.ts'

export interface OutcomeLimits {
  /** Least validation success, or null. */
  successPercentMin: number | null
  /** What else was looked at, each with its findings: integrity, the expected schema. */
  besides: readonly { what: string; findings: readonly string[] }[]
}

/** Rules that are named in the sentence. */
const NAMED_MAX = 3

/** Passed only where every rule was judged exactly and none of severity `error` has more violations than its limit. */
export function validationOutcome(validation: Validation, { successPercentMin, besides }: OutcomeLimits): Outcome {
  const { results, durationMs } = validation
  const success = successPercent(results)
  const status = worstStatus([
    verdictOf(results),
    successStatus(success, successPercentMin),
    ...besides.map(({ findings }): Status => (findings.length === 0 ? 'passed' : 'failed')),
  ])
  const parts = [
    countsOf(results),
    ...besides.map(({ what, findings }) => `${what}: ${findings.length === 0 ? 'as it should be' : findings[0]}`),
    ...(success === null ? [] : [successWords(success, successPercentMin)]),
    ...(success === null && successPercentMin !== null ? ['validation success could not be told'] : []),
    ...(results.length === 0 ? [] : [`judged in ${formatDuration(durationMs)}`]),
  ]
  const remedy = remedyOf(validation)
  return {
    status,
    summary: parts.join('; '),
    measurements: [
      ...measurementsOf(results, success),
      { name: 'duration', value: Math.round(durationMs), unit: 'ms' },
    ],
    evidence: [
      {
        name: 'validation',
        mediaType: 'application/json',
        content: JSON.stringify({ ...validation, besides, successPercent: success }, plainNumbers, 2),
      },
    ],
    ...(status === 'passed' || remedy === null ? {} : { remedy }),
  }
}

/** JSON has no bigint, nor bytes: the former as text, the latter in hexadecimal. */
export function plainNumbers(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Uint8Array ? `0x${Buffer.from(value).toString('hex')}` : value
}

function successStatus(success: number | null, least: number | null): Status {
  if (least === null) return 'passed'
  if (success === null) return 'unverified'
  return success >= least ? 'passed' : 'failed'
}

/** Never rounded up to a hundred. */
function successWords(success: number, least: number | null): string {
  const shown = success === 100 ? '100' : (Math.floor(success * 10_000) / 10_000).toString()
  return `validation success ${shown} %${least === null ? '' : `, at least ${least} % wanted`}`
}

function countsOf(results: readonly RuleResult[]): string {
  if (results.length === 0) return 'no rule was judged'
  const broken = results.filter(({ status }) => status !== 'passed')
  if (broken.length === 0) {
    const counts =
      results.length <= NAMED_MAX ? ` (${results.map(({ rule, count }) => `${rule}: ${count}`).join(', ')})` : ''
    return `${plural(results.length, 'rule')} ${results.length === 1 ? 'holds' : 'hold'}${counts}`
  }
  const named = broken.slice(0, NAMED_MAX).map(describeBroken)
  const more = broken.length > NAMED_MAX ? `, and ${broken.length - NAMED_MAX} more` : ''
  return `${broken.length} of ${plural(results.length, 'rule')} ${broken.length === 1 ? 'does' : 'do'} not hold: ${named.join(', ')}${more}`
}

function describeBroken({ rule, count, max, problem, certainty, severity }: RuleResult): string {
  const note = severity === 'warning' ? ', a warning' : ''
  if (count === null) return `${rule} (${problem ?? 'not judged'}${note})`
  const atLeast = certainty === 'sampled' ? 'at least ' : ''
  return `${rule} (${atLeast}${count}, at most ${max}${note})`
}

function measurementsOf(results: readonly RuleResult[], success: number | null): Measurement[] {
  const counts = results.flatMap(({ rule, count }) =>
    count === null ? [] : [{ name: rule, value: count, unit: 'count' }],
  )
  return success === null ? counts : [...counts, { name: 'validation success', value: success, unit: 'percent' }]
}

function remedyOf({ database, results }: Validation): string | null {
  const failed = results.filter(({ status }) => status === 'failed')
  if (failed.length > 0)
    return `see the rows: gonogo data validate ${database}; repair what has a fix: gonogo data fix ${database} --dry-run`
  return results.find(({ problem }) => problem !== null)?.problem ?? null
}
