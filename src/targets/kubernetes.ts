// Target kind `kubernetes`: a Deployment or StatefulSet, one for each version side by side, or one that is updated in place.
import { z } from 'zod'
import { inDirectory, Kubectl, kubectlProgram, kubeShell } from '../lib/kubectl.ts'
import { OutsideError } from '../lib/errors.ts'
import { programLine } from '../lib/program.ts'
import { bringUp, readiness } from './kubernetes/bring-up.ts'
import type { Besides } from './kubernetes/besides.ts'
import { retire } from './kubernetes/retiring.ts'
import { besideCapsule, inPlaceCapsule, switchStep } from './kubernetes/capsule.ts'
import { instancesOf } from './kubernetes/cluster-objects.ts'
import { applyCommand, updateCommand, type Command } from './kubernetes/commands.ts'
import {
  instancesInPlace,
  readinessInPlace,
  rehearse,
  servingVersion,
  switchTo,
  type InPlace,
} from './kubernetes/in-place.ts'
import { readManifest, type KubeObject } from './kubernetes/manifest.ts'
import { asSource, namingOf, versionObjects } from './kubernetes/objects.ts'
import { optionsSchema, type KubernetesOptions } from './kubernetes/options.ts'
import { imageOf } from './kubernetes/revisions.ts'
import { defineTarget, type Target, type TargetContext } from './target.ts'

export const kubernetes = defineTarget<KubernetesOptions>({
  id: 'kubernetes',
  summary:
    'a Deployment or StatefulSet of Kubernetes: one for each version with a Service of its own, or one updated in place',
  options: optionsSchema as z.ZodType<KubernetesOptions>,
  example: {
    namespace: 'shop',
    from: 'deployment/web',
    image: 'registry.internal/shop/web:{version}',
    service: { port: 80, targetPort: 8080 },
  },
  failingExample: { mode: 'in-place', workload: 'deployment/web' },
  secretFields: ['env'],
  needs: 'kubectl',
  abilities: ({ mode, service }) => ({
    mode,
    reachedBy: mode === 'beside' && service !== 'none' ? 'services' : 'nothing',
    resize: mode === 'beside',
  }),
  plan: (given, version, context) => (given.mode === 'beside' ? planBeside : planInPlace)(given, version, context),
  describe: (given, version) =>
    given.mode === 'beside'
      ? `bring up ${version} as a workload of its own${given.image ? ` with ${imageOf(given, version)}` : ''}, and wait until all its pods are available`
      : `update ${given.workload} to ${imageOf(given, version) ?? version}, and wait until all its pods are new and available`,
  create: (given, context) => (given.mode === 'beside' ? createBeside : createInPlace)(given, context),
})

function kubectlOf(given: KubernetesOptions, { name, directory, env }: TargetContext): Kubectl {
  const { kubeconfig, context, namespace, timeoutMs } = given
  return new Kubectl(inDirectory({ kubeconfig, context, namespace, timeoutMs }, directory), `target ${name}`, env)
}

function createBeside(given: KubernetesOptions, context: TargetContext): Target {
  const { name, env } = context
  const kubectl = kubectlOf(given, context)
  const system = `target ${name}`
  const documents = async (signal: AbortSignal): Promise<readonly KubeObject[]> =>
    given.from === undefined ? documentsOf(given, context) : [await copied(kubectl, given.from, system, signal)]
  const besides: Besides = { kubectl, options: given, name, system, documents }
  return {
    current: async () => instancesOf(kubectl, name),
    prepare: async (version, signal) => bringUp(besides, version, null, signal),
    ready: async (version) => readiness(besides, version),
    resize: async (version, instances, signal) => bringUp(besides, version, Math.max(1, instances), signal),
    retire: async (version, signal) => retire(besides, version, signal),
    capsule: (stable, candidate) => besideCapsule(kubeShell(kubectl.options, env), given, name, { stable, candidate }),
  }
}

