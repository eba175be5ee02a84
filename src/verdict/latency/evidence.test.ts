// Bets on small looks, enumerated: what a fair bet pays on average when both versions are alike.
import { expect, test } from 'vitest'
import { logTotal, startCapital } from './capital.ts'
import { betOnDraws } from './draws.ts'
import { countByClass, emptyCounts, logEvidence, logEvidenceOfPool } from './evidence.ts'
import { createSlowerTest } from './slower-test.ts'
import { tiltsOf } from './tilts.ts'
import { SLOWER_WAYS } from './ways.ts'

const LOG_BOUNDS = Float64Array.from([50, 100, 250, 700], Math.log)
const PAST = [20, 60, 30, 9, 2]
const TILTS = tiltsOf(SLOWER_WAYS, PAST, LOG_BOUNDS)
const WEIGHTS = SLOWER_WAYS.map(({ weight }) => weight)

/** All ways for `requests` to fall into the buckets, with their probabilities. */
function* outcomes(requests: number, shares: readonly number[]): Generator<{ counts: number[]; probability: number }> {
  const [share, ...rest] = shares
  if (rest.length === 0) {
    yield { counts: [requests], probability: share! ** requests }
    return
  }
  let ways = 1
  for (let here = 0; here <= requests; here++) {
    for (const { counts, probability } of outcomes(requests - here, rest))
      yield { counts: [here, ...counts], probability: ways * share! ** here * probability }
    ways = (ways * (requests - here)) / (here + 1)
  }
}

/** Means of e by way. */
function meanEvidence(candidateShares: number[], stableShares: number[], sizes: [number, number], pooled: boolean) {
  const means = WEIGHTS.map(() => 0)
  const counts = emptyCounts()
  for (const candidate of outcomes(sizes[0], candidateShares)) {
    for (const stable of outcomes(sizes[1], stableShares)) {
      const pool = candidate.counts.map((count, bucket) => count + stable.counts[bucket]!)
      const tilts = pooled ? tiltsOf(SLOWER_WAYS, pool, LOG_BOUNDS) : TILTS
      const probability = candidate.probability * stable.probability
      const add = (way: number, logE: number) => (means[way]! += probability * Math.exp(logE))
      countByClass(counts, candidate.counts, stable.counts, tilts)
      if (pooled) logEvidenceOfPool(counts, tilts, add)
      else logEvidence(counts, tilts, add)
    }
  }
  return means
}

test('a bet pays at most 1 on average, whatever distribution both have, and less on a faster candidate', () => {
  for (const shares of [
    [0.2, 0.5, 0.2, 0.08, 0.02],
    [0.01, 0.04, 0.1, 0.15, 0.7],
    [0.5, 0, 0, 0, 0.5],
  ]) {
    const faster = [shares[0]! + shares[4]!, shares[1]!, shares[2]!, shares[3]!, 0]
    for (const sizes of [
      [1, 3],
      [3, 2],
      [2, 4],
    ] as [number, number][]) {
      const fair = meanEvidence(shares, shares, sizes, false)
      expect(Math.max(...fair)).toBeLessThanOrEqual(1 + 1e-9)
      const onFaster = meanEvidence(faster, shares, sizes, false)
      for (const [way, mean] of onFaster.entries()) expect(mean).toBeLessThanOrEqual(fair[way]! + 1e-9)
    }
    expect(Math.max(...meanEvidence(shares, shares, [2, 2], true))).toBeLessThanOrEqual(1 + 1e-9)
  }
})

test('a bet on single draws pays exactly 1, cut at the threshold and raised below it or not', () => {
  const pool = [1, 2, 2, 1, 2]
  for (const logThreshold of [Math.log(100), Math.log(1.6), Math.log(1.15)]) {
    for (const candidates of [1, 2, 3]) {
      let mean = 0
      let total = 0
      for (const { counts, ways } of drawsFrom(pool, candidates)) {
        // Every order of the drawn requests is as likely: the shuffles of three are six.
        for (let order = 0; order < 6; order++) {
          const capital = startCapital(WEIGHTS)
          const numbers = [(order % 3) / 3 + 0.1, Math.floor(order / 3) / 2 + 0.1]
          if (candidates === 2) numbers.shift()
          const byClass = emptyCounts()
          const stable = pool.map((count, bucket) => count - counts[bucket]!)
          countByClass(byClass, counts, stable, TILTS)
          betOnDraws(capital, byClass, TILTS, logThreshold, () => numbers.shift() ?? 0)
          mean += (ways / 6) * Math.exp(logTotal(capital))
          total += ways / 6
        }
      }
      expect(mean / total).toBeCloseTo(1, 9)
    }
  }
})

function* drawsFrom(pool: number[], candidates: number): Generator<{ counts: number[]; ways: number }> {
  const [here, ...rest] = pool
  if (here === undefined) {
    if (candidates === 0) yield { counts: [], ways: 1 }
    return
  }
  let choices = 1
  for (let taken = 0; taken <= Math.min(here, candidates); taken++) {
    for (const { counts, ways } of drawsFrom(rest, candidates - taken))
      yield { counts: [taken, ...counts], ways: choices * ways }
    choices = (choices * (here - taken)) / (taken + 1)
  }
}

test('bets are nondecreasing in how slow a request is', () => {
  for (let offset = 0; offset < TILTS.ratios.length; offset += TILTS.classes) {
    const row = [...TILTS.ratios.subarray(offset, offset + TILTS.classes)]
    expect(row).toEqual(row.toSorted((a, b) => a - b))
  }
  expect(createSlowerTest(SLOWER_WAYS, Math.log(100), LOG_BOUNDS).logE()).toBeCloseTo(0, 12)
})
