import { expect, it } from 'vitest'
import { judgeLoad, type Bounds, type LoadReport } from './report.ts'

const FINE: LoadReport = {
  requests: 1000,
  failed: 0,
  requestsPerSecond: 100,
  latencyMs: { p50: 5, p99: 50, max: 60 },
  serviceMs: { p50: 5, p99: 50, max: 60 },
  late: 0,
  unsent: 0,
  local: 0,
  counts: { 200: 1000 },
  remarks: [],
}
const WANTED: Bounds = { latencyMsMax: { p99: 50 }, errorPercentMax: 1, requestsPerSecondMin: 100 }

const judged = (report: Partial<LoadReport>, bounds: Partial<Bounds> = {}, isMaximum = false) =>
  judgeLoad('shop', { ...FINE, ...report }, { ...WANTED, ...bounds }, isMaximum)
const statusOf = (...given: Parameters<typeof judged>): string => judged(...given).status

it('what is within all bounds passes, and what is not fails with each reason', () => {
  expect(judged({})).toMatchObject({ status: 'passed', summary: expect.stringContaining('100 requests/s') })
  expect(judged({ failed: 11, requestsPerSecond: 99.9, latencyMs: { p99: 50.1 } })).toMatchObject({
    status: 'failed',
    summary: expect.stringMatching(/errors 1\.1 %.*at least 100 requests\/s.*p99 50\.1 ms/),
  })
  expect(statusOf({ failed: 10 })).toBe('passed')
})

it('late, unsent and local requests are never a pass', () => {
  expect(statusOf({ late: 10 })).toBe('passed')
  expect(statusOf({ late: 11 })).toBe('unverified')
  expect(statusOf({ unsent: 1 })).toBe('unverified')
  expect(statusOf({ local: 1, failed: 1 })).toBe('unverified')
})

it('a slow answer of a late request is a failure only where it is slow from its sending on', () => {
  const late = { late: 500, latencyMs: { p99: 400 } }
  expect(statusOf({ ...late, serviceMs: { p99: 40 } })).toBe('unverified')
  expect(statusOf({ ...late, serviceMs: { p99: 51 } })).toBe('failed')
  expect(statusOf({ late: 500, failed: 100 })).toBe('failed')
})

it('what this machine could not send is no error of the service', () => {
  expect(statusOf({ requests: 1000, failed: 900, local: 900 })).toBe('unverified')
  expect(statusOf({ requests: 1000, unsent: 1000, latencyMs: {} })).toBe('unverified')
})

it('a generator at its own limit shows nothing of a service that seems too slow', () => {
  const slow = { requestsPerSecond: 50 }
  expect(statusOf({ ...slow, utilization: 0.5 }, {}, true)).toBe('failed')
  expect(statusOf({ ...slow, utilization: 0.99 }, {}, true)).toBe('unverified')
  expect(statusOf({ ...slow, utilization: 0.99 }, {}, false)).toBe('failed')
})

it('a percentile needs requests, and a figure', () => {
  expect(statusOf({ requests: 99 })).toBe('unverified')
  expect(statusOf({ requests: 100 })).toBe('passed')
  expect(judged({}, { latencyMsMax: { p95: 10 } })).toMatchObject({
    status: 'unverified',
    summary: expect.stringContaining('no p95 was measured'),
  })
  expect(statusOf({ requests: 0, requestsPerSecond: 0, latencyMs: {} })).toBe('unverified')
})
