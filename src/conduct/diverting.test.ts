// Who and what may divert a run, when, and how often.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Bench } from './conduct.fixture.ts'
import { createRelease, createSignals, LONG } from './release.fixture.ts'

const controls = (bench: Bench) =>
  bench.ledger.filter((entry) => entry.kind === 'control').map(({ body }) => `${body.command}: ${body.reason ?? ''}`)
const atStage = (bench: Bench, weights: string) => expect.poll(() => bench.told.at(-1)).toBe(`weights ${weights}`)
const FEW = '{"v1":90,"v2":10}'
const logOf = (bench: Bench): string => readFileSync(join(bench.directory, 'log'), 'utf8')

describe('what arrives on the way back', () => {
  test('two guards that trip at the same look make one rollback', async () => {
    const signals = createSignals()
    const bench = createRelease({ strategy: LONG, sources: [signals.source] })
    const running = bench.conduct()
    await atStage(bench, FEW)
    Object.assign(signals.now, { 'error-rate': 100, health: 0 })
    await running
    expect(bench.run.state).toBe('rolled-back')
    expect(bench.ledger.filter((entry) => entry.kind === 'guard')).toHaveLength(2)
    expect(bench.ledger.filter((entry) => entry.key === 'rollback:started')).toHaveLength(1)
    expect(bench.outcome('Health check')).toBe('failed')
    expect(bench.outcome('Error rate')).toBe('failed')
    expect(logOf(bench)).toBe('up\ndown\n')
  })

  test('an abort and a rollback together end the run once, and both are on record', async () => {
    const bench = createRelease({ strategy: LONG })
    const running = bench.conduct()
    await atStage(bench, FEW)
    await bench.send({ type: 'abort', by: 'ann', reason: 'wrong day' })
    await bench.send({
      type: 'rollback',
      by: 'tom',
      mode: 'gradual',
      reason: 'me too',
      skipValidation: false,
      restoreData: false,
    })
    await running
    expect(bench.run.state).toBe('aborted')
    expect(controls(bench).map((line) => line.split(':')[0])).toEqual(['abort', 'rollback gradual'])
  })

  test('a gradual rollback goes down by stages, and a guard cuts it short without raising traffic again', async () => {
    const signals = createSignals()
    const bench = createRelease({
      strategy:
        '{ kind: canary, stages: [{ name: a, weight: 10, duration: 5ms }, { name: b, weight: 50, duration: 5ms }, { name: c, weight: 100, duration: 30s }] }',
      sources: [signals.source],
    })
    const running = bench.conduct()
    await atStage(bench, '{"v1":0,"v2":100}')
    await bench.send({
      type: 'rollback',
      by: 'ann',
      mode: 'gradual',
      reason: 'slowly',
      skipValidation: false,
      restoreData: false,
    })
    await atStage(bench, '{"v1":50,"v2":50}')
    signals.now['error-rate'] = 100
    await running
    expect(bench.told).not.toContain('retire v1')
    expect(bench.told.slice(bench.told.indexOf('weights {"v1":50,"v2":50}', 6) + 1)).not.toContain(`weights ${FEW}`)
    expect(bench.table.now?.weights).toEqual({ v1: 100 })
    expect(bench.run.state).toBe('rolled-back')
  })

  test('a check that fails after the rollback is no rollback that went well', async () => {
    const bench = createRelease({ strategy: LONG, after: 'false' })
    const running = bench.conduct()
    await atStage(bench, FEW)
    await bench.send({ type: 'abort', by: 'ann', reason: 'enough' })
    await running
    expect(bench.run.state).toBe('failed')
    expect(bench.run.reason).toContain('Old version answers')
  })
})

