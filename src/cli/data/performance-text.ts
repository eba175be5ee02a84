// How fast a database is, beside what gonogo.yaml insists on.
import type { Config } from '../../config/schema.ts'
import type { Performance } from '../../consistency/performance.ts'
import type { Status } from '../../plan/outcome.ts'
import { mark, paint, table } from '../screen.ts'

type Limits = Config['databases'][string]['performance']

export interface Figure {
  metric: string
  title: string
  /** Null where it could not be measured. */
  value: number | null
  limit: number | null
  way: 'at most' | 'at least'
  status: Status
}

/** One figure a line; without a limit it is only told (`skipped`), and without a value a limit is not verified. */
export function judgePerformance(measured: Performance, limits: Limits): Figure[] {
  const figures: Omit<Figure, 'status'>[] = [
    {
      metric: 'lookupMedianMs',
      title: 'look-up by key, median ms',
      value: measured.lookupMedianMs,
      limit: null,
      way: 'at most',
    },
    {
      metric: 'lookupP95Ms',
      title: 'look-up by key, p95 ms',
      value: measured.lookupP95Ms,
      limit: limits.lookupP95MsMax ?? null,
      way: 'at most',
    },
    {
      metric: 'validationMs',
      title: 'all rules, ms',
      value: measured.validationMs,
      limit: limits.validationMsMax ?? null,
      way: 'at most',
    },
    {
      metric: 'rowsPerSecond',
      title: 'rows judged a second',
      value: measured.rowsPerSecond,
      limit: limits.rowsPerSecondMin ?? null,
      way: 'at least',
    },
    {
      metric: 'commitsPerSecond',
      title: 'commits a second',
      value: measured.commitsPerSecond,
      limit: limits.commitsPerSecondMin ?? null,
      way: 'at least',
    },
  ]
  return figures.map((figure) => ({ ...figure, status: statusOf(figure) }))
}

function statusOf({ value, limit, way }: Omit<Figure, 'status'>): Status {
  if (limit === null) return 'skipped'
  if (value === null) return 'unverified'
  return (way === 'at most' ? value <= limit : value >= limit) ? 'passed' : 'failed'
}

export function performanceText(figures: readonly Figure[], notes: readonly string[]): string {
  const rows = figures.map(({ title, value, limit, way, status }) => [
    `${mark(status)} ${title}`,
    value === null ? 'not measured' : shown(value),
    limit === null ? paint('dim', 'no limit') : paint('dim', `${way} ${shown(limit)}`),
  ])
  return [table(rows), ...notes.map((note) => paint('dim', note))].join('\n')
}

function shown(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 })
}
