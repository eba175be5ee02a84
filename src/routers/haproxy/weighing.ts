// What each server of an adopted backend is to be, and the commands that make it so without a moment of nobody. Pure.
import type { RoutingTable } from '../../plan/traffic.ts'
import type { Addresses } from './addresses.ts'
import { raiseLine } from './capsule.ts'
import { COLOURS, otherColour, type Occupation } from './colours.ts'
import type { Adoption } from './options.ts'
import type { ServerState } from './runtime.ts'
import { shareOf, weightsFor } from './weights.ts'

/** Weight 0: in maintenance, where clients that a cookie ties to it leave it too. */
export interface WantedServer {
  server: string
  host: string
  port: number
  weight: number
}

export function wantedServers(
  { slots }: Adoption,
  occupation: Occupation,
  table: RoutingTable,
  addresses: Addresses,
): WantedServer[] {
  return COLOURS.flatMap((colour) => {
    const [own, other] = [occupation[colour], occupation[otherColour(colour)]]
    const count = (slot: typeof own): number => Math.max(1, slot?.slots.filter(Boolean).length ?? 0)
    const share = own ? (table.weights[own.version] ?? 0) / 100 : 0
    const [weight] = weightsFor(share, [count(own), count(other)])
    return slots[colour].map((server, index): WantedServer => {
      const backend = own?.slots[index]
      if (!backend) return { server, host: '', port: 0, weight: 0 }
      return { server, host: addresses.get(backend.host) ?? backend.host, port: backend.port, weight }
    })
  })
}

/** First those who get requests, then those who get none any more. */
export function commandsFor(
  backend: string,
  states: readonly ServerState[],
  wanted: readonly WantedServer[],
): { raise: string[]; lower: string[] } {
  const stateOf = (server: string): ServerState | undefined => states.find((one) => one.server === server)
  const weightOf = (server: string): number => {
    const state = stateOf(server)
    return state?.isReady ? state.weight : 0
  }
  // Who loses comes before who gains, and newcomers last: on the way no share is beyond both its old value and its new one.
  const growth = ({ server, weight }: WantedServer): number => weight / Math.max(1e-3, weightOf(server))
  const raised = wanted.filter(({ weight }) => weight > 0).toSorted((a, b) => growth(a) - growth(b))
  return {
    raise: raised.flatMap((one) => {
      const state = stateOf(one.server)
      const isMoved = !state || state.host !== one.host || state.port !== one.port
      const line = raiseLine(backend, one.server, one, one.weight)
      return isMoved && state?.isReady ? [`set server ${backend}/${one.server} state maint`, line] : [line]
    }),
    lower: wanted
      .filter(({ weight }) => weight === 0)
      .filter(({ server }) => stateOf(server)?.isReady ?? true)
      .map(({ server }) => `set server ${backend}/${server} state maint`),
  }
}

/** What `own` servers get of all requests at this moment, 0..1. */
export function shareNow(states: readonly ServerState[], own: readonly string[], other: readonly string[]): number {
  const sum = (names: readonly string[]): number =>
    states
      .filter(({ server, isReady }) => isReady && names.includes(server))
      .reduce((total, { weight }) => total + weight, 0)
  return shareOf([sum(own), sum(other)], [1, 1])
}
