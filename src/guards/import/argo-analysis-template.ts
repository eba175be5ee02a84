// Argo Rollouts' AnalysisTemplate, ClusterAnalysisTemplate and AnalysisRun: each metric over Prometheus becomes a guard.
import { parseDurationMs } from '../../lib/duration.ts'
import { ConditionError } from '../../verdict/peers/argo-condition.ts'
import { ARGO_DEFAULTS } from '../../verdict/peers/argo.ts'
import { argoQuery } from './argo-query.ts'
import type { Collected, ImportedGuard, ImportedQuery } from './collected.ts'
import { conditionBounds, opposite, type Bounded, type ConditionBounds } from './condition-bounds.ts'
import { placeholdersIn, withArguments, type Arguments } from './placeholders.ts'
import { listOf, mapOf, numberOf, type Keys, type Resource } from './resources.ts'

export const ARGO_KINDS: readonly string[] = ['AnalysisTemplate', 'ClusterAnalysisTemplate', 'AnalysisRun']

/** Fields of a metric that are read, or looked at elsewhere. */
const METRIC_FIELDS = new Set([
  'name',
  'provider',
  'successCondition',
  'failureCondition',
  'failureLimit',
  'inconclusiveLimit',
  'consecutiveErrorLimit',
  'consecutiveSuccessLimit',
  'interval',
  'initialDelay',
  'count',
])
const SPEC_FIELDS: Readonly<Record<string, string>> = {
  measurementRetention: 'recordings keep all measurements',
  ttlStrategy: 'runs are kept by gonogo',
  terminate: 'a run is stopped with "gonogo abort"',
}

/** @param given values of arguments that rollouts in the same files pass. */
export function importAnalysisTemplate(resource: Resource, given: Arguments, into: Collected): void {
  const spec = mapOf(resource.value.spec) ?? {}
  const declared = new Set(listOf(spec.args).map((arg) => String(mapOf(arg)?.name)))
  const passed = Object.entries(given).filter(([name]) => declared.has(name))
  const values = { ...argumentsOf(spec.args), ...Object.fromEntries(passed) }
  for (const [index, arg] of listOf(spec.args).entries()) {
    const name = String(mapOf(arg)?.name ?? '')
    if (mapOf(mapOf(arg)?.valueFrom)?.secretKeyRef)
      into.leaveOut(
        resource,
        ['spec', 'args', index],
        `a secret: write a reference like \${env:NAME} in the place of {{args.${name}}}`,
      )
  }
  for (const [field, why] of Object.entries(SPEC_FIELDS))
    if (spec[field] !== undefined) into.leaveOut(resource, ['spec', field], why)
  const isDry = dryRunOf(spec.dryRun, resource, into)
  for (const [index, metric] of listOf(spec.metrics).entries()) {
    const map = mapOf(metric)
    if (map) importMetric({ resource, at: ['spec', 'metrics', index], metric: map, values, isDry, into })
  }
}

/** Arguments that have a value. */
export function argumentsOf(args: unknown): Arguments {
  return Object.fromEntries(
    listOf(args).flatMap((arg) => {
      const { name, value } = mapOf(arg) ?? {}
      return typeof name === 'string' && value !== undefined && value !== null ? [[name, String(value)]] : []
    }),
  )
}

/** Metrics of a dry run are measured and have no say. */
function dryRunOf(rules: unknown, resource: Resource, into: Collected): (metric: string) => boolean {
  const names = listOf(rules).flatMap((rule, index) => {
    const pattern = String(mapOf(rule)?.metricName ?? '')
    // A hostile pattern must not hang: only plain names, and ".*" for all of them, are understood.
    if (/^[\w .-]+$/.test(pattern) || pattern === '.*') return [pattern]
    into.leaveOut(
      resource,
      ['spec', 'dryRun', index],
      `"${pattern}" is a pattern; set \`severity: notify\` on those it matches`,
    )
    return []
  })
  return (metric) => names.some((name) => name === '.*' || name === metric)
}

interface Metric {
  resource: Resource
  at: Keys
  metric: Readonly<Record<string, unknown>>
  values: Arguments
  isDry: (metric: string) => boolean
  into: Collected
}

function importMetric(given: Metric): void {
  const { resource, at, into, values } = given
  const metric = withArguments(given.metric, values)
  const leaveOut = (field: string | null, why: string): void =>
    into.leaveOut(resource, field === null ? at : [...at, field], why)
  for (const field of Object.keys(metric)) if (!METRIC_FIELDS.has(field)) leaveOut(field, 'is not understood')
  const conditions = conditionsOf(metric, leaveOut)
  if (!conditions) return
  if ((numberOf(metric.failureLimit) ?? 0) < 0)
    return leaveOut('failureLimit', 'failures are not counted: there is nothing to guard')
  const name = String(metric.name ?? 'metric')
  const everyMs = durationOf(metric, 'interval', leaveOut)
  const query = argoQuery(metric, conditions.fold, (keys, why) => into.leaveOut(resource, [...at, ...keys], why))
  if (!query) return
  const wanted = name === resource.name ? name : `${resource.name}-${name}`
  const imported: ImportedQuery = { query: query.text, unit: 'count', scope: 'service', ...query.range }
  const signal = into.addQuery(query.server, wanted, imported, everyMs)
  into.addGuard(wanted, guardOf({ ...given, metric }, { signal, conditions, everyMs, name, leaveOut }))
}

