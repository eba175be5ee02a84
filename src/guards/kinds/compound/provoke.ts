// The negative control of a compound guard: every condition turns at the same moment, by its own kind's provocation. Pure.
import type { Sample } from '../../../plan/signal.ts'
import type { Provocation, ProvocationContext, Reaction } from '../../guard-kind.ts'
import { intervalMsOf } from '../../provoke-bound.ts'
import { evaluated, negatedIn, type Formula } from './formula.ts'
import { judgedPart, newPart, truthAt, type Part } from './part.ts'

/** Good looks that a provocation has at least, and that follow where a negated condition must stop to hold. */
const AFTER_LOOKS = 10
/** Looks that are added to the provocation of one condition. */
const LOOKS_MAX = 2000

interface Conditions {
  formula: Formula
  parts: readonly Part[]
}

interface Sustained {
  consecutive: number
  forMs: number
}

/**
 * Looks in which every condition turns at the same moment. Where two of them look at one signal, their scripts exclude each other:
 * each leads in turn, until one makes the whole turn, then each on top of what the next one ends with: too many, and growing.
 */
export function provoked(conditions: Conditions, sustained: Sustained, context: ProvocationContext): Provocation {
  const { faultAt, scripts } = scriptsOf(conditions, sustained, context)
  const led = scripts.map((_, leader) => [...scripts.slice(leader), ...scripts.slice(0, leader)])
  const turns = (looks: Sample[][]): boolean => turnsAt(conditions, looks, faultAt, context)
  const candidates = led.map(merged)
  const turning = candidates.find(turns) ?? led.map((given) => merged(lifted(given, faultAt))).find(turns)
  return { looks: turning ?? candidates[0] ?? [], faultAt }
}

/** Provocations of all parts, aligned: a plain one turns from good to bad, a negated one from bad to good. */
function scriptsOf({ formula, parts }: Conditions, sustained: Sustained, context: ProvocationContext) {
  const negated = negatedIn(formula)
  const given = parts.map(({ kind, options }) => kind.provocation(options, context))
  const longest = given.map(({ looks, faultAt: own }, index) =>
    negated.has(index) ? (looks.at(-1)?.[0]?.at ?? 0) : own,
  )
  const faultAt = Math.max(...longest) + context.samplingMs
  const { ms } = reactionOf({ formula, parts }, sustained, context)
  const untilAt = faultAt + (ms ?? 0) + AFTER_LOOKS * slowestMs(parts, context)
  const scripts = given.map((own, index) =>
    negated.has(index) ? turnedGood(own, faultAt, untilAt) : turnedBad(own, faultAt, untilAt),
  )
  return { faultAt, scripts }
}

/** Whether the formula fails up to the fault and holds at some look after it. */
function turnsAt(
  { formula, parts }: Conditions,
  looks: readonly Sample[][],
  faultAt: number,
  pace: ProvocationContext,
) {
  const { candidate, stable, samplingMs } = pace
  const whole = {
    candidate,
    stable,
    samplingMs,
    version: candidate,
    intervalMs: samplingMs,
    baseline: {},
    stage: 0,
    elapsedMs: null,
  }
  let states = parts.map(() => newPart)
  let held = false
  for (const samples of looks) {
    const at = samples[0]?.at ?? 0
    states = parts.map((part, index) => judgedPart(part, states[index] ?? newPart, { at, samples }, whole))
    const truths = states.map((state) => truthAt(state, at, samplingMs))
    const holds = evaluated(formula, truths) === 'holds'
    if (holds && at < faultAt) return false
    held ||= holds
  }
  return held
}

/** Shifted so that the fault begins at that moment; then the last look again and again. */
function turnedBad({ looks, faultAt: own }: Provocation, faultAt: number, untilAt: number): Sample[][] {
  return extended(
    looks.map((look) => moved(look, faultAt - own)),
    untilAt,
  )
}

