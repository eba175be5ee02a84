// Flagger's Canary: its analysis becomes one guard, its steps of weight the stages of a canary.
import { parseDurationMs } from '../../lib/duration.ts'
import { FLAGGER_BUILTIN, flaggerWeights, type ThresholdRange } from '../../verdict/peers/flagger.ts'
import type { Collected, ImportedSource } from './collected.ts'
import { placeholdersIn, withOpenPlaces, withVariables, type Arguments } from './placeholders.ts'
import { listOf, mapOf, numberOf, type Keys, type Resource } from './resources.ts'

const DEFAULT_INTERVAL = '60s'
const DEFAULT_WINDOW = '1m'
/** Flagger does not tick faster. */
const INTERVAL_MIN_MS = 10_000

const ANALYSIS_LEFT_OUT: Readonly<Record<string, string>> = {
  iterations: 'traffic is not shifted by iterations; use the strategy `blue-green`, or stages',
  match: 'traffic is split by share, not by header or cookie',
  mirror: 'traffic is not mirrored',
  mirrorWeight: 'traffic is not mirrored',
  stepWeightPromotion: 'a promoted version takes the rest of the traffic in one stage',
  webhooks: 'bind checklist items to checks and actions: what has to be asked stands in the document',
  alerts: 'messages are sent by actions bound to checklist items',
  primaryReadyThreshold: 'readiness is the health check of the target',
  canaryReadyThreshold: 'readiness is the health check of the target',
  sessionAffinity: 'the router keeps clients on a version by its own option',
}

/** What is made of a Canary besides its guard. */
export interface CanarySurroundings {
  /** Fields of the analysis of which something is made elsewhere. */
  carried: ReadonlySet<string>
  /** Whether its router will count requests. */
  countsRequests: boolean
}

/** @param templates MetricTemplate documents of the same files. */
export function importCanary(
  resource: Resource,
  templates: readonly Resource[],
  into: Collected,
  surroundings: CanarySurroundings,
): void {
  const spec = mapOf(resource.value.spec) ?? {}
  const field = spec.analysis === undefined && spec.canaryAnalysis !== undefined ? 'canaryAnalysis' : 'analysis'
  const analysis = mapOf(spec[field])
  if (!analysis) return into.leaveOut(resource, ['spec'], 'has no analysis')
  if (spec.skipAnalysis === true)
    into.leaveOut(resource, ['spec', 'skipAnalysis'], 'the guard is in force; leave it out to skip it')
  for (const [name, why] of Object.entries(ANALYSIS_LEFT_OUT))
    if (analysis[name] !== undefined && !surroundings.carried.has(name))
      into.leaveOut(resource, ['spec', field, name], why)
  const canary: Canary = {
    ...surroundings,
    resource,
    spec,
    analysis,
    at: ['spec', field],
    templates,
    into,
    everyMs: everyMsOf(resource, field, analysis, into),
  }
  const checks = listOf(analysis.metrics).flatMap((metric, index) => {
    const map = mapOf(metric)
    return map ? checkOf(canary, map, [...canary.at, 'metrics', index]) : []
  })
  if (checks.length > 0)
    into.addGuard(resource.name, {
      kind: 'step-threshold',
      title: `${resource.name} analysis`,
      checks,
      every: intervalOf(analysis),
      threshold: Math.max(1, numberOf(analysis.threshold) ?? 1),
    })
  const stages = stagesOf(canary)
  if (stages.length > 0) into.addStages(resource, stages)
}

interface Canary extends CanarySurroundings {
  resource: Resource
  spec: Readonly<Record<string, unknown>>
  analysis: Readonly<Record<string, unknown>>
  at: Keys
  templates: readonly Resource[]
  into: Collected
  everyMs: number
}

function intervalOf({ interval }: Canary['analysis']): string {
  const ms = parseDurationMs(String(interval))
  return ms === null ? DEFAULT_INTERVAL : ms < INTERVAL_MIN_MS ? '10s' : String(interval)
}

function everyMsOf(resource: Resource, field: string, analysis: Canary['analysis'], into: Collected): number {
  if (analysis.interval !== undefined && parseDurationMs(String(analysis.interval)) === null)
    into.leaveOut(
      resource,
      ['spec', field, 'interval'],
      `"${String(analysis.interval)}" is not a duration; 60 s is taken`,
    )
  return parseDurationMs(intervalOf(analysis)) ?? 0
}

type Check = { signal: string; scope?: 'service' } & Partial<Record<'min' | 'max', number>>

function checkOf(canary: Canary, metric: Readonly<Record<string, unknown>>, at: Keys): Check[] {
  const { resource, into } = canary
  const name = String(metric.name ?? 'metric')
  const range = rangeOf(metric, name)
  if (range.min === null && range.max === null) {
    into.leaveOut(resource, at, 'has no range: it can never fail')
    return []
  }
  if (name === 'request-success-rate' || name === 'request-duration') {
    if (!canary.countsRequests) {
      into.leaveOut(
        resource,
        at,
        'the router counts no requests: write a query of your own as a MetricTemplate, and import it with this',
      )
      return []
    }
    into.addRouter()
    return builtinCheck(name, range)
  }
  const asked = queryOf(canary, metric, at)
  if (!asked) return []
  const query = { query: asked.query, unit: 'count', scope: 'service' } as const
  const signal = into.addQuery(asked.server, name, query, canary.everyMs)
  return [{ signal, scope: 'service', ...withoutNull(range) }]
}

