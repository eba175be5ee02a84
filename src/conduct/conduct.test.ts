import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Sample } from '../plan/signal.ts'
import { createBench, type Bench } from './conduct.fixture.ts'

const DOCUMENT = `# Release

## Pre-Deployment Checklist
- [ ] The moon is up
- [ ] Manager agrees

## Deployment Execution
- [ ] Schema is migrated
- [ ] Canary is delivered

## Rollback Procedures
### Automatic Rollback Triggers
**System will automatically rollback if:**
- [ ] Error rate exceeds 50%

### Rollback Verification
- [ ] Old version answers

## Sign-off
- [ ] **Product Owner**: accepts
`

interface Choices {
  moon?: string
  migrate?: string
  stages?: string
  autoPromote?: boolean
  guards?: string
}

const config =
  (choices: Choices = {}) =>
  (id: (words: string) => string): string =>
    `
people: { release-manager: [ann, bob] }
targets: { app: { kind: process-group, command: [node, x.js] } }
routers: { edge: { kind: builtin-proxy, listen: { port: 18080 } } }
signals: { traffic: { kind: router } }
delivery:
  target: app
  router: edge
  candidate: v2
  stable: v1
  autoPromote: ${choices.autoPromote ?? true}
  strategy: { kind: canary, stages: ${choices.stages ?? '[{ name: few, weight: 10, duration: 20ms }, { name: all, weight: 100, duration: 20ms }]'} }
  sampling: 20ms
bindings:
  ${id('moon is up')}: { check: command, with: { run: ${choices.moon ?? '["true"]'} } }
  ${id('Manager agrees')}: { poll: release-manager }
  ${id('Schema is migrated')}: { action: command, with: ${choices.migrate ?? '{ shell: "echo up >> log", undo: "echo down >> log", verify: "test -f log" }'} }
  ${id('Canary is delivered')}: { rollout: true }
  ${id('Error rate exceeds')}: { guard: { signal: error-rate, is: ">", value: 50${choices.guards ?? ''} } }
  ${id('Old version answers')}: { check: command, with: { run: ["true"] } }
  ${id('Product Owner')}: { poll: release-manager }
`

const asked = (words: string, bench: Bench) => (event: { type: string; item?: string; status?: string }) =>
  event.type === 'item' && event.status === 'asked' && event.item === bench.id(words)

function approve(bench: Bench, by: string, words: string): Promise<void> {
  return bench.send({ type: 'answer', by, item: bench.id(words), answer: 'approve', reason: null, values: {} })
}

/** Answers both polls as they are asked, and conducts to the end. */
async function conductWithAnswers(bench: Bench): Promise<void> {
  await bench.conduct(asked('Manager agrees', bench))
  await approve(bench, 'ann', 'Manager agrees')
  await approve(bench, 'bob', 'Product Owner')
  await bench.conduct()
}

const logOf = (bench: Bench): string => readFileSync(join(bench.directory, 'log'), 'utf8')

const constantSource = (value: () => number | null) => ({
  name: 'errors',
  signals: ['error-rate'],
  source: {
    sample: async (now: number): Promise<Sample[]> => [
      { signal: 'error-rate', version: 'v2', at: now, value: value(), unit: 'percent', observations: 100 },
    ],
  },
})

describe('a run that goes well', () => {
  test('passes gates, moves traffic stage by stage, and makes the candidate the stable version', async () => {
    const bench = createBench({ document: DOCUMENT, config: config() })
    await conductWithAnswers(bench)
    expect(bench.run).toMatchObject({ state: 'succeeded', reason: null })
    expect(bench.told).toEqual([
      'prepare v1',
      'weights {"v1":100}',
      'prepare v2',
      'weights {"v1":100,"v2":0}',
      'weights {"v1":90,"v2":10}',
      'weights {"v1":0,"v2":100}',
      'weights {"v2":100}',
      'remember v2',
      'retire v1',
    ])
    expect(bench.outcome('Canary is delivered')).toBe('passed')
    expect(bench.outcome('Old version answers')).toBe('skipped')
  })

  test('writes intent before outcome, and a capsule before the candidate gets traffic', async () => {
    const bench = createBench({ document: DOCUMENT, config: config() })
    await conductWithAnswers(bench)
    const keys = bench.ledger.map((entry) => entry.key)
    const action = bench.id('Schema is migrated')
    expect(keys.indexOf(`intent:${action}:1`)).toBeLessThan(keys.indexOf(`outcome:${action}:1`))
    expect(readFileSync(join(bench.directory, '.gonogo/capsules/run/rollback.sh'), 'utf8')).toContain('traffic()')
  })
})

