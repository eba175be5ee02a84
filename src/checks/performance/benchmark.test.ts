import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { benchmark } from './benchmark.ts'
import { compare } from './benchmark/compare.ts'
import { figuresAt } from './benchmark/figures.ts'

let directory = ''
const context = () => ({ directory })
const script = (code: string): string[] => [process.execPath, '-e', code]
const file = (name: string, content: string): string => {
  writeFileSync(join(directory, name), content)
  return name
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-benchmark-'))
  file('baseline.json', JSON.stringify({ throughput: 1000, latencyMs: { p95: [10, 10.1, 9.9] } }))
  file('same.json', JSON.stringify({ throughput: 950, latencyMs: { p95: [10.2, 10.3, 10.1] } }))
  file('worse.json', JSON.stringify({ throughput: 890, latencyMs: { p95: [14, 14.1, 13.9] } }))
})
afterAll(() => rmSync(directory, { recursive: true }))

const metrics = { throughput: { path: 'throughput', better: 'higher' }, p95: { path: 'latencyMs.p95' } }
const reading = (name: string, extra: Record<string, unknown> = {}) => ({
  options: { file: name, baseline: 'baseline.json', metrics, ...extra },
  context: context(),
})
const running = (code: string, extra: Record<string, unknown> = {}) => ({
  options: { run: script(code), repeat: 1, metrics: { ms: { path: 'ms', baseline: 10 } }, ...extra },
  context: context(),
})

checkContract(benchmark, {
  passing: () => reading('same.json'),
  failing: () => reading('worse.json'),
  unverified: () => reading('same.json', { baseline: 'no-such-baseline.json' }),
  slow: () => running('setTimeout(() => {}, 60_000)'),
  unreachable: { status: 'unverified', case: () => reading('not-run-yet.json') },
  hostile: {
    'output without end': {
      status: 'unverified',
      case: () =>
        running(
          `process.stdout.on('error', () => {}); for (let i = 0; i < 200; i++) process.stdout.write('x'.repeat(100_000))`,
        ),
    },
    'escapes for terminals': {
      status: 'unverified',
      case: () => running(`console.log(${JSON.stringify(ANSI)})`),
    },
    'escapes in the figures': {
      status: 'unverified',
      case: () => running(`console.log(JSON.stringify({ ms: ${JSON.stringify(ANSI)} }))`),
    },
  },
  mentions: () => ['same.json', 'baseline.json', 'throughput (higher is better)', '10 %'],
})

describe('benchmark', () => {
  it('runs a benchmark several times and takes the median', async () => {
    const count = join(directory, 'count')
    const code = `const fs = require('fs'); fs.appendFileSync(${JSON.stringify(count)}, 'x')
      const n = fs.readFileSync(${JSON.stringify(count)}).length; console.log(JSON.stringify({ ms: [9, 900, 10][n - 1] }))`
    const outcome = await runCheck(benchmark, running(code, { repeat: 3 }))
    expect(outcome.measurements).toContainEqual({ name: 'ms', value: 10, unit: 'count' })
  })

  it('says how to record a baseline that is not there', async () => {
    expect(await runCheck(benchmark, running('', { baseline: 'none.json' }))).toMatchObject({
      status: 'unverified',
      remedy: expect.stringContaining('> none.json'),
    })
  })

  it('takes no figures of a benchmark that broke off, or is not there', async () => {
    const code = 'console.log(JSON.stringify({ ms: 1 })); process.exit(3)'
    expect(await runCheck(benchmark, running(code))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('ended with 3'),
    })
    const missing = { ...running('').options, run: ['no-such-benchmark'] }
    expect(await runCheck(benchmark, { options: missing })).toMatchObject({ status: 'unverified' })
  })

  it('is unverified where a figure is missing, even when the others are well', async () => {
    const both = { ...metrics, errors: { path: 'errors' } }
    expect(await runCheck(benchmark, reading('same.json', { metrics: both }))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('errors: no figure'),
    })
  })

  it.each([
    ['both kinds of input', { file: 'x' }],
    ['neither path nor pattern', { metrics: { ms: { baseline: 1 } } }],
    ['no baseline at all', { metrics: { ms: { path: 'ms' } } }],
    ['no metrics', { metrics: {} }],
    ['what is no path', { metrics: { ms: { path: 'a..b', baseline: 1 } } }],
  ])('refuses %s', (_, extra) => {
    expect(benchmark.options.safeParse({ ...running('').options, ...extra }).success).toBe(false)
  })
})

describe('a comparison', () => {
  const lower = { better: 'lower', regressionPercentMax: 10 } as const
  const higher = { better: 'higher', regressionPercentMax: 10 } as const

  it('knows which way is worse', () => {
    expect(compare([111], [100], lower)?.verdict).toBe('beyond')
    expect(compare([110], [100], lower)?.verdict).toBe('within')
    expect(compare([50], [100], lower)?.worsePercent).toBe(-50)
    expect(compare([89], [100], higher)?.verdict).toBe('beyond')
    expect(compare([90], [100], higher)?.verdict).toBe('within')
    expect(compare([200], [100], higher)?.worsePercent).toBe(-100)
  })

  it('does not decide within the noise of its runs', () => {
    expect(compare([98, 108, 118], [100, 100, 100], lower)).toMatchObject({ verdict: 'undecided', worsePercent: 8 })
    expect(compare([107.9, 108, 108.1], [100, 100, 100], lower)?.verdict).toBe('within')
    expect(compare([102, 112, 122], [100], lower)?.verdict).toBe('undecided')
    expect(compare([111.9, 112, 112.1], [100], lower)?.verdict).toBe('beyond')
    expect(compare([190, 200, 210], [90, 100, 110], lower)?.verdict).toBe('beyond')
  })

  it('has no share of what is not above 0', () => {
    for (const [current, baseline] of [
      [[0], [1]],
      [[1], [0]],
      [[-1], [1]],
      [[], [1]],
      [[1], []],
    ] as const)
      expect(compare(current, baseline, lower)).toBeNull()
  })
})

describe('figures', () => {
  it('stand in one document, or in one a line between other lines', () => {
    expect(figuresAt({ path: 'a.b' }, ['{"a":{"b":3}}', '{"a":{"b":[4,"5",null,6]}}'])).toEqual([3, 4, 6])
    expect(figuresAt({ path: 'ms' }, ['> bench\n\n{"ms":1}\nnoise\n{"ms":2}\n'])).toEqual([1, 2])
    expect(figuresAt({ path: '[1].ms' }, ['[{"ms":1},{"ms":2}]'])).toEqual([2])
    expect(figuresAt({ path: 'ms' }, ['', 'null', '{"ms":"fast"}', '{"ms":1e999}'])).toEqual([])
  })

  it('or in text, by the first group of a pattern', () => {
    expect(figuresAt({ pattern: '^rate: ([\\d.,]+)' }, ['rate: 1,234.5 req/s\nrate: 7\nrates: 9'])).toEqual([1234.5, 7])
    expect(figuresAt({ pattern: 'rate' }, ['rate: 7'])).toEqual([])
  })
})
