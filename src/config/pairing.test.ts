import { describe, expect, it } from 'vitest'
import type { RouterAbilities, TargetAbilities } from '../plan/abilities.ts'
import type { Stage } from '../plan/stage.ts'
import { pairingProblem } from './pairing.ts'

const BESIDE: TargetAbilities = { mode: 'beside', reachedBy: 'addresses', resize: false }
const IN_PLACE: TargetAbilities = { mode: 'in-place', reachedBy: 'nothing', resize: false }
const PROXY: RouterAbilities = {
  weights: 'any',
  reaches: 'addresses',
  counts: true,
  preview: true,
  hold: true,
  mirror: true,
}
const SELECTOR: RouterAbilities = {
  weights: 'whole',
  reaches: 'services',
  counts: false,
  preview: false,
  hold: false,
  mirror: false,
}

const stage = (weight: number, more: Partial<Stage> = {}): Stage => ({
  name: `at-${weight}`,
  weight,
  durationMs: 1000,
  preview: false,
  ...more,
})

function problem(target: TargetAbilities, router: RouterAbilities | null, ...stages: Stage[]) {
  return pairingProblem({
    strategy: 'canary',
    stages,
    target: { kind: 'some-target', abilities: target },
    router: router && { kind: 'some-router', abilities: router },
  })
}

describe('what can be conducted together', () => {
  it.each([
    ['versions side by side, a router that splits', BESIDE, PROXY, [stage(10), stage(100)]],
    ['one takes the place of the other, at once', IN_PLACE, null, [stage(100)]],
    ['Services and a selector, at once', { ...BESIDE, reachedBy: 'services' }, SELECTOR, [stage(100)]],
    [
      'a preview of no length where there is none',
      { ...BESIDE, reachedBy: 'services' },
      SELECTOR,
      [stage(0, { preview: true, durationMs: 0 }), stage(100)],
    ],
    [
      'a router that does not look at backends',
      { ...BESIDE, reachedBy: 'nothing' },
      { ...PROXY, reaches: 'anything' },
      [stage(50), stage(100)],
    ],
    [
      'batches where instances can be replaced',
      { ...BESIDE, resize: true },
      PROXY,
      [stage(50, { replaced: 50 }), stage(100, { replaced: 100 })],
    ],
  ] as const)('%s', (_, target, router, stages) => {
    expect(problem(target, router, ...stages)).toBeNull()
  })

  it.each([
    ['side by side without a router', BESIDE, null, [stage(100)], /something has to send/, /"routers"/],
    ['in place behind a router', IN_PLACE, PROXY, [stage(100)], /take each other's place/, /no router/],
    ['a share in place', IN_PLACE, null, [stage(10), stage(100)], /at once.* 10 % in its stage "at-10"/, /at-once/],
    ['a preview in place', IN_PLACE, null, [stage(0, { preview: true }), stage(100)], /no tester/, /at-once/],
    [
      'addresses behind a selector',
      BESIDE,
      SELECTOR,
      [stage(100)],
      /sends to Services of Kubernetes, .* gives addresses/,
      /addresses/,
    ],
    [
      'a share by a selector',
      { ...BESIDE, reachedBy: 'services' },
      SELECTOR,
      [stage(10), stage(100)],
      /everything to one version/,
      /blue-green/,
    ],
    [
      'a preview by a selector',
      { ...BESIDE, reachedBy: 'services' },
      SELECTOR,
      [stage(0, { preview: true }), stage(100)],
      /wants a preview/,
      /0 s/,
    ],
    [
      'a mirror where there is none',
      BESIDE,
      { ...PROXY, mirror: false },
      [stage(0, { preview: true, mirror: 5 }), stage(100)],
      /does not copy/,
      /mirror/,
    ],
    [
      'batches of what is one',
      BESIDE,
      PROXY,
      [stage(50, { replaced: 50 }), stage(100)],
      /instance by instance/,
      /rolling/,
    ],
  ] as const)('not: %s', (_, target, router, stages, message, expected) => {
    const found = problem(target, router, ...stages)
    expect(found?.message).toMatch(message)
    expect(found?.expected).toMatch(expected)
  })
})
