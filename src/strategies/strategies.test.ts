import { describe, expect, it } from 'vitest'
import { blueGreen } from './blue-green.ts'
import { canary } from './canary.ts'

const stage = (name: string, weight: number) => ({ name, weight, duration: '1 min' })

const messages = (given: unknown): string[] =>
  (canary.options.safeParse(given).error?.issues ?? []).map((issue) => `${issue.path.join('/')}: ${issue.message}`)

describe.each([
  ['blue-green', blueGreen],
  ['canary', canary],
])('%s', (_, strategy) => {
  it('accepts its example, refuses its failing example and unknown keys', () => {
    expect(strategy.options.safeParse(strategy.example).success).toBe(true)
    expect(strategy.options.safeParse(strategy.failingExample).success).toBe(false)
    expect(strategy.options.safeParse({ ...(strategy.example as object), nonsense: 1 }).success).toBe(false)
  })
})

describe('canary', () => {
  it('has the five well-known stages when nothing is said', () => {
    const stages = canary.stages(canary.options.parse({}))
    expect(stages.map(({ name, weight, durationMs }) => [name, weight, durationMs / 60_000])).toEqual([
      ['smoke', 1, 5],
      ['canary', 10, 15],
      ['staged', 25, 30],
      ['majority', 50, 60],
      ['full', 100, 60],
    ])
    expect(stages.every(({ preview }) => !preview)).toBe(true)
  })

  it('wants growing weights that end at 100, with one name each', () => {
    expect(messages({ stages: [stage('a', 10), stage('b', 100)] })).toEqual([])
    expect(messages({ stages: [stage('a', 10), stage('b', 10), stage('c', 100)] })).toEqual([
      'stages/1/weight: weights must grow: 10 comes after 10',
    ])
    expect(messages({ stages: [stage('a', 10), stage('b', 50)] })).toEqual([
      'stages/1/weight: the last stage must have weight 100',
    ])
    expect(messages({ stages: [stage('a', 10), stage('a', 100)] })).toEqual([
      'stages/1/name: there are two stages called "a"',
    ])
    expect(messages({ stages: [stage('a', 0), stage('b', 100)] })[0]).toMatch(/^stages\/0\/weight/)
    expect(messages({ stages: [] })[0]).toMatch(/^stages/)
  })

  it('refuses what is not a duration', () => {
    expect(messages({ stages: [{ name: 'a', weight: 100, duration: 'soon' }] })).toEqual([
      'stages/0/duration: not a duration; expected one like "30 s", "5 min" or "1h"',
    ])
  })
})

describe('blue-green', () => {
  it('previews without real traffic, then switches at once and stays warm', () => {
    expect(blueGreen.stages(blueGreen.options.parse({ preview: '30 s', warm: '2h' }))).toEqual([
      { name: 'preview', weight: 0, durationMs: 30_000, preview: true },
      { name: 'full', weight: 100, durationMs: 7_200_000, preview: false },
    ])
  })
})
