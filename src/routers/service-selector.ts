// Router kind `service-selector`: one Service of Kubernetes whose selector leads to the pods of one version.
import { z } from 'zod'
import { objectName, plainName, type Kubectl } from '../lib/kubectl.ts'
import { labelValue, VERSION_LABEL } from '../lib/kubernetes/names.ts'
import { poll } from '../lib/deadline.ts'
import { OutsideError } from '../lib/errors.ts'
import { programLine } from '../lib/program.ts'
import { quoteWord } from '../lib/shell.ts'
import { describeWeights, soleVersion, type RoutingTable } from '../plan/traffic.ts'
import {
  clusterRouter,
  kubectlOf,
  kubeLine,
  type Share,
  type Switch,
  type SwitchParts,
} from './kubernetes/cluster-router.ts'
import { clusterRouterFields } from './kubernetes/options.ts'
import { absent, changedBack, readyEndpoints, serviceSchema, SETTLE_EVERY_MS } from './kubernetes/services.ts'
import { defineRouter } from './router.ts'

const optionsSchema = z.strictObject({
  service: objectName.describe('Service that clients ask'),
  label: plainName
    .default(VERSION_LABEL)
    .describe('Label that tells pods of one version from those of another; the selector gets it'),
  ...clusterRouterFields,
})

type Options = z.output<typeof optionsSchema>

/** Seconds that the capsule waits for pods. */
const CAPSULE_TRIES = 30

const podSchema = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().nullish() }),
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish() }).nullish(),
})

type Pod = z.output<typeof podSchema>

export const serviceSelector = defineRouter<Options>({
  id: 'service-selector',
  summary: 'a Service of Kubernetes whose selector is switched from one version to the other, all traffic at once',
  options: optionsSchema,
  example: { service: 'web', namespace: 'shop' },
  failingExample: { service: 'No Service' },
  secretFields: [],
  needs: 'kubectl',
  abilities: () => ({
    weights: 'whole',
    reaches: 'services',
    counts: false,
    preview: false,
    hold: false,
    mirror: false,
  }),
  describe: ({ service, label }) => `Service ${service}, selected by ${label}`,
  plan(options, weights, context) {
    const version = soleVersion(weights)
    if (version === null) return [`refused: a Service leads to one version only, not ${describeWeights(weights)}`]
    return [programLine(kubectlOf(options, context).program(patchOf(options, version)))]
  },
  create: (options, context) => clusterRouter(options, context, (parts) => new SelectorSwitch(options, parts)),
})

function patchOf({ service, label }: Options, version: string): string[] {
  const change = { spec: { selector: { [label]: labelValue(version) } } }
  return ['patch', 'service', service, '--type=merge', `--patch=${JSON.stringify(change)}`]
}

class SelectorSwitch implements Switch {
  readonly #options: Options
  readonly #kubectl: Kubectl
  readonly #system: string

  constructor(options: Options, { kubectl, system }: SwitchParts) {
    this.#options = options
    this.#kubectl = kubectl
    this.#system = system
  }

  async shares(remembered: RoutingTable | null): Promise<Share[] | null> {
    const { service, label } = this.#options
    const value = (await this.#selector())?.[label]
    if (value === undefined) return null
    const known = remembered?.backends.find(({ version }) => labelValue(version) === value)
    return [{ version: known?.version ?? value, service, percent: 100 }]
  }

  async apply({ weights }: RoutingTable): Promise<void> {
    const { service, settleMs } = this.#options
    const version = this.#sole(weights)
    const selector = await this.#selector()
    if (selector === null) throw absent(this.#system, `Service ${service}`, this.#kubectl)
    // The pods are there before anybody is sent to them.
    const wait = { everyMs: SETTLE_EVERY_MS, timeoutMs: settleMs }
    const isThere = async () => ((await this.#pods(selector, version)).some(isReady) ? true : null)
    if ((await poll(isThere, wait)) === null) throw this.#noPods(version, `Service ${service} was left as it is`)
    await this.#kubectl.run(this.#kubectl.program(patchOf(this.#options, version)))
    if ((await poll(() => this.#hasArrived(selector, version), wait)) === null)
      throw this.#noPods(version, `Service ${service} selects it, but its endpoints do not follow`)
  }

  shell({ weights }: RoutingTable): string {
    const { service, label } = this.#options
    const version = this.#sole(weights)
    const selected = `{.spec.selector.${label.replaceAll('.', String.raw`\.`)}}`
    const ready = '{.items[*].endpoints[?(@.conditions.ready==true)].addresses[0]}'
    const slices = ['get', 'endpointslices', `--selector=kubernetes.io/service-name=${service}`]
    return `${kubeLine(patchOf(this.#options, version))} >/dev/null
now=$(${kubeLine(['get', 'service', service, `--output=jsonpath=${selected}`])})
[ "$now" = ${quoteWord(labelValue(version))} ] || fail ${quoteWord(`Service ${service} was changed back: somebody else sets it`)}
tries=0
while :; do
  ready=$(${kubeLine([...slices, `--output=jsonpath=${ready}`])})
  [ -z "$ready" ] || break
  tries=$((tries + 1))
  [ "$tries" -lt ${CAPSULE_TRIES} ] || fail ${quoteWord(`Service ${service} selects ${version}, but no pod of it is ready`)}
  sleep 1
done`
  }

  /** @throws OutsideError for a table that no selector can do. */
  #sole(weights: RoutingTable['weights']): string {
    const version = soleVersion(weights)
    if (version !== null) return version
    throw new OutsideError(this.#system, `a Service leads to one version only, not ${describeWeights(weights)}`, {
      hint: 'a router `http-route` or `ingress-nginx` can split traffic',
    })
  }

  /** Null where there is no Service. */
  async #selector(): Promise<Record<string, string> | null> {
    const found = await this.#kubectl.get(serviceSchema, 'service', this.#options.service)
    return found && (found.spec.selector ?? {})
  }

  #pods(selector: Readonly<Record<string, string>>, version: string): Promise<Pod[]> {
    const labels = { ...selector, [this.#options.label]: labelValue(version) }
    const words = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
    return this.#kubectl.list(podSchema, 'pods', words.join(','))
  }

  /** Whether the endpoints are pods of the version and nothing else. @throws OutsideError where the selector is another again. */
  async #hasArrived(selector: Readonly<Record<string, string>>, version: string): Promise<true | null> {
    const { service, label } = this.#options
    const [now, pods, endpoints] = await Promise.all([
      this.#selector(),
      this.#pods(selector, version),
      readyEndpoints(this.#kubectl, service),
    ])
    if (now?.[label] !== labelValue(version))
      throw changedBack(
        this.#system,
        `Service ${service} selects ${now?.[label] ?? 'no version'} again, not ${version}`,
      )
    const names = new Set(pods.map(({ metadata }) => metadata.name))
    return endpoints.length > 0 && endpoints.every((name) => names.has(name)) ? true : null
  }

  #noPods(version: string, what: string): OutsideError {
    const { service, label } = this.#options
    const value = labelValue(version)
    return new OutsideError(this.#system, `no pod of ${version} is ready: ${what}`, {
      retryable: true,
      hint: `pods need the labels that Service ${service} selects and ${label}=${value}: \`kubectl get pods --selector=${label}=${value}\``,
    })
  }
}

function isReady({ metadata, status }: Pod): boolean {
  return (
    !metadata.deletionTimestamp &&
    Boolean(status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'))
  )
}
