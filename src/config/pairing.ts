// Whether a target, a router and a strategy can be conducted together. Pure: what each can, and what the stages want.
import type { RouterAbilities, TargetAbilities } from '../plan/abilities.ts'
import type { Stage } from '../plan/stage.ts'

export interface Pairing {
  strategy: string
  stages: readonly Stage[]
  target: { kind: string; abilities: TargetAbilities }
  /** Null: the target's versions take each other's place. */
  router: { kind: string; abilities: RouterAbilities } | null
}

export interface PairingProblem {
  message: string
  expected: string
}

const WHOLE = 'a strategy that moves everything at once: "blue-green" or "at-once"'

/** Why they do not fit, and what would; null when they do. */
export function pairingProblem(pairing: Pairing): PairingProblem | null {
  const { target, router } = pairing
  if (target.abilities.mode === 'in-place') {
    if (router)
      return {
        message: `versions of a target of kind ${target.kind} take each other's place: nothing is left for a router to split`,
        expected: 'no router, or a target whose versions run side by side',
      }
    return inPlaceProblem(pairing)
  }
  if (!router)
    return {
      message: `versions of a target of kind ${target.kind} run side by side: something has to send them requests`,
      expected: 'a name under "routers"',
    }
  return reachProblem(target, router) ?? strategyProblem(pairing, router)
}

function inPlaceProblem({ strategy, stages, target }: Pairing): PairingProblem | null {
  const partial = stages.find(({ weight, replaced }) => (weight > 0 && weight < 100) || replaced !== undefined)
  if (partial)
    return {
      message: `${target.kind} switches everything at once, ${strategy} wants ${partial.weight} % in its stage "${partial.name}"`,
      expected: 'the strategy "at-once"',
    }
  if (stages.some(({ preview }) => preview))
    return {
      message: `${target.kind} switches in place: no tester can see the new version before`,
      expected: 'the strategy "at-once"',
    }
  return null
}

function reachProblem(target: Pairing['target'], router: NonNullable<Pairing['router']>): PairingProblem | null {
  const { reachedBy } = target.abilities
  const { reaches } = router.abilities
  if (reaches === 'anything' || reaches === reachedBy) return null
  const words = { addresses: 'addresses', services: 'Services of Kubernetes', nothing: 'nothing that can be reached' }
  return {
    message: `a router of kind ${router.kind} sends to ${words[reaches]}, a target of kind ${target.kind} gives ${words[reachedBy]}`,
    expected: `a router that reaches ${words[reachedBy]}`,
  }
}

function strategyProblem(
  { strategy, stages, target }: Pairing,
  router: NonNullable<Pairing['router']>,
): PairingProblem | null {
  const { weights, preview, mirror } = router.abilities
  const partial = stages.find(({ weight }) => weight > 0 && weight < 100)
  if (weights === 'whole' && partial)
    return {
      message: `a router of kind ${router.kind} sends everything to one version, ${strategy} wants ${partial.weight} % in its stage "${partial.name}"`,
      expected: WHOLE,
    }
  if (!preview && stages.some((stage) => stage.preview && stage.mirror === undefined && stage.durationMs > 0))
    return {
      message: `a router of kind ${router.kind} shows testers nothing before the switch, ${strategy} wants a preview`,
      expected: '"preview: 0 s", the strategy "at-once", or a router with a preview',
    }
  if (!mirror && stages.some((stage) => stage.mirror !== undefined))
    return {
      message: `a router of kind ${router.kind} does not copy requests, ${strategy} wants a mirror`,
      expected: 'no "mirror", or a router that can: built-in proxy',
    }
  if (!target.abilities.resize && stages.some(({ replaced }) => replaced !== undefined))
    return {
      message: `a target of kind ${target.kind} cannot be replaced instance by instance`,
      expected: 'a strategy other than "rolling"',
    }
  return null
}