describe('gates', () => {
  test('a failed check waits; resume tries it again, a waiver accepts it', async () => {
    const bench = createBench({ document: DOCUMENT, config: config({ moon: '["false"]' }) })
    await bench.conduct((event) => event.type === 'needs')
    expect(bench.run.state).toBe('paused')
    expect(bench.told).toEqual([])
    await bench.send({ type: 'resume', by: 'ann' })
    await bench.send({ type: 'waive', by: 'ann', item: bench.id('moon is up'), reason: 'cloudy' })
    await conductWithAnswers(bench)
    expect(bench.run.state).toBe('succeeded')
    expect(
      bench.ledger.filter((entry) => entry.kind === 'outcome' && entry.item === bench.id('moon is up')),
    ).toHaveLength(2)
  })

  test('without waiting, a gate that is not green ends the run and nothing was touched', async () => {
    const bench = createBench({ document: DOCUMENT, config: config({ moon: '["false"]' }), noWait: true })
    await bench.conduct()
    expect(bench.run.state).toBe('aborted')
    expect(bench.run.reason).toContain('NO-GO')
    expect(bench.told).toEqual([])
  })

  test('somebody who is not asked cannot approve', async () => {
    const bench = createBench({ document: DOCUMENT, config: config() })
    await bench.conduct(asked('Manager agrees', bench))
    await approve(bench, 'mallory', 'Manager agrees')
    await bench.send({ type: 'abort', by: 'ann', reason: 'enough' })
    await bench.conduct()
    expect(bench.run.state).toBe('aborted')
    expect(bench.outcome('Manager agrees')).toBeUndefined()
  })

  test('a no ends in a gate that is not green', async () => {
    const bench = createBench({ document: DOCUMENT, config: config(), noWait: false })
    await bench.conduct(asked('Manager agrees', bench))
    await bench.send({
      type: 'answer',
      by: 'ann',
      item: bench.id('Manager agrees'),
      answer: 'reject',
      reason: 'no moon',
      values: {},
    })
    await bench.conduct((event) => event.type === 'needs' && event.reason.includes('not green'))
    expect(bench.outcome('Manager agrees')).toBe('failed')
    expect(bench.told).toEqual([])
  })

  test('an item that nobody bound is unverified and does not pass', async () => {
    const bench = createBench({
      document: '# R\n\n## Pre-Deployment Checklist\n- [ ] The dashboard shows green lines\n',
      config: () => 'people: { a: [ann] }\n',
      noWait: true,
    })
    await bench.conduct()
    expect(bench.run.state).toBe('aborted')
    expect(bench.outcome('dashboard')).toBe('unverified')
  })
})

