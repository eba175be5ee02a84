import { describe, expect, it } from 'vitest'
import type { RoutingTable } from '../../plan/traffic.ts'
import type { Router } from '../../routers/router.ts'
import type { Target } from '../../targets/target.ts'
import { tableAt, stableTable, type LiveDelivery } from '../stand.ts'
import { joinedRouter, joinedTarget, partRouter, partTarget, type ServicePart } from './several-services.ts'

const LABELS = { stable: 'v1', candidate: 'v2' }
const SERVICES = ['api', 'web'].map((name) => ({ name, target: name, router: name, candidate: null, stable: null }))

/** Two services that only remember what they were told; `web` calls its versions otherwise. */
function createParts(web = { stable: '7.1', candidate: '8.0' }) {
  const told: string[] = []
  const tables: Record<string, RoutingTable | null> = { api: null, web: null }
  const broken = new Set<string>()
  const versions = { api: LABELS, web }
  const parts = (['api', 'web'] as const).map((name): ServicePart => {
    const may = (what: string): void => {
      if (broken.has(`${name} ${what}`)) throw new Error(`${name} will not ${what}`)
      told.push(`${name} ${what}`)
    }
    const step = (stage: 'traffic' | 'processes', what: string) => ({
      stage,
      title: `${name} ${what}`,
      shell: `echo ${name} ${what}`,
      files: { [`${name}.json`]: what },
    })
    const target: Target = {
      current: async () => ({}),
      prepare: async (version) => {
        may(`prepare ${version}`)
        return [{ id: `${version}-1`, version, host: name, port: 1 }]
      },
      ready: async (version) => ({ healthy: broken.has(`${name} be ready`) ? 0 : 1, wanted: version === '' ? 0 : 1 }),
      resize: async (version, instances) => {
        may(`resize ${version} to ${instances}`)
        return []
      },
      retire: async (version) => may(`retire ${version}`),
      capsule: (stable, candidate) => ({
        restore: null,
        retire: step('processes', `retire ${candidate}`),
        suspend: step('processes', 'suspend'),
        resume: step('processes', `resume ${stable}`),
      }),
    }
    const router: Router = {
      current: async () => tables[name] ?? null,
      set: async (table) => {
        may(JSON.stringify(table.weights))
        tables[name] = table
      },
      drain: async (version) => {
        may(`drain ${version}`)
        return true
      },
      counters: async () => [
        {
          version: versions[name].candidate,
          requests: 10,
          errors: 1,
          retries: 0,
          inFlight: 0,
          totalMs: 100,
          latency: { boundsMs: [5], counts: [9, 1] },
        },
      ],
      stop: async () => may('stop'),
      capsule: (table) => step('traffic', JSON.stringify(table.weights)),
    }
    return { name, target, router, versions: versions[name] }
  })
  return { parts, told, tables, broken, target: joinedTarget(parts, LABELS), router: joinedRouter(parts, LABELS) }
}

const signal = AbortSignal.timeout(10_000)

async function live(bench: ReturnType<typeof createParts>): Promise<LiveDelivery> {
  const backends = [...(await bench.target.prepare('v1', signal)), ...(await bench.target.prepare('v2', signal))]
  bench.told.length = 0
  return { ...LABELS, table: { weights: { v1: 100 }, backends, stable: 'v1' }, trafficMs: 1, resting: [] }
}

describe('going forward', () => {
  it('services come up in order, each under its own version', async () => {
    const { target, told } = createParts()
    expect(await target.prepare('v2', signal)).toEqual([
      { id: 'api/v2-1', version: 'v2', host: 'api', port: 1, part: 'api' },
      { id: 'web/8.0-1', version: 'v2', host: 'web', port: 1, part: 'web' },
    ])
    expect(told).toEqual(['api prepare v2', 'web prepare 8.0'])
  })

  it('what came up before one that does not is taken down again', async () => {
    const { target, told, broken } = createParts()
    broken.add('web prepare 8.0')
    await expect(target.prepare('v2', signal)).rejects.toMatchObject({ system: 'service web' })
    expect(told).toEqual(['api prepare v2', 'api retire v2'])
  })

  it('a stage moves its own service: those before it are through, those after it wait', async () => {
    const bench = createParts()
    const delivery = await live(bench)
    await bench.router.set(tableAt(delivery, { weight: 10, service: 'web' }, SERVICES))
    expect(bench.told).toEqual(['api {"v1":0,"v2":100}', 'web {"7.1":90,"8.0":10}'])
    expect(bench.tables.web?.backends).toEqual([
      { id: '7.1-1', version: '7.1', host: 'web', port: 1 },
      { id: '8.0-1', version: '8.0', host: 'web', port: 1 },
    ])
    expect(await bench.router.current()).toMatchObject({ stable: 'v1', shares: { api: 100, web: 10 } })
  })

  it('at the end every service has its new version and knows it as the stable one', async () => {
    const bench = createParts()
    const { table } = await live(bench)
    const backends = table.backends.filter(({ version }) => version === 'v2')
    await bench.router.set({ weights: { v2: 100 }, backends, stable: 'v2' })
    expect(bench.told).toEqual(['api {"v2":100}', 'web {"8.0":100}'])
    expect(bench.tables.web).toMatchObject({ stable: '8.0', backends: [{ id: '8.0-1' }] })
  })
})

