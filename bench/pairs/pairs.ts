// Which targets and routers go together, asked of what the kinds say themselves.
import { findKind, loadKinds } from '../../src/catalog/catalog.ts'
import { routers } from '../../src/catalog/routers.ts'
import { targets } from '../../src/catalog/targets.ts'
import { pairingProblem } from '../../src/config/pairing.ts'
import type { Machine } from './machine.ts'
import { LEFT_OUT, routerScenes, targetScenes } from './scenes.ts'
import type { Place, RouterScene, TargetScene } from './scene.ts'

export interface Pair {
  target: TargetScene
  /** Null: the target's versions take each other's place. */
  router: RouterScene | null
  strategy: (typeof STRATEGIES)[number]
}

/** By which a pair is released, the first that it can; `duration` is put in later. */
const STRATEGIES = ['canary', 'blue-green', 'at-once'] as const

/** The column of targets without a router. */
export const IN_PLACE = 'in place'

const NOWHERE: Place = { directory: '/', slug: 'pair', port: 1, cluster: null, docker: null }

/** How a release of this long stages stands in gonogo.yaml. */
export function strategyOf({ strategy }: Pick<Pair, 'strategy'>, duration: string): Record<string, unknown> {
  const stages = [
    { name: 'half', weight: 50, duration },
    { name: 'whole', weight: 100, duration },
  ]
  const options = {
    canary: { stages },
    'blue-green': { preview: '0 s', warm: duration },
    'at-once': { watch: duration },
  }
  return { kind: strategy, ...options[strategy] }
}

export function nameOf({ target, router }: Pick<Pair, 'target' | 'router'>): string {
  return `${target.label} × ${router?.label ?? IN_PLACE}`
}

export interface Supported {
  pairs: Pair[]
  /** Not wanted this time. */
  others: Pair[]
  /** Conducted by gonogo, but not to be had on this machine. */
  notHere: Pair[]
  /** Why not, and which kinds nobody wrote a scene for. */
  skipped: string[]
}

/**
 * All that gonogo conducts, what of it this machine can have, and why not the others.
 * @param wanted only those in whose name this stands
 */
export async function supportedPairs(machine: Machine, wanted = ''): Promise<Supported> {
  await loadKinds(['target', 'router', 'strategy'])
  const missing = new Map<string, string | null>()
  const [pairs, others, notHere]: [Pair[], Pair[], Pair[]] = [[], [], []]
  for (const target of targetScenes)
    for (const router of [...routerScenes, null]) {
      const strategy = STRATEGIES.find((kind) => isConducted(target, router, kind))
      if (!strategy) continue
      if (!nameOf({ target, router }).includes(wanted)) {
        others.push({ target, router, strategy })
        continue
      }
      const scenes = router ? [target, router] : [target]
      for (const scene of scenes) if (!missing.has(scene.label)) missing.set(scene.label, await lackOf(scene, machine))
      const isHere = scenes.every(({ label }) => missing.get(label) === null)
      ;(isHere ? pairs : notHere).push({ target, router, strategy })
    }
  const lacking = [...missing].flatMap(([label, lack]) => (lack === null ? [] : [`SKIPPED: ${label} needs ${lack}`]))
  return { pairs, others, notHere, skipped: [...lacking, ...kindsWithoutScene()] }
}

function isConducted(target: TargetScene, router: RouterScene | null, strategy: Pair['strategy']): boolean {
  const { kind, ...options } = strategyOf({ strategy }, '1 s')
  const { options: schema, stages } = findKind('strategy', strategy, { path: 'strategy' })
  const ofTarget = findKind('target', target.kind, { path: target.label })
  const ofRouter = router && findKind('router', router.kind, { path: router.label })
  return (
    pairingProblem({
      strategy: String(kind),
      stages: stages(schema.parse(options)),
      target: { kind: ofTarget.id, abilities: ofTarget.abilities(ofTarget.options.parse(target.options(NOWHERE))) },
      router: router &&
        ofRouter && {
          kind: ofRouter.id,
          abilities: ofRouter.abilities(ofRouter.options.parse(router.options(NOWHERE))),
        },
    }) === null
  )
}

async function lackOf(scene: TargetScene | RouterScene, machine: Machine): Promise<string | null> {
  for (const need of scene.needs) {
    const lack = await machine.missing(need)
    if (lack !== null) return lack
  }
  return scene.missing()
}

/** A kind that nobody wrote a scene for is not passed over in silence. */
function kindsWithoutScene(): string[] {
  const scenes = new Set([...targetScenes, ...routerScenes].map(({ kind }) => kind))
  const kinds = [...Object.keys(targets), ...Object.keys(routers)].filter((kind) => !scenes.has(kind))
  return kinds.map((kind) => `SKIPPED: ${kind}: ${LEFT_OUT[kind] ?? 'nobody wrote a scene for it'}`)
}

/** So few of them that every target and every router is in one, what covers most first. */
export function covering(pairs: readonly Pair[]): Pair[] {
  const open = new Set(pairs.flatMap(({ target, router }) => [target.kind, ...(router ? [`to ${router.kind}`] : [])]))
  const fresh = ({ target, router }: Pair): string[] =>
    [target.kind, router ? `to ${router.kind}` : ''].filter((name) => open.has(name))
  const chosen: Pair[] = []
  while (open.size > 0) {
    const [best] = pairs.toSorted((a, b) => fresh(b).length - fresh(a).length)
    if (!best || fresh(best).length === 0) break
    chosen.push(best)
    for (const name of fresh(best)) open.delete(name)
  }
  return chosen
}
