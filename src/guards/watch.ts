// Judges a stretch of recorded samples, as an item of the checklist asks for. Pure.
import { failed, passed, unverified, worstStatus, type Measurement, type Outcome } from '../plan/outcome.ts'
import type { WatchSpec } from '../plan/binding.ts'
import type { Sample } from '../plan/signal.ts'
import { satisfies } from '../plan/threshold.ts'
import { distance } from './reading.ts'
import { plural } from '../lib/plural.ts'
import { boundOf, distanceUnit, formatValue, subjectOf } from './sentence.ts'

export interface WatchContext {
  candidate: string
  stable: string
  /** Signal → value before the release: compared with where the stable version has none in the stretch. */
  baseline?: Record<string, number>
}

/**
 * Whether the aggregate over the stretch is as it should be. No data, or more unknown than known: `unverified`.
 * @returns an outcome with the figures as measurements; scope `any` judges each version and takes the worse.
 */
export function judgeWatch(spec: WatchSpec, samples: readonly Sample[], context: WatchContext): Outcome {
  const outcomes = versionsOf(spec, context).map((version) => judgeVersion(spec, samples, version, context))
  const [first] = outcomes
  if (first && outcomes.length === 1) return first
  return {
    status: worstStatus(outcomes.map(({ status }) => status)),
    summary: outcomes.map(({ summary }) => summary).join('; '),
    measurements: outcomes.flatMap(({ measurements }) => measurements),
    evidence: [],
  }
}

function versionsOf({ scope }: WatchSpec, { candidate, stable }: WatchContext): (string | null)[] {
  const versions = { candidate: [candidate], stable: [stable], any: [candidate, stable], service: [null] }
  return versions[scope]
}

function judgeVersion(
  spec: WatchSpec,
  samples: readonly Sample[],
  version: string | null,
  context: WatchContext,
): Outcome {
  const subject = `${spec.aggregate} ${subjectOf(spec.signal, version)}`
  const stretch = summarise(samples, spec.signal, version, spec.aggregate)
  if (stretch.value === null) return unverified(`${subject}: ${stretch.why}`)
  const baseline = spec.relativeTo ? baselineValue(spec, samples, context) : null
  const measured = distance(spec.relativeTo, stretch.value, baseline)
  const measurements: Measurement[] = [{ name: subject, value: stretch.value, unit: stretch.unit }]
  if (baseline !== null) measurements.push({ name: `${subject}, baseline`, value: baseline, unit: stretch.unit })
  if (measured === null)
    return unverified(`${subject} ${formatValue(stretch.value, stretch.unit)}: nothing to compare with`, {
      measurements,
    })
  const unit = distanceUnit(spec, stretch.unit)
  const against =
    baseline === null ? '' : ` against ${formatValue(baseline, stretch.unit)}: ${formatValue(measured, unit)}`
  const good = satisfies(spec, measured) === true
  const rests = [plural(stretch.known, 'sample'), ...(stretch.unknown > 0 ? [`${stretch.unknown} unknown`] : [])]
  const summary =
    `${subject} ${formatValue(stretch.value, stretch.unit)}${against}, ` +
    `${good ? 'as wanted' : 'wanted'} ${boundOf(spec, unit)} (${rests.join(', ')})`
  return good ? passed(summary, { measurements }) : failed(summary, { measurements })
}

/** The stable version over the same stretch; else its value before the release. */
function baselineValue(spec: WatchSpec, samples: readonly Sample[], context: WatchContext): number | null {
  const stable = spec.scope === 'candidate' || spec.scope === 'any'
  const value = stable ? summarise(samples, spec.signal, context.stable, spec.aggregate).value : null
  return value ?? context.baseline?.[spec.signal] ?? null
}

interface Stretch {
  /** Null: nothing to judge by, `why` says why. */
  value: number | null
  why: string
  unit: string
  known: number
  /** Looks at which the source could not tell; looks without traffic are not among them. */
  unknown: number
}

function summarise(samples: readonly Sample[], signal: string, version: string | null, aggregate: string): Stretch {
  const concerned = samples.filter((sample) => sample.signal === signal && sample.version === version)
  const asked = concerned.filter(({ observations }) => observations !== 0)
  const known = asked.filter((sample): sample is Known => sample.value !== null && Number.isFinite(sample.value))
  const unknown = asked.filter(({ value }) => value === null || !Number.isFinite(value))
  const counts = { unit: known.at(-1)?.unit ?? '', known: known.length, unknown: unknown.length }
  const nothing = (why: string): Stretch => ({ ...counts, value: null, why })
  if (known.length === 0) return nothing(concerned.at(-1)?.detail ?? 'no samples')
  if (unknown.length > known.length)
    return nothing(
      `unknown at ${unknown.length} of ${plural(concerned.length, 'look')} (${unknown.at(-1)?.detail ?? '?'})`,
    )
  const value = aggregated(known, aggregate)
  return value === null ? nothing(`"${aggregate}" is no aggregate`) : { ...counts, value, why: '' }
}

type Known = Sample & { value: number }

/** `avg` is weighted by observations; `pNN` is the nearest rank. Null for an aggregate that there is not. */
function aggregated(samples: readonly Known[], aggregate: string): number | null {
  const values = samples.map(({ value }) => value)
  switch (aggregate) {
    case 'avg':
      return weightedMean(samples)
    case 'max':
      return values.reduce((a, b) => Math.max(a, b))
    case 'min':
      return values.reduce((a, b) => Math.min(a, b))
    case 'last':
      return samples.reduce((a, b) => (b.at >= a.at ? b : a)).value
    default: {
      const percent = Number(/^p(\d{1,2}(?:\.\d+)?)$/.exec(aggregate)?.[1] ?? Number.NaN)
      if (Number.isNaN(percent)) return null
      const rank = Math.max(1, Math.ceil((percent / 100) * values.length))
      return values.toSorted((a, b) => a - b)[rank - 1] ?? null
    }
  }
}

function weightedMean(samples: readonly Known[]): number {
  let weights = 0
  let sum = 0
  for (const { value, observations } of samples) {
    const weight = observations ?? 1
    weights += weight
    sum += weight * value
  }
  return sum / weights
}
