// Router kind `http-route`: weights of the backends of one rule of an HTTPRoute (Gateway API).
import { z } from 'zod'
import { objectName, type Kubectl } from '../lib/kubectl.ts'
import { KubectlError } from '../lib/kubectl-error.ts'
import { poll } from '../lib/deadline.ts'
import { OutsideError } from '../lib/errors.ts'
import { canonicalJson } from '../lib/hash.ts'
import { programLine } from '../lib/program.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import { routeShell } from './http-route/capsule.ts'
import {
  findRule,
  partsOf,
  patchOf,
  routeSchema,
  unmetConditions,
  wholeWeights,
  previewRule,
  previewRules,
  refLike,
  ROUTE_KIND,
  type Change,
  type Route,
} from './http-route/route.ts'
import { clusterRouter, kubectlOf, type Share, type Switch, type SwitchParts } from './kubernetes/cluster-router.ts'
import { clusterRouterFields } from './kubernetes/options.ts'
import {
  absent,
  changedBack,
  readyEndpoints,
  requireEndpoints,
  serviceOf,
  SETTLE_EVERY_MS,
  sharesOf,
} from './kubernetes/services.ts'
import { headerName } from './client-fields.ts'
import { defineRouter } from './router.ts'

const optionsSchema = z.strictObject({
  route: objectName.describe('HTTPRoute whose backends get weights'),
  rule: z
    .union([objectName, z.int().min(0).max(15)])
    .default(0)
    .describe('Its rule: by name, or by place, from 0. All backends of the rule are those of the release'),
  previewHeader: headerName
    .nullable()
    .default(null)
    .describe(
      'With this header and a version as its value, that version answers before it has traffic; it gets a rule',
    ),
  ...clusterRouterFields,
})

type Options = z.output<typeof optionsSchema>

/** So often somebody else may change the route between reading and writing. */
const CONFLICTS_MAX = 5

export const httpRoute = defineRouter<Options>({
  id: 'http-route',
  summary: 'weights of an HTTPRoute of the Gateway API, whatever gateway carries it out',
  options: optionsSchema,
  example: { route: 'web', rule: 'app', namespace: 'shop' },
  failingExample: { route: 'web', rule: -1 },
  secretFields: [],
  needs: 'kubectl',
  abilities: ({ previewHeader }) => ({
    weights: 'any',
    reaches: 'services',
    counts: false,
    preview: previewHeader !== null,
    hold: false,
    mirror: false,
  }),
  describe: ({ route, rule }) => `HTTPRoute ${route}, rule ${rule}`,
  plan(options, weights, context) {
    const whole = wholeWeights(weights)
    const refs = Object.entries(whole).map(([version, weight]) => ({ name: `<Service of ${version}>`, weight }))
    const index = typeof options.rule === 'number' ? options.rule : `<place of rule ${options.rule}>`
    const change: Change = { generation: '<generation read before>', rule: index, refs, removed: [], added: [] }
    return [programLine(kubectlOf(options, context).program(patchOf(options.route, change)))]
  },
  create: (options, context) => clusterRouter(options, context, (parts) => new RouteSwitch(options, parts)),
})

class RouteSwitch implements Switch {
  readonly #options: Options
  readonly #kubectl: Kubectl
  readonly #system: string

  constructor(options: Options, { kubectl, system }: SwitchParts) {
    this.#options = options
    this.#kubectl = kubectl
    this.#system = system
  }

