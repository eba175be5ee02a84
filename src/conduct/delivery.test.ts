// Strategies end to end, the end of a delivery, and the data part of the way back.
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Backup, BackupManifest } from '../backups/backup.ts'
import { createBench, type Bench } from './conduct.fixture.ts'
import { createRelease, createSignals, LONG } from './release.fixture.ts'

const BLUE_GREEN = '{ kind: blue-green, preview: 40ms, warm: 40ms }'
const NO_REQUESTS = { counters: async () => [] }
const atStage = (bench: Bench, weights: string) => expect.poll(() => bench.told.at(-1)).toBe(`weights ${weights}`)
const ended = (bench: Bench) =>
  bench.ledger.filter((entry) => entry.kind === 'stage' && entry.body.event === 'ended').map(({ body }) => body)

describe('blue-green', () => {
  test('previews without traffic, switches at once, keeps the old one warm, then stops it', async () => {
    const bench = createRelease({ strategy: BLUE_GREEN })
    await bench.conduct((event) => event.type === 'item' && event.status === 'asked')
    expect(bench.told.at(-1)).toBe('weights {"v1":0,"v2":100}')
    expect(bench.told).not.toContain('retire v1')
    await bench.approve('Product Owner', 'ann')
    await bench.conduct()
    expect(bench.told).toEqual([
      'prepare v1',
      'weights {"v1":100}',
      'prepare v2',
      'weights {"v1":100,"v2":0}',
      'weights {"v1":100,"v2":0}',
      'weights {"v1":0,"v2":100}',
      'weights {"v2":100}',
      'remember v2',
      'retire v1',
    ])
    expect(ended(bench).map(({ stage, verdict }) => [stage, verdict])).toEqual([
      ['preview', 'passed'],
      ['full', 'passed'],
    ])
  })

  test('nobody has to look at a preview; a full stage without a request is not verified', async () => {
    const bench = createRelease({ strategy: BLUE_GREEN, overrides: NO_REQUESTS })
    await bench.conduct((event) => event.type === 'needs' && event.reason.includes('not green'))
    expect(ended(bench).map(({ stage, verdict }) => [stage, verdict])).toEqual([
      ['preview', 'passed'],
      ['full', 'unverified'],
    ])
  })

  test('goes back from the warm stage by a guard', async () => {
    const signals = createSignals()
    const bench = createRelease({
      strategy: '{ kind: blue-green, preview: 5ms, warm: 30s }',
      sources: [signals.source],
    })
    const running = bench.conduct()
    await atStage(bench, '{"v1":0,"v2":100}')
    signals.now['error-rate'] = 100
    await running
    expect(bench.run.state).toBe('rolled-back')
    expect(bench.table.now?.weights).toEqual({ v1: 100 })
    expect(bench.told).not.toContain('retire v1')
  })
})

describe('the end of a delivery', () => {
  test('a checklist that does not deliver every stage does not end at 100 %', async () => {
    const bench = createBench({
      document: '# R\n\n## Deployment Execution\n- [ ] A few see it\n',
      config: (id) => `
people: { release-manager: [ann] }
targets: { app: { kind: process-group, command: [node, x.js] } }
routers: { edge: { kind: builtin-proxy, listen: { port: 18080 } } }
delivery: { target: app, router: edge, candidate: v2, stable: v1, autoPromote: true, strategy: { kind: canary, stages: [{ name: few, weight: 10, duration: 5ms }, { name: all, weight: 100, duration: 5ms }] } }
bindings: { ${id('A few see it')}: { rollout: few } }
`,
    })
    await bench.conduct()
    expect(bench.run.state).toBe('aborted')
    expect(bench.run.reason).toContain('not every stage was delivered: all (100 %)')
    expect(bench.table.now?.weights).toEqual({ v1: 100 })
  })

  test('killed after its point of no return, it is finished, even when a rollback waits by then', async () => {
    const state: { crash: (() => void) | null } = { crash: null }
    const bench: Bench = createRelease({
      overrides: { retire: async (version) => (bench.told.push(`retire ${version}`), state.crash?.()) },
    })
    await bench.conduct((event) => event.type === 'item' && event.status === 'asked')
    await bench.approve('Product Owner', 'ann')
    state.crash = () => bench.engine.crash('run')
    await bench.conduct().catch(() => {})
    state.crash = null
    await bench.send({
      type: 'rollback',
      by: 'ann',
      mode: 'gradual',
      reason: 'too late',
      skipValidation: false,
      restoreData: false,
    })
    await bench.conduct()
    expect(bench.run.state).toBe('succeeded')
    expect(bench.told).not.toContain('retire v2')
    expect(bench.table.now?.weights).toEqual({ v2: 100 })
    expect(bench.ledger.some((entry) => entry.body.command === 'rollback gradual')).toBe(true)
  })

  test('a guard that trips while the old version is being stopped sends no traffic to it', async () => {
    const signals = createSignals()
    const bench: Bench = createRelease({
      sources: [signals.source],
      overrides: {
        retire: async (version) => {
          bench.told.push(`retire ${version}`)
          signals.now['error-rate'] = 100
          await new Promise((resolve) => setTimeout(resolve, 100))
        },
      },
    })
    await bench.conduct((event) => event.type === 'item' && event.status === 'asked')
    await bench.approve('Product Owner', 'ann')
    await bench.conduct()
    expect(bench.run.state).toBe('succeeded')
    expect(bench.table.now?.weights).toEqual({ v2: 100 })
  })
})