function createInPlace(given: KubernetesOptions, context: TargetContext): Target {
  const { name, env } = context
  const kubectl = kubectlOf(given, context)
  const inPlace: InPlace = { kubectl, options: given, system: `target ${name}` }
  const kube = kubeShell(kubectl.options, env)
  return {
    current: async () => instancesInPlace(inPlace),
    async prepare(version, signal) {
      await rehearse(inPlace, version, signal)
      return []
    },
    ready: async (version) => readinessInPlace(inPlace, version),
    // The switch took its pods away.
    retire: async () => {},
    capsule: () => inPlaceCapsule(kube, given, name),
    inPlace: {
      current: async () => servingVersion(inPlace),
      switchTo: async (version, signal) => switchTo(inPlace, version, signal),
      capsule: (version) => switchStep(kube, given, name, version),
    },
  }
}

function documentsOf({ manifest = '' }: KubernetesOptions, { name, directory }: TargetContext): KubeObject[] {
  return readManifest(directory, manifest, `targets/${name}/manifest`)
}

/** The workload of the cluster that versions are copies of. */
async function copied(kubectl: Kubectl, from: string, system: string, signal: AbortSignal): Promise<KubeObject> {
  const [kind = '', name = ''] = from.split('/')
  const live = await kubectl.get(z.looseObject({}), `${kind}s.apps`, name, signal)
  if (live) return asSource(live as unknown as KubeObject)
  throw new OutsideError(system, `there is no ${from} to copy`, {
    hint: 'correct `from` and `namespace`, or use `manifest`',
  })
}

function line(given: KubernetesOptions, { directory }: TargetContext, { args, input }: Command, told?: string): string {
  const program = programLine(kubectlProgram(inDirectory(given, directory), args, input))
  return told === undefined ? program : `${program}  # standard input: ${told}`
}

function planBeside(given: KubernetesOptions, version: string, context: TargetContext): string[] {
  const slot = given.slots?.[0] ?? null
  const naming = namingOf(given, context.name, version, slot)
  const names = given.from === undefined ? namesIn(given, context, version) : namesOfCopy(given, naming.name)
  const from = given.from === undefined ? given.manifest : `a copy of ${given.from}`
  const image = imageOf(given, version)
  const where = given.slots ? ` (${given.slots.join(' or ')}: the slot where nothing runs)` : ''
  const told = `${names.join(', ')}${where}, from ${from}${image === null ? '' : `, image ${image}`}`
  return [
    ...(given.from === undefined ? [] : [line(given, context, { args: getArgs(given.from) })]),
    line(given, context, applyCommand([], true), told),
    line(given, context, applyCommand([]), told),
    `wait until all pods of ${naming.name} are available, at most ${given.readyTimeoutMs / 1000} s`,
  ]
}

function getArgs(resource: string): string[] {
  const [kind, name = ''] = resource.split('/')
  return ['get', `${kind}s.apps`, name, '--output=json', '--ignore-not-found']
}

function namesOfCopy(given: KubernetesOptions, name: string): string[] {
  const workload = `${given.from?.split('/')[0]}/${name}`
  return given.service === 'none' ? [workload] : [`service/${name}`, workload]
}

function namesIn(given: KubernetesOptions, context: TargetContext, version: string): string[] {
  const naming = namingOf(given, context.name, version, given.slots?.[0] ?? null)
  return versionObjects(documentsOf(given, context), naming, given).map(
    (object) => `${object.kind.toLowerCase()}/${object.metadata.name}`,
  )
}

function planInPlace(given: KubernetesOptions, version: string, context: TargetContext): string[] {
  const container = given.container ?? 'the first container'
  const variables = Object.keys(given.env)
  const image = imageOf(given, version)
  const told = [
    ...(image === null ? [] : [`image ${image}`]),
    ...(variables.length > 0 ? [`env ${variables.join(', ')}`] : []),
  ].join(', ')
  return [
    line(given, context, updateCommand(given, container, version, null, true), `${container}: ${told}`),
    line(given, context, updateCommand(given, container, version, null), `${container}: ${told}`),
    `wait until all pods of ${given.workload} are new and available, at most ${given.readyTimeoutMs / 1000} s`,
  ]
}
