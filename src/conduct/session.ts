// The part of a run that lives in this process and is not replayed: sampling, the guards' reflex, the heartbeat, and what the ledger
// already holds. It decides nothing that the workflow does not hear of by a durable message.
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { guardKind } from '../catalog/catalog.ts'
import { baselineOf } from '../guards/baseline.ts'
import { createJudge, judge, type JudgeEvent, type JudgeState } from '../guards/judge.ts'
import { poll } from '../lib/deadline.ts'
import { messageOf } from '../lib/errors.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { LedgerEntry } from '../plan/run-record.ts'
import type { Sample } from '../plan/signal.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import { openRecording, readRecording } from '../signals/recording.ts'
import { startSampling } from '../signals/sampling.ts'
import { capsuleNews } from './capsule-news.ts'
import { capsuleDirectory, executedParts, isBeingExecuted } from './capsule.ts'
import { Interrupted } from './diversion.ts'
import { startHeart } from './heart.ts'
import { startCapacityWatch } from './delivery/capacity-watch.ts'
import { isGone } from './delivery/capacity.ts'
import { openOutbox } from './outbox.ts'
import type { Services } from './services.ts'
import { stableTable, type LiveDelivery } from './stand.ts'
import { evidenceSamples, standingOf, withEarlierEvidence, type Standing } from './standing.ts'

/** Samples kept in memory; older ones are in the recording only. */
const SAMPLES_MAX = 100_000

/** Ledger key that stands from the moment on at which the candidate is made the stable version: there is no way back from there. */
export const FINISHING = 'note:finishing'

export interface Session {
  /** `.gonogo/runs/RUN/`. */
  readonly directory: string
  /** The capsule's directory. */
  readonly capsule: string
  /** Aborts work in flight when the run has to go back. */
  readonly signal: AbortSignal
  /** What the ledger held when this process took the run over, by key. */
  readonly written: Map<string, LedgerEntry>
  /** Why the workflow must listen before it does anything else; null when it need not. */
  interruption(): string | null
  /** The candidate is up: from here on a guard moves traffic by itself. Null: it is down again. */
  setLive(live: LiveDelivery | null): void
  /**
   * Puts a table in force that gives the candidate traffic, unless a reflex came before or comes meanwhile.
   * @throws Interrupted when it did: the stable version has the traffic then.
   */
  moveTraffic(table: RoutingTable): Promise<void>
  /** The way back has begun: guards no longer act, work may start again. */
  calm(): void
  /** The candidate becomes the stable version: guards no longer act. False: too late, something has interrupted the run. */
  commit(): boolean
  /** The sentence with which a rule tripped in this run, or null. */
  tripped(rule: string): string | null
  /** Both versions, and the stable one's averages from before the candidate had its first request. */
  versions(): { candidate: string; stable: string; baseline: Record<string, number> }
  samplesSince(at: number): Sample[]
  /** What is shown of the candidate by statistics; null where nothing judges it so. */
  standing(): Standing | null
  /** From now on the run is told, once a stage, when the candidate is shown not to be worse. */
  tellWhenNotWorse(stage: string): void
  stop(): Promise<void>
}

export interface SessionOptions {
  runId: string
  plan: ReleasePlan
  services: Services
  /** The version that has the traffic before this run; empty when nothing is delivered. */
  stable: string
  entries: readonly LedgerEntry[]
}