describe('whose word counts', () => {
  test('a stage is promoted by its approver only', async () => {
    const bench = createRelease({ strategy: LONG })
    const running = bench.conduct()
    await atStage(bench, FEW)
    await bench.send({ type: 'promote', by: 'tom' })
    await expect.poll(() => controls(bench)).toContain('promote: refused: tom is not release-manager')
    expect(bench.told.at(-1)).toBe(`weights ${FEW}`)
    await bench.send({ type: 'promote', by: 'ann' })
    await atStage(bench, '{"v1":0,"v2":100}')
    await bench.send({ type: 'abort', by: 'ann', reason: 'seen enough' })
    await running
  })

  test('a stage that was refused is accepted by the approver and not skipped: the next one follows', async () => {
    const bench = createRelease({ autoPromote: false })
    await bench.conduct((event) => event.type === 'needs' && event.reason.includes('stage few is done'))
    const item = bench.id('Canary is delivered')
    await bench.send({ type: 'answer', by: 'ann', item, answer: 'reject', reason: 'looks odd', values: {} })
    await bench.conduct((event) => event.type === 'needs' && event.reason.includes('not green'))
    expect(bench.outcome('Canary')).toBe('failed')
    await bench.send({ type: 'waive', by: 'tom', item, reason: 'let us go' })
    await bench.send({ type: 'waive', by: 'ann', item, reason: 'it was the dashboard' })
    await bench.conduct((event) => event.type === 'needs' && event.reason.includes('stage all is done'))
    expect(controls(bench).some((line) => line.includes('tom may not waive'))).toBe(true)
    expect(bench.told.at(-1)).toBe('weights {"v1":0,"v2":100}')
    await bench.send({ type: 'promote', by: 'ann' })
    await bench.approve('Product Owner', 'ann')
    await bench.conduct()
    expect(bench.run.state).toBe('succeeded')
  })

  test('a waiver by somebody nobody knows changes nothing', async () => {
    const bench = createRelease({ migrate: '{ shell: "false", oneWay: "a test" }' })
    await bench.conduct((event) => event.type === 'needs')
    await bench.send({ type: 'waive', by: 'mallory', item: bench.id('Schema'), reason: 'trust me' })
    await bench.send({ type: 'abort', by: 'ann', reason: 'no' })
    await bench.conduct()
    expect(bench.told).toEqual([])
    expect(bench.ledger.some((entry) => entry.kind === 'waiver')).toBe(false)
  })
})

describe('waiting', () => {
  test('a process that may not wait takes a live candidate back instead of asking the approver', async () => {
    const bench = createRelease({ autoPromote: false, noWait: true })
    await bench.conduct()
    expect(bench.run.state).toBe('aborted')
    expect(bench.run.reason).toContain('NO-GO')
    expect(bench.table.now?.weights).toEqual({ v1: 100 })
    expect(bench.told).toContain('retire v2')
  })

  test('whether a process may wait is part of the record: another kind of process replays it the same way', async () => {
    const services = { noWait: false }
    const bench = createRelease({ migrate: '{ shell: "false", oneWay: "a test" }', services })
    await bench.conduct((event) => event.type === 'needs')
    await bench.send({ type: 'resume', by: 'ann' })
    let asked = 0
    await bench.conduct((event) => event.type === 'needs' && ++asked === 2)
    services.noWait = true
    await bench.send({ type: 'resume', by: 'ann' })
    await bench.conduct()
    expect(bench.run.reason).toContain('NO-GO: Schema is migrated')
  })

  test('a pause stops the clock of the stage, not its traffic', async () => {
    const bench = createRelease({
      strategy:
        '{ kind: canary, stages: [{ name: few, weight: 10, duration: 400ms }, { name: all, weight: 100, duration: 30s }] }',
    })
    const running = bench.conduct()
    await atStage(bench, FEW)
    await bench.send({ type: 'pause', by: 'tom', reason: 'let me look' })
    await expect.poll(() => bench.run.state).toBe('paused')
    await new Promise((resolve) => setTimeout(resolve, 500))
    const resumedAt = Date.now()
    await bench.send({ type: 'resume', by: 'tom' })
    await atStage(bench, '{"v1":0,"v2":100}')
    expect(Date.now() - resumedAt).toBeGreaterThan(200)
    await bench.send({ type: 'abort', by: 'ann', reason: 'seen enough' })
    await running
  })
})
