import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Sample } from '../plan/signal.ts'
import { openRecording, readRecording } from './recording.ts'

let directory = ''
let path = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-recording-'))
  path = join(directory, 'run', 'samples.jsonl')
})

afterEach(() => rmSync(directory, { recursive: true }))

function sample(at: number, value: number | null = at): Sample {
  return { signal: 'cpu', version: 'v2', at, value, unit: 'percent', observations: null }
}

describe('a recording', () => {
  it('gives back what was added, in order, over several openings', async () => {
    const first = openRecording(path)
    first.add([sample(1), sample(2, null)])
    first.close()
    const second = openRecording(path)
    second.add([{ ...sample(3), detail: 'a line\nbreak' }])
    second.close()
    const read = await readRecording(path)
    expect(read).toEqual({
      samples: [sample(1), sample(2, null), { ...sample(3), detail: 'a line\nbreak' }],
      tornLines: 0,
    })
  })

  it('is on disk after a flush', async () => {
    const recording = openRecording(path, { flushMs: 60_000 })
    recording.add([sample(1)])
    expect(readFileSync(path, 'utf8')).toBe('')
    expect(recording.flush()).toBe(true)
    expect((await readRecording(path)).samples).toEqual([sample(1)])
    recording.close()
  })

  it('leaves out a torn last line, and goes on behind it', async () => {
    const first = openRecording(path)
    first.add([sample(1), sample(2)])
    first.close()
    appendFileSync(path, '{"signal":"cpu","vers')
    expect(await readRecording(path)).toEqual({ samples: [sample(1), sample(2)], tornLines: 1 })
    const second = openRecording(path)
    second.add([sample(3)])
    second.close()
    expect(await readRecording(path)).toEqual({ samples: [sample(1), sample(2), sample(3)], tornLines: 1 })
  })

  it('gives the last samples where there are more than wanted', async () => {
    const recording = openRecording(path)
    recording.add([...Array.from({ length: 25 }).keys()].map((at) => sample(at)))
    recording.close()
    expect((await readRecording(path, 4)).samples.map(({ at }) => at)).toEqual([21, 22, 23, 24])
  })

  it('takes no line for a sample that is none', async () => {
    writeFileSync(join(directory, 'bad.jsonl'), 'null\n[1]\n{"signal":"cpu"}\n{"signal":"cpu","at":1,"value":"2"}\n\n')
    expect(await readRecording(join(directory, 'bad.jsonl'))).toEqual({ samples: [], tornLines: 4 })
  })

  it('is empty when there is none, and says where it cannot be written or read', async () => {
    expect(await readRecording(path)).toEqual({ samples: [], tornLines: 0 })
    writeFileSync(join(directory, 'file'), '')
    expect(() => openRecording(join(directory, 'file', 'samples.jsonl'))).toThrow(/cannot write .*samples\.jsonl/)
    await expect(readRecording(directory)).rejects.toThrow(/cannot read/)
  })

  it('survives kill -9 at any moment with nothing but the last second lost', async () => {
    const writer = `import { openRecording } from ${JSON.stringify(new URL('./recording.ts', import.meta.url).href)}
      const recording = openRecording(process.argv[1], { flushMs: 5 })
      let at = 0
      setInterval(() => {
        for (let i = 0; i < 50; i++) recording.add([{ signal: 'cpu', version: 'v2', at: at++, value: 1, unit: 'percent', observations: null }])
      }, 1)
      setTimeout(() => console.log('written'), 50)`
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', writer, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const { samples, tornLines } = await readRecording(path)
    expect(tornLines).toBeLessThanOrEqual(3)
    const rounds = samples.filter(({ at }) => at === 0).length
    expect(rounds).toBe(3)
    // Within a round nothing is missing in between.
    expect(samples.every(({ at }, index) => at === 0 || samples[index - 1]?.at === at - 1)).toBe(true)
  })

  it('keeps samples while the disk is full, says so once, and reports it when closed', async ({ skip }) => {
    const full = '/dev/full'
    if (process.platform !== 'linux') skip('SKIPPED: only Linux has /dev/full')
    const problems: string[] = []
    const recording = openRecording(full, { flushMs: 60_000, onProblem: (problem) => problems.push(problem.toLine()) })
    recording.add([sample(1)])
    expect([recording.flush(), recording.flush()]).toEqual([false, false])
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^recording: cannot write \/dev\/full: .*no space.*; free some disk space/)
    expect(() => recording.close()).toThrow(/no space/)
  })
})
