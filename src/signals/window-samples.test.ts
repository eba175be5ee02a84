import { expect, it } from 'vitest'
import { unknownWindowSamples, WINDOW_SIGNALS, windowSamples, type RequestWindow } from './window-samples.ts'

const about = { version: 'v2', at: 5000, elapsedMs: 2000 }
const busy: RequestWindow = {
  requests: 40,
  errors: 2,
  totalMs: 800,
  latency: { boundsMs: [10, 100], counts: [30, 9, 1] },
  inFlight: 3,
}

const seen = (window: RequestWindow) =>
  Object.fromEntries(windowSamples(about, window).map(({ signal, value }) => [signal, value]))

it('tells counts, rates and response times of a window', () => {
  expect(seen(busy)).toEqual({
    requests: 40,
    'error-rate': 5,
    'request-rate': 20,
    'response-time': 20,
    'response-time-p95': 100,
    'response-time-p99': 101,
  })
})

it('carries the whole counts with the signal `requests`, and with no other', () => {
  const samples = windowSamples(about, busy)
  expect(samples.filter(({ tally }) => tally !== undefined)).toEqual([
    {
      signal: 'requests',
      version: 'v2',
      at: 5000,
      value: 40,
      unit: 'count',
      observations: 40,
      tally: { requests: 40, errors: 2, latency: busy.latency },
    },
  ])
})

it('knows no response times where there is no histogram and no sum', () => {
  const samples = windowSamples(about, { ...busy, totalMs: null, latency: null })
  expect(samples.filter(({ value }) => value === null).map(({ signal, detail }) => [signal, detail])).toEqual([
    ['response-time', 'not told by the source'],
    ['response-time-p95', 'not told by the source'],
    ['response-time-p99', 'not told by the source'],
  ])
})

it('tells idleness, where 0 requests are a fact, from hanging requests, of which nothing is known yet', () => {
  const idle: RequestWindow = { requests: 0, errors: 0, totalMs: 0, latency: null, inFlight: 0 }
  const errorRate = (window: RequestWindow) => windowSamples(about, window, ['error-rate'])[0]
  expect(errorRate(idle)).toMatchObject({ value: null, observations: 0, detail: 'no requests' })
  expect(errorRate({ ...idle, inFlight: 7 })).toMatchObject({
    value: null,
    observations: null,
    detail: 'no answer yet to 7 requests',
  })
})

it('says of every signal that it is unknown, and why', () => {
  const samples = unknownWindowSamples(null, 5000, 'gone')
  expect(samples.map(({ signal }) => signal)).toEqual(WINDOW_SIGNALS)
  for (const sample of samples) expect(sample).toMatchObject({ value: null, observations: null, detail: 'gone' })
})