  async shares(remembered: RoutingTable | null): Promise<Share[] | null> {
    const route = await this.#kubectl.get(routeSchema, ROUTE_KIND, this.#options.route)
    const index = route && findRule(route, this.#options.rule)
    if (!route || index === null) return null
    return sharesOf(this.#kubectl, partsOf(route.spec.rules?.[index]?.backendRefs ?? []), remembered)
  }

  async apply(table: RoutingTable): Promise<void> {
    const { route: name, settleMs } = this.#options
    const parts = this.#parts(table)
    await requireEndpoints(this.#kubectl, this.#system, Object.keys(parts), settleMs)
    await this.#patch(table, parts)
    let unmet: string[] = []
    const isInForce = async (): Promise<true | null> => {
      const route = await this.#read()
      const rule = route.spec.rules?.[this.#place(route)]
      if (canonicalJson(partsOf(rule?.backendRefs ?? [])) !== canonicalJson(parts))
        throw changedBack(this.#system, `HTTPRoute ${name} has other weights again than those just set`)
      unmet = unmetConditions(route)
      return unmet.length === 0 ? true : null
    }
    if (await poll(isInForce, { everyMs: SETTLE_EVERY_MS, timeoutMs: settleMs })) return
    throw new OutsideError(this.#system, `HTTPRoute ${name} is set, but not in force: ${unmet.join('; ')}`, {
      retryable: true,
      hint: `see \`kubectl describe httproute ${name}\`: does the controller of its gateway run?`,
    })
  }

  shell(table: RoutingTable): string {
    const { route, rule } = this.#options
    const weights = wholeWeights(table.weights)
    const refs = Object.entries(weights).map(([version, weight]) => ({
      name: serviceOf(table, version, this.#system),
      port: portOf(table, version),
      weight,
    }))
    return routeShell({ route, rule, refs })
  }

  /** Weight of each Service that has one. */
  #parts(table: RoutingTable): Record<string, number> {
    const weights = Object.entries(wholeWeights(table.weights))
    return Object.fromEntries(weights.map(([version, weight]) => [serviceOf(table, version, this.#system), weight]))
  }

  async #read(): Promise<Route> {
    const { route: name } = this.#options
    const route = await this.#kubectl.get(routeSchema, ROUTE_KIND, name)
    if (!route) throw absent(this.#system, `HTTPRoute ${name}`, this.#kubectl)
    return route
  }

  #place(route: Route): number {
    const { route: name, rule } = this.#options
    const place = findRule(route, rule)
    if (place !== null) return place
    const names = (route.spec.rules ?? []).map((one, index) => one.name ?? String(index))
    throw new OutsideError(this.#system, `HTTPRoute ${name} has no rule ${rule}`, {
      hint: `it has ${names.join(', ') || 'none at all'}`,
    })
  }

  /** @throws KubectlError when somebody else changes the route each time. */
  async #patch(table: RoutingTable, parts: Readonly<Record<string, number>>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const route = await this.#read()
      const change = await this.#change(route, table, parts)
      try {
        await this.#kubectl.run(this.#kubectl.program(patchOf(this.#options.route, change)))
        return
      } catch (error) {
        if (!KubectlError.is(error, 'conflict') || attempt >= CONFLICTS_MAX) throw error
      }
    }
  }

  async #change(route: Route, table: RoutingTable, parts: Readonly<Record<string, number>>): Promise<Change> {
    const { previewHeader } = this.#options
    const place = this.#place(route)
    const rule = route.spec.rules?.[place]
    const refTo = (version: string, weight: number) =>
      refLike(rule, serviceOf(table, version, this.#system), portOf(table, version), weight)
    const versions = Object.keys(table.weights)
    const refs = versions.flatMap((version) => {
      const weight = parts[serviceOf(table, version, this.#system)] ?? 0
      return weight > 0 ? [refTo(version, weight)] : []
    })
    const change = { generation: route.metadata.generation, rule: place, refs, removed: [], added: [] }
    if (previewHeader === null || !rule) return change
    const up: string[] = []
    for (const version of versions)
      if ((await readyEndpoints(this.#kubectl, serviceOf(table, version, this.#system))).length > 0) up.push(version)
    return {
      ...change,
      removed: previewRules(route, previewHeader),
      added: up.map((version) => previewRule(rule, previewHeader, version, refTo(version, 1))),
    }
  }
}

function portOf({ backends }: RoutingTable, version: string): number {
  return backends.find((backend) => backend.version === version)?.port ?? 0
}
