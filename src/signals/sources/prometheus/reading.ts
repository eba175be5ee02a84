// What is asked of Prometheus to count requests, and what each series of its answer counts. Pure.
import type { ReleaseVersions } from '../../version-names.ts'
import type { RawSeries } from '../../../lib/prometheus-api.ts'
import { boundMsOf } from './buckets.ts'
import type { Counter } from './counters.ts'
import { valueOfVersion, valuePatterns, versionOfValue, versionsToTell, type VersionLabel } from './label-values.ts'
import { duration, fill, namesVersion, quoted, selectorOf } from './promql.ts'
import type { Template } from './templates.ts'

/** Own selectors of counters; each may name `{{version}}`, or its series carry the label that tells the versions apart. */
export interface CountSelectors {
  requests: string
  errors: string
  latencyBucket?: string | undefined
  latencySum?: string | undefined
  latencyUnit: 's' | 'ms'
}

export interface TemplateVariables {
  service?: string | undefined
  namespace?: string | undefined
  labels: Readonly<Record<string, string>>
}

/** One question; the series of its answer are counters. */
export interface Question {
  /** A range selector: raw samples with the times of their scrapes. */
  promql: string
  /** Requests: asked, and answered, before the rest, so that no scrape of theirs is missing from what is asked later. */
  isFirst: boolean
  /** What a series counts; null: nothing that matters; a text: why it cannot be counted with. */
  counterOf(series: RawSeries): Counter | string | null
}

/** What is asked about the versions of a release, over so long a time. */
export type Reading = (release: ReleaseVersions, windowMs: number) => Question[]

type Role = Pick<Counter, 'isRequests' | 'isErrors' | 'sumToMs' | 'bucketMs'>
type RoleOf = (labels: RawSeries['labels']) => Role | string | null

const NO_ROLE: Role = { isRequests: false, isErrors: false, sumToMs: null, bucketMs: null }
/** `503`, and `5xx` where an exporter counts by classes. */
const ERROR_STATUS = /^5(?:\d\d|xx)$/i

/** Reads counters that follow a convention: one question holds them all, so that they are of the same scrape. */
export function readTemplate(template: Template, variables: TemplateVariables, by: VersionLabel): Reading {
  const { requests, durations, statusLabel, toMs } = template
  const bucket = `${durations}_bucket`
  const sum = `${durations}_sum`
  // By its bare name a native histogram is found, to be told of.
  const metrics = [...new Set([requests, bucket, sum, durations])]
  const { service, namespace } = variables
  const wanted = {
    ...template.labels,
    ...(service === undefined ? {} : { [template.serviceLabel]: service }),
    ...(namespace === undefined ? {} : { [template.namespaceLabel]: namespace }),
    ...variables.labels,
  }

  const roleOf: RoleOf = (labels) => {
    const name = labels.__name__
    if (name === bucket) return bucketRole(labels, toMs)
    if (name === sum) return { ...NO_ROLE, sumToMs: toMs }
    if (name !== requests) return null
    const status = labels[statusLabel]
    // Without it every request would look well.
    if (status === undefined) return `${requests} has no label ${statusLabel}`
    return { ...NO_ROLE, isRequests: true, isErrors: ERROR_STATUS.test(status) }
  }

  return (release, windowMs) => {
    const patterns = valuePatterns(by, release)
    const selector = selectorOf([
      ['__name__', metrics],
      ...Object.entries(wanted),
      ...(patterns.length > 0 ? [[by.label, patterns] as const] : []),
    ])
    const counterOf = reader('all', roleOf, (labels) => named(labels, by, release))
    return [{ promql: ranged(selector, windowMs), isFirst: true, counterOf }]
  }
}

/** Reads counters by a team's own selectors. */
export function readSelectors(selectors: CountSelectors, by: VersionLabel): Reading {
  const toMs = selectors.latencyUnit === 's' ? 1000 : 1
  const roles: [name: string, selector: string | undefined, roleOf: RoleOf][] = [
    ['requests', selectors.requests, () => ({ ...NO_ROLE, isRequests: true })],
    ['errors', selectors.errors, () => ({ ...NO_ROLE, isErrors: true })],
    ['buckets', selectors.latencyBucket, (labels) => bucketRole(labels, toMs)],
    ['sum', selectors.latencySum, () => ({ ...NO_ROLE, sumToMs: toMs })],
  ]
  return (release, windowMs) =>
    roles.flatMap(([name, selector, roleOf]): Question[] => {
      if (selector === undefined) return []
      const isFirst = name === 'requests'
      if (!namesVersion(selector)) {
        const counterOf = reader(name, roleOf, (labels) => named(labels, by, release))
        return [{ promql: ranged(fill(selector, { windowMs }), windowMs), isFirst, counterOf }]
      }
      return versionsToTell(by, release).flatMap((version) => {
        const value = valueOfVersion(version, by, release)
        if (value === null) return []
        const promql = ranged(fill(selector, { version: value, windowMs }), windowMs)
        return [{ promql, isFirst, counterOf: reader(name, roleOf, () => version) }]
      })
    })
}

function ranged(selector: string, windowMs: number): string {
  return `${selector}[${duration(windowMs)}]`
}

function bucketRole(labels: RawSeries['labels'], toMs: number): Role | string {
  const bucketMs = boundMsOf(labels.le, toMs)
  return bucketMs === null ? `a bucket has le="${labels.le ?? ''}"` : { ...NO_ROLE, bucketMs }
}

function named(labels: RawSeries['labels'], by: VersionLabel, release: ReleaseVersions): string | null {
  return versionOfValue(labels[by.label] ?? '', by, release)
}

function reader(
  question: string,
  roleOf: RoleOf,
  versionIn: (labels: RawSeries['labels']) => string | null,
): Question['counterOf'] {
  return ({ labels, samples, isNative }) => {
    const version = versionIn(labels)
    if (version === null) return null
    if (isNative)
      return 'the histogram is a native one: have Prometheus keep its buckets too (always_scrape_classic_histograms)'
    const role = roleOf(labels)
    if (role === null || typeof role === 'string') return role
    const { __name__: _name, le: _le, ...family } = labels
    const { instance = '' } = labels
    const key = `${question} ${textOf(labels)}`
    return { key, version, target: targetOf(labels), instance, family: textOf(family), ...role, samples }
  }
}

/** Who was scraped. */
export function targetOf({ job = '', instance = '' }: RawSeries['labels']): string {
  return `job=${quoted(job)},instance=${quoted(instance)}`
}

function textOf(labels: RawSeries['labels']): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}=${quoted(value)}`)
    .toSorted()
    .join(',')
}
