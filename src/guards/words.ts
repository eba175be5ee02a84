// From a document's words for a measurement to the signal that measures it. Pure; abstains where it is not sure.
import type { RelativeTo, Scope } from '../plan/guard-rule.ts'

/** What the words mean. */
export interface Meaning {
  signal: string
  scope: Scope
  relativeTo: RelativeTo | null
  /** Unit the bound must be in, in the threshold's own base units. */
  unit: 'percent' | 'ms' | 'bytes' | 'state'
  /** For the person who confirms: `"error rate" is the share of failed requests of the new version`. */
  why: string
}

/** Words that say nothing about what is measured. Anything left over after taking them out makes us abstain. */
const FILLERS = new Set(
  `a all api app application available average avg backend bound critical current endpoint http increased latest level
  levels maximum mean median new of on or our overall p50 p95 p99 95th 99th percentile peak production service
  sustained the their total usage utilization utilisation load exceeds exceed above below over under is are has have
  5xx consecutive`.split(/\s+/),
)

const RELATIVE = new Set(['increase', 'increases', 'regression', 'regressions', 'degradation', 'degradations'])

/** What is left of a subject, without its fillers, in the words of the table below. */
const SUBJECTS: Record<string, 'errors' | 'time' | 'performance' | 'memory' | 'cpu' | 'health' | 'integrity'> = {
  'error rate': 'errors',
  'error rates': 'errors',
  'failure rate': 'errors',
  'request failure rate': 'errors',
  'request error rate': 'errors',
  'response time': 'time',
  'response times': 'time',
  responses: 'time',
  latency: 'time',
  'response latency': 'time',
  'request latency': 'time',
  performance: 'performance',
  memory: 'memory',
  cpu: 'cpu',
  'health check failure': 'health',
  'health check failures': 'health',
  'health checks fail': 'health',
  'health check fails': 'health',
  'failed health checks': 'health',
  'health check failing': 'health',
  'health checks failing': 'health',
  'database integrity failure': 'integrity',
  'database integrity failures': 'integrity',
  'database integrity check failure': 'integrity',
  'database integrity check failures': 'integrity',
  'database integrity check fails': 'integrity',
  'database integrity checks fail': 'integrity',
}

/**
 * The meaning of a subject ("Error rate", "critical health check failures", "performance regression"), or null.
 * @param bound what it is bounded by: decides between percent and bytes, and names the percentile.
 */
export function meaningOf(
  subject: string,
  bound: { unit: string | null; aggregate: string | null; relativeTo: string | null },
): Meaning | null {
  const words = subject
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .split(' ')
    .filter((word) => word && !FILLERS.has(word))
  const relative = bound.relativeTo !== null || words.some((word) => RELATIVE.has(word))
  const found = SUBJECTS[words.filter((word) => !RELATIVE.has(word) && word !== 'baseline').join(' ')]
  const quoted = `"${subject.trim()}"`
  const about = { scope: 'candidate', relativeTo: null } as const
  switch (found) {
    case 'errors':
      return relative
        ? {
            ...about,
            signal: 'error-rate',
            relativeTo: 'baseline-points',
            unit: 'percent',
            why: `${quoted}: how many percentage points more requests fail on the new version than on the old one`,
          }
        : {
            ...about,
            signal: 'error-rate',
            unit: 'percent',
            why: `${quoted}: share of failed requests of the new version`,
          }
    case 'performance':
    case 'time':
      return timeMeaning(quoted, bound, relative, found === 'performance')
    case 'memory': {
      const bytes = bound.unit === 'bytes'
      if (relative || (bound.unit !== 'percent' && !bytes)) return null
      return bytes
        ? {
            ...about,
            signal: 'memory-bytes',
            unit: 'bytes',
            why: `${quoted}: resident memory of the new version's processes`,
          }
        : { ...about, signal: 'memory', unit: 'percent', why: `${quoted}: memory of the new version's processes` }
    }
    case 'cpu':
      return relative
        ? null
        : { ...about, signal: 'cpu', unit: 'percent', why: `${quoted}: CPU of the new version's processes` }
    case 'health':
      return {
        ...about,
        signal: 'health',
        unit: 'state',
        why: `${quoted}: the health endpoint of the new version's instances`,
      }
    case 'integrity':
      return {
        ...about,
        scope: 'service',
        signal: 'integrity',
        unit: 'state',
        why: `${quoted}: integrity check of the database`,
      }
    default:
      return null
  }
}

function timeMeaning(
  quoted: string,
  bound: { unit: string | null; aggregate: string | null },
  relative: boolean,
  performance: boolean,
): Meaning | null {
  const signals: Record<string, string> = { avg: '', mean: '', p95: '-p95', p99: '-p99' }
  const suffix = signals[bound.aggregate ?? 'avg']
  // "Performance" alone has no number of its own; only "performance regression < 10 %" does.
  if (suffix === undefined || (performance && !relative)) return null
  const about = { signal: `response-time${suffix}`, scope: 'candidate' } as const
  const named = `${suffix ? `${suffix.slice(1)} of the` : 'mean'} response time of the new version`
  if (!relative) return { ...about, relativeTo: null, unit: 'ms', why: `${quoted}: ${named}` }
  return bound.unit === 'ms'
    ? { ...about, relativeTo: 'baseline-points', unit: 'ms', why: `${quoted}: ${named}, in ms above the old one's` }
    : { ...about, relativeTo: 'baseline', unit: 'percent', why: `${quoted}: ${named}, in percent above the old one's` }
}
