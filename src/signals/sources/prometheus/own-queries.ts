// A team's own queries: one value each, of a version or of the service.
import { messageOf } from '../../../lib/errors.ts'
import type { Sample } from '../../../plan/signal.ts'
import type { ReleaseVersions } from '../../version-names.ts'
import type { Answer, PrometheusApi, RawSeries } from '../../../lib/prometheus-api.ts'
import { valueOfVersion, versionsToTell, type VersionLabel } from './label-values.ts'
import { duration, fill, isPlainSelector } from './promql.ts'

export interface OwnQuery {
  query: string
  unit: string
  /** Times this is the value in its unit. */
  scale: number
  scope: 'version' | 'service'
  /** Asked for a stretch of time instead of now. */
  range?: { overMs: number; stepMs: number; take: 'last' | 'max' | 'min' | 'mean' } | undefined
}

export interface OwnQueriesOptions {
  api: PrometheusApi
  /** By signal. */
  queries: Readonly<Record<string, OwnQuery>>
  by: VersionLabel
  /** What `{{window}}` stands for. */
  windowMs: number
  release: () => ReleaseVersions
}

/** A plain series is looked for so far back; and so many of its intervals without a scrape are silence. */
const SERIES_WINDOW_MS = 150_000
const SILENT_INTERVALS = 3

/** What was last said of a plain series. */
interface Told {
  atMs: number
  /** By our clock. */
  heardMs: number
  intervalMs: number
}

/** Looks that each ask every query once a version. */
export function createOwnQueries(options: OwnQueriesOptions): (now: number, signal: AbortSignal) => Promise<Sample[]> {
  const { api, by, windowMs, release } = options
  const told = new Map<string, Told>()

  async function ask(
    name: string,
    own: OwnQuery,
    version: string | null,
    now: number,
    signal: AbortSignal,
  ): Promise<Sample[]> {
    const about = { signal: name, version, at: now, unit: own.unit, observations: null }
    const value = version === null ? undefined : (valueOfVersion(version, by, release()) ?? undefined)
    if (version !== null && value === undefined)
      return [{ ...about, value: null, detail: `no one value of ${by.label} stands for ${version}` }]
    const promql = fill(own.query, { windowMs, ...(value === undefined ? {} : { version: value }) })
    try {
      const reading = await read(promql, own, `${name}\n${version ?? ''}`, signal)
      if (reading === null) return []
      return [{ ...about, ...reading, value: reading.value === null ? null : reading.value * own.scale }]
    } catch (error) {
      return [{ ...about, value: null, detail: messageOf(error) }]
    }
  }

  /** Null: nothing was scraped since the last look, so there is nothing to say. */
  async function read(promql: string, { range }: OwnQuery, key: string, signal: AbortSignal): Promise<Reading | null> {
    if (range) return taken(await api.queryRange(promql, range, signal), range)
    if (!isPlainSelector(promql))
      return single(await api.query(promql, signal), (series) => series.samples.at(-1)?.value)
    const answer = await api.query(`${promql}[${duration(SERIES_WINDOW_MS)}]`, signal)
    const reading = single(answer, (series) => series.samples.at(-1)?.value)
    const times = answer.series[0]?.samples.map(({ atMs }) => atMs) ?? []
    const lastMs = times.at(-1)
    const before = told.get(key)
    const nowMs = performance.now()
    if (lastMs === undefined || answer.series.length > 1) return reading
    if (before?.atMs === lastMs) {
      const silentMs = nowMs - before.heardMs
      if (silentMs <= SILENT_INTERVALS * before.intervalMs) return null
      return { value: null, detail: `no new scrape for ${Math.round(silentMs / 1000)} s` }
    }
    const intervalMs = times.length > 1 ? lastMs - (times.at(-2) ?? lastMs) : SERIES_WINDOW_MS / SILENT_INTERVALS
    told.set(key, { atMs: lastMs, heardMs: nowMs, intervalMs })
    return reading
  }

  return async (now, signal) => {
    const versions = versionsToTell(by, release())
    const looks = Object.entries(options.queries).flatMap(([name, own]) =>
      (own.scope === 'service' ? [null] : versions).map((version) => ask(name, own, version, now, signal)),
    )
    return (await Promise.all(looks)).flat()
  }
}

type Reading = Pick<Sample, 'value' | 'detail'>

function single({ series, warnings }: Answer, valueIn: (series: RawSeries) => number | undefined): Reading {
  const said = warnings.length > 0 ? { detail: warnings.join('; ') } : {}
  const [only, ...others] = series
  if (!only) return { value: null, detail: ['no series', ...warnings].join('; ') }
  if (others.length > 0)
    return { value: null, detail: `${series.length} series where one was expected: add them up, or select one` }
  const value = valueIn(only)
  if (value === undefined)
    return { value: null, detail: only.isNative ? 'a native histogram is no value' : 'no sample' }
  return Number.isFinite(value) ? { value, ...said } : { value: null, detail: `the value is ${value}` }
}

/** One value of a stretch. Steps without one are left out; when the last step has none, the present is unknown. */
function taken(answer: Answer, { stepMs, take }: NonNullable<OwnQuery['range']>): Reading {
  return single(answer, ({ samples }) => {
    const values = samples.map(({ value }) => value).filter(Number.isFinite)
    const last = samples.at(-1)
    if (!last || values.length === 0 || Date.now() - last.atMs > 2 * stepMs) return undefined
    switch (take) {
      case 'last':
        return last.value
      case 'max':
        return Math.max(...values)
      case 'min':
        return Math.min(...values)
      case 'mean':
        return values.reduce((sum, value) => sum + value, 0) / values.length
    }
  })
}
