import { describe, expect, it } from 'vitest'
import type { Threshold } from '../plan/threshold.ts'
import { parseThresholds } from './thresholds.ts'

const PLAIN: Omit<Threshold, 'text'> = {
  subject: '',
  aggregate: null,
  operator: '<',
  value: 0,
  valueMax: null,
  unit: 'count',
  windowMs: null,
  consecutive: null,
  relativeTo: null,
}

const CASES: [string, Partial<Threshold>[]][] = [
  ['Error rate < 0.1%', [{ subject: 'error rate', value: 0.1, unit: 'percent' }]],
  ['p95 latency <500ms', [{ subject: 'latency', aggregate: 'p95', value: 500, unit: 'ms' }]],
  ['CPU usage stays under 70%', [{ subject: 'cpu usage', value: 70, unit: 'percent' }]],
  ['Free disk space is at least 20 GB', [{ subject: 'free disk space', operator: '>=', value: 20e9, unit: 'bytes' }]],
  ['Heap ≤ 512 MiB', [{ subject: 'heap', operator: '<=', value: 512 * 1024 ** 2, unit: 'bytes' }]],
  ['Node v18+ or v20+ installed', [{ subject: 'node', operator: '>=', value: 18, unit: 'version' }]],
  ['TLS 1.2+ only', [{ subject: 'tls', operator: '>=', value: 1.2, unit: 'version' }]],
  ['No critical vulnerabilities', [{ subject: 'critical vulnerabilities', operator: '==', value: 0 }]],
  ['0 failed checks, zero data loss', [{ subject: 'data loss', operator: '==', value: 0 }]],
  ['Orphans: 0 (hard limit)', [{ subject: 'orphans', operator: '==', value: 0 }]],
  ['Writes: > 500 ops/second', [{ subject: 'writes', operator: '>', value: 500, unit: 'per-second' }]],
  ['Failed logins >100/hour', [{ subject: 'failed logins', operator: '>', value: 100, windowMs: 3_600_000 }]],
  [
    'Smoke test success rate: 100%',
    [{ subject: 'smoke test success rate', operator: '==', value: 100, unit: 'percent' }],
  ],
  ['CPU between 20 and 60%', [{ subject: 'cpu', operator: 'between', value: 20, valueMax: 60, unit: 'percent' }]],
  ['Throughput > 10k requests/second', [{ subject: 'throughput', operator: '>', value: 10_000, unit: 'per-second' }]],
  [
    'Response time: < 1000ms average, < 2000ms 95th percentile',
    [
      { subject: 'response time', aggregate: 'avg', value: 1000, unit: 'ms' },
      { subject: 'response time', aggregate: 'p95', value: 2000, unit: 'ms' },
    ],
  ],
  [
    'Latency: <50ms p95, <100ms p99',
    [
      { subject: 'latency', aggregate: 'p95', value: 50, unit: 'ms' },
      { subject: 'latency', aggregate: 'p99', value: 100, unit: 'ms' },
    ],
  ],
  [
    'RTO < 4 hours, RPO < 1 hour',
    [
      { subject: 'rto', value: 14_400_000, unit: 'ms' },
      { subject: 'rpo', value: 3_600_000, unit: 'ms' },
    ],
  ],
  [
    'Error rate > 5% for > 5 minutes',
    [{ subject: 'error rate', operator: '>', value: 5, unit: 'percent', windowMs: 300_000 }],
  ],
  ['Errors > 10 in the first hour', [{ subject: 'errors', operator: '>', value: 10, windowMs: 3_600_000 }]],
  [
    'Health check failures (5 consecutive)',
    [{ subject: 'health check failures', operator: '>=', value: 5, consecutive: 5 }],
  ],
  [
    'Error rate > 2% (3 consecutive)',
    [{ subject: 'error rate', operator: '>', value: 2, unit: 'percent', consecutive: 3 }],
  ],
  ['Outage lasts longer than 5 minutes', [{ subject: 'outage lasts', operator: '>', value: 300_000, unit: 'ms' }]],
  ['Error rate below baseline + 2%', [{ subject: 'error rate', value: 2, unit: 'percent', relativeTo: 'baseline' }]],
  [
    'Latency > 3x baseline',
    [{ subject: 'latency', operator: '>', value: 200, unit: 'percent', relativeTo: 'baseline' }],
  ],
  [
    'Performance regression < 10%',
    [{ subject: 'performance regression', value: 10, unit: 'percent', relativeTo: 'baseline' }],
  ],
  ['p99 should not increase', [{ operator: '<=', subject: 'p99', value: 0, unit: 'percent', relativeTo: 'baseline' }]],
  ['Queue depth: `____` (target: < 200)', [{ subject: 'queue depth', value: 200 }]],
  ['Response times meet SLA (<100ms p95)', [{ subject: 'response times', aggregate: 'p95', value: 100, unit: 'ms' }]],
  ['Performance within SLA', [{ subject: 'performance', operator: '<=', value: null, unit: null }]],
  ['Memory usage stable', [{ subject: 'memory usage', operator: '<=', value: null, unit: null }]],
]

describe('bounds in running text', () => {
  it.each(CASES)('%s', (text, expected) => {
    const read = parseThresholds(text).map(({ text: _words, ...threshold }) => threshold)
    expect(read).toEqual(expected.map((threshold) => ({ ...PLAIN, ...threshold })))
  })

  it.each([
    'Smoke (1% traffic, 5 min): basic functions',
    'Release v1.2.0 tagged on 2025-01-31',
    'On-call covers 24/7',
    'PR #14 merged',
    'Schedule the retrospective within 24 hours',
    'All health checks passing for 30 minutes',
    'Port 443 open to the load balancer',
    'Backup finished',
    'Database healthy',
  ])('finds none in: %s', (text) => {
    expect(parseThresholds(text)).toEqual([])
  })

  it('keeps the words each bound was read from', () => {
    expect(parseThresholds('Error rate: < 1% overall, < 5% for new features').map(({ text }) => text)).toEqual([
      '< 1% overall',
      '< 5% for new features',
    ])
  })

  it('takes a bare quantity for a bound only in a target', () => {
    expect(parseThresholds('Downtime: 2 min')).toEqual([])
    expect(parseThresholds('Downtime: 2 min', { target: true })).toMatchObject([{ operator: '<=', value: 120_000 }])
    expect(parseThresholds('Rollbacks: 0', { target: true })).toMatchObject([{ operator: '==', value: 0 }])
  })

  it('stays quick on long and hostile lines', () => {
    const hostile = [
      '<'.repeat(50_000),
      '1'.repeat(50_000),
      'no '.repeat(20_000),
      '1,111'.repeat(9000),
      '( 5%'.repeat(9000),
    ]
    for (const text of hostile) expect(Array.isArray(parseThresholds(text))).toBe(true)
  })
})
