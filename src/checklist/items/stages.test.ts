import { describe, expect, it } from 'vitest'
import { readStage } from './stages.ts'

const stageOf = (text: string) => readStage({ text, label: null })

describe('a share of the traffic', () => {
  it.each([
    ['Canary: 5% of traffic for 10 min', 5],
    ['25% of users', 25],
    ['10% of requests served by the new version', 10],
  ])('is a stage: %s', (text, weight) => {
    expect(stageOf(text)).toMatchObject({ weight })
  })

  it.each([
    '95% of requests complete within 2 seconds',
    '98% of requests served in under 400 ms',
    'More than 3% of users report trouble',
    '4% of requests fail',
  ])('is none where it says what they do: %s', (text) => {
    expect(stageOf(text)).toBeNull()
  })
})
