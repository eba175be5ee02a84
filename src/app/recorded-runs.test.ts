import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { RunRecord } from '../plan/run-record.ts'
import { recordedRun } from './recorded-runs.ts'
import type { State } from './state.ts'

const run = { id: 'r1' } as RunRecord
const look = { signal: 'error-rate', version: 'v2', at: 5, value: 1, unit: 'percent', observations: 3 }

function stateOf(ledger: object[], delivery: object | null = { candidate: 'v2' }): State {
  const plan = JSON.stringify({ delivery, samplingMs: 250, guards: [] })
  return {
    runs: { plan: () => Promise.resolve(plan) },
    ledger: { entries: () => Promise.resolve(ledger) },
  } as unknown as State
}

function directoryWith(samples: object[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-recorded-'))
  mkdirSync(join(directory, 'runs/r1'), { recursive: true })
  writeFileSync(
    join(directory, 'runs/r1/samples.jsonl'),
    samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''),
  )
  return directory
}

const created = { key: 'run:created', kind: 'run', body: { stable: 'v1' }, at: 1 }
const stage = (at: number, event: string) => ({ key: `stage:${at}`, kind: 'stage', body: { event }, at })

it('a recorded run has its samples, its versions, and when its stages began', async () => {
  const state = stateOf([created, stage(2, 'started'), stage(3, 'ended'), stage(4, 'started')])
  expect(await recordedRun(state, directoryWith([look]), run)).toEqual({
    id: 'r1',
    candidate: 'v2',
    stable: 'v1',
    samplingMs: 250,
    samples: [look],
    stagesAt: [2, 4],
    untilAt: null,
  })
})

it('guards acted until the run went back, or was finished', async () => {
  const back = { key: 'rollback:started', kind: 'rollback', body: { event: 'started' }, at: 9 }
  const finished = { key: 'note:finishing', kind: 'note', body: {}, at: 12 }
  expect((await recordedRun(stateOf([created, back]), directoryWith([]), run)).untilAt).toBe(9)
  expect((await recordedRun(stateOf([created, finished]), directoryWith([]), run)).untilAt).toBe(12)
})

it('a run that delivered nothing, or recorded nothing, has none', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'gonogo-recorded-'))
  expect(await recordedRun(stateOf([], null), empty, run)).toMatchObject({
    candidate: '',
    stable: '',
    samples: [],
    stagesAt: [],
  })
})
