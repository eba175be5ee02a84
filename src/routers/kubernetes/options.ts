// What every router of Kubernetes is told: which cluster, how long, how a switch is seen from outside.
import { z } from 'zod'
import { clusterFields, namespaceField } from '../../lib/kubectl.ts'
import { probeSchema } from '../probing.ts'

export const clusterRouterFields = {
  ...clusterFields,
  ...namespaceField,
  timeoutMs: z.int().min(1000).max(600_000).default(20_000).describe('Longest that one call of kubectl may take'),
  settleMs: z
    .int()
    .min(1000)
    .max(3_600_000)
    .default(60_000)
    .describe('Longest until pods are ready and the cluster has taken a change over'),
  drainMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(5000)
    .describe('Requests under way are not seen from here: a version that gets no more is given this long'),
  probe: probeSchema.optional(),
}

export type ClusterRouterOptions = z.output<z.ZodObject<typeof clusterRouterFields>>
