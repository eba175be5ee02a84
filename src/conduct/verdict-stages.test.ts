// What statistics do to a delivery: back when worse, early when shown not worse, held or asked about when nothing is shown.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Sample } from '../plan/signal.ts'
import type { Bench } from './conduct.fixture.ts'
import { createRelease, type Choices } from './release.fixture.ts'

const LONG_STAGES =
  '{ kind: canary, stages: [{ name: few, weight: 50, duration: 30s }, { name: all, weight: 100, duration: 10ms }] }'
const SHORT_STAGES =
  '{ kind: canary, stages: [{ name: few, weight: 50, duration: 60ms }, { name: all, weight: 100, duration: 10ms }] }'
const GUARD = 'guards: { canary: { kind: verdict, latency: null } }\n'

/** Looks at 100 requests of each version; the test sets how many of the candidate's fail. */
function createTraffic(failures: { stable: number; candidate: number }) {
  const now = { ...failures, requests: 100 }
  const look = (version: string, at: number): Sample => {
    const errors = version === 'v1' ? now.stable : now.candidate
    const tally = { requests: now.requests, errors, latency: null }
    return { signal: 'requests', version, at, value: now.requests, unit: 'count', observations: now.requests, tally }
  }
  const source = { sample: async (at: number) => [look('v1', at), look('v2', at)] }
  return { now, source: { name: 'counts', signals: ['requests'], source } }
}

const release = (traffic: ReturnType<typeof createTraffic>, delivery: string, choices: Choices = {}): Bench =>
  createRelease({ sources: [traffic.source], delivery, sections: GUARD, ...choices })

const stageEnds = (bench: Bench) =>
  bench.ledger.filter((entry) => entry.kind === 'stage' && entry.body.event === 'ended').map(({ body }) => body)
const asked = (event: { type: string; reason?: string | null }) =>
  event.type === 'needs' && Boolean(event.reason?.includes('promote?'))
const signedOff = (event: { type: string; status?: string; text?: string }): boolean =>
  event.type === 'item' && event.status === 'asked' && event.text !== 'Canary is delivered' && event.text !== 'few'

describe('a candidate shown to be worse', () => {
  test('goes back while its stage lasts, and the reason is the verdict', async () => {
    const traffic = createTraffic({ stable: 1, candidate: 6 })
    const bench = release(traffic, '', { strategy: LONG_STAGES })
    await bench.conduct()
    expect(bench.run.state).toBe('rolled-back')
    expect(bench.table.now?.weights).toEqual({ v1: 100 })
    const tripped = bench.ledger.find((entry) => entry.kind === 'guard')
    expect(tripped?.body.sentence).toMatch(/^errors: canary errors \S+ % vs \S+ %, odds ×/)
  })
})

describe('a candidate shown not to be worse', () => {
  test('ends its stage early where that is wanted', async () => {
    const bench = release(createTraffic({ stable: 3, candidate: 3 }), '  verdict: { early: true }\n', {
      strategy: LONG_STAGES,
    })
    await bench.conduct(signedOff)
    expect(stageEnds(bench).map(({ stage, verdict }) => [stage, verdict])).toEqual([
      ['few', 'passed'],
      ['all', 'passed'],
    ])
    expect(stageEnds(bench)[0]?.reason).toContain('errors shown not worse: ')
    expect(bench.ledger.some(({ kind, body }) => kind === 'note' && String(body.text).includes('not worse'))).toBe(true)
  })

  test('is still put to the approver where stages want a word', async () => {
    const bench = release(createTraffic({ stable: 3, candidate: 3 }), '  verdict: { early: true }\n', {
      strategy: LONG_STAGES,
      autoPromote: false,
    })
    await bench.conduct(asked)
    expect(bench.told.at(-1)).toBe('weights {"v1":50,"v2":50}')
  })

  test('keeps its time where nobody said so', async () => {
    const traffic = createTraffic({ stable: 3, candidate: 3 })
    const bench = release(traffic, '', { strategy: SHORT_STAGES })
    await bench.conduct(signedOff)
    expect(bench.ledger.some(({ kind, body }) => kind === 'note' && String(body.text).includes('not worse'))).toBe(
      false,
    )
  })
})

