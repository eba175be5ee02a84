// Where a version goes: into a slot or names of its own, over nobody else's objects, and not at once in front of users.
import { z } from 'zod'
import { OutsideError } from '../../lib/errors.ts'
import type { Workload } from '../../lib/kubernetes/workload.ts'
import { run, type Besides } from './besides.ts'
import { isRetired, servicesOf, versionOf, workloadsOf } from './cluster-objects.ts'
import { lookCommand } from './commands.ts'
import type { KubeObject } from './manifest.ts'
import { namingOf, podLabels, TARGET_LABEL, versionObjects, type Naming } from './objects.ts'

/** The slot it has, else one where nothing runs. */
export async function slotFor({ kubectl, options, name, system }: Besides, version: string, signal: AbortSignal) {
  const { slots } = options
  if (!slots) return null
  const workloads = await workloadsOf(kubectl, name, signal)
  const inSlot = (slot: string): Workload | undefined =>
    workloads.find(({ metadata }) => metadata.name === namingOf(options, name, version, slot).name)
  const found = slots.find((slot) => {
    const workload = inSlot(slot)
    return workload && versionOf(workload) === version
  })
  const free = found ?? slots.find((slot) => !inSlot(slot)) ?? slots.find((slot) => isRetired(inSlot(slot) as Workload))
  if (free !== undefined) return free
  const taken = slots.map((slot) => `${versionOf(inSlot(slot) as Workload) ?? 'something'} in ${slot}`).join(', ')
  throw new OutsideError(system, `no slot is free for ${version}: ${taken}`, {
    hint: 'retire a version that is not needed, or give the target more `slots`',
  })
}

const foundSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).nullish() }),
})

/** What tells an object of a version from the others of it. */
export const keyOf = ({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string => `${kind}/${metadata.name}`

/** Which of these objects there are already. @throws OutsideError when one of them is somebody else's. */
export async function existing(
  { kubectl, system }: Besides,
  { slot, version }: Naming,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const text = (await run(kubectl, lookCommand(objects), signal)).trim()
  if (text === '') return new Set()
  const answer = JSON.parse(text) as { kind: string; items?: unknown[] }
  const found = z.array(foundSchema).parse(answer.kind === 'List' ? answer.items : [answer])
  for (const object of found) {
    const of = versionOf(object as Pick<Workload, 'metadata'>)
    const isOurs = object.metadata.labels?.[TARGET_LABEL] !== undefined && (slot !== null || of === version)
    if (!isOurs)
      throw new OutsideError(
        system,
        `${keyOf(object)} is there already${of ? `, of version ${of}` : ' and not made by gonogo'}`,
        {
          hint: 'give the target another `name`, or delete that object',
        },
      )
  }
  return new Set(found.map(keyOf))
}

/** A Service that selects pods of every version would send requests before the router does. @throws OutsideError naming it. */
export async function refuseLeaks(
  { kubectl, options, name, system }: Besides,
  sources: readonly KubeObject[],
  naming: Naming,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<void> {
  const labels = podLabels(objects)
  const another = {
    ...namingOf(options, name, `${naming.version}-other`, naming.slot),
    slot: naming.slot && `${naming.slot}-other`,
  }
  const others = podLabels(versionObjects(sources, another, options))
  const services = await servicesOf(kubectl, undefined, signal)
  const leak = services.find(({ metadata, spec }) => {
    const selected = Object.entries(spec.selector ?? {})
    const isShared =
      selected.length > 0 && selected.every(([key, value]) => labels[key] === value && others[key] === value)
    return isShared && !options.sharedServices.includes(metadata.name)
  })
  if (!leak) return
  const [selector] = Object.entries(leak.spec.selector ?? {}).map(([key, value]) => `${key}=${value}`)
  throw new OutsideError(
    system,
    `Service ${leak.metadata.name} (${selector}) leads to every version: ${naming.version} would get requests before a router sends any`,
    { hint: 'let it select one version by the label gonogo.dev/version too, or name it under `sharedServices`' },
  )
}
