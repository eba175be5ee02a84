import { describe, expect, it } from 'vitest'
import type { Threshold } from '../../plan/threshold.ts'
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

const MIN = 60_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
const MIB = 1024 ** 2
const GIB = 1024 ** 3

/** Subject, operator, value, and what else is not as in `PLAIN`. */
type Row = [text: string, ...bounds: [string, Threshold['operator'], number, Partial<Threshold>?][]]

const percent = { unit: 'percent' }
const ms = { unit: 'ms' }
const bytes = { unit: 'bytes' }
const rate = { unit: 'per-second' }
const version = { unit: 'version' }
const toBaseline: Partial<Threshold> = { unit: 'percent', relativeTo: 'baseline' }

const SYMBOLS: Row[] = [
  ['Error rate < 0.1%', ['error rate', '<', 0.1, percent]],
  ['Error rate &lt; 0.1%', ['error rate', '<', 0.1, percent]],
  ['p95 latency <500ms', ['latency', '<', 500, { ...ms, aggregate: 'p95' }]],
  ['Heap ≤ 512 MiB', ['heap', '<=', 512 * MIB, bytes]],
  ['Heap ≦ 512M', ['heap', '<=', 512 * MIB, bytes]],
  ['Cache hit ratio ≥ 0.9', ['cache hit ratio', '>=', 0.9]],
  ['Replica lag == 0', ['replica lag', '==', 0]],
  ['Parked jobs = 0', ['parked jobs', '==', 0]],
  ['Leader count != 1', ['leader count', '!=', 1]],
  ['Open handles <1,000', ['open handles', '<', 1000]],
  ['Orders >1.5M', ['orders', '>', 1_500_000]],
  ['Error rate <0,5 %', ['error rate', '<', 0.5, percent]],
  ['Cost per night < $250', ['cost per night', '<', 250, { unit: 'usd' }]],
  ['Courier position (≤50m)', ['courier position', '<=', 3_000_000, ms]],
  ['GPS accuracy ≤50m', ['gps accuracy', '<=', 50]],
]

const WORDS: Row[] = [
  ['CPU usage stays under 70%', ['cpu usage', '<', 70, percent]],
  ['Free disk space is at least 20 GB', ['free disk space', '>=', 20 * GIB, bytes]],
  ['Disk usage must not go above 85%', ['disk usage', '<=', 85, percent]],
  ['Page weight should never exceed 2 MB', ['page weight', '<=', 2 * MIB, bytes]],
  ["Queue doesn't exceed 40 jobs", ['queue', '<=', 40]],
  ['Wait time exceeds 10 seconds', ['wait time', '>', 10_000, ms]],
  ['Login success falls below 98%', ['login success', '<', 98, percent]],
  ['Search answers within 300 ms', ['search answers', '<=', 300, ms]],
  ['No more than 2 pods restarting', ['pods restarting', '<=', 2]],
  ['Up to 3 retries', ['retries', '<=', 3]],
  ['Restore takes less than 2 hours', ['restore takes', '<', 2 * HOUR, ms]],
  ['Backup less than 24 hours old', ['backup', '<', DAY, ms]],
  ['At least two reviewers agreed', ['reviewers agreed', '>=', 2]],
  ['Accepted by at least one other engineer', ['other engineer', '>=', 1]],
  ['At least 3 of 5 nodes ready', ['nodes ready', '>=', 3]],
  ['Fewer than 5 open P2 bugs', ['open p2 bugs', '<', 5]],
  ['More than 5% of requests fail', ['requests fail', '>', 5, percent]],
  ['Pool (min: 5, max: 20)', ['pool', '>=', 5], ['pool', '<=', 20]],
  ['Secret is random (min 32 chars)', ['secret is random', '>=', 32]],
  ['Rate limiting on (max 120 requests per minute)', ['rate limiting on', '<=', 2, rate]],
]

const BEHIND: Row[] = [
  ['Checked by 2+ people', ['people', '>=', 2]],
  ['Works for 500+ users at once', ['users', '>=', 500]],
  ['99.9%+ uptime', ['uptime', '>=', 99.9, percent]],
  ['Soaked in staging: 4+ hours', ['soaked in staging', '>=', 4 * HOUR, ms]],
  ['Readiness: 80-85%+', ['readiness', '>=', 80, percent]],
  ['Free disk: 20 GB or more', ['free disk', '>=', 20 * GIB, bytes]],
  ['Uptime 99.5% or better', ['uptime', '>=', 99.5, percent]],
  ['2 approvals minimum', ['approvals', '>=', 2]],
  ['Two or more read replicas', ['read replicas', '>=', 2]],
  ['SSD: 100GB minimum', ['ssd', '>=', 100 * GIB, bytes]],
]

