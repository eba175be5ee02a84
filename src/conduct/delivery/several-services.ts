// Several services as one delivery: forward in dependency order, back in the reverse, so that no service ever meets an older one than it
// was made for.
import { messageOf, OutsideError } from '../../lib/errors.ts'
import { stays, type Versions } from '../../plan/delivered-service.ts'
import type { VersionCounters } from '../../plan/signal.ts'
import type { Backend, RoutingTable } from '../../plan/traffic.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import type { Router } from '../../routers/router.ts'
import type { InstanceState, Target, TargetCapsule } from '../../targets/target.ts'
import { joinedSteps } from './joined-steps.ts'
import { addedCounters, labelled, ownTable, ownVersion } from './labelled.ts'

/** One of them, with the versions as it calls them. */
export interface ServicePart {
  name: string
  target: Target
  router: Router
  versions: Versions
}

/** Each service's target under the versions of the delivery. */
export function partTarget({ name, target, versions }: ServicePart, labels: Versions): Target {
  const own = (label: string): string => ownVersion(label, labels, versions)
  const { resize } = target
  const shown = stays(versions) ? [labels.stable] : [labels.stable, labels.candidate]
  const part: Target = {
    async current() {
      const found = await target.current()
      const entries = shown.flatMap((label): [string, InstanceState[]][] => {
        const instances = found[own(label)] ?? []
        const backends = labelled(
          instances.map(({ backend }) => backend),
          name,
          label,
        )
        return instances.length === 0
          ? []
          : [[label, instances.map((state, index) => ({ ...state, backend: backends[index] ?? state.backend }))]]
      })
      return Object.fromEntries(entries)
    },
    prepare: async (label, signal) => labelled(await target.prepare(own(label), signal), name, label),
    ready: (label) => target.ready(own(label)),
    ...(resize
      ? {
          resize: async (label: string, instances: number, signal: AbortSignal) =>
            labelled(await resize.call(target, own(label), instances, signal), name, label),
        }
      : {}),
    retire: (label, signal) => target.retire(own(label), signal),
    capsule: () => target.capsule(versions.stable, versions.candidate),
  }
  return stays(versions) ? staying(name, part) : part
}

/** What serves is no candidate to take down and no old version to replace: it is brought up where it is not there, and nothing else. */
function staying(name: string, target: Target): Target {
  return {
    ...target,
    ...(target.resize
      ? { resize: (label: string, _: number, signal: AbortSignal) => target.prepare(label, signal) }
      : {}),
    retire: async () => {},
    capsule: (stable, candidate) => ({
      ...target.capsule(stable, candidate),
      retire: { stage: 'processes', title: `${name} stays as it is`, shell: ':\n', files: {} },
    }),
  }
}

/** Each service's router under the versions of the delivery. */
export function partRouter({ name, router, versions }: ServicePart, labels: Versions): Router {
  const label = (version: string): string =>
    version === versions.candidate ? labels.candidate : version === versions.stable ? labels.stable : version
  return {
    ...plain(router),
    set: (table) => router.set(ownTable(table, name, labels, versions)),
    // Requests to a service that stays do not end.
    drain: async (version, timeoutMs) =>
      stays(versions) || router.drain(ownVersion(version, labels, versions), timeoutMs),
    capsule: (table) => router.capsule(ownTable(table, name, labels, versions)),
    async counters(signal) {
      const counters = await router.counters(signal)
      return counters && counters.map((entry) => ({ ...entry, version: label(entry.version) }))
    },
  }
}

const plain = (router: Router): Pick<Router, 'current' | 'stop'> => ({
  current: () => router.current(),
  stop: () => router.stop(),
})

