import { describe, expect, it } from 'vitest'
import type { Durable, RunMessage } from '../conduct/ports.ts'
import { OutsideError } from '../lib/errors.ts'
import { createInMemoryEngine } from './in-memory.ts'

const live = new AbortController().signal
const promote = (id: string): RunMessage => ({ type: 'promote', id, by: 'ann' })

/** An engine whose clock stands still but for waiting. */
function createStill(conduct: (runId: string, durable: Durable) => Promise<void>) {
  let now = 1000
  return createInMemoryEngine({ conduct, clock: () => now, wait: async (durationMs) => void (now += durationMs) })
}

describe('the engine in memory', () => {
  it('replays recorded steps after a crash at any point, and runs the rest', async () => {
    for (let crashAt = 1; crashAt <= 4; crashAt++) {
      const ran: string[] = []
      let calls = 0
      const engine = createInMemoryEngine({
        conduct: async (runId, durable) => {
          for (const name of ['a', 'b', 'c', 'd'])
            await durable.step(name, async () => {
              ran.push(name)
              if (++calls === crashAt) engine.crash(runId)
            })
        },
      })
      await expect(engine.conduct('r', live)).rejects.toThrow('run r crashed')
      await engine.conduct('r', live)
      const crashed = 'abcd'[crashAt - 1]!
      expect(ran.join('')).toBe('abcd'.replace(crashed, crashed + crashed))
      expect(engine.recorded('r')).toEqual(['a', 'b', 'c', 'd'])
    }
  })

  it('keeps messages sent while nobody conducts, in order, each once', async () => {
    const got: (string | undefined)[] = []
    const engine = createStill(async (runId, durable) => {
      await durable.step('first', async () => {
        if (got.length === 0) engine.crash(runId)
        got.push('step')
      })
      for (let i = 0; i < 3; i++) got.push((await durable.receive(10))?.id)
    })
    await expect(engine.conduct('r', live)).rejects.toThrow()
    for (const id of ['1', '2', '1']) await engine.send('r', promote(id))
    expect(await engine.hasMail('r')).toBe(true)
    await engine.conduct('r', live)
    expect(got).toEqual(['step', 'step', '1', '2', undefined])
    expect(await engine.hasMail('r')).toBe(false)
  })

  it('keeps the deadline of a timer across a crash', async () => {
    const waits: { durationMs: number; end: () => void }[] = []
    let now = 1000
    const engine = createInMemoryEngine({
      conduct: async (_, durable) => void (await durable.receive(5000)),
      clock: () => now,
      wait: (durationMs) => new Promise((end) => waits.push({ durationMs, end })),
    })
    const crashed = engine.conduct('r', live)
    await new Promise(setImmediate)
    engine.crash('r')
    await expect(crashed).rejects.toThrow()
    now += 3000
    const resumed = engine.conduct('r', live)
    await new Promise(setImmediate)
    now += 2000
    for (const { end } of waits) end()
    await resumed
    expect(waits.map(({ durationMs }) => durationMs)).toEqual([5000, 2000])
  })

  it('stops at an abort, finishing the step under way, and goes on later', async () => {
    const stop = new AbortController()
    const ran: string[] = []
    const engine = createInMemoryEngine({
      conduct: async (_, durable) => {
        await durable.step('long', async () => {
          stop.abort()
          await new Promise(setImmediate)
          ran.push('long')
        })
        await durable.step('next', async () => void ran.push('next'))
      },
    })
    await engine.conduct('r', stop.signal)
    expect([ran, engine.recorded('r')]).toEqual([['long'], ['long']])
    await engine.conduct('r', live)
    expect(ran).toEqual(['long', 'next'])
  })

  it('throws a step’s error again on replay, and the run’s error each time it is asked', async () => {
    let attempts = 0
    const engine = createInMemoryEngine({
      conduct: async (_, durable) => {
        await durable.step('fails', async () => {
          attempts += 1
          throw new OutsideError('disk', 'full')
        })
      },
    })
    for (let i = 0; i < 2; i++) await expect(engine.conduct('r', live)).rejects.toBeInstanceOf(OutsideError)
    expect(attempts).toBe(1)
  })

  it('refuses a replay that takes another way', async () => {
    let attempt = 0
    const engine = createInMemoryEngine({
      conduct: async (runId, durable) => {
        attempt += 1
        await durable.step(`attempt ${attempt}`, async () => 1)
        await durable.step('crash', async () => engine.crash(runId))
      },
    })
    await expect(engine.conduct('r', live)).rejects.toThrow('crashed')
    await expect(engine.conduct('r', live)).rejects.toThrow('call 0 was attempt 1, on replay it is attempt 2')
  })
})
