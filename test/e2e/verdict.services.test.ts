// The demo's service behind the built-in proxy, scraped by a real Prometheus: from its histograms the same verdicts come as from the
// proxy's own counters.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startEdge, type Edge } from '../../bench/relay/edge.ts'
import { startServer, temporaryFolder, temporaryGraph } from '../../examples/knowledge-graph/fixtures.ts'
import { startLoad, type LoadProcess } from '../../examples/load/load.ts'
import { createJudge, judge, type JudgeEvent } from '../../src/guards/judge.ts'
import { verdict, verdictsOf, type VerdictState } from '../../src/guards/kinds/verdict.ts'
import type { GuardKind } from '../../src/guards/guard-kind.ts'
import type { Sample } from '../../src/plan/signal.ts'
import { startSampling } from '../../src/signals/sampling.ts'
import type { Source, SourceContext } from '../../src/signals/source.ts'
import { prometheus } from '../../src/signals/sources/prometheus.ts'
import { router } from '../../src/signals/sources/router.ts'
import type { Verdict } from '../../src/plan/verdict.ts'
import { guardOf } from '../contracts/guard-contract.ts'
import { isProgramThere } from '../servers/packages.ts'
import { startPrometheus } from '../servers/prometheus.ts'
import { until } from './gonogo.ts'

const installed = isProgramThere('prometheus', 'prometheus')
if (!installed) console.warn('SKIPPED: verdict.services.test.ts needs prometheus, which could not be installed')

const SCRAPE_MS = 1000
/** How often both sources are looked at, as by default in a release. */
const LOOK_MS = 1000
const VERSIONS = { candidate: 'v2', stable: 'v1' }
const RULE = guardOf(verdict as GuardKind, { latency: { warmUp: '2 s' } })
/** Answers take about 10 ms, 1 in 100 fails, in either version. */
const DEPENDENCY = '10 0.01'

/** What the stable version answers in place of the candidate, the proxy counts for nobody, and Prometheus for the one that answered. */
const EVERY_ANSWER_COUNTS = { shield: { enabled: false }, breaker: { enabled: false } }

/** What one source told, and what the judge made of it, look by look. */
class Watching {
  readonly samples: Sample[] = []
  readonly events: JudgeEvent[] = []
  #state = createJudge([RULE], { ...VERSIONS, samplingMs: LOOK_MS })

