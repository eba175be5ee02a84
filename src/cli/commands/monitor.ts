// gonogo monitor: samples the project's signals for a while, judges them by the plan's guards, says what it saw.
import { openProject, planProject, surroundingsOf } from '../../app/project.ts'
import { deliveryParts } from '../../app/delivery-parts.ts'
import { sourcesOf } from '../../app/services.ts'
import { guardKind } from '../../catalog/catalog.ts'
import { createJudge, judge, type JudgeEvent } from '../../guards/judge.ts'
import { judgeWatch } from '../../guards/watch.ts'
import { pause } from '../../lib/deadline.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { formatDuration, parseDurationMs } from '../../lib/duration.ts'
import { PlanError } from '../../lib/errors.ts'
import type { Sample } from '../../plan/signal.ts'
import { startSampling } from '../../signals/sampling.ts'
import { oneOf, print, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { paint, table } from '../screen.ts'

interface MonitorOptions extends GlobalOptions {
  healthCheck?: boolean
  performanceCheck?: boolean
  errors?: boolean
  duration?: string
  exportDashboard?: string | true
  format: string
}

/** Exit 0 all quiet, 1 a guard tripped or health is bad, 3 something could not be read. */
export async function monitor(options: MonitorOptions): Promise<number> {
  const format = oneOf('--format', options.format, ['text', 'json'])
  const project = await openProject(options.project)
  const { plan } = await planProject(project)
  const surroundings = surroundingsOf(project, plan.environment)
  const delivery = deliveryParts(project, surroundings)
  const sources = sourcesOf(project, delivery, surroundings, plan.delivery?.candidate ?? null)
  if (sources.length === 0)
    throw new PlanError('has no signals to sample', {
      file: 'gonogo.yaml',
      path: 'signals',
      hint: 'add a source; "gonogo kinds source" lists them',
    })

  const durationMs = durationOf(options, plan.samplingMs)
  const versions = { candidate: plan.delivery?.candidate ?? '', stable: delivery?.stable ?? '' }
  let state = createJudge(plan.guards, { ...versions, samplingMs: plan.samplingMs })
  const samples: Sample[] = []
  const events: JudgeEvent[] = []
  const ending = new AbortController()
  const stop = (): void => ending.abort()
  process.once('SIGINT', stop)
  const sampling = startSampling({
    sources,
    everyMs: plan.samplingMs,
    signal: ending.signal,
    onSamples: (taken) => {
      samples.push(...taken)
      const result = judge(state, taken, guardKind)
      state = result.state
      events.push(...result.events)
      if (format === 'text')
        for (const event of result.events)
          print(`${paint(event.type === 'recovered' ? 'green' : 'red', event.type)}  ${event.sentence}`)
    },
  })
  await pause(durationMs, ending.signal)
  ending.abort()
  await sampling.done
  process.off('SIGINT', stop)

  const wanted = chosenSignals(options)
  const rows = summarise(samples.filter((sample) => wanted === null || wanted.test(sample.signal)))
  if (options.exportDashboard)
    exportSeries(options.exportDashboard === true ? 'dashboard.json' : options.exportDashboard, samples)
  if (format === 'json') print(JSON.stringify({ durationMs, signals: rows, events }, null, 2))
  else show(rows, durationMs)
  return verdict(rows, events)
}

/** A health check is two looks, an export of what there is to see a few; figures need a stretch. */
function durationOf(options: MonitorOptions, samplingMs: number): number {
  if (options.healthCheck) return samplingMs * 1.5
  if (options.exportDashboard !== undefined && options.duration === undefined) return samplingMs * 3.5
  const durationMs = parseDurationMs(options.duration ?? '10 s')
  if (durationMs === null)
    throw new PlanError(`--duration ${options.duration} is not a duration`, { expected: 'one like "5 min"' })
  return durationMs
}

function chosenSignals(options: MonitorOptions): RegExp | null {
  if (options.healthCheck) return /^(health|integrity)/
  if (options.performanceCheck) return /^(response-time|health-time|cpu|memory|request-rate)/
  if (options.errors) return /^error/
  return null
}

interface Row {
  signal: string
  version: string | null
  unit: string
  average: number | null
  worst: number | null
  known: number
  unknown: number
}

function summarise(samples: readonly Sample[]): Row[] {
  const groups = Map.groupBy(samples, (sample) => `${sample.signal}\u0000${sample.version ?? ''}`)
  return [...groups.values()].map((group): Row => {
    const [first] = group
    const { signal = '', version = null, unit = '' } = first ?? {}
    const known = group.filter((sample) => sample.value !== null)
    const watch = {
      signal,
      scope: 'any' as const,
      operator: '>=' as const,
      value: 0,
      valueMax: null,
      relativeTo: null,
      forMs: 0,
    }
    const figure = (aggregate: string): number | null =>
      known.length === 0
        ? null
        : (judgeWatch({ ...watch, aggregate }, group, { candidate: version ?? '', stable: '' }).measurements[0]
            ?.value ?? null)
    const lowIsBad = signal === 'health' || signal === 'integrity'
    return {
      signal,
      version,
      unit,
      average: figure('avg'),
      worst: figure(lowIsBad ? 'min' : 'max'),
      known: known.length,
      unknown: group.length - known.length,
    }
  })
}

function show(rows: readonly Row[], durationMs: number): void {
  const figure = (value: number | null, unit: string): string =>
    value === null ? 'unknown' : `${Number(value.toPrecision(4))} ${unit}`
  const lines = rows.map((row) => [
    row.signal,
    row.version ?? '',
    figure(row.average, row.unit),
    figure(row.worst, row.unit),
    String(row.known),
    row.unknown > 0 ? paint('yellow', String(row.unknown)) : '0',
  ])
  print(
    table([
      ['signal', 'version', 'average', 'worst', 'samples', 'unknown'].map((head) => paint('dim', head)),
      ...lines,
    ]),
  )
  print(paint('dim', `sampled for ${formatDuration(durationMs)}`))
}

function verdict(rows: readonly Row[], events: readonly JudgeEvent[]): number {
  const sick = rows.some((row) => (row.signal === 'health' || row.signal === 'integrity') && row.worst === 0)
  if (sick || events.some((event) => event.type === 'tripped')) return EXIT.no
  return rows.every((row) => row.known === 0) ? EXIT.unverified : EXIT.ok
}

/** The sampled series as JSON, for whatever draws the team's dashboards. */
function exportSeries(file: string, samples: readonly Sample[]): void {
  const groups = Map.groupBy(samples, (sample) => `${sample.signal} ${sample.version ?? ''}`.trim())
  const series = [...groups].map(([name, group]) => ({
    name,
    unit: group[0]?.unit,
    points: group.map((sample) => [sample.at, sample.value]),
  }))
  writeFileAtomic(file, `${JSON.stringify({ exportedAt: new Date().toISOString(), series }, null, 2)}\n`)
  print(`${series.length} series in ${file}`)
}
