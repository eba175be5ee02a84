import { describe, expect, it } from 'vitest'
import { createCounterTracker, type Counter } from './counters.ts'

type Values = Record<number, number>

/** A counter of requests by status, at second → value. */
function requests(status: number, values: Values, more: Partial<Counter> = {}): Counter {
  return counter(`requests ${status}`, values, { isRequests: true, isErrors: status >= 500, ...more })
}

function bucket(bucketMs: number, values: Values, more: Partial<Counter> = {}): Counter {
  return counter(`bucket ${bucketMs}`, values, { bucketMs, family: 'status 200', ...more })
}

function counter(key: string, values: Values, more: Partial<Counter>): Counter {
  const samples = Object.entries(values).map(([second, value]) => ({ atMs: Number(second) * 1000, value }))
  const { target = 'a:80', version = 'v1' } = more
  return {
    key: `${key} ${target} ${version}`,
    version,
    target,
    instance: target,
    family: key,
    isRequests: false,
    isErrors: false,
    sumToMs: null,
    bucketMs: null,
    samples,
    ...more,
  }
}

/** What a tracker makes of several looks, of one version. */
function portionsOf(...looks: Counter[][]) {
  const tracker = createCounterTracker()
  return looks.map((counters) => tracker.advance(counters).map(({ portion }) => portion))
}

