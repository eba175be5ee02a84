// A release small enough for a test: a document, a configuration, a target and a router that only remember what they were told.
import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noData } from '../../test/contracts/no-data.ts'
import { readChecklist } from '../checklist/read.ts'
import { readProject } from '../config/load.ts'
import { createInMemoryEngine, type InMemoryEngine } from '../durable/in-memory.ts'
import { createRedactor } from '../lib/redact.ts'
import type { VersionCounters } from '../plan/signal.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { LedgerDraft, LedgerEntry, RunRecord } from '../plan/run-record.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import { planRelease } from '../planning/plan-release.ts'
import { link, EMPTY } from '../store/ledger-chain.ts'
import { createEvidenceStore } from '../store/evidence.ts'
import type { NamedSource } from '../signals/sampling.ts'
import { conduct } from './conduct.ts'
import type { RunMessage } from './ports.ts'
import type { DeliveryParts, RunEvent, Services } from './services.ts'
import { loadKinds } from '../catalog/catalog.ts'

await loadKinds()

export interface Bench {
  directory: string
  plan: ReleasePlan
  engine: InMemoryEngine
  events: RunEvent[]
  ledger: LedgerEntry[]
  run: RunRecord
  /** Everything the router and the target were told, in order. */
  told: string[]
  table: { now: RoutingTable | null }
  /** Item id whose text or label contains these words. */
  id(words: string): string
  send(message: DistributiveOmit<RunMessage, 'id'>): Promise<void>
  approve(words: string, by: string): Promise<void>
  /** Conducts until the end, the crash, or the first event for which `until` holds. */
  conduct(until?: (event: RunEvent) => boolean): Promise<void>
  outcome(words: string): string | undefined
}

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never

export interface BenchOptions {
  document: string
  /** gonogo.yaml without service; `{words}` keys in bindings are item words. */
  config: (id: (words: string) => string) => string
  sources?: NamedSource[]
  noWait?: boolean
  overrides?: Partial<DeliveryParts['target'] & DeliveryParts['router']>
  services?: Partial<Services>
}