describe('when nothing is shown', () => {
  const silent = () => createTraffic({ stable: 0, candidate: 0 })

  test('the approver is asked, also where stages promote themselves', async () => {
    const bench = release(silent(), '  verdict: {}\n', { strategy: SHORT_STAGES })
    await bench.conduct(asked)
    expect(bench.told.at(-1)).toBe('weights {"v1":50,"v2":50}')
    await bench.send({ type: 'promote', by: 'ann' })
    await bench.conduct(signedOff)
    expect(stageEnds(bench)[0]?.reason).toMatch(/errors undecided: .*approved by ann/)
  })

  test('the stage is held longer, until it is shown', async () => {
    const traffic = silent()
    const bench = release(traffic, '  verdict: { undecided: extend, extendMax: 30 s }\n', { strategy: SHORT_STAGES })
    const running = bench.conduct(signedOff)
    const extended = () => bench.ledger.some(({ body }) => String(body.text).includes('held for up to 30 s more'))
    await expect.poll(extended, { timeout: 10_000 }).toBe(true)
    Object.assign(traffic.now, { stable: 3, candidate: 3 })
    await running
    expect(stageEnds(bench).map(({ stage, verdict }) => [stage, verdict])).toEqual([
      ['few', 'passed'],
      ['all', 'passed'],
    ])
  })

  test('the run goes on where that was said', async () => {
    const bench = release(silent(), '  verdict: { undecided: promote }\n', { strategy: SHORT_STAGES })
    await bench.conduct(signedOff)
    expect(stageEnds(bench)[0]?.reason).toContain('errors undecided')
    expect(stageEnds(bench)).toHaveLength(2)
  })
})

test('evidence gathered before the conductor was killed counts after it', async () => {
  const traffic = createTraffic({ stable: 1, candidate: 2 })
  const bench = release(traffic, '', { strategy: LONG_STAGES })
  const evidence = (event: { type: string; samples?: Sample[] }): number =>
    (event.type === 'sample' && event.samples?.find(({ signal }) => signal === 'evidence-errors')?.value) || 0
  await bench.conduct((event) => evidence(event) > 0.5)
  expect(bench.run.state).toBe('running')
  const before = bench.events.length
  traffic.now.requests = 0
  traffic.now.stable = traffic.now.candidate = 0
  await bench.conduct(
    (event) => event.type === 'sample' && event.samples.some(({ signal }) => signal === 'evidence-errors'),
  )
  const first = bench.events.slice(before).find((event) => evidence(event) !== 0)
  expect(first && evidence(first)).toBeGreaterThan(0.4)
})

test('evidence that sufficed before the kill, but was not told, takes the run back after it', async () => {
  const traffic = createTraffic({ stable: 1, candidate: 1 })
  const bench = release(traffic, '', { strategy: LONG_STAGES })
  await bench.conduct((event) => event.type === 'stage' && event.event === 'started')
  // As if the process had recorded these looks, and been killed before it could tell.
  const at = Date.now()
  const looks = Array.from({ length: 20 }, (_, index): Sample[] =>
    ['v1', 'v2'].map((version) => {
      const tally = { requests: 100, errors: version === 'v1' ? 1 : 20, latency: null }
      return { signal: 'requests', version, at: at + index, value: 100, unit: 'count', observations: 100, tally }
    }),
  )
  const lines = looks.flat().map((sample) => `${JSON.stringify(sample)}\n`)
  appendFileSync(join(bench.directory, '.gonogo/runs/run/samples.jsonl'), lines.join(''))
  await bench.conduct()
  expect(bench.run.state).toBe('rolled-back')
})

test('a stage that waits for a verdict needs a guard that gives one', () => {
  expect(() => createRelease({ delivery: '  verdict: { early: true }\n' })).toThrow(
    /there is no guard whose verdict it could be/,
  )
})
