// Services and what they lead to: no request goes to one without a pod that is ready.
import { z } from 'zod'
import { poll } from '../../lib/deadline.ts'
import { OutsideError } from '../../lib/errors.ts'
import { placeWords, type Kubectl } from '../../lib/kubectl.ts'
import { VERSION_LABEL } from '../../lib/kubernetes/names.ts'
import type { RoutingTable } from '../../plan/traffic.ts'
import type { Share } from './cluster-router.ts'

const strings = z.record(z.string(), z.string()).nullish()

export const serviceSchema = z.object({
  metadata: z.object({ name: z.string(), labels: strings, annotations: strings }),
  spec: z.object({ selector: strings }),
})

const sliceSchema = z.object({
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()),
        conditions: z.object({ ready: z.boolean().nullish() }).nullish(),
        targetRef: z.object({ name: z.string() }).nullish(),
      }),
    )
    .nullish(),
})

export const SETTLE_EVERY_MS = 250

/** Pods (or addresses, where it is no pod) that a Service leads to now and that are ready. */
export async function readyEndpoints(kubectl: Kubectl, service: string): Promise<string[]> {
  const slices = await kubectl.list(sliceSchema, 'endpointslices', `kubernetes.io/service-name=${service}`)
  return slices.flatMap(({ endpoints }) =>
    (endpoints ?? [])
      // Unset means that nobody says otherwise.
      .filter(({ conditions }) => conditions?.ready !== false)
      .map(({ addresses, targetRef }) => targetRef?.name ?? addresses[0] ?? ''),
  )
}

/** Waits until each of these Services leads to a pod that is ready. @throws OutsideError that names the one that does not. */
export async function requireEndpoints(
  kubectl: Kubectl,
  system: string,
  services: readonly string[],
  settleMs: number,
): Promise<void> {
  await Promise.all(services.map((service) => requireEndpoint(kubectl, system, service, settleMs)))
}

async function requireEndpoint(kubectl: Kubectl, system: string, service: string, settleMs: number): Promise<void> {
  const isReady = async (): Promise<true | null> => {
    const [found, endpoints] = await Promise.all([
      kubectl.get(serviceSchema, 'service', service),
      readyEndpoints(kubectl, service),
    ])
    if (!found) throw absent(system, `Service ${service}`, kubectl)
    return endpoints.length > 0 ? true : null
  }
  if (await poll(isReady, { everyMs: SETTLE_EVERY_MS, timeoutMs: settleMs })) return
  throw new OutsideError(system, `Service ${service} leads to no pod that is ready; it gets no requests`, {
    retryable: true,
    hint: `see \`kubectl describe service ${service}\` in ${placeWords(kubectl.options)}, and its pods`,
  })
}

/** Error for what is not there. */
export function absent(system: string, what: string, kubectl: Kubectl): OutsideError {
  return new OutsideError(system, `there is no ${what} in ${placeWords(kubectl.options)}`, {
    hint: 'correct its name, namespace and context, or create it',
  })
}

/** Error for what is not as it was just set. */
export function changedBack(system: string, what: string): OutsideError {
  return new OutsideError(system, what, {
    retryable: true,
    hint: 'somebody else sets it: Argo CD, Flux, helm, another release? Let them leave it alone',
  })
}

/** The Service that leads to a version. @throws OutsideError where the table names none. */
export function serviceOf(table: RoutingTable, version: string, system: string): string {
  const service = table.backends.find((backend) => backend.version === version)?.service
  if (service !== undefined) return service
  throw new OutsideError(system, `the target names no Service of Kubernetes that leads to ${version}`, {
    hint: 'this router goes with targets that have a Service for each version: kubernetes, helm',
  })
}

/**
 * What versions get where Services get these parts: who they are says the table, else their annotation or label.
 * @returns null where one of them belongs to no version.
 */
export async function sharesOf(
  kubectl: Kubectl,
  parts: Readonly<Record<string, number>>,
  remembered: RoutingTable | null,
): Promise<Share[] | null> {
  const whole = Object.values(parts).reduce((sum, part) => sum + part, 0)
  const shares: Share[] = []
  for (const [service, part] of Object.entries(parts)) {
    if (part === 0) continue
    const known = remembered?.backends.find((backend) => backend.service === service)?.version
    const version = known ?? (await labelledVersion(kubectl, service))
    if (version === undefined) return null
    shares.push({ version, service, percent: (part / whole) * 100 })
  }
  return shares.length > 0 ? shares : null
}

async function labelledVersion(kubectl: Kubectl, name: string): Promise<string | undefined> {
  const service = await kubectl.get(serviceSchema, 'service', name)
  const { annotations, labels } = service?.metadata ?? {}
  return annotations?.[VERSION_LABEL] ?? labels?.[VERSION_LABEL] ?? service?.spec.selector?.[VERSION_LABEL]
}
