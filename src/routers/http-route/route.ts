// An HTTPRoute as far as weights go: its rules, the patch that changes one, and whether the gateways have taken it over.
import { z } from 'zod'
import type { RoutingTable } from '../../plan/traffic.ts'

/** With its group: other groups have routes too. */
export const ROUTE_KIND = 'httproutes.gateway.networking.k8s.io'

const refSchema = z.looseObject({ name: z.string(), weight: z.number().nullish(), port: z.number().nullish() })

const ruleSchema = z.looseObject({
  name: z.string().nullish(),
  matches: z.array(z.looseObject({ headers: z.array(z.looseObject({ name: z.string() })).nullish() })).nullish(),
  backendRefs: z.array(refSchema).nullish(),
})

const conditionSchema = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  observedGeneration: z.number().nullish(),
})

export const routeSchema = z.object({
  metadata: z.object({ generation: z.number() }),
  spec: z.object({ rules: z.array(ruleSchema).nullish(), parentRefs: z.array(z.unknown()).nullish() }),
  status: z
    .object({
      parents: z
        .array(z.object({ parentRef: z.object({ name: z.string() }), conditions: z.array(conditionSchema).nullish() }))
        .nullish(),
    })
    .nullish(),
})

export type Route = z.output<typeof routeSchema>
type Ref = z.output<typeof refSchema>
type Rule = z.output<typeof ruleSchema>

/** What is changed in a route, all of it or nothing. A dry-run, which has read nothing, says in words what would be read. */
export interface Change {
  /** It is refused where the route was changed since it was read. */
  generation: number | string
  /** Place of the rule. */
  rule: number | string
  refs: readonly unknown[]
  /** Rules for the preview header that go, by place. */
  removed: readonly number[]
  /** And those that come. */
  added: readonly unknown[]
}

/** kubectl's arguments for a change. */
export function patchOf(route: string, { generation, rule, refs, removed, added }: Change): string[] {
  const operations = [
    { op: 'test', path: '/metadata/generation', value: generation },
    { op: 'add', path: `/spec/rules/${rule}/backendRefs`, value: refs },
    // From the end, so that places stay what they were.
    ...removed.toSorted((a, b) => b - a).map((place) => ({ op: 'remove', path: `/spec/rules/${place}` })),
    ...added.map((value) => ({ op: 'add', path: '/spec/rules/-', value })),
  ]
  return ['patch', ROUTE_KIND, route, '--type=json', `--patch=${JSON.stringify(operations)}`]
}

/** Place of a rule; null where the route has none of that name or so many. */
export function findRule({ spec }: Pick<Route, 'spec'>, rule: string | number): number | null {
  const rules = spec.rules ?? []
  const place = typeof rule === 'number' ? rule : rules.findIndex(({ name }) => name === rule)
  return place >= 0 && place < rules.length ? place : null
}

/** Weights as whole numbers of the same proportions; whoever has a share keeps one. Who has none is left out. */
export function wholeWeights(weights: RoutingTable['weights']): Record<string, number> {
  const shares = Object.entries(weights).filter(([, weight]) => weight > 0)
  const factor = shares.every(([, weight]) => Number.isInteger(weight)) ? 1 : 1000
  return Object.fromEntries(shares.map(([version, weight]) => [version, Math.max(1, Math.round(weight * factor))]))
}

/** A backend like those the rule has, so that its filters stay, for another Service. */
export function refLike(rule: Rule | undefined, service: string, port: number, weight: number): Ref {
  const refs = rule?.backendRefs ?? []
  const like = refs.find(({ name }) => name === service) ?? refs[0]
  const known = port > 0 ? port : like?.port
  // Services of the release are in the namespace of the route.
  const { namespace: _, ...rest } = like ?? { namespace: '' }
  return { ...rest, name: service, ...(known ? { port: known } : {}), weight }
}

/** Part of each Service, by its name. */
export function partsOf(refs: readonly Ref[]): Record<string, number> {
  const parts: Record<string, number> = {}
  // Unset, the API means 1.
  for (const { name, weight } of refs) parts[name] = (parts[name] ?? 0) + (weight ?? 1)
  return parts
}

/** Places of the rules that the preview header leads to. */
export function previewRules({ spec }: Pick<Route, 'spec'>, header: string): number[] {
  return (spec.rules ?? []).flatMap(({ matches }, place) => (asksFor(matches, header) ? [place] : []))
}

function asksFor(matches: Rule['matches'], header: string): boolean {
  return Boolean(
    matches?.length && matches.every(({ headers }) => headers?.some(({ name }) => name.toLowerCase() === header)),
  )
}

/** The rule, for requests only that have the header; more headers go before fewer, so its place does not count. */
export function previewRule(rule: Rule, header: string, version: string, ref: Ref): Rule {
  const { name: _, ...like } = rule
  const matches = (rule.matches?.length ? rule.matches : [{}]).map((match) => ({
    ...match,
    headers: [...(match.headers ?? []), { type: 'Exact', name: header, value: version }],
  }))
  return { ...like, matches, backendRefs: [{ ...ref, weight: 1 }] }
}

/** What no gateway has said yes to, of the route as it is now; empty when all have. */
export function unmetConditions({ metadata, spec, status }: Route): string[] {
  const parents = status?.parents ?? []
  const missing = (spec.parentRefs ?? []).length - parents.length
  return [
    ...(parents.length === 0 || missing > 0 ? ['no controller has answered for every gateway of the route'] : []),
    ...parents.flatMap(({ parentRef, conditions }) =>
      ['Accepted', 'ResolvedRefs'].flatMap((type) => {
        const found = conditions?.find((condition) => condition.type === type)
        const words = `${type} of gateway ${parentRef.name}`
        if (!found) return [`${words} is not told`]
        if ((found.observedGeneration ?? 0) < metadata.generation)
          return [`${words} is of generation ${found.observedGeneration ?? 0}, not of ${metadata.generation}`]
        const why = [found.reason, found.message].filter(Boolean).join(': ')
        return found.status === 'True' ? [] : [`${words} is ${found.status}${why ? ` (${why})` : ''}`]
      }),
    ),
  ]
}