/** Bad up to that moment, and good from then on: the looks from before its fault again and again. */
function turnedGood({ looks, faultAt: own }: Provocation, faultAt: number, untilAt: number): Sample[][] {
  const lastAt = looks.at(-1)?.[0]?.at ?? 0
  const bad = looks.filter((look) => (look[0]?.at ?? 0) >= own).map((look) => moved(look, faultAt - lastAt - 1))
  const good = looks.find((look) => (look[0]?.at ?? own) < own) ?? []
  return [...bad, ...extended([moved(good, faultAt - (good[0]?.at ?? 0))], untilAt, spacingOf(looks))]
}

/** The last look again and again, at its own pace where that is not too often to be tried out. */
function extended(looks: Sample[][], untilAt: number, usualMs = spacingOf(looks)): Sample[][] {
  const last = looks.at(-1) ?? []
  const lastAt = last[0]?.at ?? untilAt
  const everyMs = Math.max(usualMs, (untilAt - lastAt) / LOOKS_MAX)
  const more = Math.max(0, Math.ceil((untilAt - lastAt) / everyMs))
  return [...looks, ...Array.from({ length: more }, (_, index) => moved(last, (index + 1) * everyMs))]
}

function spacingOf(looks: readonly Sample[][]): number {
  return Math.max(1, (looks.at(-1)?.[0]?.at ?? 0) - (looks.at(-2)?.[0]?.at ?? -1000))
}

function moved(look: readonly Sample[], byMs: number): Sample[] {
  return look.map((sample) => ({ ...sample, at: sample.at + byMs }))
}

/** One stream of looks; of a series that several scripts have, the first one's samples. */
function merged(scripts: readonly Sample[][][]): Sample[][] {
  const taken = new Set<string>()
  const samples = scripts.flatMap((looks) => {
    const own = looks.flat().filter((sample) => !taken.has(seriesOf(sample)))
    for (const sample of own) taken.add(seriesOf(sample))
    return own
  })
  const byTime = [...Map.groupBy(samples, ({ at }) => at)].toSorted(([a], [b]) => a - b)
  return byTime.map(([, look]) => look)
}

/** From the fault on the first script's samples are higher by what the next one of their series ends with. */
function lifted([leader = [], ...others]: readonly Sample[][][], faultAt: number): Sample[][][] {
  const ends = new Map(others.toReversed().flatMap((looks) => looks.flat().map((one) => [seriesOf(one), one.value])))
  const higher = (sample: Sample): Sample =>
    sample.value === null || sample.at < faultAt
      ? sample
      : { ...sample, value: sample.value + (ends.get(seriesOf(sample)) ?? 0) }
  return [leader.map((look) => look.map(higher)), ...others]
}

function seriesOf({ signal, version }: Sample): string {
  return `${signal} ${version ?? ''}`
}

/** As slow as the slowest of its conditions; sources that look one after the other may cost one interval more. */
export function reactionOf(
  { formula, parts }: Conditions,
  sustained: Sustained,
  context: ProvocationContext,
): Reaction {
  const negated = negatedIn(formula)
  const intervalMs = slowestMs(parts, context)
  const each = parts.map(({ kind, options }, index): Reaction => {
    if (!negated.has(index)) return kind.reaction(options, context)
    return { ms: 2 * intervalMs + (kind.lasting?.(options).clearMs ?? 0), given: null }
  })
  const given = [...new Set(each.flatMap((one) => one.given ?? []))].join(' and ') || null
  if (each.some(({ ms }) => ms === null)) return { ms: null, given }
  const more = Math.max(sustained.consecutive - 1, Math.ceil(sustained.forMs / intervalMs)) + 1
  return { ms: Math.max(...each.map(({ ms }) => ms ?? 0)) + more * intervalMs, given }
}

function slowestMs(parts: readonly Part[], context: ProvocationContext): number {
  const signals = parts.flatMap(({ kind, options }) => kind.series(options).map(({ signal }) => signal))
  return Math.max(context.samplingMs, ...signals.map((signal) => intervalMsOf(signal, context)))
}
