// What the session does by itself, and what must not get lost between it and the workflow.
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RoutingTable } from '../plan/traffic.ts'
import { capsuleDirectory } from './capsule.ts'
import type { Bench } from './conduct.fixture.ts'
import { createRelease, createSignals, LONG } from './release.fixture.ts'

const FEW = '{"v1":90,"v2":10}'
const atStage = (bench: Bench, weights: string) => expect.poll(() => bench.told.at(-1)).toBe(`weights ${weights}`)
const stateOf = (bench: Bench): string => join(bench.directory, '.gonogo')
const capsuleOf = (bench: Bench): string => capsuleDirectory(stateOf(bench), 'run')

/** A router whose change to `weight` for the candidate waits until the test lets it go. */
function slowRouter(weight: number) {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const tables: RoutingTable['weights'][] = []
  const set = async (table: RoutingTable): Promise<void> => {
    if (table.weights.v2 === weight) {
      reach()
      await gate
    }
    tables.push(table.weights)
  }
  return { set, reached, open, tables }
}

describe('a reflex that comes while a stage begins', () => {
  test('has the last word on where traffic goes, also when the workflow hears of it late', async () => {
    const signals = createSignals()
    const router = slowRouter(10)
    const mail = Promise.withResolvers<void>()
    const bench: Bench = createRelease({
      strategy: LONG,
      sources: [signals.source],
      overrides: { set: router.set },
      services: { send: (message) => mail.promise.then(() => bench.engine.send('run', message)) },
    })
    const running = bench.conduct()
    await router.reached
    signals.now['error-rate'] = 100
    await expect.poll(() => router.tables.at(-1)).toEqual({ v1: 100 })
    router.open()
    await expect.poll(() => router.tables.some((weights) => weights.v2 === 10)).toBe(true)
    await expect.poll(() => router.tables.at(-1)).toEqual({ v1: 100 })
    mail.resolve()
    await running
    expect(bench.run.state).toBe('rolled-back')
    expect(router.tables.filter((weights) => weights.v2 === 10)).toHaveLength(1)
  })
})

describe('news that cannot be delivered', () => {
  test('is kept, and the next process goes back', async () => {
    const signals = createSignals()
    const services = {
      send: async () => {
        throw new Error('the database is away')
      },
    }
    const first: { services: Record<string, unknown> } = { services }
    const bench = createRelease({ strategy: LONG, sources: [signals.source], services: first.services })
    const running = bench.conduct().catch(() => {})
    await atStage(bench, FEW)
    signals.now['error-rate'] = 100
    await atStage(bench, '{"v1":100}')
    await expect.poll(() => readFileSync(join(stateOf(bench), 'runs/run/outbox.jsonl'), 'utf8')).toContain('guard')
    bench.engine.crash('run')
    await running
    // The signals are well again: only what was kept can tell the run that it has to go back.
    signals.now['error-rate'] = 0
    services.send = (async (message: never) => bench.engine.send('run', message)) as never
    await bench.conduct()
    expect(bench.run.state).toBe('rolled-back')
    expect(bench.told).not.toContain('weights {"v1":0,"v2":100}')
  })

  test('is sent again until it arrives', async () => {
    const signals = createSignals()
    let refused = 0
    const bench: Bench = createRelease({
      strategy: LONG,
      sources: [signals.source],
      services: {
        send: async (message) => {
          if (++refused < 3) throw new Error('the database is away')
          await bench.engine.send('run', message)
        },
      },
    })
    const running = bench.conduct()
    await atStage(bench, FEW)
    signals.now['error-rate'] = 100
    await running
    expect(bench.run.state).toBe('rolled-back')
  })
})

describe('a capsule that was carried out', () => {
  test('while the conductor lives: the run follows, and traffic is not raised again', async () => {
    const bench = createRelease({ strategy: LONG })
    const running = bench.conduct()
    await atStage(bench, FEW)
    writeFileSync(join(capsuleOf(bench), 'reason'), 'ann: smoke\n')
    appendFileSync(join(capsuleOf(bench), 'executed'), 'traffic 1\nprocesses 2\n')
    await running
    expect(bench.run.state).toBe('rolled-back')
    expect(bench.run.reason).toBe('ann: smoke (rollback.sh: traffic, processes)')
    expect(bench.told).not.toContain('weights {"v1":0,"v2":100}')
  })

  test('is left alone while its parts are under way', async () => {
    const bench = createRelease({ strategy: LONG })
    const running = bench.conduct()
    await atStage(bench, FEW)
    const mark = join(capsuleOf(bench), `running.${process.pid}`)
    writeFileSync(mark, '')
    appendFileSync(join(capsuleOf(bench), 'executed'), 'traffic 1\n')
    await new Promise((resolve) => setTimeout(resolve, 1200))
    expect(bench.ledger.some((entry) => entry.kind === 'rollback')).toBe(false)
    rmSync(mark)
    await running
    expect(bench.run.state).toBe('rolled-back')
  })

  test('by the watchdog while nobody conducted: the run goes back when it is conducted again', async () => {
    const bench = createRelease({ strategy: LONG })
    const running = bench.conduct().catch(() => {})
    await atStage(bench, FEW)
    bench.engine.crash('run')
    await running
    writeFileSync(join(capsuleOf(bench), 'reason'), 'watchdog: the conductor fell silent\n')
    appendFileSync(join(capsuleOf(bench), 'executed'), 'traffic 1\n')
    await bench.conduct()
    expect(bench.run.state).toBe('rolled-back')
    const started = bench.ledger.find((entry) => entry.key === 'rollback:started')
    expect(started?.body.mode).toBe('watchdog')
  })
})

test('secrets are in no entry, no event and no record of the run', async () => {
  const bench = createRelease({ migrate: '{ run: ["false", "hush-hush"], oneWay: "it says hush-hush" }' })
  await bench.conduct((event) => event.type === 'needs')
  await bench.send({ type: 'pause', by: 'ann', reason: 'hush-hush leaked' })
  await bench.send({ type: 'abort', by: 'ann', reason: 'hush-hush' })
  await bench.conduct()
  const everything = JSON.stringify([bench.ledger, bench.events, bench.run])
  expect(everything).toContain('[secret TOKEN]')
  expect(everything).not.toContain('hush-hush')
})
