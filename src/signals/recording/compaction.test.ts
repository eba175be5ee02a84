import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Sample } from '../../plan/signal.ts'
import { openRecording, readRecording } from '../recording.ts'
import { compact } from './compaction.ts'
import { lineOf } from './line.ts'
import { listSegments, segmentPath } from './segments.ts'
import { RETENTION, type Retention } from './thinning.ts'

let directory = ''
let path = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-compaction-'))
  path = join(directory, 'samples.jsonl')
})
afterEach(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))

function look(at: number): Sample {
  const tally = { requests: 3, errors: 1, latency: { boundsMs: [10], counts: [2, 1] } }
  return { signal: 'requests', version: 'v2', at, value: 3, unit: 'count', observations: 3, tally }
}
const textOf = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => lineOf(look((from + index) * 1000))).join('')
const segment = (from: number, to: number, text: string): void => writeFileSync(segmentPath(path, from, to), text)
const requestsIn = async (): Promise<number> =>
  (await readRecording(path)).samples.reduce((sum, { tally }) => sum + (tally?.requests ?? 0), 0)

describe('a compaction', () => {
  it('makes one segment of all, thinned by age, and leaves the file that is written alone', async () => {
    segment(1, 1, textOf(0, 5000))
    segment(2, 2, textOf(5000, 5000))
    writeFileSync(path, textOf(10_000, 10))
    await compact(path, RETENTION)
    expect(readdirSync(directory).toSorted()).toEqual(['samples.jsonl', 'samples.jsonl.000001-000002'])
    const { samples } = await readRecording(path)
    // The last hour of the segments, a sample every 10 s before, and 10 that are still in the file.
    expect(samples.length).toBeGreaterThan(3600)
    expect(samples.length).toBeLessThan(3600 + 641 + 10 + 10)
    expect(await requestsIn()).toBe(30_030)
  })

  it('is read right after a kill between the new segment and the removal of the old ones', async () => {
    segment(1, 1, textOf(0, 10))
    segment(2, 2, textOf(10, 10))
    segment(1, 2, textOf(0, 20))
    segment(3, 3, textOf(20, 10))
    expect(await requestsIn()).toBe(90)
    expect(listSegments(path).covered.map(({ from, to }) => [from, to])).toEqual([
      [1, 1],
      [2, 2],
    ])
    await compact(path, RETENTION)
    expect(readdirSync(directory)).toEqual(['samples.jsonl.000001-000003'])
    expect(await requestsIn()).toBe(90)
  })

  it('keeps the last samples of more than may be kept', async () => {
    segment(1, 1, textOf(0, 2000))
    const bytesMax = 50_000
    await compact(path, { ...RETENTION, bytesMax })
    const size = statSync(segmentPath(path, 1, 1)).size
    expect(size).toBeLessThanOrEqual(bytesMax)
    expect(size).toBeGreaterThan(bytesMax - 200)
    const { samples, tornLines } = await readRecording(path)
    expect(tornLines).toBe(0)
    expect(samples.at(-1)?.at).toBe(1_999_000)
    // An exact cut between two lines keeps the line behind it.
    const lineBytes = lineOf(look(1_999_000)).length
    await compact(path, { ...RETENTION, bytesMax: 5 * lineBytes })
    expect((await readRecording(path)).samples).toHaveLength(5)
  })

  it('loses nothing when it is killed at any moment', async () => {
    const program = fileURLToPath(new URL('./compact.ts', import.meta.url))
    for (let number = 1; number <= 4; number++) segment(number, number, textOf(number * 2500, 2500))
    for (const afterMs of [0, 70, 110, 160, 220]) {
      const child = spawn(process.execPath, [program, path, JSON.stringify(RETENTION)], { stdio: 'ignore' })
      const gone = once(child, 'exit')
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, afterMs))])
      child.kill('SIGKILL')
      await gone
      expect(await requestsIn()).toBe(30_000)
    }
    await compact(path, RETENTION)
    expect(await requestsIn()).toBe(30_000)
    expect(readdirSync(directory)).toEqual(['samples.jsonl.000001-000004'])
  })

  it('is not seen by somebody who reads at the same time', async () => {
    segment(1, 1, textOf(0, 2000))
    for (let number = 2; number < 8; number++) {
      segment(number, number, textOf(number * 2000, 50))
      const compacting = compact(path, RETENTION)
      const reads = await Promise.all(Array.from({ length: 5 }, requestsIn))
      await compacting
      expect(new Set(reads)).toEqual(new Set([6000 + (number - 1) * 150]))
    }
  })
})

describe('a recording that grows', () => {
  const retention: Retention = { ...RETENTION, tiers: [{ olderThanMs: 60_000, everyMs: 10_000 }] }

  it('sets aside what is large, thins it beside the sampling, and is read as one', async () => {
    const recording = openRecording(path, { retention, segmentBytes: 20_000, flushMs: 60_000 })
    for (let second = 0; second < 1000; second++) {
      recording.add([look(second * 1000)])
      if (second % 50 === 49) expect(recording.flush()).toBe(true)
    }
    expect(listSegments(path).segments.length).toBeGreaterThan(0)
    expect(await requestsIn()).toBe(3000)
    recording.close()
    // The process that was started at the end makes one of all; another may have left its own for it to remove.
    await expect
      .poll(() => listSegments(path), { timeout: 20_000 })
      .toMatchObject({ segments: [{ from: 1 }], covered: [] })
    expect(await requestsIn()).toBe(3000)
    // Of 93 intervals one sample each, of the last 70 s every look.
    expect((await readRecording(path)).samples).toHaveLength(93 + 70)
  })

  it('goes on where an earlier one ended, while that one is still being thinned', async () => {
    for (let part = 0; part < 4; part++) {
      const recording = openRecording(path, { retention, flushMs: 60_000 })
      recording.add(Array.from({ length: 100 }, (_, index) => look((part * 100 + index) * 1000)))
      recording.close()
      expect(await requestsIn()).toBe((part + 1) * 300)
    }
    await expect.poll(() => listSegments(path).segments.length, { timeout: 20_000 }).toBe(1)
    expect(await requestsIn()).toBe(1200)
  })

  it('leaves a short recording as it is', async () => {
    const recording = openRecording(path)
    recording.add([look(1000), look(2000)])
    recording.close()
    expect(readdirSync(directory)).toEqual(['samples.jsonl'])
  })
})