describe('one way back for all', () => {
  it('the last one goes back first', async () => {
    const bench = createParts()
    await bench.router.set(stableTable(await live(bench)))
    expect(bench.told).toEqual(['web {"7.1":100}', 'api {"v1":100}'])
    await bench.target.retire('v2', signal)
    expect(bench.told.slice(2)).toEqual(['web retire 8.0', 'api retire v2'])
  })

  it('one that does not answer keeps no other from it, and is named', async () => {
    const bench = createParts()
    const delivery = await live(bench)
    bench.broken.add('web {"7.1":100}')
    await expect(bench.router.set(stableTable(delivery))).rejects.toThrow(/web will not/)
    expect(bench.told).toEqual(['api {"v1":100}'])
  })

  it('the capsule has the same order, each in a shell of its own', async () => {
    const bench = createParts()
    const step = bench.router.capsule(stableTable(await live(bench)))
    expect(step.title).toBe('web {"7.1":100}; api {"v1":100}')
    expect(step.shell.match(/^\($/gm)).toHaveLength(2)
    expect(Object.keys(step.files)).toEqual(['web.json', 'api.json'])
    const { retire, resume, restore } = bench.target.capsule('v1', 'v2')
    expect(retire.title).toBe('web retire 8.0; api retire v2')
    expect(resume?.title).toBe('api resume v1; web resume 7.1')
    expect(restore).toBeNull()
  })

  it('a service of which nothing is there makes the whole unable to take requests', async () => {
    const { target, broken } = createParts()
    expect(await target.ready('v1')).toEqual({ healthy: 2, wanted: 2 })
    broken.add('web be ready')
    expect(await target.ready('v1')).toEqual({ healthy: 0, wanted: 2 })
  })
})

describe('a service that stays at its version', () => {
  const STAYS = { stable: '7.1', candidate: '7.1' }
  const instance = { id: '7.1-1', version: '7.1', host: 'web', port: 1 }

  it('keeps all its traffic, and each instance is in its table once', async () => {
    const bench = createParts(STAYS)
    const delivery = await live(bench)
    for (const stage of [{ weight: 0 }, { weight: 50, service: 'web' }, { weight: 100, service: 'web' }]) {
      await bench.router.set(tableAt(delivery, stage, SERVICES))
      expect(bench.tables.web).toMatchObject({ weights: { '7.1': 100 }, stable: '7.1', backends: [instance] })
    }
    await bench.router.set(stableTable(delivery))
    expect(bench.tables.web).toEqual({ weights: { '7.1': 100 }, stable: '7.1', backends: [instance] })
    expect(await bench.router.current()).toMatchObject({ shares: { web: 0 } })
  })

  it('is neither stopped nor drained nor made smaller, whether the release goes well or back', async () => {
    const { target, router, parts, told } = createParts(STAYS)
    for (const label of ['v1', 'v2']) {
      await router.drain(label, 1)
      await target.retire(label, signal)
      await partTarget(parts[1]!, LABELS).resize?.(label, 1, signal)
    }
    expect(told.filter((what) => what.startsWith('web'))).toEqual(['web prepare 7.1', 'web prepare 7.1'])
    expect(told).toContain('api retire v2')
  })

  it('is not stopped by the capsule either', () => {
    const { retire, resume } = createParts(STAYS).target.capsule('v1', 'v2')
    expect(retire.title).toBe('web stays as it is; api retire v2')
    expect(retire.shell).not.toMatch(/web retire/)
    expect(resume?.title).toBe('api resume v1; web resume 7.1')
  })

  it('is left alone where another does not come up', async () => {
    const bench = createParts(STAYS)
    const target = joinedTarget(bench.parts.toReversed(), LABELS)
    bench.broken.add('api prepare v2')
    await expect(target.prepare('v2', signal)).rejects.toMatchObject({ system: 'service api' })
    expect(bench.told).toEqual(['web prepare 7.1'])
  })
})

describe('figures', () => {
  it('are added up under the versions of the delivery, or those of one service', async () => {
    const { router, parts } = createParts()
    expect(await router.counters(signal)).toMatchObject([
      { version: 'v2', requests: 20, errors: 2, totalMs: 200, latency: { boundsMs: [5], counts: [18, 2] } },
    ])
    expect(await partRouter(parts[1]!, LABELS).counters(signal)).toMatchObject([{ version: 'v2', requests: 10 }])
  })
})
