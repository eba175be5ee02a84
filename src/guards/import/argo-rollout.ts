// Argo Rollouts' Rollout, as far as its analysis needs it: arguments it passes to templates, and its steps as stages.
import { formatDuration, parseDurationMs } from '../../lib/duration.ts'
import { argumentsOf } from './argo-analysis-template.ts'
import type { Collected, ImportedStage } from './collected.ts'
import type { Arguments } from './placeholders.ts'
import { listOf, mapOf, numberOf, type Keys, type Resource } from './resources.ts'

/** Arguments that rollouts pass to analyses; one that is passed with two values has none. */
export function argumentsPassed(rollouts: readonly Resource[]): Arguments {
  const passed = rollouts
    .flatMap((resource) => analysesOf(mapOf(mapOf(resource.value.spec)?.strategy) ?? {}))
    .flatMap((analysis) => Object.entries(argumentsOf(analysis.args)))
  const values = new Map(passed)
  return Object.fromEntries(
    [...values].filter(([name]) => passed.every(([other, value]) => other !== name || value === values.get(name))),
  )
}

function analysesOf(strategy: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>[] {
  const canary = mapOf(strategy.canary) ?? {}
  const blueGreen = mapOf(strategy.blueGreen) ?? {}
  const steps = listOf(canary.steps).map((step) => mapOf(mapOf(step)?.analysis))
  const all = [
    mapOf(canary.analysis),
    mapOf(blueGreen.prePromotionAnalysis),
    mapOf(blueGreen.postPromotionAnalysis),
    ...steps,
  ]
  return all.filter((analysis) => analysis !== null)
}

/** Stages of the steps `setWeight` and `pause`. */
export function importRolloutSteps(resource: Resource, into: Collected): void {
  const canary = mapOf(mapOf(mapOf(resource.value.spec)?.strategy)?.canary)
  const stages: ImportedStage[] = []
  let weight = 0
  let pausedMs = 0
  const close = (): void => {
    if (weight > 0 && weight > (stages.at(-1)?.weight ?? 0))
      stages.push({
        name: weight === 100 ? 'full' : `weight-${weight}`,
        weight,
        duration: formatDuration(pausedMs),
      })
    pausedMs = 0
  }
  for (const [index, item] of listOf(canary?.steps).entries()) {
    const step = mapOf(item) ?? {}
    const at: Keys = ['spec', 'strategy', 'canary', 'steps', index]
    if (step.setWeight !== undefined) {
      close()
      weight = Math.min(100, numberOf(step.setWeight) ?? weight)
    } else if (step.pause !== undefined) pausedMs += pauseMs(resource, at, step.pause, into)
    else if (step.analysis === undefined) leaveOutStep(resource, at, step, into)
  }
  close()
  if (stages.length === 0) return
  if (stages.at(-1)?.weight !== 100) stages.push({ name: 'full', weight: 100, duration: formatDuration(0) })
  into.addStages(resource, stages.slice(-50))
}

const STEPS_LEFT_OUT: Readonly<Record<string, string>> = {
  setCanaryScale: 'the new version runs at full strength from the first stage on',
  setHeaderRoute: "testers reach the new version by the router's preview header, at every stage",
  setMirrorRoute: 'a canary mirrors nothing; the strategy `blue-green` has `mirror`',
  experiment: 'nothing but the two versions runs; bind a checklist item to an action that starts it',
  plugin: 'bind a checklist item to an action that does it',
  replaceProgress: 'a release that is under way is not replaced: it ends, or goes back',
}

function leaveOutStep(resource: Resource, at: Keys, step: Readonly<Record<string, unknown>>, into: Collected): void {
  const [name = ''] = Object.keys(step)
  into.leaveOut(resource, [...at, ...(name ? [name] : [])], STEPS_LEFT_OUT[name] ?? 'a step that is not known here')
}

function pauseMs(resource: Resource, at: Keys, pause: unknown, into: Collected): number {
  const duration = mapOf(pause)?.duration
  if (duration === undefined) {
    into.leaveOut(resource, at, 'waits for a person; every stage does, unless `delivery.autoPromote` is true')
    return 0
  }
  const ms = typeof duration === 'number' ? duration * 1000 : (parseDurationMs(String(duration)) ?? seconds(duration))
  if (ms === null) into.leaveOut(resource, at, `"${String(duration)}" is not a duration`)
  return Math.max(0, ms ?? 0)
}

function seconds(text: unknown): number | null {
  const value = numberOf(text)
  return value === null ? null : value * 1000
}
