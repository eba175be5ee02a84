// Ingresses as far as canaries go: where the main one leads to the release, the canary beside it, what changes both.
import { z } from 'zod'

const CANARY = 'nginx.ingress.kubernetes.io/canary'
const CANARY_WEIGHT = `${CANARY}-weight`
const CANARY_WEIGHT_TOTAL = `${CANARY}-weight-total`
const LABELS = { 'app.kubernetes.io/managed-by': 'gonogo' }

/** With its group: older clusters have another one too. */
export const INGRESS_KIND = 'ingresses.networking.k8s.io'

const pathSchema = z.looseObject({
  backend: z.looseObject({ service: z.looseObject({ name: z.string() }).nullish() }),
})

export const ingressSchema = z.object({
  metadata: z.object({
    name: z.string(),
    generation: z.number(),
    annotations: z.record(z.string(), z.string()).nullish(),
    labels: z.record(z.string(), z.string()).nullish(),
  }),
  spec: z.object({
    ingressClassName: z.string().nullish(),
    rules: z
      .array(
        z.looseObject({ host: z.string().nullish(), http: z.looseObject({ paths: z.array(pathSchema) }).nullish() }),
      )
      .nullish(),
  }),
})

export type Ingress = z.output<typeof ingressSchema>

/** A path of an Ingress that leads to a Service. */
export interface Place {
  rule: number
  path: number
  service: string
}

/** Every path that leads to a Service. */
export function allPlaces({ spec }: Ingress): Place[] {
  return (spec.rules ?? []).flatMap(({ http }, rule) =>
    (http?.paths ?? []).flatMap(({ backend }, path) =>
      backend.service ? [{ rule, path, service: backend.service.name }] : [],
    ),
  )
}

/** The paths that lead to the release: to one of its Services; or all, where all lead to the same. */
export function placesOf(ingress: Ingress, services: readonly string[]): Place[] {
  const all = allPlaces(ingress)
  const ours = all.filter(({ service }) => services.includes(service))
  return ours.length === 0 && new Set(all.map(({ service }) => service)).size === 1 ? all : ours
}

/** kubectl's arguments that let these paths lead to another Service; refused where the Ingress was changed since it was read. */
export function leadPatch(
  ingress: string,
  generation: number | string,
  places: readonly { rule: number | string; path: number | string }[],
  service: string,
): string[] {
  const operations = [
    { op: 'test', path: '/metadata/generation', value: generation },
    ...places.map(({ rule, path }) => ({
      op: 'replace',
      path: `/spec/rules/${rule}/http/paths/${path}/backend/service/name`,
      value: service,
    })),
  ]
  return ['patch', INGRESS_KIND, ingress, '--type=json', `--patch=${JSON.stringify(operations)}`]
}

/** Annotations that give a canary this share. ingress-nginx counts in whole parts: finer shares have more parts. */
export function canaryAnnotations(
  percent: number,
  header: { name: string; value: string } | null,
): Record<string, string> {
  const isWhole = Number.isInteger(percent)
  return {
    [CANARY]: 'true',
    [CANARY_WEIGHT]: String(isWhole ? percent : Math.max(1, Math.round(percent * 1000))),
    [CANARY_WEIGHT_TOTAL]: isWhole ? '100' : '100000',
    ...(header ? { [`${CANARY}-by-header`]: header.name, [`${CANARY}-by-header-value`]: header.value } : {}),
  }
}

/** Share of a canary in percent. */
export function canaryPercent({ metadata }: Ingress): number {
  const { annotations } = metadata
  const part = Number(annotations?.[CANARY_WEIGHT] ?? 0)
  return annotations?.[CANARY] === 'true' ? (part / Number(annotations[CANARY_WEIGHT_TOTAL] ?? 100)) * 100 : 0
}

/** Whether gonogo made it. */
export function isOurs({ metadata }: Ingress): boolean {
  return Object.entries(LABELS).every(([key, value]) => metadata.labels?.[key] === value)
}

/** The canary beside an Ingress: the same hosts and paths, as far as they lead to the release. */
export function canaryIngress(
  main: Ingress,
  name: string,
  places: readonly Place[],
  service: string,
  annotations: Readonly<Record<string, string>>,
): object {
  const isPlace = (rule: number, path: number): boolean => places.some((one) => one.rule === rule && one.path === path)
  const rules = (main.spec.rules ?? []).flatMap(({ host, http }, rule) => {
    const paths = (http?.paths ?? [])
      .filter((_, path) => isPlace(rule, path))
      .map((path) => ({ ...path, backend: { service: { ...path.backend.service, name: service } } }))
    return paths.length > 0 ? [{ ...(host ? { host } : {}), http: { paths } }] : []
  })
  const { ingressClassName } = main.spec
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, labels: LABELS, annotations },
    spec: { ...(ingressClassName ? { ingressClassName } : {}), rules },
  }
}

/** kubectl's arguments that create or change the object on standard input. */
export const APPLY_CANARY = ['apply', '--server-side', '--field-manager=gonogo', '--force-conflicts', '--filename=-']

/** kubectl's arguments that remove a canary, if gonogo made it. */
export function removeCanary(name: string): string[] {
  const ours = Object.entries(LABELS).map(([key, value]) => `${key}=${value}`)
  return ['delete', INGRESS_KIND, `--selector=${ours.join(',')}`, `--field-selector=metadata.name=${name}`]
}
