// Workloads that were stopped around a data swap, and whose start nobody came to: they get the pods they had.
import type { Kubectl } from '../../lib/kubectl.ts'
import { nameOf, type Workload } from '../../lib/kubernetes/workload.ts'
import { FULL_STRENGTH_NOTE } from './capsule-shell.ts'

/** Leaves those alone that run, and those of which nothing says how many pods they had. */
export async function wakeSuspended(
  kubectl: Kubectl,
  workloads: readonly Workload[],
  signal: AbortSignal,
): Promise<void> {
  for (const workload of workloads) {
    const replicas = Number(workload.metadata.annotations?.[FULL_STRENGTH_NOTE] ?? 0)
    if (workload.spec.replicas !== 0 || !(replicas > 0)) continue
    const patch = `--patch=${JSON.stringify({ spec: { replicas } })}`
    const args = ['patch', nameOf(workload), '--type=merge', patch, '--field-manager=gonogo', '--output=name']
    await kubectl.run(kubectl.program(args), signal)
  }
}
