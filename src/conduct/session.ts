// The part of a run that lives in this process and is not replayed: sampling, the guards' reflex, the heartbeat, and what the ledger
// already holds. It decides nothing that the workflow does not hear of by a durable message.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createJudge, judge, type JudgeEvent, type JudgeState } from '../guards/judge.ts'
import { messageOf } from '../lib/errors.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { LedgerEntry } from '../plan/run-record.ts'
import type { Sample } from '../plan/signal.ts'
import { openRecording, readRecording } from '../signals/recording.ts'
import { startSampling } from '../signals/sampling.ts'
import { announceCapsule } from './capsule-news.ts'
import { capsuleDirectory, executedParts } from './capsule.ts'
import type { Services } from './services.ts'
import { stableTable, type LiveDelivery } from './stand.ts'

/** Samples kept in memory; older ones are in the recording only. */
const SAMPLES_MAX = 100_000

export interface Session {
  /** `.gonogo/runs/RUN/`. */
  readonly directory: string
  /** The capsule's directory. */
  readonly capsule: string
  /** Aborts work in flight when the run has to go back. */
  readonly signal: AbortSignal
  /** What the ledger held when this process took the run over, by key, and everything written since. */
  readonly written: Map<string, LedgerEntry>
  /** Why the workflow must listen before it does anything else; null when it need not. */
  interruption(): string | null
  /** The candidate is up: from here on a guard moves traffic by itself. Null: it is down again. */
  setLive(live: LiveDelivery | null): void
  /** The way back has begun: guards no longer act, work may start again. */
  calm(): void
  /** The sentence with which a rule tripped in this run, or null. */
  tripped(rule: string): string | null
  /** Both versions, and the stable one's averages from before the candidate had its first request. */
  versions(): { candidate: string; stable: string; baseline: Record<string, number> }
  samplesSince(at: number): Sample[]
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
  const recording = openRecording(recordingPath)
  const tripped = new Map(
    entries
      .filter((entry) => entry.kind === 'guard')
      .map((entry) => [String(entry.body.rule), String(entry.body.sentence)]),
  )
  let state: JudgeState = createJudge(plan.guards, { ...versions, samplingMs: plan.samplingMs })
  let live: LiveDelivery | null = null
  let interruption: string | null = null
  let calmed = false
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
    services.emit({ type: 'guard', severity, sentence: event.sentence })
    if (event.type === 'tripped') tripped.set(event.rule.id, event.sentence)
    const id = `guard:${event.rule.id}:${event.at}`
    if (severity === 'notify') {
      const body = { rule: event.rule.id, severity, sentence: event.sentence, sample: event.sample }
      await services.ledger.append(runId, { key: id, kind: 'guard', item: null, body })
      return
    }
    if (severity === 'rollback') {
      interrupt(event.sentence)
      await takeTrafficBack()
    }
    const { restoreData } = event.rule
    await services.send({
      type: 'guard',
      id,
      rule: event.rule.id,
      severity,
      reason: event.sentence,
      sample: event.sample,
      restoreData,
    })
  }

  const takeTrafficBack = async (): Promise<void> => {
    if (!live || !services.delivery) return
    const startedAt = performance.now()
    try {
      await services.delivery.router.set(stableTable(live))
      services.emit({
        type: 'rollback',
        event: 'traffic',
        detail: `all traffic to ${live.stable}`,
        durationMs: performance.now() - startedAt,
      })
    } catch (error) {
      // The workflow tries again, and the watchdog stands behind it.
      services.emit({
        type: 'rollback',
        event: 'traffic',
        detail: `router did not answer: ${messageOf(error)}`,
        durationMs: null,
      })
    }
  }

  const take = (taken: Sample[]): void => {
    recording.add(taken)
    samples.push(...taken)
    if (samples.length > SAMPLES_MAX * 1.2) samples.splice(0, samples.length - SAMPLES_MAX)
    services.emit({ type: 'sample', samples: taken })
    // A candidate that is still starting is ill by nature: guards look at it from the moment it is up.
    const judged = live ? taken : taken.filter((sample) => sample.version !== versions.candidate)
    const result = judge(state, judged)
    state = result.state
    for (const event of result.events) {
      if (event.type !== 'recovered') react(event).catch((error: unknown) => interrupt(messageOf(error)))
    }
  }

  /** The watchdog or a person may have used the capsule while we live: then traffic is back already, and the run has to follow. */
  const heedCapsule = (): void => {
    if (!live || interruption !== null || calmed || executedParts(capsule).length === 0) return
    interrupt('the capsule was carried out')
    announceCapsule(runId, capsule, services).catch(() => {})
  }

  let beats = 0
  const beat = setInterval(
    () => {
      writeFileSync(join(directory, 'heartbeat'), `${process.pid} ${++beats}\n`)
      heedCapsule()
    },
    Math.min(500, services.watchdog.afterMs / 4),
  )
  const ending = new AbortController()
  const sampling = startSampling({
    sources: services.sources,
    everyMs: plan.samplingMs,
    onSamples: take,
    signal: ending.signal,
  })

  const stop = async (): Promise<void> => {
    clearInterval(beat)
    if (ending.signal.aborted) return
    ending.abort()
    await sampling.done
    recording.close()
  }
  // A conductor that stops half-way never comes back to its workflow's code: it simply runs no further.
  services.stopping.addEventListener('abort', () => void stop(), { once: true })

  return {
    directory,
    capsule,
    get signal() {
      return work.signal
    },
    written: new Map(entries.map((entry) => [entry.key, entry])),
    interruption: () => interruption,
    setLive: (next) => {
      live = next
      state = { ...state, context: { ...state.context, baseline: baselineOf(samples, versions) } }
    },
    calm: () => {
      calmed = true
      interruption = null
      work = new AbortController()
    },
    tripped: (rule) => tripped.get(rule) ?? null,
    versions: () => ({ ...versions, baseline: baselineOf(samples, versions) }),
    samplesSince: (at) => samples.filter((sample) => sample.at >= at),
    stop,
  }
}

/** Signal → the stable version's average before the candidate answered anybody. */
function baselineOf(
  samples: readonly Sample[],
  { candidate, stable }: { candidate: string; stable: string },
): Record<string, number> {
  const firstAnswer = samples.find((sample) => sample.version === candidate && (sample.observations ?? 0) > 0)
  const before = samples.filter(
    (sample) => sample.version === stable && sample.value !== null && sample.at < (firstAnswer?.at ?? Infinity),
  )
  const groups = Map.groupBy(before, (sample) => sample.signal)
  return Object.fromEntries([...groups].map(([signal, group]) => [signal, averageOf(group)]))
}

/** Weighted by what each sample rests on. */
function averageOf(samples: readonly Sample[]): number {
  let weight = 0
  let sum = 0
  for (const { value, observations } of samples) {
    weight += observations ?? 1
    sum += (value ?? 0) * (observations ?? 1)
  }
  return weight === 0 ? 0 : sum / weight
}