const VERSIONS: Row[] = [
  ['Node v18+ or v20+ installed', ['node', '>=', 18, version]],
  ['Node >= 18.0.0 and npm >= 9', ['node', '>=', 18, version], ['npm', '>=', 9, version]],
  ['Node.js 18.x or higher', ['node.js', '>=', 18, version]],
  ['TLS 1.2+ only', ['tls', '>=', 1.2, version]],
  ['PostgreSQL >= 14', ['postgresql', '>=', 14, version]],
  ['Install Python 3.11 or later', ['python', '>=', 3.11, version]],
  ['Kubernetes cluster version ≥ 1.27', ['kubernetes', '>=', 1.27, version]],
  ['Redis 6+ as a cache', ['redis', '>=', 6, version]],
]

const ZEROS: Row[] = [
  ['No critical vulnerabilities', ['critical vulnerabilities', '==', 0]],
  ['No critical or high severity CVEs', ['critical or high severity cves', '==', 0]],
  ['Build prints no errors or warnings', ['errors or warnings', '==', 0]],
  ['0 failed checks, zero data loss', ['failed checks', '==', 0], ['data loss', '==', 0]],
  ['0 failing tests and ≥ 85% coverage', ['failing tests', '==', 0], ['coverage', '>=', 85, percent]],
  ['Zero critical bugs, fewer than 5 minor bugs', ['critical bugs', '==', 0], ['minor bugs', '<', 5]],
  ['No PII in the access log', ['pii', '==', 0]],
  ['No pending migrations', ['pending migrations', '==', 0]],
  ['No hardcoded credentials', ['hardcoded credentials', '==', 0]],
  ['Orphans: 0 (hard limit)', ['orphans', '==', 0]],
  ['Restart count is 0', ['restart count', '==', 0]],
  ['Fault rate shows 0%', ['fault rate', '==', 0, percent]],
  ['No crashes for 24 hours', ['crashes', '==', 0, { windowMs: DAY }]],
  ['No 5xx errors in the first 15 minutes', ['5xx errors', '==', 0, { windowMs: 15 * MIN }]],
]

const FULL: Row[] = [
  ['Smoke test success rate: 100%', ['smoke test success rate', '==', 100, percent]],
  ['100% of unit tests passing', ['unit tests passing', '==', 100, percent]],
  ['All tests pass (100%)', ['tests pass', '==', 100, percent]],
  ['Rows migrated (target: 100%)', ['rows migrated', '==', 100, percent]],
  ['Availability target 99.95%', ['availability', '>=', 99.95, percent]],
  ['Error rate (target: 1%)', ['error rate', '<=', 1, percent]],
  ['Throughput (goal: 2k requests/second)', ['throughput', '>=', 2000, rate]],
  ['Refunds (target: 30% reduction)', ['refunds', '<=', -30, toBaseline]],
]

const RATES: Row[] = [
  ['Writes: > 500 ops/second', ['writes', '>', 500, rate]],
  ['Failed logins >120/hour', ['failed logins', '>', 120 / 3600, rate]],
  ['Throughput > 10k requests/second', ['throughput', '>', 10_000, rate]],
  ['More than 30 bad logins per minute', ['bad logins', '>', 0.5, rate]],
  ['Uplink > 100 Mbps', ['uplink', '>', 12_500_000, { unit: 'bytes-per-second' }]],
  ['Heap growth: `____ MB/hour` (target: < 36)', ['heap growth', '<', (36 * MIB) / 3600, { unit: 'bytes-per-second' }]],
]

const RANGES: Row[] = [
  ['CPU between 20 and 60%', ['cpu', 'between', 20, { ...percent, valueMax: 60 }]],
  ['Detection rate (expect 1-5%)', ['detection rate', 'between', 1, { ...percent, valueMax: 5 }]],
  ['Render time 100-200ms', ['render time', 'between', 100, { ...ms, valueMax: 200 }]],
]

