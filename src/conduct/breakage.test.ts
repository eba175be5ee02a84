// What breaks around a run, and what the run makes of it: a value, a pause or a way back, never a candidate that is left alone.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { OutsideError } from '../lib/errors.ts'
import { armedRuns } from './capsule.ts'
import type { Bench } from './conduct.fixture.ts'
import { createRelease, LONG, SHORT } from './release.fixture.ts'

const down = async (): Promise<never> => {
  throw new OutsideError('router edge', 'the proxy does not run')
}
const notGreen = (event: { type: string; reason?: string | null }): boolean =>
  event.type === 'needs' && String(event.reason).includes('not green')
const lastOutcome = (bench: Bench) => bench.ledger.findLast((entry) => entry.kind === 'outcome')?.body

describe('a router that does not answer', () => {
  test('at the start of a stage fails the item and asks', async () => {
    const bench = createRelease({ overrides: { counters: down } })
    await bench.conduct(notGreen)
    expect(lastOutcome(bench)).toMatchObject({ status: 'failed' })
    expect(String(lastOutcome(bench)?.summary)).toContain('stage few could not begin: router edge')
    await bench.send({ type: 'abort', by: 'ann', reason: 'no router' })
    await bench.conduct()
    expect(bench.run.state).toBe('aborted')
    expect(bench.told.at(-1)).toBe('retire v2')
  })

  test('at the end of a stage leaves it unverified', async () => {
    let asked = 0
    const bench = createRelease({
      overrides: { counters: async () => (++asked > 1 ? await down() : []) },
    })
    await bench.conduct(notGreen)
    expect(bench.outcome('Canary')).toBe('unverified')
  })

  test('on the way back: the candidate is not stopped under its traffic, and the watchdog keeps its order', async () => {
    const state = { broken: false }
    const bench: Bench = createRelease({
      strategy: LONG,
      overrides: {
        set: async (table) => {
          if (state.broken) await down()
          bench.told.push(`weights ${JSON.stringify(table.weights)}`)
        },
      },
    })
    const running = bench.conduct()
    await expect.poll(() => bench.told.at(-1)).toBe('weights {"v1":90,"v2":10}')
    state.broken = true
    await bench.send({ type: 'abort', by: 'ann', reason: 'enough' })
    await running
    expect(bench.run.state).toBe('failed')
    expect(bench.run.reason).toContain('v2 is left running')
    expect(bench.told).not.toContain('retire v2')
    expect(armedRuns(join(bench.directory, '.gonogo'))).toEqual(['run'])
  })
})

describe('a disk that cannot be written', () => {
  test('no capsule, no candidate', async () => {
    const bench = createRelease()
    // A directory in the place of the script cannot be replaced by a file, as root neither.
    mkdirSync(join(bench.directory, '.gonogo/capsules/run/rollback.sh/x'), { recursive: true })
    await bench.conduct(notGreen)
    expect(bench.told).not.toContain('prepare v2')
    expect(String(lastOutcome(bench)?.summary)).toContain('the way back could not be written')
    rmSync(join(bench.directory, '.gonogo/capsules'), { recursive: true })
    await bench.send({ type: 'resume', by: 'ann' })
    await bench.approve('Product Owner', 'ann')
    await bench.conduct()
    expect(bench.run.state).toBe('succeeded')
  })

  test('evidence that cannot be kept makes an item unverified, and the run goes on to ask', async () => {
    const evidence = {
      put: async () => {
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      },
      get: async () => null,
    }
    const bench = createRelease({ services: { evidence } })
    await bench.conduct(notGreen)
    expect(bench.outcome('Schema')).toBe('unverified')
    expect(String(lastOutcome(bench)?.summary)).toContain('no space left')
  })
})

test('a ledger that cannot be written is no end of the run: it is given up as it stands, and resumed', async () => {
  const ledger = { broken: false }
  const bench: Bench = createRelease({
    strategy: SHORT,
    services: {
      runs: {
        create: async () => {},
        get: async () => bench.run,
        plan: async () => JSON.stringify(bench.plan),
        list: async () => [],
        update: async (_, change) => {
          if (ledger.broken && String(change.position).startsWith('few'))
            throw new OutsideError('postgres', 'away for 120 s')
          Object.assign(bench.run, change)
        },
      },
    },
  })
  ledger.broken = true
  await expect(bench.conduct()).rejects.toThrow('away for 120 s')
  expect(bench.run.endedAt).toBeNull()
  ledger.broken = false
  await bench.conduct((event) => event.type === 'item' && event.status === 'asked')
  await bench.approve('Product Owner', 'ann')
  await bench.conduct()
  expect(bench.run.state).toBe('succeeded')
})

test('a variable that is not set fails the action; nothing is run', async () => {
  const bench = createRelease({
    services: {
      resolve: () => {
        throw new OutsideError('environment', 'TOKEN is not set')
      },
    },
  })
  await bench.conduct(notGreen)
  expect(bench.outcome('Schema')).toBe('failed')
  await bench.send({ type: 'abort', by: 'ann', reason: 'no token' })
  await bench.conduct()
  expect(bench.run.state).toBe('aborted')
})

test('a candidate that comes up at the second try is guarded by an armed capsule again', async () => {
  let tries = 0
  const bench: Bench = createRelease({
    strategy: LONG,
    overrides: {
      prepare: async (version) => {
        if (version === 'v2' && ++tries === 1) throw new OutsideError('target app', 'not healthy after 30 s')
        return [{ id: `${version}-1`, version, host: '127.0.0.1', port: 1 }]
      },
    },
  })
  const running = bench.conduct()
  await expect.poll(() => bench.events.some(notGreen)).toBe(true)
  await bench.send({ type: 'resume', by: 'ann' })
  await expect.poll(() => bench.told.at(-1)).toBe('weights {"v1":90,"v2":10}')
  expect(armedRuns(join(bench.directory, '.gonogo'))).toEqual(['run'])
  await bench.send({ type: 'abort', by: 'ann', reason: 'seen enough' })
  await running
})

test('an action that is tried again is undone once', async () => {
  const bench = createRelease({
    migrate: '{ shell: "echo up >> log; test -f ready", undo: "echo down >> log", verify: "false" }',
  })
  await bench.conduct(notGreen)
  await bench.send({ type: 'resume', by: 'ann' })
  let asked = 0
  await bench.conduct((event) => notGreen(event) && ++asked === 2)
  await bench.send({ type: 'abort', by: 'ann', reason: 'enough' })
  await bench.conduct()
  expect(readFileSync(join(bench.directory, 'log'), 'utf8')).toBe('up\nup\ndown\n')
})