/** Starts sampling and guarding for as long as this process conducts the run. */
export async function startSession({ runId, plan, services, stable, entries }: SessionOptions): Promise<Session> {
  const directory = join(services.stateDirectory, 'runs', runId)
  const capsule = capsuleDirectory(services.stateDirectory, runId)
  mkdirSync(directory, { recursive: true })
  const versions = { candidate: plan.delivery?.candidate ?? '', stable }
  const recordingPath = join(directory, 'samples.jsonl')
  const { samples } = await readRecording(recordingPath, SAMPLES_MAX)
  /** What an earlier process recorded; null once it has been taken into account. */
  let earlier: readonly Sample[] | null = [...samples]
  const recording = openRecording(recordingPath)
  const tripped = new Map(
    entries
      .filter((entry) => entry.kind === 'guard')
      .map((entry) => [String(entry.body.rule), String(entry.body.sentence)]),
  )
  let state: JudgeState = createJudge(plan.guards, { ...versions, samplingMs: plan.samplingMs })
  let live: LiveDelivery | null = null
  /** Stage that waits to hear that the candidate is not worse. */
  let waitingStage: string | null = null
  const ending = new AbortController()
  const written = new Map(entries.map((entry) => [entry.key, entry]))
  const outbox = openOutbox({ path: join(directory, 'outbox.jsonl'), send: services.send, signal: ending.signal })
  let interruption: string | null = null
  /** Guards no longer act: the run is on its way back, or the candidate is the stable version already. */
  let calmed = written.has(FINISHING) && executedParts(capsule).length === 0
  const goingBack = written.has('rollback:started')
  let work = new AbortController()

  const interrupt = (why: string): void => {
    if (interruption !== null || calmed) return
    interruption = why
    work.abort(new Error(why))
  }

  /** A rule tripped: traffic first, by reflex; then the workflow is told. No data is no reason to go back, but one to ask. */
  const react = async (event: JudgeEvent): Promise<void> => {
    if (calmed) return
    const severity = event.type === 'unknown' ? 'pause' : event.rule.severity
    const { at, rule, sentence, sample } = event
    services.emit({ type: 'guard', severity, sentence })
    if (event.type === 'tripped') tripped.set(rule.id, sentence)
    const id = `guard:${rule.id}:${at}`
    if (severity === 'notify') {
      const body = { rule: rule.id, severity, sentence, sample }
      await services.ledger.append(runId, { key: id, kind: 'guard', item: null, body })
      return
    }
    const { restoreData } = rule
    const message = { type: 'guard' as const, id, rule: rule.id, severity, reason: sentence, sample, restoreData }
    outbox.keep(message)
    if (severity === 'rollback') {
      interrupt(sentence)
      await takeTrafficBack()
    }
    outbox.deliver(message)
  }

  const takeTrafficBack = async (): Promise<void> => {
    if (!live || !services.delivery) return
    const startedAt = performance.now()
    const tell = (detail: string, durationMs: number | null): void =>
      services.emit({ type: 'rollback', event: 'traffic', detail, durationMs })
    const seen = capacity.last()
    // Requests sent to nobody fail for certain: the workflow starts the old version first.
    if (seen && isGone(seen)) return tell(`nothing of ${live.stable} is there: it is started first`, null)
    try {
      await services.delivery.router.set(stableTable(live))
      tell(`all traffic to ${live.stable}`, performance.now() - startedAt)
    } catch (error) {
      // The workflow tries again, and the watchdog stands behind it.
      tell(`router did not answer: ${messageOf(error)}`, null)
    }
  }

  /** The reflex may come while this table is on its way: whoever is last, the stable version has the traffic then. */
  const moveTraffic = async (table: RoutingTable): Promise<void> => {
    heedCapsule()
    if (interruption !== null) throw new Interrupted(interruption)
    try {
      await services.delivery?.router.set(table)
      state = { ...state, context: { ...state.context, stage: state.context.stage + 1 } }
    } finally {
      heedCapsule()
      if (interruption !== null) await takeTrafficBack()
    }
    if (interruption !== null) throw new Interrupted(interruption)
  }

  const take = (taken: Sample[]): void => {
    const clean = taken.map((sample) =>
      sample.detail ? { ...sample, detail: services.redactor.redact(sample.detail) } : sample,
    )
    keep(clean)
    // A candidate that is still starting is ill by nature: guards look at it from the moment it is up.
    const judged = live ? clean : clean.filter((sample) => sample.version !== versions.candidate)
    const result = judge(state, judged, guardKind)
    state = result.state
    for (const event of result.events)
      if (event.type !== 'recovered') react(event).catch((error: unknown) => askPeople(messageOf(error)))
    const counted = judged.find(({ tally, version }) => tally && version === versions.candidate)
    if (!counted) return
    keep(evidenceSamples(state, counted.at))
    tellIfNotWorse()
  }

  const keep = (kept: readonly Sample[]): void => {
    recording.add(kept)
    samples.push(...kept)
    if (samples.length > SAMPLES_MAX * 1.2) samples.splice(0, samples.length - SAMPLES_MAX)
    services.emit({ type: 'sample', samples: [...kept] })
  }

  const tellIfNotWorse = (): void => {
    if (waitingStage === null) return
    const standing = standingOf(state)
    if (standing?.judgement !== 'not-worse') return
    const stage = waitingStage
    waitingStage = null
    outbox.deliver({ type: 'advance', id: `advance:${stage}`, stage, standing: standing.statements })
  }

  /** Something that ought to watch does not: no reason to go back by itself, but people have to know. */
  const askPeople = (reason: string): void =>
    outbox.deliver({ type: 'pause', id: `session:${randomUUID()}`, by: 'gonogo', reason })

  /** The watchdog or a person may have used the capsule while we live: then traffic is back already, and the run has to follow. */
  const heedCapsule = (): void => {
    // A rollback under way uses the part `data` itself.
    const used = executedParts(capsule).filter((part) => !goingBack || !part.startsWith('data'))
    if (interruption !== null || calmed || !live || used.length === 0) return
    interrupt('the capsule was carried out')
    void tellOfCapsule()
  }

  /** Not while parts of it are under way: they hold requests and stop processes, and so would the workflow. */
  const tellOfCapsule = async (): Promise<void> => {
    const over = (): true | null => (isBeingExecuted(capsule) ? null : true)
    await poll(over, { everyMs: 100, timeoutMs: CAPSULE_MS_MAX, signal: ending.signal })
    const news = capsuleNews(runId, capsule)
    if (news) outbox.deliver(news)
  }
  const heedSafely = (): void => {
    try {
      heedCapsule()
    } catch {
      // It cannot be read at this moment; it is looked at again with the next beat.
    }
  }

  const capacity = startCapacityWatch({
    ready: async () => (live && services.delivery ? services.delivery.target.ready(live.stable) : null),
    expectedLess: () => live?.resting.length ?? 0,
    onShort: (words) => {
      const sentence = `the way back is weak: ${stable} has ${words}`
      services.emit({ type: 'guard', severity: 'notify', sentence })
    },
    signal: ending.signal,
  })
  const heart = startHeart({ directory, capsule, watchdog: services.watchdog, onBeat: heedSafely })
  const sampling = startSampling({
    sources: services.sources,
    everyMs: plan.samplingMs,
    clock: services.clock,
    onSamples: take,
    signal: ending.signal,
  })
  sampling.done.catch((error: unknown) => askPeople(`nothing is sampled any more: ${messageOf(error)}`))

  // What an earlier session had to say and could not: its reflex has moved traffic, the run must not go forward from there.
  for (const message of outbox.kept) {
    if (written.has(`message:${message.id}`)) continue
    if (message.type === 'guard' && message.severity === 'rollback') interrupt(message.reason)
    outbox.deliver(message)
  }

  let stopped: Promise<void> | null = null
  const stop = (): Promise<void> => (stopped ??= stopOnce())
  const stopOnce = async (): Promise<void> => {
    heart.stop()
    ending.abort()
    await sampling.done.catch(() => {})
    try {
      recording.close()
    } catch (error) {
      // Samples are lost, the run is not: what it decided by is in its ledger.
      services.emit({ type: 'guard', severity: 'notify', sentence: messageOf(error) })
    }
  }
  // A conductor that stops half-way never comes back to its workflow's code: it simply runs no further.
  services.stopping.addEventListener('abort', () => void stop(), { once: true })

  return {
    directory,
    capsule,
    get signal() {
      return work.signal
    },
    written,
    interruption: () => interruption,
    setLive: (next) => {
      live = next
      heart.guard(next !== null)
      const context = { ...state.context, baseline: baselineOf(samples, versions) }
      state = { ...state, context }
      if (live && earlier) {
        state = withEarlierEvidence(state, earlier, entries)
        earlier = null
      }
      // The capsule may have been carried out while nobody conducted, or a reflex cut short.
      heedSafely()
      if (interruption !== null && !calmed) void takeTrafficBack()
    },
    moveTraffic,
    calm: () => {
      calmed = true
      interruption = null
      work = new AbortController()
    },
    commit: () => {
      if (interruption !== null) return false
      calmed = true
      return true
    },
    tripped: (rule) => tripped.get(rule) ?? null,
    versions: () => ({ ...versions, baseline: baselineOf(samples, versions) }),
    samplesSince: (at) => samples.filter((sample) => sample.at >= at),
    standing: () => standingOf(state),
    tellWhenNotWorse: (stage) => {
      waitingStage = stage
      tellIfNotWorse()
    },
    stop,
  }
}

/** Longest an emergency may take before the run acts beside it. */
const CAPSULE_MS_MAX = 900_000
