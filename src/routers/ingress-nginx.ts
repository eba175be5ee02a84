// Router kind `ingress-nginx`: the candidate's share as canary annotations on a second Ingress, beside the one that leads to stable.
import { z } from 'zod'
import { OutsideError } from '../lib/errors.ts'
import { KubectlError } from '../lib/kubectl-error.ts'
import { objectName, type Kubectl } from '../lib/kubectl.ts'
import { programLine } from '../lib/program.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import { ingressShell } from './ingress-nginx/capsule.ts'
import {
  allPlaces,
  APPLY_CANARY,
  canaryAnnotations,
  canaryIngress,
  canaryPercent,
  INGRESS_KIND,
  ingressSchema,
  isOurs,
  leadPatch,
  placesOf,
  removeCanary,
  type Ingress,
  type Place,
} from './ingress-nginx/ingress.ts'
import { clusterRouter, kubectlOf, type Share, type Switch, type SwitchParts } from './kubernetes/cluster-router.ts'
import { clusterRouterFields } from './kubernetes/options.ts'
import { absent, changedBack, readyEndpoints, requireEndpoints, serviceOf, sharesOf } from './kubernetes/services.ts'
import { headerName } from './client-fields.ts'
import { defineRouter } from './router.ts'

const optionsSchema = z.strictObject({
  ingress: objectName.describe('Ingress that leads to the stable version'),
  canary: objectName
    .optional()
    .describe('Ingress beside it that gonogo makes and removes. Default: the same name and "-canary"'),
  previewHeader: headerName
    .nullable()
    .default(null)
    .describe('With this header and the version as its value, the candidate answers before it has traffic'),
  ...clusterRouterFields,
})

type Options = z.output<typeof optionsSchema>

/** So often somebody else may change the Ingress between reading and writing. */
const CONFLICTS_MAX = 5

export const ingressNginx = defineRouter<Options>({
  id: 'ingress-nginx',
  summary: 'canary annotations of ingress-nginx: a second Ingress leads a share to the candidate',
  options: optionsSchema,
  example: { ingress: 'web', namespace: 'shop', probe: { url: 'https://shop.example.com/version' } },
  failingExample: { ingress: 'web', canary: 'No Name' },
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
  describe: (options) => `Ingress ${options.ingress}, canary ${canaryName(options)}`,
  plan(options, weights, context) {
    const kubectl = kubectlOf(options, context)
    const [stable = '', candidate] = Object.keys(weights).toSorted((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0))
    const percent = candidate === undefined ? 0 : (weights[candidate] ?? 0)
    const place = { rule: '<rule>', path: '<path>' }
    const lead = leadPatch(options.ingress, '<generation read before>', [place], `<Service of ${stable}>`)
    const notes = Object.entries(canaryAnnotations(percent, null)).map(([name, value]) => `${name}=${value}`)
    return [
      `where Ingress ${options.ingress} does not lead to the stable version: ${programLine(kubectl.program(lead))}`,
      ...(percent > 0
        ? [
            `${programLine(kubectl.program(APPLY_CANARY))} (Ingress ${canaryName(options)} to the Service of ${candidate}: ${notes.join(', ')})`,
          ]
        : [programLine(kubectl.program(removeCanary(canaryName(options))))]),
    ]
  },
  create: (options, context) => clusterRouter(options, context, (parts) => new IngressSwitch(options, parts)),
})

function canaryName({ ingress, canary }: Options): string {
  return canary ?? `${ingress}-canary`
}

/** Who gets what beside the stable version. */
interface Candidate {
  version: string
  service: string
  percent: number
}

class IngressSwitch implements Switch {
  readonly #options: Options
  readonly #canary: string
  readonly #kubectl: Kubectl
  readonly #system: string

  constructor(options: Options, { kubectl, system }: SwitchParts) {
    this.#options = options
    this.#canary = canaryName(options)
    this.#kubectl = kubectl
    this.#system = system
  }

