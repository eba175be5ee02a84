// Classes of wordings of bounds, a few sentences each; the grammar itself is in thresholds.test.ts.
import { describe, expect, it } from 'vitest'
import type { Threshold } from '../../plan/threshold.ts'
import { parseThresholds } from './thresholds.ts'

const MIN = 60_000
const percent = { unit: 'percent' }
const ms = { unit: 'ms' }
const toBaseline: Partial<Threshold> = { unit: 'percent', relativeTo: 'baseline' }

type Row = [text: string, ...bounds: [string, Threshold['operator'], number, Partial<Threshold>?][]]

const NONE: Row[] = [
  ['No N+1 lookups', ['n+1 lookups', '==', 0]],
  ['Zero manual cleanup work needed', ['manual cleanup work', '==', 0]],
  ['No pool exhaustion under load', ['pool exhaustion', '==', 0]],
  ['No reindex in progress', ['reindex', '==', 0]],
  ['0 5xx during the switch', ['5xx', '==', 0]],
  ['No 502s', ['502s', '==', 0]],
  ['Wait until lag reaches zero', ['lag', '==', 0]],
  ['`dead_letters` = 0', ['dead_letters', '==', 0]],
  ['No regressions vs the previous build', ['regressions', '==', 0, { relativeTo: 'previous' }]],
  ['Nenhum alerta aberto no painel', ['alerta aberto', '==', 0]],
  ['无编译错误', ['编译错误', '==', 0]],
  ['경고 없음', ['경고', '==', 0]],
]

const WHOLE: Row[] = [
  ['100% of customers can log in', ['customers', '==', 100, percent]],
  ['Uptime: 99.95%', ['uptime', '>=', 99.95, percent]],
  ['99.9% availability over a 7-day window', ['availability', '>=', 99.9, { ...percent, windowMs: 7 * 86_400_000 }]],
  ['Unit tests written (75% coverage target)', ['coverage', '>=', 75, percent]],
]

const NAMED: Row[] = [
  ['Max open files: 4096', ['open files', '<=', 4096]],
  ['Minimum free space of 10 GB', ['free space', '>=', 10 * 1024 ** 3, { unit: 'bytes' }]],
  ['Backup fresh (< 12h old)', ['backup fresh', '<', 12 * 60 * MIN, ms]],
  ['CPU usage low (< 30% single core)', ['cpu usage', '<', 30, percent]],
  ['Sync adds < 50 ms latency', ['sync adds latency', '<', 50, ms]],
  ['Disk usage: alert threshold: > 85%', ['disk usage', '>', 85, percent]],
  ['Frame rate 60fps+', ['frame rate', '>=', 60]],
  ['Recall@10 > 0.8', ['recall@10', '>', 0.8]],
  ['Cost per call < ₹2', ['cost per call', '<', 2, { unit: 'inr' }]],
  ['Elasticsearch 8.x+', ['elasticsearch', '>=', 8, { unit: 'version' }]],
  ['Docker cluster (>= 3 nodes)', ['nodes', '>=', 3]],
  [
    'p99 latency: lookups < 20 ms, writes < 90 ms',
    ['lookups', '<', 20, { ...ms, aggregate: 'p99' }],
    ['writes', '<', 90, { ...ms, aggregate: 'p99' }],
  ],
]

const COMPARED: Row[] = [
  ['Throughput improved by > 10%', ['throughput', '>', 10, toBaseline]],
  ['Batching reduces writes by 40%', ['writes', '>=', 40, toBaseline]],
  ['Latency > +30%', ['latency', '>', 30, toBaseline]],
  ['Canary faults ≤ stable + 1%', ['canary faults', '<=', 1, toBaseline]],
  ['Parser within 15% of native speed', ['parser', '<=', 15, toBaseline]],
  ['Faults < 1% under normal load', ['faults', '<', 1, percent]],
  ['Hit ratio ≥ 70% (vs current 33%)', ['hit ratio', '>=', 70, percent]],
  ['Memory within 80% of the limit', ['memory', '<=', 80, percent]],
]

const HELD: Row[] = [
  ['Faults > 2% for 3 consecutive minutes', ['faults', '>', 2, { ...percent, windowMs: 3 * MIN }]],
  ['Lag > 9 for two straight minutes', ['lag', '>', 9, { windowMs: 2 * MIN }]],
  ['4+ probe failures in sequence', ['probe failures', '>=', 4, { consecutive: 4 }]],
  ['3 consecutive timeouts within 5 minutes', ['timeouts', '>=', 3, { consecutive: 3, windowMs: 5 * MIN }]],
  ['Encoding < 30 s for 10-minute videos', ['encoding', '<', 30_000, ms]],
  ['Sign-ins > 50/min for 5 min', ['sign-ins', '>', 50 / 60, { unit: 'per-second', windowMs: 5 * MIN }]],
  [
    'Taxa de falhas abaixo de 2% nos últimos 10 minutos',
    ['taxa de falhas', '<', 2, { ...percent, windowMs: 10 * MIN }],
  ],
]

