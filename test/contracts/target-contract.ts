// What every target has to do, whatever it is made of: run by the test of each kind, against the real thing.
import { expect, it } from 'vitest'
import type { Target } from '../../src/targets/target.ts'
import { runCapsuleStep } from './router-contract.ts'

/** One target with the versions v1 (runs already) and v2 (does not yet). */
export interface TargetBench {
  target: Target
  /** What serves, seen from outside gonogo; null where nothing can be asked. */
  serves: ((version: string) => Promise<boolean>) | null
  /** Environment of the capsule. */
  env?: Record<string, string>
}

const SIGNAL_MS = 120_000
const signal = (): AbortSignal => AbortSignal.timeout(SIGNAL_MS)

/** Of targets whose versions run side by side. */
export function describeTargetBeside(open: () => Promise<TargetBench>): void {
  it('brings a version up beside the other, at full strength, and takes it down; twice is the same as once', async () => {
    const { target, serves } = await open()
    const before = await target.prepare('v1', signal())
    const backends = await target.prepare('v2', signal())
    expect(backends.length).toBeGreaterThan(0)
    for (const backend of backends) expect(backend.version).toBe('v2')
    expect(await target.prepare('v2', signal())).toEqual(backends)
    expect(await target.prepare('v1', signal())).toEqual(before)
    const { healthy, wanted } = await target.ready('v2')
    expect([healthy, healthy > 0]).toEqual([wanted, true])
    expect(Object.keys(await target.current()).toSorted()).toEqual(['v1', 'v2'])
    for (const version of ['v1', 'v2']) if (serves) expect(await serves(version)).toBe(true)
    await target.retire('v2', signal())
    await target.retire('v2', signal())
    expect(Object.keys(await target.current())).toEqual(['v1'])
    expect((await target.ready('v2')).healthy).toBe(0)
    if (serves) expect(await serves('v1')).toBe(true)
  })

  it('the capsule takes the candidate down and leaves the stable version, as often as it is run', async () => {
    const { target, serves, env } = await open()
    await target.prepare('v1', signal())
    await target.prepare('v2', signal())
    const { retire } = target.capsule('v1', 'v2')
    expect(retire).toMatchObject({ stage: 'processes' })
    for (let round = 0; round < 2; round++)
      expect(await runCapsuleStep(retire, env)).toMatchObject({ exitCode: 0, stderr: '' })
    expect((await target.ready('v2')).healthy).toBe(0)
    if (serves) expect(await serves('v1')).toBe(true)
    expect(await target.prepare('v2', signal())).not.toEqual([])
  })
}

/** Of targets where one version takes the place of the other. */
export function describeTargetInPlace(open: () => Promise<TargetBench>): void {
  it('makes a version ready without touching what serves, switches, and switches back', async () => {
    const { target, serves } = await open()
    const { inPlace } = target
    if (!inPlace) throw new Error('it has no switch')
    await inPlace.switchTo('v1', signal())
    expect(await inPlace.current()).toBe('v1')
    await target.prepare('v2', signal())
    await target.prepare('v2', signal())
    expect(await inPlace.current()).toBe('v1')
    if (serves) expect(await serves('v1')).toBe(true)
    for (const version of ['v2', 'v2', 'v1', 'v2']) {
      await inPlace.switchTo(version, signal())
      expect(await inPlace.current()).toBe(version)
      if (serves) expect(await serves(version)).toBe(true)
      const { healthy, wanted } = await target.ready(version)
      expect(healthy).toBe(wanted)
    }
  })

  it('the capsule switches back, as often as it is run', async () => {
    const { target, serves, env } = await open()
    const { inPlace } = target
    if (!inPlace) throw new Error('it has no switch')
    await inPlace.switchTo('v1', signal())
    await target.prepare('v2', signal())
    const step = inPlace.capsule('v1')
    expect(step).toMatchObject({ stage: 'traffic' })
    for (let round = 0; round < 2; round++) {
      await inPlace.switchTo('v2', signal())
      expect(await runCapsuleStep(step, env)).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await inPlace.current()).toBe('v1')
      if (serves) expect(await serves('v1')).toBe(true)
    }
    expect(await runCapsuleStep(step, env)).toMatchObject({ exitCode: 0 })
  })
}
