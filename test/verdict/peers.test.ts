// The baselines of bench/verdict take as long as a simulation of their rules by others did.
import { describe, expect, it } from 'vitest'
import { PEER_NAMES, createPeer, type PeerBlock, type PeerName } from '../../bench/verdict/peers.ts'
import { createRandom } from '../../bench/verdict/random.ts'
import { median } from '../../bench/result.ts'

const STAGES = [0.01, 0.1, 0.25, 0.5]

/** 100 requests a second, stages of 300 s. @returns the second of the rollback; Infinity: there was none. */
function secondsUntilRollback(name: PeerName, errors: { stable: number; canary: number }, seed: number): number {
  const random = createRandom(seed)
  const peer = createPeer(name)
  for (let second = 0; second < 1200; second++) {
    const requests = random.poisson(100)
    const nc = random.binomial(requests, STAGES[Math.floor(second / 300)] ?? 0.5)
    const nb = requests - nc
    const block = { nc, xc: random.binomial(nc, errors.canary), nb, xb: random.binomial(nb, errors.stable) }
    if (peer.observe(block, second)) return second + 1
  }
  return Number.POSITIVE_INFINITY
}

function medianSeconds(name: PeerName, errors: { stable: number; canary: number }, runs: number): number {
  return median(Array.from({ length: runs }, (_, seed) => secondsUntilRollback(name, errors, seed)))
}

describe('the baselines', () => {
  it.each([
    { name: 'flagger', seconds: 120 },
    { name: 'argo-rollouts', seconds: 240 },
    { name: 'kayenta', seconds: 300 },
  ] as const)('$name takes $seconds s to see that everything fails', ({ name, seconds }) => {
    expect(medianSeconds(name, { stable: 0.01, canary: 1 }, 3)).toBe(seconds)
  })

  it.each([
    { name: 'flagger', seconds: 120 },
    { name: 'argo-rollouts', seconds: 480 },
    { name: 'kayenta', seconds: 600 },
  ] as const)('$name takes $seconds s to see 5 % instead of 1 %', ({ name, seconds }) => {
    expect(medianSeconds(name, { stable: 0.01, canary: 0.05 }, 101)).toBe(seconds)
  })

  it('flagger, of these, rolls back a canary that is as good: one minute of 98.9 % is enough', () => {
    const alike = { stable: 0.01, canary: 0.01 }
    expect(medianSeconds('flagger', alike, 15)).toBeLessThan(1200)
    expect(medianSeconds('argo-rollouts', alike, 15)).toBe(Number.POSITIVE_INFINITY)
    expect(medianSeconds('kayenta', alike, 15)).toBe(Number.POSITIVE_INFINITY)
  })

  const minute = (block: PeerBlock, peer: ReturnType<typeof createPeer>, from: number): boolean =>
    Array.from({ length: 60 }, (_, second) => peer.observe(block, from + second)).at(-1) ?? false

  it.each([
    { name: 'flagger', minutes: 2 },
    { name: 'argo-rollouts', minutes: 4 },
    { name: 'kayenta', minutes: 5 },
  ] as const)('$name sees slow answers too, after $minutes minutes', ({ name, minutes }) => {
    const slow = { nc: 2, xc: 0, nb: 2, xb: 0, canaryMs: [700, 900], baselineMs: [70, 90] }
    const peer = createPeer(name)
    const decisions = Array.from({ length: minutes }, (_, index) => minute(slow, peer, index * 60))
    expect(decisions.indexOf(true)).toBe(minutes - 1)
  })

  it.each(PEER_NAMES)('%s stays rolled back', (name) => {
    const peer = createPeer(name)
    const failing = { nc: 90, xc: 90, nb: 90, xb: 0 }
    for (let at = 0; at < 300; at += 60) minute(failing, peer, at)
    expect(peer.observe({ ...failing, xc: 0 }, 300)).toBe(true)
  })
})