describe('the way back', () => {
  test('a tripped guard moves traffic at once, then stops the candidate and undoes what actions changed', async () => {
    let errors = 0
    const bench = createBench({
      document: DOCUMENT,
      config: config({
        stages: '[{ name: few, weight: 10, duration: 30s }, { name: all, weight: 100, duration: 30s }]',
      }),
      sources: [constantSource(() => errors)],
    })
    await bench.conduct(asked('Manager agrees', bench))
    await approve(bench, 'ann', 'Manager agrees')
    const running = bench.conduct()
    await expect.poll(() => bench.told.at(-1)).toBe('weights {"v1":90,"v2":10}')
    errors = 100
    await running
    expect(bench.run.state).toBe('rolled-back')
    expect(bench.run.reason).toContain('error rate')
    expect(bench.table.now?.weights).toEqual({ v1: 100 })
    expect(bench.told).toContain('retire v2')
    expect(bench.told).not.toContain('retire v1')
    expect(logOf(bench)).toBe('up\ndown\n')
    expect(bench.outcome('Error rate exceeds')).toBe('failed')
    expect(bench.outcome('Old version answers')).toBe('passed')
  })

  test('no data is not green: after its limit of unknown samples the run pauses and asks', async () => {
    const bench = createBench({
      document: DOCUMENT,
      config: config({ stages: '[{ name: all, weight: 100, duration: 30s }]', guards: ', unknownMax: 3' }),
      sources: [constantSource(() => null)],
    })
    await bench.conduct(asked('Manager agrees', bench))
    await approve(bench, 'ann', 'Manager agrees')
    await bench.conduct((event) => event.type === 'run' && event.state === 'paused')
    expect(bench.run.reason).toContain('error rate')
  })

  test('abort takes back what was changed and says so', async () => {
    const bench = createBench({
      document: DOCUMENT,
      config: config({ stages: '[{ name: all, weight: 100, duration: 30s }]' }),
    })
    await bench.conduct(asked('Manager agrees', bench))
    await approve(bench, 'ann', 'Manager agrees')
    const running = bench.conduct()
    await expect.poll(() => bench.told.at(-1)).toBe('weights {"v1":0,"v2":100}')
    await bench.send({ type: 'abort', by: 'ann', reason: 'wrong day' })
    await running
    expect(bench.run.state).toBe('aborted')
    expect(bench.table.now?.weights).toEqual({ v1: 100 })
    expect(logOf(bench)).toBe('up\ndown\n')
  })

  test('a candidate that never becomes healthy fails the item; traffic never moves', async () => {
    const bench = createBench({
      document: DOCUMENT,
      config: config(),
      overrides: {
        prepare: async (version) => {
          if (version === 'v2') throw new Error('v2-1 is not healthy after 30 s')
          return [{ id: 'v1-1', version, host: '127.0.0.1', port: 1 }]
        },
      },
    })
    await bench.conduct(asked('Manager agrees', bench))
    await approve(bench, 'ann', 'Manager agrees')
    await bench.conduct((event) => event.type === 'needs' && event.reason.includes('not green'))
    expect(bench.outcome('Canary is delivered')).toBe('failed')
    expect(bench.table.now?.weights).toEqual({ v1: 100 })
  })

  test('a one-way action closes the way back and is named', async () => {
    const bench = createBench({
      document: DOCUMENT,
      config: config({ migrate: '{ shell: "true", oneWay: "drops a column" }' }),
    })
    await conductWithAnswers(bench)
    const shown = bench.events.filter((event) => event.type === 'way-back').map((event) => event.wayBack)
    expect(shown.some((wayBack) => !wayBack.possible && wayBack.how.includes('one-way'))).toBe(true)
  })
})

describe('killed at any point and conducted again', () => {
  test('no action runs twice and the ledger holds every entry once', async () => {
    const whole = createBench({ document: DOCUMENT, config: config() })
    await conductWithAnswers(whole)
    const steps = whole.engine.recorded('run').length
    const keys = whole.ledger.map((entry) => entry.key).filter((key) => !key.startsWith('message:'))
    // Before that both polls are still open, and nothing but a check has run.
    const reachedByThen = 8
    for (let at = reachedByThen; at < steps; at += 2) {
      const bench = createBench({ document: DOCUMENT, config: config() })
      await bench.conduct(asked('Manager agrees', bench))
      await approve(bench, 'ann', 'Manager agrees')
      await approve(bench, 'bob', 'Product Owner')
      const crashing = setInterval(() => {
        if (bench.engine.recorded('run').length >= at) bench.engine.crash('run')
      }, 1)
      await bench.conduct().catch(() => {})
      clearInterval(crashing)
      await bench.conduct()
      expect(bench.run.state, `crashed after step ${at}`).toBe('succeeded')
      expect(logOf(bench), `crashed after step ${at}`).toBe('up\n')
      const again = bench.ledger.map((entry) => entry.key).filter((key) => !key.startsWith('message:'))
      expect(new Set(again).size).toBe(again.length)
      expect(keys.filter((key) => !again.includes(key) && !key.startsWith('way-back'))).toEqual([])
    }
  })
})