/** Errors are counted here, not successes; durations are 99th percentiles in both. */
function builtinCheck(name: keyof typeof FLAGGER_BUILTIN, { min, max }: ThresholdRange): Check[] {
  if (name === 'request-duration') return [{ signal: 'response-time-p99', ...withoutNull({ min, max }) }]
  const share = { min: max === null || max >= 100 ? null : 100 - max, max: min === null ? null : 100 - min }
  return share.min === null && share.max === null ? [] : [{ signal: 'error-rate', ...withoutNull(share) }]
}

function withoutNull({ min, max }: ThresholdRange): Partial<Record<'min' | 'max', number>> {
  return { ...(min === null ? {} : { min }), ...(max === null ? {} : { max }) }
}

/** `threshold` is the older way to say it: the lowest share of successes, the highest of anything else. */
function rangeOf(metric: Readonly<Record<string, unknown>>, name: string): ThresholdRange {
  const range = mapOf(metric.thresholdRange)
  if (range) return { min: numberOf(range.min), max: numberOf(range.max) }
  const threshold = numberOf(metric.threshold)
  return name === 'request-success-rate' ? { min: threshold, max: null } : { min: null, max: threshold }
}

interface Asked {
  server: Pick<ImportedSource, 'url'>
  query: string
}

const ADDRESS_OF_CONTROLLER = '${env:PROMETHEUS_URL}'

function queryOf(canary: Canary, metric: Readonly<Record<string, unknown>>, at: Keys): Asked | null {
  const { resource, spec, into } = canary
  const reference = mapOf(metric.templateRef)
  const template = reference ? templateOf(canary, reference) : null
  if (reference && !template) {
    into.leaveOut(resource, [...at, 'templateRef'], `MetricTemplate ${String(reference.name)} is not in these files`)
    return null
  }
  const source = template ? mapOf(template.value.spec) : metric
  const provider = mapOf(template && source?.provider)
  if (template && provider?.type !== 'prometheus') {
    into.leaveOut(
      template,
      ['spec', 'provider', 'type'],
      'only Prometheus is read; use a source of kind `http-json` where it has an HTTP API',
    )
    return null
  }
  for (const field of ['secretRef', 'insecureSkipVerify', 'headers'])
    if (template && provider?.[field] !== undefined && provider[field] !== false)
      into.leaveOut(
        template,
        ['spec', 'provider', field],
        'write `bearer` or `headers` of the source, with references like ${env:NAME}',
      )
  if (typeof source?.query !== 'string') {
    into.leaveOut(resource, at, 'has neither a query nor a template, and is none of the builtin metrics')
    return null
  }
  const query = withVariables(source.query.trim(), variablesOf(canary, metric))
  const unfilled = placeholdersIn(query)
  if (unfilled.length > 0)
    into.leaveOut(
      template ?? resource,
      template ? ['spec', 'query'] : [...at, 'query'],
      `${unfilled.join(', ')} is not filled: write it into the query`,
    )
  const address = template ? provider?.address : spec.metricsServer
  if (typeof address !== 'string')
    into.leaveOut(
      template ?? resource,
      ['spec'],
      'the address of Prometheus is not in the file: set PROMETHEUS_URL, or write it as `url`',
    )
  return {
    server: { url: typeof address === 'string' ? address : ADDRESS_OF_CONTROLLER },
    query: withOpenPlaces(query),
  }
}

/** By name, and by namespace where both say one. */
function templateOf({ resource, templates }: Canary, reference: Readonly<Record<string, unknown>>): Resource | null {
  const namespaceOf = ({ value }: Resource): unknown => mapOf(value.metadata)?.namespace
  const namespace = reference.namespace ?? namespaceOf(resource)
  const named = templates.filter(({ name }) => name === reference.name)
  return (
    named.find((one) => namespaceOf(one) === namespace) ??
    named.find((one) => namespace === undefined || namespaceOf(one) === undefined) ??
    null
  )
}

/** What Flagger puts into a query. */
function variablesOf({ resource, spec }: Canary, metric: Readonly<Record<string, unknown>>): Arguments {
  const target = mapOf(spec.targetRef)?.name
  const namespace = mapOf(resource.value.metadata)?.namespace
  const own = Object.entries(mapOf(metric.templateVariables) ?? {}).map(([name, value]) => [`variables.${name}`, value])
  const all = {
    name: resource.name,
    namespace,
    target,
    service: mapOf(spec.service)?.name ?? target,
    ingress: mapOf(spec.ingressRef)?.name ?? target,
    interval: metric.interval ?? DEFAULT_WINDOW,
    ...Object.fromEntries(own),
  }
  const known = Object.entries(all).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(known.map(([name, value]) => [name, String(value)]))
}

/** Weight grows only tick by tick; the promoted version then has all of the traffic. */
function stagesOf({ analysis }: Canary): { name: string; weight: number; duration: string }[] {
  const listed = listOf(analysis.stepWeights).flatMap((weight) => numberOf(weight) ?? [])
  const step = listed.length > 0 ? listed : (numberOf(analysis.stepWeight) ?? 0)
  const weights = flaggerWeights(step, numberOf(analysis.maxWeight) ?? 100)
  const growing = weights.filter(
    (weight, index) => weight > 0 && weights.slice(0, index).every((before) => before < weight),
  )
  if (growing.length === 0) return []
  const duration = intervalOf(analysis)
  const all = growing.at(-1) === 100 ? growing : [...growing, 100]
  return all.slice(-50).map((weight) => ({ name: weight === 100 ? 'full' : `weight-${weight}`, weight, duration }))
}
