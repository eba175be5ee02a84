// kubectl's argument vectors: which cluster, which namespace, what is asked for.
import { z } from 'zod'
import type { CheckContext } from '../../check.ts'
import { timeoutMs } from '../../fields.ts'
import {
  clusterFields as whichCluster,
  inDirectory,
  kubectlProgram,
  namespaceField,
  plainName,
  type KubectlOptions,
} from '../../../lib/kubectl.ts'
import { type Answer, askJson, nonsense, type Question } from '../program.ts'

export { namespaceField, plainName }

/** Which cluster is asked. Without them kubectl and helm decide, by KUBECONFIG and the current context. */
export const clusterFields = {
  ...whichCluster,
  timeoutMs: timeoutMs(20_000).describe('how long each question may take'),
}

/** Which of what runs there. */
export const workloadsField = {
  workloads: z
    .array(plainName)
    .min(1)
    .max(200)
    .optional()
    .describe(
      'names ("api", "deployment/api") of deployments, stateful sets and daemon sets; without it all there are',
    ),
}

export type ClusterOptions = KubectlOptions

/** `kubectl ARGS` against the cluster of the options. */
export function kubectl(options: ClusterOptions, directory: string, ...args: string[]): Question {
  const { file, args: all } = kubectlProgram(inDirectory(options, directory), args)
  return { program: file, args: all, timeoutMs: options.timeoutMs }
}

/** In words: `the namespace shop of the context production`. */
export function placeOf({ namespace, context, allNamespaces }: ClusterOptions & { allNamespaces?: boolean }): string {
  const where = allNamespaces
    ? 'all namespaces'
    : namespace === undefined
      ? 'the current namespace'
      : `namespace ${namespace}`
  return context === undefined ? where : `${where} of context ${context}`
}

const listed = z.object({ items: z.array(z.unknown()) })

/** Objects of one or more kinds (`deployments,pods`), each as `schema` reads it; what is no such object is nonsense. */
export async function list<T extends z.ZodType>(
  context: Pick<CheckContext, 'exec' | 'env' | 'directory'>,
  options: ClusterOptions & { allNamespaces?: boolean },
  kinds: string,
  schema: T,
): Promise<Answer<z.infer<T>[]>> {
  const everywhere = options.allNamespaces ? ['--all-namespaces'] : []
  const where = options.allNamespaces ? { ...options, namespace: undefined } : options
  const answer = await askJson(context, kubectl(where, context.directory, 'get', kinds, '--output=json', ...everywhere))
  if (!answer.ok) return answer
  const found = listed.safeParse(answer.value)
  const items = z.array(schema).safeParse(found.data?.items)
  return items.success ? { ok: true, value: items.data } : nonsense('kubectl', `what it printed is no list of ${kinds}`)
}