export function createBench(options: BenchOptions): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-conduct-'))
  mkdirSync(join(directory, '.gonogo'))
  const bytes = Buffer.from(options.document)
  const checklist = readChecklist('CHECKLIST.md', bytes)
  const id = (words: string): string => {
    const found = checklist.items.find((item) => `${item.label ?? ''} ${item.text}`.includes(words))
    if (!found)
      throw new Error(`no item with "${words}" among: ${checklist.items.map((item) => item.text).join(' | ')}`)
    return found.id
  }
  writeFileSync(join(directory, 'gonogo.yaml'), `service: test\n${options.config(id)}`)
  const plan = planRelease({ project: readProject(directory), checklist })
  const ledger: LedgerEntry[] = []
  const append = (draft: LedgerDraft): LedgerEntry => {
    const known = ledger.find((entry) => entry.key === draft.key)
    if (known) return known
    const entry = link('run', ledger.at(-1) ?? EMPTY, JSON.parse(JSON.stringify(draft)) as LedgerDraft, Date.now())
    ledger.push(entry)
    return entry
  }
  append({ key: 'run:created', kind: 'run', item: null, body: { event: 'created', state: 'planned', stable: 'v1' } })
  const run: RunRecord = {
    id: 'run',
    service: 'test',
    environment: 'production',
    planHash: plan.hash,
    state: 'planned',
    position: '',
    wayBack: { possible: true, estimateMs: 0, how: '' },
    pace: { timeScale: 1, waitMsMax: null },
    startedBy: 'ann',
    createdAt: Date.now(),
    endedAt: null,
    reason: null,
  }
  const told: string[] = []
  const traffic = { requests: 0 }
  const table: { now: RoutingTable | null } = { now: null }
  const events: RunEvent[] = []
  let watching: ((event: RunEvent) => boolean) | null = null
  let stop = new AbortController()
  let abandoned: { error: unknown } | null = null
  const services = (): Services => ({
    directory,
    stateDirectory: join(directory, '.gonogo'),
    env: {},
    redactor: createRedactor({ TOKEN: 'hush-hush' }),
    resolve: (value) => value,
    ledger: { append: async (_, draft) => append(draft), entries: async () => [...ledger] },
    evidence: createEvidenceStore(join(directory, '.gonogo')),
    runs: {
      create: async () => {},
      update: async (_, change) => void Object.assign(run, change),
      get: async () => run,
      plan: async () => JSON.stringify(plan),
      list: async () => [run],
    },
    delivery: plan.delivery ? rememberingDelivery(told, table, traffic, options.overrides ?? {}) : null,
    backups: {},
    data: noData,
    sources: options.sources ?? [],
    watchdog: { afterMs: 60_000, policy: 'hold' },
    stopping: stop.signal,
    abandon: (error) => {
      abandoned = { error }
      stop.abort()
    },
    checksAtOnce: 8,
    noWait: options.noWait ?? false,
    send: (message) => engine.send('run', message),
    hasMail: () => engine.hasMail('run'),
    clock: Date.now,
    emit: (event) => {
      events.push(event)
      if (watching?.(event)) stop.abort()
    },
    ...options.services,
  })
  const engine = createInMemoryEngine({ conduct: (runId, durable) => conduct(runId, durable, services()) })
  let sent = 0
  const send: Bench['send'] = (message) => engine.send('run', { ...message, id: `m${++sent}` } as RunMessage)
  return {
    directory,
    plan,
    engine,
    events,
    ledger,
    run,
    told,
    table,
    id,
    send,
    approve: (words, by) => send({ type: 'answer', by, item: id(words), answer: 'approve', reason: null, values: {} }),
    async conduct(until) {
      watching = until ?? null
      stop = new AbortController()
      abandoned = null
      try {
        await engine.conduct('run', stop.signal)
      } finally {
        stop.abort()
      }
      if (abandoned) throw (abandoned as { error: unknown }).error
    },
    outcome: (words) =>
      ledger.findLast((entry) => entry.kind === 'outcome' && entry.item === id(words))?.body.status as
        | string
        | undefined,
  }
}

function rememberingDelivery(
  told: string[],
  table: { now: RoutingTable | null },
  traffic: { requests: number },
  overrides: BenchOptions['overrides'],
): DeliveryParts {
  const backend = (version: string) => ({ id: `${version}-1`, version, host: '127.0.0.1', port: 1 })
  const counters = (version: string): VersionCounters => {
    const { requests } = traffic
    return {
      version,
      requests,
      errors: 0,
      retries: 0,
      inFlight: 0,
      totalMs: requests * 5,
      latency: { boundsMs: [], counts: [requests] },
    }
  }
  const step = (stage: 'traffic' | 'processes', title: string) => ({ stage, title, shell: 'true', files: {} })
  const target: DeliveryParts['target'] = {
    current: async () => ({}),
    prepare: async (version) => {
      told.push(`prepare ${version}`)
      return [backend(version)]
    },
    ready: async () => ({ healthy: 1, wanted: 1 }),
    retire: async (version) => void told.push(`retire ${version}`),
    capsule: () => ({
      restore: null,
      retire: step('processes', 'retire'),
      suspend: step('processes', 'suspend'),
      resume: step('processes', 'resume'),
    }),
    ...overrides,
  }
  const router: DeliveryParts['router'] = {
    current: async () => table.now,
    set: async (next) => {
      table.now = next
      told.push(`weights ${JSON.stringify(next.weights)}`)
    },
    drain: async () => true,
    counters: async () => {
      traffic.requests += 100
      return [counters('v1'), counters('v2')]
    },
    stop: async () => {},
    capsule: () => step('traffic', 'traffic'),
    ...overrides,
  }
  const remember = (stable: string): void => void told.push(`remember ${stable}`)
  return {
    target,
    router,
    holds: true,
    partOf: () => ({ target, router, stays: false }),
    stable: 'v1',
    stableOf: { app: 'v1' },
    remember,
  }
}