const DAY = 24 * 60 * MIN
const GB = 1024 ** 3
const WORDED: Row[] = [
  ['Certificates not expiring within 21 days', ['certificates', '>', 21 * DAY, ms]],
  ['No certificates expiring within the next 21 days', ['certificates', '>', 21 * DAY, ms]],
  ['No workers restarting more than 2 times', ['workers restarting', '<=', 2]],
  ['Branch coverage at or above 75%', ['branch coverage', '>=', 75, percent]],
  ['Lag at or below 4 s', ['lag', '<=', 4000, ms]],
  ['More than 4 failed syncs in a row', ['failed syncs', '>', 4, { consecutive: 4 }]],
  ['Minimum 6 cores, 12 GB RAM', ['cores', '>=', 6], ['ram', '>=', 12 * GB, { unit: 'bytes' }]],
  ['Host: at least 12 GB RAM', ['ram', '>=', 12 * GB, { unit: 'bytes' }]],
  ['Availability watched - 99.9% uptime', ['uptime', '>=', 99.9, percent]],
  ['Minimum 48px tap areas', ['tap areas', '>=', 48]],
  ['Soak passed at 300 RPS with < 2% faults', ['soak passed at 300 rps', '<', 2, percent]],
  ['Soak passed at 300 RPS with < 2% errors', ['errors', '<', 2, percent]],
  ['Cluster healthy - 12+ hours of stable operation', ['cluster', '>=', 12 * 60 * MIN, ms]],
  ['100% rollout reached', ['rollout', '==', 100, percent]],
  ['Ledger shows zero variance', ['variance', '==', 0]],
  ['No test data in the catalogue', ['test data', '==', 0]],
  ['No degradation of the search', ['degradation', '==', 0]],
]

const LANGUAGES: Row[] = [
  ['메모리 200MB 이하', ['메모리', '<=', 200 * 1024 ** 2, { unit: 'bytes' }]],
  ['시작 시간: 3초 이내', ['시작 시간', '<=', 3000, ms]],
  ['복제본 (최소 2개)', ['복제본', '>=', 2]],
  ['失敗率が２％未満', ['失敗率', '<', 2, percent]],
  ['平均応答時間は300ms以内', ['応答時間', '<=', 300, { ...ms, aggregate: 'avg' }]],
  ['応答時間の95パーセンタイルが4秒を下回る', ['応答時間', '<', 4000, { ...ms, aggregate: 'p95' }]],
  ['失敗率が10分間7％を超えた場合', ['失敗率', '>', 7, { ...percent, windowMs: 10 * MIN }]],
  ['CPU使用率が70%を超えない', ['cpu使用率', '<=', 70, percent]],
  ['同時接続数 300 ユーザー以上', ['同時接続数', '>=', 300]],
  ['待ち時間が通常時の3倍以上', ['待ち時間', '>=', 200, { ...percent, relativeTo: 'baseline' }]],
  ['5xx応答が1分間に20件以上', ['5xx応答', '>=', 20, { windowMs: MIN }]],
  ['応答時間2秒以内、失敗率3%以下', ['応答時間', '<=', 2000, ms], ['失敗率', '<=', 3, percent]],
  ['1時間あたり900リクエスト以下', ['リクエスト', '<=', 900, { windowMs: 60 * MIN }]],
  ['死活監視が4回連続で失敗', ['死活監視', '>=', 4, { consecutive: 4 }]],
  ['5回連続で失敗', ['失敗', '>=', 5, { consecutive: 5 }]],
  ['未処理のジョブが0件', ['ジョブ', '==', 0]],
  ['重大な不具合がない', ['重大な不具合', '==', 0]],
  ['P95 响应时间在700ms以内', ['响应时间', '<=', 700, { ...ms, aggregate: 'p95' }]],
  ['에러율이 4%를 초과', ['에러율', '>', 4, percent]],
  ['Memoria estable (< 80% de 2 GB)', ['memoria estable', '<', 80, percent]],
]

const PLAIN = { aggregate: null, valueMax: null, unit: 'count', windowMs: null, consecutive: null, relativeTo: null }

describe('wordings of bounds', () => {
  it.each([...NONE, ...WHOLE, ...NAMED, ...COMPARED, ...HELD, ...WORDED, ...LANGUAGES])('%s', (text, ...bounds) => {
    const read = parseThresholds(text).map(({ text: _words, ...threshold }) => threshold)
    expect(read).toEqual(
      bounds.map(([subject, operator, value, rest]) => ({ ...PLAIN, subject, operator, value, ...rest })),
    )
  })

  it.each([
    'Feature switched off (`CHECKOUT_SHARE=0`)',
    'Tell support at least 48 hours before',
    'Load test at 2x normal traffic',
    'Rollout 5% → 25% → 100% successful',
    'Disk grows (estimated 10-15% increase)',
    'No TLS 1.0',
    '`git push <remote name> 3.2.0`',
    'Zero-trust network in place',
    '30分以内に応答する',
    'デバッグ表示が無効化されている',
  ])('finds none in: %s', (text) => {
    expect(parseThresholds(text).filter(({ value }) => value !== null)).toEqual([])
  })

  it('names the row where a target only counts', () => {
    expect(parseThresholds('Lint: 0 warnings', { target: true })).toMatchObject([
      { subject: 'lint warnings', operator: '==', value: 0 },
    ])
    expect(parseThresholds('Open blockers: none', { target: true })).toMatchObject([
      { subject: 'open blockers', operator: '==', value: 0 },
    ])
    expect(parseThresholds('Load: 200 users', { target: true })).toMatchObject([{ operator: '==', value: 200 }])
  })
})