  constructor(source: Source, signal: AbortSignal) {
    const sources = [{ name: 'it', signals: ['requests'], source: { ...source, everyMs: LOOK_MS } }]
    const onSamples = (samples: Sample[]): void => {
      this.samples.push(...samples)
      const judged = judge(this.#state, samples, () => verdict as GuardKind)
      this.#state = judged.state
      this.events.push(...judged.events)
    }
    startSampling({ sources, everyMs: LOOK_MS, signal, onSamples })
  }

  tripped(): JudgeEvent | undefined {
    return this.events.find(({ type }) => type === 'tripped')
  }

  verdicts(): Verdict[] {
    const own = this.#state.progress[RULE.id]?.v2?.own as VerdictState | undefined
    return own ? verdictsOf(verdict.options.parse(RULE.options), own) : []
  }

  /** Requests and errors of a version, all looks together. */
  counted(version: string): { requests: number; errors: number } {
    const own = this.samples.filter((sample) => sample.version === version)
    return { requests: requestsIn(own), errors: own.reduce((sum, { tally }) => sum + (tally?.errors ?? 0), 0) }
  }

  /** Requests of the new version that it rested on when it tripped. */
  knownAtTrip(): number {
    const at = this.tripped()?.at ?? 0
    return requestsIn(this.samples.filter((sample) => sample.version === 'v2' && sample.at <= at))
  }

  /** The same, one look that told of any earlier. */
  knownBeforeTrip(): number {
    const at = this.tripped()?.at ?? 0
    return requestsIn(this.samples.filter((sample) => sample.version === 'v2' && sample.at < at))
  }

  /** Whether both versions have been counted at least once, so that all that comes from now on will be. */
  isCounting(): boolean {
    return [VERSIONS.candidate, VERSIONS.stable].every((version) =>
      this.samples.some(
        (sample) => sample.signal === 'requests' && sample.version === version && sample.value !== null,
      ),
    )
  }
}

function requestsIn(samples: readonly Sample[]): number {
  return samples.reduce((sum, { tally }) => sum + (tally?.requests ?? 0), 0)
}

/** Both versions behind the proxy, Prometheus beside them, and both sources looked at; nobody is served yet. */
async function startScene() {
  const fault = join(temporaryFolder(), 'fault')
  const graph = await temporaryGraph()
  const start = async (version: string) => {
    const env = { GONOGO_VERSION: version, DEPENDENCY, FAULT_FILE: fault }
    return Number(new URL((await startServer(graph, env)).url).port)
  }
  const ports = { v1: await start('v1'), v2: await start('v2') }
  const edge = await startProxy(ports)
  const targets = Object.values(ports).map((port) => ({ address: `127.0.0.1:${port}` }))
  const server = await startPrometheus({ targets, scrapeMs: SCRAPE_MS })
  const stopping = new AbortController()
  onTestFinished(async () => {
    stopping.abort()
    await server.stop()
  })
  const context: SourceContext = {
    directory: '.',
    counters: async (signal) => (await edge.router.counters(signal)) ?? [],
    instances: () => Promise.resolve({}),
    versions: () => VERSIONS,
  }
  const scraped = prometheus.create(
    prometheus.options.parse({ url: server.url, template: 'express', service: 'app' }),
    context,
  )
  const fromProxy = new Watching(router.create({}, context), stopping.signal)
  const fromPrometheus = new Watching(scraped, stopping.signal)
  await until('both sources to count', () => fromProxy.isCounting() && fromPrometheus.isCounting())
  return {
    url: edge.url,
    plant: (what: string) => writeFileSync(fault, what),
    fromProxy,
    fromPrometheus,
  }
}

/** The weights of a canary stage. */
async function startProxy(ports: Record<string, number>): Promise<Edge> {
  const backends = Object.entries(ports).map(([version, port]) => ({ id: version, version, host: '127.0.0.1', port }))
  const edge = await startEdge({ weights: { v1: 75, v2: 25 }, backends, stable: 'v1' }, EVERY_ANSWER_COUNTS)
  onTestFinished(() => edge[Symbol.asyncDispose]())
  return edge
}

function serve(url: string): LoadProcess {
  return startLoad({ url: `${url}entities/7`, connections: 10, requestsPerSecond: 200, durationMs: 120_000 })
}

describe.skipIf(!installed)('the verdict from Prometheus and from the proxy', () => {
  test('a good version: both count the same requests and errors, and neither finds it worse', async () => {
    const { url, fromProxy, fromPrometheus } = await startScene()
    const load = serve(url)
    await until('1,000 requests of the new version', () => fromPrometheus.counted('v2').requests >= 1000)
    const { requests, byVersion } = await load.stop()
    await until('Prometheus to know of all of them', () => {
      const known = fromPrometheus.counted('v1').requests + fromPrometheus.counted('v2').requests
      return known === requests
    })
    for (const version of ['v1', 'v2']) {
      const served = { requests: byVersion[version]?.answered, errors: byVersion[version]?.failed }
      expect(fromPrometheus.counted(version)).toEqual(served)
      expect(fromProxy.counted(version)).toEqual(served)
    }
    expect([...fromProxy.events, ...fromPrometheus.events]).toEqual([])
    expect(fromPrometheus.verdicts().map(({ metric }) => metric)).toEqual(['errors', 'latency'])
    for (const { judgement } of [fromProxy, fromPrometheus].flatMap((one) => one.verdicts()))
      expect(judgement).not.toBe('worse')
  })

  test.each([
    ['fails', 'errors 0.3', /^errors: canary errors [\d.]+ % vs [\d.]+ %/],
    ['is slower', 'slower 3', /^latency: canary p95 [\d.]+ ms vs [\d.]+ ms/],
  ])('a version that %s: both find it worse, Prometheus with the scrape that shows it', async (_, fault, reason) => {
    const { url, plant, fromProxy, fromPrometheus } = await startScene()
    plant(fault)
    serve(url)
    await until('both to find it worse', () => fromProxy.tripped() && fromPrometheus.tripped())
    expect(fromProxy.tripped()?.sentence).toMatch(reason)
    expect(fromPrometheus.tripped()?.sentence).toMatch(reason)
    // At the scrape before, Prometheus knew less than the proxy needed.
    expect(fromPrometheus.knownBeforeTrip()).toBeLessThan(fromProxy.knownAtTrip())
  })
})
