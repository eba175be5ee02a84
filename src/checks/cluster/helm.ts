// helm's argument vectors: which cluster, which namespace, what is asked for. Its programs' plug-ins and kubeconfig are the user's own.
import { resolve } from 'node:path'
import type { ClusterOptions } from './kubernetes/kubectl.ts'
import type { Question } from './program.ts'

/** `helm ARGS` against the cluster of the options. */
export function helm(options: ClusterOptions, directory: string, ...args: string[]): Question {
  const { kubeconfig, context, namespace, timeoutMs } = options
  const where = [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${resolve(directory, kubeconfig)}`]),
    ...(context === undefined ? [] : [`--kube-context=${context}`]),
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
  ]
  return { program: 'helm', args: [...args, ...where], timeoutMs }
}