interface Conditions {
  success: Bounded[]
  failure: Bounded[]
  fold: 'max' | 'min' | null
}

type LeaveOut = (field: string | null, why: string) => void

function guardOf(
  { resource, metric, isDry }: Metric,
  about: { signal: string; conditions: Conditions; everyMs: number; name: string; leaveOut: LeaveOut },
): ImportedGuard {
  const { signal, conditions, everyMs, name, leaveOut } = about
  const { success, failure } = conditions
  const whole = (field: 'failureLimit' | 'inconclusiveLimit' | 'count'): Record<string, number> => {
    const value = wholeOf(metric, field, leaveOut)
    return value === null || value === 0 ? {} : { [field]: value }
  }
  if (metric.consecutiveSuccessLimit !== undefined)
    leaveOut('consecutiveSuccessLimit', 'a guard does not end early by successes; stages promote early by the verdict')
  const delayMs = durationOf(metric, 'initialDelay', leaveOut)
  const once = metric.interval === undefined && metric.count === undefined ? { count: 1 } : whole('count')
  const errors = wholeOf(metric, 'consecutiveErrorLimit', leaveOut) ?? ARGO_DEFAULTS.consecutiveErrorLimit
  return {
    kind: 'failure-limit',
    title: name === resource.name ? name : `${resource.name}: ${name}`,
    signal,
    scope: 'service',
    ...(success.length > 0 ? { success } : {}),
    ...(failure.length > 0 ? { failure } : {}),
    ...whole('failureLimit'),
    ...whole('inconclusiveLimit'),
    ...(everyMs > 0 ? { every: String(metric.interval) } : {}),
    ...(delayMs > 0 ? { delay: String(metric.initialDelay) } : {}),
    ...once,
    ...(isDry(name) ? { severity: 'notify' } : {}),
    unknownMax: errors + 1,
  }
}

/** Both conditions as bounds; null where one of them says more than a guard can. */
function conditionsOf(metric: Metric['metric'], leaveOut: LeaveOut): Conditions | null {
  const success = boundsOf(metric, 'successCondition', leaveOut)
  const failure = boundsOf(metric, 'failureCondition', leaveOut)
  if (success === 'none' || failure === 'none') return null
  if (!success && !failure) {
    leaveOut(null, 'has no condition: it can never fail')
    return null
  }
  if (success && failure && success.fold !== failure.fold) {
    leaveOut('failureCondition', 'looks at other series than the successCondition')
    return null
  }
  const fold = success?.fold ?? failure?.fold ?? null
  if (success && isJoint(success, 'all') && (!failure || isJoint(failure, 'any')))
    return { success: success.bounds, failure: failure?.bounds ?? [], fold }
  if (failure && isJoint(failure, 'any') && !success) return { success: [], failure: failure.bounds, fold }
  // Alone, "fails when not" is the same as "succeeds when".
  const [turnedFailure, turnedSuccess] = [
    success && !failure && opposite(success),
    failure && !success && opposite(failure),
  ]
  if (turnedFailure && isJoint(turnedFailure, 'any')) return { success: [], failure: turnedFailure.bounds, fold }
  if (turnedSuccess && isJoint(turnedSuccess, 'all')) return { success: turnedSuccess.bounds, failure: [], fold }
  leaveOut(success && !isJoint(success, 'all') ? 'successCondition' : 'failureCondition', 'is more than one range')
  return null
}

function isJoint({ joint, bounds }: ConditionBounds, wanted: 'all' | 'any'): boolean {
  return joint === wanted || bounds.length === 1
}

/** Null: there is no such condition; `none`: it cannot be expressed, which has been said. */
function boundsOf(metric: Metric['metric'], field: string, leaveOut: LeaveOut): ConditionBounds | null | 'none' {
  const source = metric[field]
  if (source === undefined || source === null || source === '') return null
  const unfilled = placeholdersIn(String(source))
  if (unfilled.length > 0) {
    leaveOut(field, `${unfilled.join(', ')} has no value here: write it into the condition, and import again`)
    return 'none'
  }
  try {
    const bounds = conditionBounds(String(source))
    if (bounds.holdsWithoutData)
      leaveOut(
        field,
        `counts no data as a ${field === 'successCondition' ? 'success' : 'failure'}; here no data is unknown`,
      )
    return bounds
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error
    const text = String(source).trim()
    // A `#` behind a space begins a comment in YAML, and what was meant is gone.
    const hint = /[,({]$/.test(text) ? '; in YAML a condition with # in it must be in quotation marks' : ''
    leaveOut(field, `"${text.slice(0, 200)}": ${error.message}${hint}`)
    return 'none'
  }
}

function durationOf(metric: Metric['metric'], field: string, leaveOut: LeaveOut): number {
  const value = metric[field]
  if (value === undefined || value === null || value === '') return 0
  const parsed = parseDurationMs(String(value))
  if (parsed === null) leaveOut(field, `"${String(value)}" is not a duration`)
  return parsed ?? 0
}

function wholeOf(metric: Metric['metric'], field: string, leaveOut: LeaveOut): number | null {
  const value = metric[field]
  if (value === undefined || value === null) return null
  const number = numberOf(value)
  if (number !== null && Number.isInteger(number) && number >= 0) return number
  leaveOut(field, `"${String(value)}" is no whole number`)
  return null
}
