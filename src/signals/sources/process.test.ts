import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { poll } from '../../lib/deadline.ts'
import type { Sample } from '../../plan/signal.ts'
import { parseCpuTimeMs, readTreesFromProc, readTreesFromPs, type ReadTrees } from '../process-tree.ts'
import type { Source, SourceContext } from '../source.ts'
import { createProcessSource, processUsage } from './process.ts'

const children: ChildProcess[] = []

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

/** Node running `code`, which prints something when it is ready. */
async function start(code: string): Promise<number> {
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout ?? child, 'data')
  return child.pid ?? 0
}

const IDLE = 'console.log(1); setInterval(() => {}, 1000)'
const BUSY = 'console.log(1); for (;;);'
/** Holds 200 MB in a child of its own. */
const PARENT = `const { spawn } = require('node:child_process')
const code = 'globalThis.kept = Buffer.alloc(200e6, 1); console.log(1); process.stdin.resume().on("end", () => process.exit())'
spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'inherit', 'inherit'] })`

function sourceOf(pids: (number | null)[], readTrees: ReadTrees, given: unknown = {}, restarts = 0): Source {
  const v2 = pids.map((pid, index) => ({ id: `v2-${index + 1}`, host: '', port: 1, pid, restarts }))
  const context: SourceContext = {
    directory: '.',
    instances: () => Promise.resolve({ v2 }),
    versions: () => ({ candidate: null, stable: null }),
    counters: () => Promise.resolve([]),
  }
  return createProcessSource(processUsage.options.parse(given), context, readTrees)
}

async function lookAt(source: Source): Promise<Record<string, Sample>> {
  const samples = await source.sample(1000, AbortSignal.timeout(10_000))
  return Object.fromEntries(samples.map((sample) => [sample.signal, sample]))
}

const readers: [string, ReadTrees][] = [['ps', readTreesFromPs]]
if (existsSync('/proc/self/stat')) readers.unshift(['/proc', readTreesFromProc])
else console.warn('SKIPPED: this system has no /proc, only `ps` is tested')

describe.each(readers)('process source by %s', (_, readTrees) => {
  it('tells a busy process from an idle one', async () => {
    const busy = sourceOf([await start(BUSY)], readTrees, { cores: 1 })
    const idle = sourceOf([await start(IDLE)], readTrees, { cores: 1 })
    expect((await lookAt(busy))['cpu']).toMatchObject({ value: null, detail: 'first look: nothing to compare with' })
    await lookAt(idle)
    const used = async (source: Source) => (await lookAt(source))['cpu']?.value ?? 0
    // Whole seconds are all that some systems' ps counts in: it may take a few looks.
    expect(await poll(async () => ((await used(busy)) > 20 ? true : null), { everyMs: 200, timeoutMs: 10_000 })).toBe(
      true,
    )
    expect(await poll(async () => ((await used(idle)) < 20 ? true : null), { everyMs: 200, timeoutMs: 10_000 })).toBe(
      true,
    )
  })

  it('counts the memory of child processes', async () => {
    const { 'memory-bytes': bytes, memory } = await lookAt(sourceOf([await start(PARENT)], readTrees))
    expect(bytes?.value).toBeGreaterThan(200e6)
    expect(memory?.value).toBeGreaterThan(0)
    expect(memory?.value).toBeLessThan(100)
  })

  it("measures memory against an instance's limit, the fullest instance counts", async () => {
    const pids = [await start(IDLE), await start(PARENT)]
    const { memory } = await lookAt(sourceOf(pids, readTrees, { memoryBytesLimit: 200_000_000 }))
    expect(memory?.value).toBeGreaterThan(100)
  })

  it('does not know when an instance does not run, but still tells the restarts', async () => {
    const pid = await start(IDLE)
    const child = children.at(-1)
    child?.kill('SIGKILL')
    if (child) await once(child, 'exit')
    const looked = await lookAt(sourceOf([process.pid, pid], readTrees, {}, 2))
    expect(looked['memory']).toMatchObject({ value: null, detail: `v2-2 (process ${pid}) does not run` })
    expect(looked['cpu']?.value).toBeNull()
    expect(looked['restarts']).toMatchObject({ value: 4, unit: 'count' })
    expect((await lookAt(sourceOf([null], readTrees)))['memory']?.value).toBeNull()
    expect((await lookAt(sourceOf([], readTrees)))['memory']).toMatchObject({ value: null, detail: 'no instances' })
  })
})

describe('process source', () => {
  it('does not know when the target cannot say, or processes cannot be read', async () => {
    expect((await lookAt(sourceOf([process.pid], () => Promise.reject(new Error('no ps')))))['cpu']).toMatchObject({
      value: null,
      detail: 'no ps',
    })
  })

  it('does not take a later process with the same id for the one before', async () => {
    let startedAt = 'monday'
    let cpuMs = 1000
    const source = sourceOf([7], () =>
      Promise.resolve(new Map([[7, { cpuMs: (cpuMs += 100), rssBytes: 1, startedAt }]])),
    )
    await lookAt(source)
    expect((await lookAt(source))['cpu']?.value).toBeGreaterThan(0)
    startedAt = 'tuesday'
    expect((await lookAt(source))['cpu']?.value).toBeNull()
  })

  it("reads ps's CPU times", () => {
    expect(['0:01.50', '00:01:02', '2-03:00:00', '12:34.56'].map(parseCpuTimeMs)).toEqual([
      1500, 62_000, 183_600_000, 754_560,
    ])
  })

  it('accepts its example and refuses its failing one', () => {
    expect(processUsage.options.safeParse(processUsage.example).success).toBe(true)
    expect(processUsage.options.safeParse(processUsage.failingExample).success).toBe(false)
  })
})
