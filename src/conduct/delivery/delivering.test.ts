// Ways of delivering other than a canary behind one router: batch by batch, in place, an old version that has fallen over.
import { describe, expect, it } from 'vitest'
import type { Capacity } from '../../targets/target.ts'
import type { RoutingTable } from '../../plan/traffic.ts'
import { createRelease, createSignals, LONG } from '../release.fixture.ts'

const backends = (version: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `${version}-${index + 1}`, version, host: 'h', port: index + 1 }))

/** Four instances of each version; remembers what it was told and how many run. */
function createRolling() {
  const told: string[] = []
  const running: Record<string, number> = { v1: 4, v2: 0 }
  const say = (what: string): void => void told.push(what)
  const overrides = {
    ready: async (version: string): Promise<Capacity> => ({ healthy: running[version] ?? 0, wanted: 4 }),
    prepare: async (version: string) => {
      say(`prepare ${version}`)
      running[version] = 4
      return backends(version, 4)
    },
    resize: async (version: string, instances: number) => {
      say(`resize ${version} ${instances}`)
      running[version] = instances
      return backends(version, instances)
    },
    retire: async (version: string) => {
      say(`retire ${version}`)
      running[version] = 0
    },
    set: async ({ weights, backends: all }: RoutingTable) => {
      const count = (version: string): number => all.filter((backend) => backend.version === version).length
      say(`v1 ${weights['v1'] ?? 0} % on ${count('v1')}, v2 ${weights['v2'] ?? 0} % on ${count('v2')}`)
    },
  }
  return { told, running, overrides }
}

const ROLLING = '{ kind: rolling, batches: 2, pause: 30ms, watch: 30ms }'

describe('rolling', () => {
  it('never has more instances than needed, and never sends requests to one that is gone', async () => {
    const { told, overrides } = createRolling()
    const bench = createRelease({ strategy: ROLLING, overrides })
    await bench.conduct((event) => {
      if (event.type === 'needs') void bench.approve('Product Owner', 'ann')
      return false
    })
    expect(bench.run.state).toBe('succeeded')
    expect(told).toEqual([
      'prepare v1',
      'v1 100 % on 4, v2 0 % on 0',
      'resize v2 2',
      'v1 100 % on 4, v2 0 % on 2',
      'resize v2 2',
      'v1 50 % on 2, v2 50 % on 2',
      'resize v1 2',
      'v1 50 % on 2, v2 50 % on 2',
      'resize v2 4',
      'v1 0 % on 1, v2 100 % on 4',
      'resize v1 1',
      'v1 0 % on 1, v2 100 % on 4',
      'v1 0 % on 0, v2 100 % on 4',
      'retire v1',
    ])
  })

  it('going back, traffic goes at once and the old instances come back before the new ones are stopped', async () => {
    const { told, running, overrides } = createRolling()
    const { now, source } = createSignals()
    const bench = createRelease({
      strategy: '{ kind: rolling, batches: 2, pause: 30s, watch: 30s }',
      overrides,
      sources: [source],
    })
    await bench.conduct((event) => {
      if (event.type === 'stage' && event.event === 'started') now['error-rate'] = 90
      return false
    })
    expect(bench.run.state).toBe('rolled-back')
    const way = told.slice(told.indexOf('resize v1 2') + 1)
    expect(way.filter((line) => line.startsWith('v1 100 %')).length).toBeGreaterThan(0)
    expect(way.indexOf('prepare v1')).toBeLessThan(way.indexOf('retire v2'))
    expect(running).toEqual({ v1: 4, v2: 0 })
  })
})

describe('the old version before it gets its traffic back', () => {
  it('is started first where nothing of it is there', async () => {
    const { now, source } = createSignals()
    const told: string[] = []
    const state = { isGone: false }
    const bench = createRelease({
      strategy: LONG,
      sources: [source],
      overrides: {
        ready: async () => ({ healthy: state.isGone ? 0 : 1, wanted: 1 }),
        prepare: async (version: string) => {
          told.push(`prepare ${version}`)
          if (version === 'v1') state.isGone = false
          return backends(version, 1)
        },
        set: async ({ weights }: RoutingTable) => void told.push(JSON.stringify(weights)),
      },
    })
    await bench.conduct((event) => {
      if (event.type === 'stage' && event.event === 'started') {
        state.isGone = true
        told.length = 0
      }
      // Only once it was noticed that nobody is there any more.
      if (event.type === 'guard' && event.severity === 'notify') now['error-rate'] = 90
      return false
    })
    expect(bench.run.state).toBe('rolled-back')
    expect(told.indexOf('prepare v1')).toBe(0)
    expect(told).toContain('{"v1":100}')
    expect(bench.ledger.find(({ key }) => key === 'rollback:traffic')?.body.detail).toBe(
      'all traffic to v1, which had to be started first',
    )
    expect(bench.events).toContainEqual(
      expect.objectContaining({ type: 'guard', sentence: 'the way back is weak: v1 has 0 of 1 instance ready' }),
    )
  })
})
