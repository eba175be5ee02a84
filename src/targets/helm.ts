// Target kind `helm`: a release for each version side by side, or one release that is upgraded and rolled back in place.
import { z } from 'zod'
import { inDirectory, Kubectl, kubeShell } from '../lib/kubectl.ts'
import { programLine } from '../lib/program.ts'
import { bringUp, readiness, retire, runningVersions } from './helm/beside.ts'
import { besideCapsule, inPlaceCapsule, switchStep, type ShellParts } from './helm/capsule.ts'
import { releaseOf, upgradeProgram, type Place } from './helm/commands.ts'
import {
  memoryFileOf,
  readinessInPlace,
  rehearse,
  rememberedRevision,
  runningInPlace,
  servingVersion,
  switchTo,
  type OneRelease,
} from './helm/in-place.ts'
import { optionsSchema, type HelmOptions } from './helm/options.ts'
import type { Helm } from './helm/release.ts'
import { defineTarget, type Target, type TargetContext } from './target.ts'

export const helm = defineTarget<HelmOptions>({
  id: 'helm',
  summary: 'a helm release: one for each version or slot, or one that is upgraded in place and rolled back by helm',
  options: optionsSchema as z.ZodType<HelmOptions>,
  example: {
    namespace: 'shop',
    chart: './chart',
    release: 'web-{slot}',
    slots: ['blue', 'green'],
    valuesFiles: ['values.yaml'],
    set: { 'image.tag': '{version}', slot: '{slot}' },
  },
  failingExample: { chart: './no-such-chart', release: 'web' },
  secretFields: ['set'],
  needs: 'helm and kubectl',
  abilities: ({ mode, service }) => ({
    mode,
    reachedBy: mode === 'beside' && service !== 'none' ? 'services' : 'nothing',
    resize: false,
  }),
  describe: (given, version) =>
    given.mode === 'beside'
      ? `install ${version} as release ${releaseOf(given, version, given.slots ? 'SLOT' : null)}, and wait until its pods are ready`
      : `upgrade release ${given.release} to ${version}, and wait until its pods are ready`,
  plan,
  create: (given, context) => (given.mode === 'beside' ? createBeside : createInPlace)(given, context),
})

function partsOf(given: HelmOptions, { name, directory, env }: TargetContext) {
  const { kubeconfig, context, namespace, callTimeoutMs: timeoutMs } = given
  const cluster = inDirectory({ kubeconfig, context, namespace, timeoutMs }, directory)
  const place: Place = { options: given, directory }
  const system = `target ${name}`
  const ofHelm: Helm = { ...place, system, env }
  const shell: ShellParts = { place, kube: kubeShell(cluster, env), env, target: name }
  return { helm: ofHelm, kubectl: new Kubectl(cluster, system, env), shell }
}

function createBeside(given: HelmOptions, context: TargetContext): Target {
  const { shell, ...releases } = partsOf(given, context)
  return {
    current: async () => runningVersions(releases),
    prepare: async (version, signal) => bringUp(releases, version, signal),
    ready: async (version) => readiness(releases, version),
    retire: async (version, signal) => retire(releases, version, signal),
    capsule: (stable, candidate) => besideCapsule(shell, { stable, candidate }),
  }
}

function createInPlace(given: HelmOptions, context: TargetContext): Target {
  const { shell, ...parts } = partsOf(given, context)
  const one: OneRelease = { ...parts, memoryFile: memoryFileOf(context.stateDirectory, context.name) }
  return {
    current: async () => runningInPlace(one),
    async prepare(version, signal) {
      await rehearse(one, version, signal)
      return []
    },
    ready: async (version) => readinessInPlace(one, version),
    // The switch took its pods away.
    retire: async () => {},
    capsule: () => inPlaceCapsule(shell),
    inPlace: {
      current: async () => servingVersion(one),
      switchTo: async (version, signal) => switchTo(one, version, signal),
      capsule: (version) => switchStep(shell, version, rememberedRevision(one, version)),
    },
  }
}

function plan(given: HelmOptions, version: string, { directory }: TargetContext): string[] {
  const place: Place = { options: given, directory }
  const [slot = null] = given.slots ?? []
  const upgrade = { release: releaseOf(given, version, slot), version, slot }
  const paths = Object.keys(given.set)
  const told = paths.length > 0 ? `  # standard input: values of ${paths.join(', ')}` : ''
  const where = given.slots
    ? [`in the slot where nothing runs (${given.slots.join(' or ')}); with ${slot} that is:`]
    : []
  const tried = given.mode === 'in-place' ? [`${programLine(upgradeProgram(place, upgrade, true))}${told}`] : []
  return [...where, ...tried, `${programLine(upgradeProgram(place, upgrade))}${told}`]
}
