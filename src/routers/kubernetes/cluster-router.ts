// What routers of Kubernetes have in common: the table they were told last, probing, the grace of a drain, the frame of a capsule.
import { pause } from '../../lib/deadline.ts'
import { inDirectory, Kubectl, kubeShell } from '../../lib/kubectl.ts'
import { quoteWord } from '../../lib/shell.ts'
import { describeWeights, type RoutingTable } from '../../plan/traffic.ts'
import { probeTable } from '../probing.ts'
import { rememberedTable } from '../remembered-table.ts'
import type { Router, RouterContext } from '../router.ts'
import type { ClusterRouterOptions } from './options.ts'

/** What one version gets, and by which Service. */
export interface Share {
  version: string
  service: string
  percent: number
}

/** The part each kind does for itself. */
export interface Switch {
  /** As the cluster says now; null where the object is not there, or leads to no version. */
  shares(remembered: RoutingTable | null): Promise<Share[] | null>
  /** Puts the table in force, and waits until the cluster has taken it over. @throws OutsideError */
  apply(table: RoutingTable): Promise<void>
  /** Shell that does it; `kube` is kubectl against the cluster, `fail TEXT` ends it. */
  shell(table: RoutingTable): string
}

export interface SwitchParts {
  kubectl: Kubectl
  /** For errors: `router edge`. */
  system: string
}

/** A router made of one kind's switch. */
export function clusterRouter(
  options: ClusterRouterOptions,
  context: RouterContext,
  makeSwitch: (parts: SwitchParts) => Switch,
): Router {
  const system = `router ${context.name}`
  const kubectl = kubectlOf(options, context)
  const memory = rememberedTable(context)
  const way = makeSwitch({ kubectl, system })
  return {
    async current() {
      const remembered = memory.read()
      const shares = await way.shares(remembered)
      return shares && tableOf(shares, remembered)
    },
    async set(table) {
      await way.apply(table)
      if (options.probe) await probeTable(system, options.probe, table.weights)
      memory.write(table)
    },
    async drain(_, timeoutMs) {
      await pause(Math.min(options.drainMs, timeoutMs))
      return timeoutMs >= options.drainMs
    },
    counters: async () => null,
    stop: async () => {},
    capsule: (table) => ({
      stage: 'traffic',
      title: `${describeWeights(table.weights)} (router ${context.name})`,
      shell: [
        kubeShell(kubectl.options, context.env),
        `fail() { echo "router ${context.name}: $1" >&2; exit 1; }`,
        way.shell(table),
      ].join('\n'),
      files: {},
    }),
  }
}

/** kubectl as the router calls it: for a dry-run too. */
export function kubectlOf(options: ClusterRouterOptions, context: RouterContext): Kubectl {
  const { kubeconfig, context: of, namespace, timeoutMs } = inDirectory(options, context.directory)
  return new Kubectl({ kubeconfig, context: of, namespace, timeoutMs }, `router ${context.name}`, context.env)
}

/** One of kubectl's argument vectors as a line of the capsule. */
export function kubeLine(args: readonly string[]): string {
  return `kube ${args.map(quoteWord).join(' ')}`
}

/** The table that these shares are; what was told last names the backends and which version is stable. */
function tableOf(shares: readonly Share[], remembered: RoutingTable | null): RoutingTable {
  const names = [...Object.keys(remembered?.weights ?? {}), ...shares.map(({ version }) => version)]
  const weights: RoutingTable['weights'] = Object.fromEntries(names.map((version) => [version, 0]))
  const backends = [...(remembered?.backends ?? [])]
  for (const { version, service, percent } of shares) {
    weights[version] = (weights[version] ?? 0) + percent
    if (!backends.some((backend) => backend.version === version))
      backends.push({ id: version, version, host: service, port: 0, service })
  }
  const [first = ''] = names.toSorted((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0))
  return { weights, backends, stable: remembered?.stable ?? first }
}