describe('putting data back', () => {
  const DOCUMENT = `# R

## Deployment Execution
- [ ] Files are laid out
- [ ] Backup is taken
- [ ] Data is repaired
- [ ] Canary is delivered

## Rollback Procedures
### Automatic Rollback Triggers
- [ ] Data is damaged
`
  const manifest = { id: 'b1', file: '/backups/b1.db', rows: {}, bytes: 1, sha256: 'x', durationMs: 1 }

  function createDataRelease(sources: Parameters<typeof createRelease>[0] = {}) {
    const log = join(mkdtempSync(join(tmpdir(), 'gonogo-data-')), 'log')
    const say = (word: string): string => `echo ${word} >> ${log}`
    const backup = {
      create: async () => ({ ...manifest, verified: { at: 1, method: 'ok' } }) as unknown as BackupManifest,
      list: async () => [],
      preview: async () => ({ rowsAddedSince: {}, summary: '3 rows were written since' }),
      stage: async () => ({ stage: 'data' as const, title: 'swap', shell: say('swap'), files: {} }),
    } as unknown as Backup
    const part = (word: string) => ({ stage: 'processes' as const, title: word, shell: say(word), files: {} })
    const overrides = {
      capsule: ((given: string | { hold?: boolean }) =>
        typeof given === 'string'
          ? { restore: null, retire: part('retire'), suspend: part('suspend'), resume: part('resume') }
          : { ...part(given.hold ? 'hold' : 'release'), stage: 'traffic' as const }) as never,
    }
    const bench = createBench({
      document: DOCUMENT,
      overrides,
      services: { backups: { db: backup } },
      ...sources,
      config: (id) => `
people: { release-manager: [ann] }
targets: { app: { kind: process-group, command: [node, x.js] } }
routers: { edge: { kind: builtin-proxy, listen: { port: 18080 } } }
signals: { data: { kind: sqlite-integrity, path: x.db } }
backups: { db: { kind: sqlite, database: x.db } }
delivery: { target: app, router: edge, candidate: v2, stable: v1, autoPromote: true, restore: db, sampling: 10ms, strategy: ${LONG} }
bindings:
  ${id('Files are laid')}: { action: command, with: { shell: "${say('files')}", undo: "${say('undo-files')}" } }
  ${id('Backup is taken')}: { backup: db }
  ${id('Data is repaired')}: { action: command, with: { shell: "${say('repair')}", undo: "${say('undo-repair')}" } }
  ${id('Canary is delivered')}: { rollout: true }
  ${id('Data is damaged')}: { guard: { signal: integrity, scope: service, is: "<", value: 1, restoreData: true } }
`,
    })
    return { bench, did: () => readFileSync(log, 'utf8').split('\n').filter(Boolean) }
  }

  const integrity = () => {
    const now = { value: 1 }
    const sample = async (at: number) => [
      { signal: 'integrity', version: null, at, value: now.value, unit: 'state', observations: 1 },
    ]
    return { now, source: { name: 'data', signals: ['integrity'], source: { sample: sample as never } } }
  }

  test('in reverse order of how it came about, with requests held around the swap', async () => {
    const { now, source } = integrity()
    const { bench, did } = createDataRelease({ sources: [source] })
    const running = bench.conduct()
    await atStage(bench, '{"v1":90,"v2":10}')
    now.value = 0
    await running
    expect(bench.run.state).toBe('rolled-back')
    expect(did()).toEqual([
      'files',
      'repair',
      'undo-repair',
      'hold',
      'suspend',
      'swap',
      'resume',
      'release',
      'undo-files',
    ])
    const data = bench.ledger.find((entry) => entry.key === 'rollback:data')
    expect(data?.body.detail).toContain('3 rows were written since')
  })

  test('works before any candidate is up', async () => {
    const { now, source } = integrity()
    const { bench, did } = createDataRelease({
      sources: [source],
      overrides: {
        prepare: async () => {
          throw new Error('not healthy')
        },
      },
    })
    const running = bench.conduct()
    await expect.poll(() => bench.events.some((event) => event.type === 'needs')).toBe(true)
    now.value = 0
    await running
    expect(bench.run.state).toBe('rolled-back')
    expect(did()).toContain('swap')
  })
})