  async shares(remembered: RoutingTable | null): Promise<Share[] | null> {
    const main = await this.#get(this.#options.ingress)
    const place = main && placesOf(main, await this.#ours(main, remembered))[0]
    if (!place) return null
    const canary = await this.#get(this.#canary)
    const percent = canary ? canaryPercent(canary) : 0
    const service = canary?.spec.rules?.[0]?.http?.paths[0]?.backend.service?.name
    const parts: Record<string, number> = { [place.service]: 100 - percent }
    if (service !== undefined) parts[service] = (parts[service] ?? 0) + percent
    return sharesOf(this.#kubectl, parts, remembered)
  }

  async apply(table: RoutingTable): Promise<void> {
    const stable = serviceOf(table, table.stable, this.#system)
    const candidate = this.#candidate(table)
    const used = [
      ...((table.weights[table.stable] ?? 0) > 0 ? [stable] : []),
      ...(candidate && candidate.percent > 0 ? [candidate.service] : []),
    ]
    await requireEndpoints(this.#kubectl, this.#system, used, this.#options.settleMs)
    await this.#requireOwnCanary()
    // The main one first: where the candidate has become stable, its canary still leads to it meanwhile.
    const { main, places } = await this.#lead(table, stable)
    const isPreview = candidate !== null && (await this.#isPreviewed(candidate))
    await (candidate && (candidate.percent > 0 || isPreview)
      ? this.#putCanary(candidate, main, places)
      : this.#kubectl.run(this.#kubectl.program(removeCanary(this.#canary))))
    await this.#verify(table, stable, candidate?.percent ?? 0)
  }

  shell(table: RoutingTable): string {
    return ingressShell({
      ingress: this.#options.ingress,
      canary: this.#canary,
      stable: serviceOf(table, table.stable, this.#system),
      services: servicesOf(table),
      percent: this.#candidate(table)?.percent ?? 0,
    })
  }

  /** Null where there is only stable. @throws OutsideError where there are several. */
  #candidate(table: RoutingTable): Candidate | null {
    const { weights, stable } = table
    const others = Object.keys(weights).filter((version) => version !== stable)
    const withShare = others.filter((version) => (weights[version] ?? 0) > 0)
    if (withShare.length > 1)
      throw new OutsideError(this.#system, `ingress-nginx knows one canary, not ${withShare.join(' and ')}`)
    const version = withShare[0] ?? others[0]
    if (version === undefined) return null
    return { version, service: serviceOf(table, version, this.#system), percent: weights[version] ?? 0 }
  }

  async #isPreviewed({ service }: Candidate): Promise<boolean> {
    return this.#options.previewHeader !== null && (await readyEndpoints(this.#kubectl, service)).length > 0
  }

  /** Services of the release: those that were told last, else those that say which version they lead to. */
  async #ours(main: Ingress, remembered: RoutingTable | null): Promise<string[]> {
    if (remembered) return servicesOf(remembered)
    const named = new Set(allPlaces(main).map(({ service }) => service))
    const shares = await Promise.all([...named].map((service) => sharesOf(this.#kubectl, { [service]: 100 }, null)))
    return shares.flatMap((share) => share?.[0]?.service ?? [])
  }

  #get(name: string): Promise<Ingress | null> {
    return this.#kubectl.get(ingressSchema, INGRESS_KIND, name)
  }

  /** Lets the main Ingress lead to stable. @returns where it does */
  async #lead(table: RoutingTable, stable: string): Promise<{ main: Ingress; places: Place[] }> {
    const { ingress } = this.#options
    for (let attempt = 1; ; attempt++) {
      const main = await this.#get(ingress)
      if (!main) throw absent(this.#system, `Ingress ${ingress}`, this.#kubectl)
      const places = placesOf(main, servicesOf(table))
      if (places.length === 0)
        throw new OutsideError(this.#system, `Ingress ${ingress} leads to no Service of the release`, {
          hint: `let a path of it lead to one of ${servicesOf(table).join(', ')}`,
        })
      const others = places.filter(({ service }) => service !== stable)
      if (others.length === 0) return { main, places }
      try {
        await this.#kubectl.run(this.#kubectl.program(leadPatch(ingress, main.metadata.generation, others, stable)))
        return { main, places }
      } catch (error) {
        if (!KubectlError.is(error, 'conflict') || attempt >= CONFLICTS_MAX) throw error
      }
    }
  }

  /** @throws OutsideError where the canary's name is taken: what somebody else made is neither changed nor removed. */
  async #requireOwnCanary(): Promise<void> {
    const there = await this.#get(this.#canary)
    if (!there || isOurs(there)) return
    throw new OutsideError(this.#system, `Ingress ${this.#canary} is there already, and not made by gonogo`, {
      hint: 'choose another name with the option `canary`, or remove it',
    })
  }

  async #putCanary({ version, service, percent }: Candidate, main: Ingress, places: readonly Place[]): Promise<void> {
    const { previewHeader } = this.#options
    const header = previewHeader === null ? null : { name: previewHeader, value: version }
    const object = canaryIngress(main, this.#canary, places, service, canaryAnnotations(percent, header))
    await this.#kubectl.run(this.#kubectl.program(APPLY_CANARY, JSON.stringify(object)))
  }

  async #verify(table: RoutingTable, stable: string, percent: number): Promise<void> {
    const [main, canary] = await Promise.all([this.#get(this.#options.ingress), this.#get(this.#canary)])
    const isLed = main && placesOf(main, servicesOf(table)).every(({ service }) => service === stable)
    if (!isLed)
      throw changedBack(this.#system, `Ingress ${this.#options.ingress} leads elsewhere again than to ${stable}`)
    const now = canary ? canaryPercent(canary) : 0
    if (Math.abs(now - percent) > 0.001)
      throw changedBack(this.#system, `Ingress ${this.#canary} gives ${now} % again, not ${percent} %`)
  }
}

function servicesOf(table: RoutingTable | null): string[] {
  return [...new Set((table?.backends ?? []).flatMap(({ service }) => service ?? []))]
}
