// Waiting until workloads are as they are wanted, or until it is clear that they will not be.
import { messageOf } from '../../lib/errors.ts'
import { poll } from '../../lib/deadline.ts'
import { KubectlError } from '../../lib/kubectl-error.ts'
import type { Kubectl } from '../../lib/kubectl.ts'
import { availableOf, rolloutTroubles } from '../../lib/kubernetes/rollout.ts'
import { nameOf, type Workload } from '../../lib/kubernetes/workload.ts'
import { explain, lastingTrouble, podsOf } from './pods.ts'

const LOOK_MS = 500

export interface RolloutLimits {
  /** Longest until everything is available. */
  timeoutMs: number
  /** Longest in a trouble that hardly ends by itself while nothing more becomes available. */
  patienceMs: number
  signal?: AbortSignal
}

/**
 * Waits until these workloads are complete: every pod of the newest version, all available.
 * @returns null then, else why not, in words.
 * @throws KubectlError when the cluster refuses to tell.
 */
export async function awaitRollout(
  kubectl: Kubectl,
  look: (signal?: AbortSignal) => Promise<Workload[]>,
  limits: RolloutLimits,
): Promise<string | null> {
  const { timeoutMs, patienceMs, signal } = limits
  const patience = startPatience(patienceMs)
  let unfinished: Workload[] = []
  let silence = 'nothing could be asked'
  const step = async (): Promise<'done' | 'hopeless' | null> => {
    try {
      const workloads = await look(signal)
      silence = ''
      unfinished = workloads.filter((workload) => rolloutTroubles(workload, 0).length > 0)
      if (unfinished.length === 0) return 'done'
      const available = workloads.reduce((sum, workload) => sum + availableOf(workload), 0)
      for (const workload of unfinished)
        if (patience.isOver(lastingTrouble(workload, await podsOf(kubectl, workload, signal)), available))
          return 'hopeless'
      return null
    } catch (error) {
      // A server that is away for a moment is no failure of the version.
      if (!KubectlError.is(error, 'unreachable') && !signal?.aborted) throw error
      silence = messageOf(error)
      return null
    }
  }
  const end = await poll(step, { everyMs: LOOK_MS, timeoutMs, ...(signal ? { signal } : {}) })
  if (end === 'done') return null
  if (signal?.aborted) return 'was cancelled'
  if (silence !== '') return `did not become ready within ${timeoutMs / 1000} s: ${silence}`
  const [first] = unfinished
  const when = end === 'hopeless' ? 'does not become ready' : `did not become ready within ${timeoutMs / 1000} s`
  return first ? `${when}: ${await whyIncomplete(kubectl, first)}` : when
}

/** What is missing of a workload and why, in words, with the last lines of a pod in trouble. */
export async function whyIncomplete(kubectl: Kubectl, workload: Workload): Promise<string> {
  const troubles = rolloutTroubles(workload, 0).join(' and ')
  const pods = await podsOf(kubectl, workload).catch(() => [])
  return `${nameOf(workload)} ${troubles}; ${await explain(kubectl, workload, pods)}`
}

/** Runs out where a trouble lasts and nothing gets better. */
function startPatience(patienceMs: number): { isOver(trouble: string | null, available: number): boolean } {
  let since: number | null = null
  let best = 0
  return {
    isOver(trouble, available) {
      if (available > best) since = null
      best = Math.max(best, available)
      // A pod that crashes runs for a moment between two waits: that is no end of the trouble.
      if (trouble !== null) since ??= performance.now()
      return trouble !== null && since !== null && performance.now() - since >= patienceMs
    },
  }
}