const AGGREGATES: Row[] = [
  [
    'Response time: < 1000ms average, < 2000ms 95th percentile',
    ['response time', '<', 1000, { ...ms, aggregate: 'avg' }],
    ['response time', '<', 2000, { ...ms, aggregate: 'p95' }],
  ],
  [
    'Latency: <50ms p95, <100ms p99',
    ['latency', '<', 50, { ...ms, aggregate: 'p95' }],
    ['latency', '<', 100, { ...ms, aggregate: 'p99' }],
  ],
  [
    'P95 <800ms, P99 <1200ms',
    ['p95', '<', 800, { ...ms, aggregate: 'p95' }],
    ['p99', '<', 1200, { ...ms, aggregate: 'p99' }],
  ],
  [
    'Search ≤ 200 ms (p95) and ≤ 500 ms (p99)',
    ['search', '<=', 200, { ...ms, aggregate: 'p95' }],
    ['search', '<=', 500, { ...ms, aggregate: 'p99' }],
  ],
  [
    'p95 < 1s p99 < 3s',
    ['p95', '<', 1000, { ...ms, aggregate: 'p95' }],
    ['p99', '<', 3000, { ...ms, aggregate: 'p99' }],
  ],
  [
    'p50/p99 latency under 100/300 ms',
    ['latency', '<', 100, { ...ms, aggregate: 'p50' }],
    ['latency', '<', 300, { ...ms, aggregate: 'p99' }],
  ],
  [
    'p95 and p99 wait < 2s',
    ['wait', '<', 2000, { ...ms, aggregate: 'p95' }],
    ['wait', '<', 2000, { ...ms, aggregate: 'p99' }],
  ],
  ['Max queue size (24h): `____` (target: < 200)', ['queue size', '<', 200, { aggregate: 'max', windowMs: DAY }]],
  ['Sync delay (avg): `____ min` (target: < 2 min)', ['sync delay', '<', 2 * MIN, { ...ms, aggregate: 'avg' }]],
  ['99% of requests < 300ms', ['requests', '<', 300, { ...ms, aggregate: 'p99' }]],
  ['Load average < 4', ['load average', '<', 4]],
  ['Answers meet the SLA (<100ms p95)', ['answers', '<', 100, { ...ms, aggregate: 'p95' }]],
]

const SEVERAL: Row[] = [
  ['RTO < 4 hours, RPO < 1 hour', ['rto', '<', 4 * HOUR, ms], ['rpo', '<', HOUR, ms]],
  ['CPU < 70%, memory < 80%', ['cpu', '<', 70, percent], ['memory', '<', 80, percent]],
  ['Error rate: < 1% overall, < 5% for new features', ['error rate', '<', 1, percent], ['error rate', '<', 5, percent]],
  [
    'Alert on error rate > 1% (warning) and > 5% (critical)',
    ['error rate', '>', 1, percent],
    ['error rate', '>', 5, percent],
  ],
  [
    'Node load is watched; someone is told if it is >65% (or >45% with two regions)',
    ['node load is watched', '>', 65, percent],
    ['node load is watched', '>', 45, percent],
  ],
]

const STRETCHES: Row[] = [
  ['Error rate > 5% for > 5 minutes', ['error rate', '>', 5, { ...percent, windowMs: 5 * MIN }]],
  ['Errors > 10 in the first hour', ['errors', '>', 10, { windowMs: HOUR }]],
  ['Rejected cards (>10 in 5min)', ['rejected cards', '>', 10, { windowMs: 5 * MIN }]],
  ['Success ≥99.9% over 24h', ['success', '>=', 99.9, { ...percent, windowMs: DAY }]],
  ['Error rate > 5% (5 min window)', ['error rate', '>', 5, { ...percent, windowMs: 5 * MIN }]],
  ['5-minute error rate < 1%', ['error rate', '<', 1, { ...percent, windowMs: 5 * MIN }]],
  ['First hour error rate < 0.5%', ['error rate', '<', 0.5, { ...percent, windowMs: HOUR }]],
  [
    'For 10 minutes: error rate < 1%, wait < 500ms',
    ['error rate', '<', 1, { ...percent, windowMs: 10 * MIN }],
    ['wait', '<', 500, { ...ms, windowMs: 10 * MIN }],
  ],
  [
    'Error rate > 5%, or wait > 2s for 3 minutes',
    ['error rate', '>', 5, percent],
    ['wait', '>', 2000, { ...ms, windowMs: 3 * MIN }],
  ],
  ['Probes failing for > 10 minutes', ['probes failing', '>', 10 * MIN, ms]],
  ['Outage lasts longer than 5 minutes', ['outage', '>', 5 * MIN, ms]],
  ['Probe failures (5 consecutive)', ['probe failures', '>=', 5, { consecutive: 5 }]],
  ['Error rate > 2% (3 consecutive)', ['error rate', '>', 2, { ...percent, consecutive: 3 }]],
  ['CPU above 80% for three consecutive checks', ['cpu', '>', 80, { ...percent, consecutive: 3 }]],
]

