// What every router has to do, whatever it is made of: run by the test of each kind, against the real thing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { exec } from '../../src/lib/exec.ts'
import type { RoutingTable } from '../../src/plan/traffic.ts'
import type { CapsuleStep } from '../../src/plan/way-back.ts'
import type { Router } from '../../src/routers/router.ts'

/** One router that leads to two versions, v1 (stable) and v2, both up. */
export interface RouterBench {
  router: Router
  /** A table with this share for v2. */
  table(weight: number): RoutingTable
  /** Which version answers a client; null where the router cannot be asked, as an object of Kubernetes without a controller. */
  ask: (() => Promise<string>) | null
  /** Environment of the capsule. */
  env?: Record<string, string>
}

/** Runs a capsule's step as a person would: from somewhere else, with nothing of ours set. */
export async function runCapsuleStep(step: CapsuleStep, env: Record<string, string> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-capsule-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(step.files)) writeFileSync(join(directory, name), content)
  const script = join(directory, 'rollback.sh')
  writeFileSync(script, `set -eu\nHERE=$(cd "$(dirname "$0")" && pwd)\n${step.shell}\n`)
  return exec('/bin/sh', [script], { cwd: '/', env: { PATH: process.env['PATH'] ?? '', ...env }, timeoutMs: 60_000 })
}

/** @param shares weights of v2 it can have; 0 and 100 are always tried. */
export function describeRouter(open: () => Promise<RouterBench>, shares: readonly number[] = [10, 50]): void {
  it('does what a table says, reads it back, and may be told the same again', async () => {
    const { router, table, ask } = await open()
    for (const weight of [0, 100, ...shares, 0]) {
      await router.set(table(weight))
      await router.set(table(weight))
      const now = await router.current()
      expect(now?.stable).toBe('v1')
      // Some count in steps of 1/256.
      expect(Math.abs((now?.weights['v2'] ?? 0) - weight)).toBeLessThan(1)
      expect(now?.backends.map(({ version }) => version).toSorted()).toEqual(
        table(weight)
          .backends.map(({ version }) => version)
          .toSorted(),
      )
      if (!ask || (weight > 0 && weight < 100)) continue
      for (let i = 0; i < 10; i++) expect(await ask()).toBe(weight === 100 ? 'v2' : 'v1')
    }
  })

  it('the capsule brings everything back to the stable version, as often as it is run, and the router knows', async () => {
    const { router, table, ask, env } = await open()
    const step = router.capsule(table(0))
    expect(step).toMatchObject({ stage: 'traffic' })
    for (let round = 0; round < 2; round++) {
      await router.set(table(100))
      expect(await runCapsuleStep(step, env)).toMatchObject({ exitCode: 0, stderr: '' })
      expect((await router.current())?.weights['v2'] ?? 0).toBe(0)
      if (ask) expect(await ask()).toBe('v1')
    }
    expect(await runCapsuleStep(step, env)).toMatchObject({ exitCode: 0 })
  })

  it('drains a version that has nothing to do at once', async () => {
    const { router, table } = await open()
    await router.set(table(100))
    await router.set(table(0))
    expect(await router.drain('v2', 10_000)).toBe(true)
  })

  it('counts, or says that it does not', async () => {
    const { router, table, ask } = await open()
    await router.set(table(100))
    const before = await router.counters(AbortSignal.timeout(5000))
    if (before === null || !ask) return
    for (let i = 0; i < 5; i++) await ask()
    const after = await router.counters(AbortSignal.timeout(5000))
    const requests = (counters: typeof after) => counters?.find(({ version }) => version === 'v2')?.requests ?? 0
    expect(requests(after) - requests(before)).toBeGreaterThanOrEqual(5)
    for (const { latency, requests: all } of after ?? [])
      expect(latency.counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(all)
  })
}