describe('counters of a release', () => {
  it('are compared with nothing at the first look, and counted whole from then on', () => {
    expect(
      portionsOf(
        [requests(200, { 1: 1000 }), requests(500, { 1: 7 })],
        [requests(200, { 1: 1000, 2: 1090 }), requests(500, { 1: 7, 2: 17 })],
      ),
    ).toMatchObject([[null], [{ requests: 100, errors: 10 }]])
  })

  it('say nothing of a scrape that was seen', () => {
    const look = [requests(200, { 1: 10, 2: 20 })]
    expect(portionsOf(look, look)).toEqual([[null], []])
  })

  it('add up several scrapes between two looks, also over a restart among them', () => {
    expect(portionsOf([requests(200, { 1: 10 })], [requests(200, { 1: 10, 2: 15, 3: 4, 4: 6 })])).toMatchObject([
      [null],
      [{ requests: 11 }],
    ])
  })

  it('begin at zero after a restart, also those that have outgrown their old value, and those that are not there yet', () => {
    expect(
      portionsOf(
        [requests(200, { 1: 1000 }), requests(500, { 1: 2 })],
        [requests(200, { 1: 1000, 2: 100 }), requests(500, { 1: 2, 2: 3 })],
        [requests(500, { 3: 30 })],
        [requests(200, { 4: 1 }), requests(500, { 4: 30 })],
      ),
    ).toMatchObject([
      [null],
      [{ requests: 103, errors: 3 }],
      [{ requests: 30, errors: 30 }],
      [{ requests: 1, errors: 0 }],
    ])
  })

  it('go on when a light series alone began anew', () => {
    expect(
      portionsOf(
        [requests(200, { 1: 1000 }), requests(404, { 1: 20 })],
        [requests(200, { 1: 1000, 2: 1010 }), requests(404, { 1: 20, 2: 5 })],
      ),
    ).toMatchObject([[null], [{ requests: 15 }]])
  })

  it('count a series from zero when its target was there before it', () => {
    expect(portionsOf([requests(200, { 1: 50 })], [requests(200, { 2: 50 }), requests(500, { 2: 4 })])).toMatchObject([
      [null],
      [{ requests: 4, errors: 4 }],
    ])
  })

  it('take what a newcomer holds for new only where that is known', () => {
    const newcomer = requests(200, { 2: 900 }, { target: 'b:80', version: 'v2' })
    for (const [wholly, portion] of [
      [new Set<string>(), null],
      [new Set(['b:80']), { requests: 900 }],
    ] as const) {
      const tracker = createCounterTracker()
      expect(tracker.newcomers([newcomer])).toBeNull()
      tracker.advance([requests(200, { 1: 1 })])
      expect(tracker.newcomers([newcomer])).toEqual({ sinceMs: 1000, targets: new Map([['b:80', 2000]]) })
      const [tracked] = tracker.advance([newcomer], wholly)
      if (portion) expect(tracked?.portion).toMatchObject(portion)
      else expect(tracked?.portion).toBeNull()
    }
  })

  it('do not take a version for new that its target showed at a scrape which was not read', () => {
    const v2 = requests(200, { 1: 500, 2: 510 }, { version: 'v2' })
    expect(portionsOf([requests(200, { 1: 1 })], [v2])).toEqual([[null], [null]])
  })

  it('begin anew after a gap in which a restart could not be seen', () => {
    expect(
      portionsOf([requests(200, { 1: 10 })], [requests(200, { 302: 5000 })], [requests(200, { 303: 5001 })]),
    ).toMatchObject([[null], [null], [{ requests: 1 }]])
  })

  it('wait for a scrape that can be read whole: then it holds the one before too', () => {
    const look = (values: Values) => [requests(200, { 1: 10, 2: 20, 3: 30 }), requests(500, values)]
    expect(
      portionsOf([requests(200, { 1: 10 })], look({ 2: Number.NaN }).map(until(2)), look({ 2: Number.NaN, 3: 8 })),
    ).toMatchObject([[null], [], [{ requests: 28, errors: 8 }]])
  })

  it('have no sum any more where one observation was none, and count all the same', () => {
    const sum = counter('sum', { 1: 1, 2: Number.NaN }, { sumToMs: 1000 })
    expect(portionsOf([requests(200, { 1: 1 }), sum], [requests(200, { 2: 3 }), sum])).toMatchObject([
      [null],
      [{ requests: 2, totalMs: null }],
    ])
  })

  it('make histograms, of several series only when the buckets are the same', () => {
    const at = (second: number, low: number, all: number) => [
      requests(200, { [second]: all }),
      bucket(100, { [second]: low }),
      bucket(Infinity, { [second]: all }),
    ]
    const other = (second: number, all: number) => [
      bucket(250, { [second]: all }, { family: 'status 500', key: 'b' }),
      bucket(Infinity, { [second]: all }, { family: 'status 500', key: 'c' }),
    ]
    expect(portionsOf(at(1, 5, 9), at(2, 8, 14))[1]).toMatchObject([
      { requests: 5, latency: { boundsMs: [100], counts: [3, 2] } },
    ])
    expect(portionsOf([...at(1, 5, 9), ...other(1, 1)], [...at(2, 8, 14), ...other(2, 3)])[1]).toMatchObject([
      { requests: 5, latency: null, remark: expect.stringContaining('different buckets') },
    ])
  })

  it('say that a histogram without le="+Inf" is none', () => {
    const [, second] = portionsOf(
      [requests(200, { 1: 1 }), bucket(100, { 1: 1 })],
      [requests(200, { 2: 2 }), bucket(100, { 2: 2 })],
    )
    expect(second).toMatchObject([{ requests: 1, latency: null, remark: expect.stringContaining('+Inf') }])
  })

  it('are not counted at all where no series counts requests', () => {
    expect(portionsOf([bucket(100, { 1: 1 })], [bucket(100, { 2: 2 })])).toEqual([[], []])
  })

  it('learn how often they are scraped, whatever one scrape does', () => {
    const tracker = createCounterTracker()
    tracker.advance([requests(200, { 1: 1 })])
    expect(tracker.intervalMs()).toBeNull()
    tracker.advance([requests(200, { 2: 1, 3: 1, 9: 1, 10: 1 })])
    expect(tracker.intervalMs()).toBe(1000)
  })
})

const until =
  (second: number) =>
  (one: Counter): Counter => ({ ...one, samples: one.samples.filter(({ atMs }) => atMs <= second * 1000) })