const RELATIONS: Row[] = [
  ['Error rate below baseline + 2%', ['error rate', '<', 2, toBaseline]],
  ['Latency > 3x baseline', ['latency', '>', 200, toBaseline]],
  ['Latency > 1.5x normal for 10 minutes', ['latency', '>', 50, { ...toBaseline, windowMs: 10 * MIN }]],
  ['Wait is twice the baseline', ['wait', '>=', 100, toBaseline]],
  ['Performance regression < 10%', ['performance regression', '<', 10, toBaseline]],
  ['Latency increases by more than 20%', ['latency', '>', 20, toBaseline]],
  ['Memory within 10% of baseline', ['memory', '<=', 10, toBaseline]],
  ['Throughput at least 95% of baseline', ['throughput', '>=', -5, toBaseline]],
  ['Error rate no more than 1% above baseline', ['error rate', '<=', 1, toBaseline]],
  ['Orders within 5% of last week', ['orders', '<=', 5, { ...percent, relativeTo: 'previous' }]],
  ['CPU warning if it increases to >80%', ['cpu warning', '>', 80, percent]],
]

const LANGUAGES: Row[] = [
  ['Fehlerrate unter 1 %', ['fehlerrate', '<', 1, percent]],
  ['Tasa de error menos de 1%', ['tasa de error', '<', 1, percent]],
  ["Taux d'erreur inférieur à 1 %", ["taux d'erreur", '<', 1, percent]],
  ['Время ответа менее 500 мс', ['время ответа', '<', 500, ms]],
  ['Ключ не короче 12 символов', ['ключ', '>=', 12]],
  ['エラー率 1%未満', ['エラー率', '<', 1, percent]],
  ['CPU 80％以下', ['cpu', '<=', 80, percent]],
  ['错误率低于1%', ['错误率', '<', 1, percent]],
]

const CASES: Row[] = [
  ...SYMBOLS,
  ...WORDS,
  ...BEHIND,
  ...VERSIONS,
  ...ZEROS,
  ...FULL,
  ...RATES,
  ...RANGES,
  ...AGGREGATES,
  ...SEVERAL,
  ...STRETCHES,
  ...RELATIONS,
  ...LANGUAGES,
]

describe('bounds in running text', () => {
  it.each(CASES)('%s', (text, ...bounds) => {
    const read = parseThresholds(text).map(({ text: _words, ...threshold }) => threshold)
    expect(read).toEqual(
      bounds.map(([subject, operator, value, rest]) => ({ ...PLAIN, subject, operator, value, ...rest })),
    )
  })

  it.each([
    'Release v1.2.0 tagged on 2025-01-31',
    'On-call covers 24/7',
    'PR #14 merged',
    'Publish the notes within 24 hours',
    'All probes passing for 30 minutes',
    'Port 443 open to the load balancer',
    'Returns HTTP 200 on /ready',
    'Backup finished',
    'Watch the graphs for at least 1 hour',
    'Run the soak test (2+ hours)',
    'Keep the old pods for 30 minutes',
    'Logs kept 30 days',
    'Audit logs: 90 days retention',
    'Dump taken every 6 hours',
    'Send 10% of users to the new version',
    'Traffic 10% → 50% → 100%',
    'Shift to 100% of traffic',
    'Scale to 0 replicas',
    'Stage 3+ finished',
    'Cookie lifetime 30 minutes',
    'SHA-256 checksums compared',
    'No manual steps needed',
    'No longer uses the old queue',
    'Zero-downtime deployment set up',
    'If no errors appear, go on',
    'T+15 to T+45: look at the graphs',
    'see https://example.org/?p95<5%',
  ])('finds none in: %s', (text) => {
    expect(parseThresholds(text)).toEqual([])
  })

  it.each<[string, string]>([
    ['Performance within SLA', 'performance'],
    ['Memory usage stable', 'memory usage'],
    ['p99 should not increase', 'p99'],
    ['Error rate returned to baseline', 'error rate'],
  ])('knows a bound in words alone, which is never a pass: %s', (text, subject) => {
    expect(parseThresholds(text)).toMatchObject([{ subject, value: null, unit: null }])
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

  it('reads long and hostile lines to their end, and makes no bound of them that is none', () => {
    const parts = [
      '<',
      '1',
      'no ',
      '1,111',
      '( 5%',
      'p95 ',
      '1 - 1 ',
      'for 1 h ',
      'baseline ',
      '100 % of ',
      'is 0 ',
      '_',
    ]
    const texts = parts.flatMap((a) => parts.map((b) => (a + b).repeat(9000)))
    for (const text of texts) {
      const read = parseThresholds(text)
      expect(read.length).toBeLessThanOrEqual(12)
      for (const { value } of read) expect(value === null || Number.isFinite(value)).toBe(true)
    }
  })
})