/** All of them as one target. */
export function joinedTarget(parts: readonly ServicePart[], labels: Versions): Target {
  const targets = parts.map((part) => partTarget(part, labels))
  return {
    async current() {
      const found: Record<string, InstanceState[]> = {}
      for (const target of targets)
        for (const [label, instances] of Object.entries(await target.current()))
          (found[label] ??= []).push(...instances)
      return found
    },

    async prepare(label, signal) {
      const backends: Backend[] = []
      for (const [index, target] of targets.entries()) {
        try {
          backends.push(...(await target.prepare(label, signal)))
        } catch (error) {
          if (label === labels.candidate) await retireAll(targets.slice(0, index).toReversed(), label)
          throw new OutsideError(`service ${parts[index]?.name}`, messageOf(error))
        }
      }
      return backends
    },

    async ready(label) {
      const each = await Promise.all(targets.map((target) => target.ready(label)))
      // A service of which nothing is there makes the whole unable to take requests.
      const isGone = each.some(({ healthy, wanted }) => wanted > 0 && healthy === 0)
      const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
      return {
        healthy: isGone ? 0 : sum(each.map(({ healthy }) => healthy)),
        wanted: sum(each.map(({ wanted }) => wanted)),
      }
    },

    retire: (label, signal) => retireAll(targets.toReversed(), label, signal),

    capsule(stable, candidate): TargetCapsule {
      const forward = targets.map((target) => target.capsule(stable, candidate))
      const back = forward.toReversed()
      return {
        restore: joinedSteps(forward.map(({ restore }) => restore)),
        retire: joinedSteps(back.map(({ retire }) => retire)) as CapsuleStep,
        suspend: joinedSteps(back.map(({ suspend }) => suspend)),
        resume: joinedSteps(forward.map(({ resume }) => resume)),
      }
    },
  }
}

/** Also when one will not go, the others do. @throws OutsideError naming those that did not. */
async function retireAll(
  targets: readonly Target[],
  label: string,
  signal = AbortSignal.timeout(RETIRE_MS_MAX),
): Promise<void> {
  const problems: string[] = []
  for (const target of targets)
    await target.retire(label, signal).catch((error: unknown) => problems.push(messageOf(error)))
  if (problems.length > 0) throw new OutsideError(`stopping ${label}`, problems.join('; '), { retryable: true })
}

const RETIRE_MS_MAX = 60_000

/** All of them as one router. */
export function joinedRouter(parts: readonly ServicePart[], labels: Versions): Router {
  const routers = parts.map((part) => partRouter(part, labels))
  const isBack = ({ weights, shares, stable }: RoutingTable): boolean =>
    stable !== labels.candidate &&
    Object.values(shares ?? { all: weights[labels.candidate] ?? 0 }).every((share) => share === 0)
  const inOrder = (table: RoutingTable): readonly Router[] => (isBack(table) ? routers.toReversed() : routers)
  return {
    async current() {
      const tables = await Promise.all(parts.map(({ router }) => router.current()))
      const there = tables.filter((table) => table !== null)
      if (there.length < parts.length) return null
      const shares = Object.fromEntries(
        parts.map(({ name, versions }, index) => [
          name,
          stays(versions) ? 0 : (there[index]?.weights[versions.candidate] ?? 0),
        ]),
      )
      const share = Object.values(shares).reduce((sum, value) => sum + value, 0) / parts.length
      const backends = parts.flatMap(({ name, versions }, index) =>
        (there[index]?.backends ?? []).flatMap((backend) =>
          labelled([backend], name, backend.version === versions.candidate ? labels.candidate : labels.stable),
        ),
      )
      return {
        weights: { [labels.stable]: 100 - share, [labels.candidate]: share },
        backends,
        stable: labels.stable,
        shares,
      }
    },

    /** Going back, one that does not answer keeps no other from it. */
    async set(table) {
      const problems: string[] = []
      for (const router of inOrder(table)) {
        try {
          await router.set(table)
        } catch (error) {
          if (!isBack(table)) throw error
          problems.push(messageOf(error))
        }
      }
      if (problems.length > 0) throw new OutsideError('services', problems.join('; '), { retryable: true })
    },

    async drain(version, timeoutMs) {
      const drained = await Promise.all(routers.map((router) => router.drain(version, timeoutMs)))
      return drained.every(Boolean)
    },

    async counters(signal) {
      const each = await Promise.all(routers.map((router) => router.counters(signal)))
      const counted = each.filter((counters): counters is VersionCounters[] => counters !== null)
      return counted.length === 0 ? null : addedCounters(counted.flat())
    },

    async stop() {
      for (const router of routers) await router.stop()
    },

    capsule: (table) => joinedSteps(inOrder(table).map((router) => router.capsule(table))) as CapsuleStep,
  }
}
