// Versions beside each other: what every part of it works with.
import type { Kubectl } from '../../lib/kubectl.ts'
import type { Command } from './commands.ts'
import type { KubeObject } from './manifest.ts'
import type { KubernetesOptions } from './options.ts'

export interface Besides {
  kubectl: Kubectl
  options: KubernetesOptions
  /** Name of the target. */
  name: string
  /** For errors: `target web`. */
  system: string
  /** The manifest's documents, or the workload that is copied. */
  documents(signal: AbortSignal): Promise<readonly KubeObject[]>
}

/** @returns what kubectl printed. @throws KubectlError */
export async function run(kubectl: Kubectl, { args, input }: Command, signal?: AbortSignal): Promise<string> {
  return kubectl.run(kubectl.program(args, input), signal)
}
