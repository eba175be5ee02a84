// A HAProxy of the user's own: only its runtime API is used, for addresses, weights and states of the servers of one backend.
import { isIP } from 'node:net'
import { join } from 'node:path'
import { OutsideError } from '../../lib/errors.ts'
import type { Row } from '../../lib/haproxy-runtime.ts'
import type { VersionCounters } from '../../plan/signal.ts'
import { describeWeights, type RoutingTable } from '../../plan/traffic.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import { probeTable, type Probe } from '../probing.ts'
import { routerDirectory } from '../remembered-table.ts'
import type { Router, RouterContext } from '../router.ts'
import { addressesOf, type Addresses } from './addresses.ts'
import { missingSettings } from './adopted-config.ts'
import { adoptedStep } from './capsule.ts'
import { checkTable, colourOf, COLOURS, EMPTY, occupationFile, occupy, otherColour, type Occupation, type OccupationFile } from './colours.ts' // prettier-ignore
import { CounterMemory } from './counting.ts'
import { drained } from './draining.ts'
import type { Adoption } from './options.ts'
import { createRuntime, runtimeLine, type Runtime, type ServerState } from './runtime.ts'
import { commandsFor, shareNow, wantedServers, type WantedServer } from './weighing.ts'

export class AdoptedHaproxy implements Router {
  readonly #adoption: Adoption
  readonly #probe: Probe | undefined
  readonly #context: RouterContext
  readonly #system: string
  readonly #runtime: Runtime
  readonly #file: OccupationFile
  readonly #memory = new CounterMemory()

  constructor(adoption: Adoption, probe: Probe | undefined, context: RouterContext) {
    this.#adoption = adoption
    this.#probe = probe
    this.#context = context
    this.#system = `router ${context.name}`
    this.#runtime = createRuntime(this.#system, adoption, context.directory)
    this.#file = occupationFile(join(routerDirectory(context), 'occupation.json'))
  }

  async current(): Promise<RoutingTable | null> {
    const kept = this.#file.read()
    if (!kept) return null
    const said = await this.#runtime.askIfRunning(['show version'])
    if (said === null) return null
    return this.#tableOf(kept.occupation, kept.stable, await this.#servers())
  }

  async set(table: RoutingTable): Promise<void> {
    checkTable(this.#system, table)
    this.#requirePossible(table)
    const before = await this.#servers()
    await this.#checkServers(before)
    const addresses = await addressesOf(this.#system, table)
    const occupation = this.#occupationFor(table, before, addresses)
    const wanted = wantedServers(this.#adoption, occupation, table, addresses)
    const { raise, lower } = commandsFor(this.#adoption.backend, before, wanted)
    try {
      await this.#runtime.ask(raise)
      this.#verify(
        wanted.filter(({ weight }) => weight > 0),
        await this.#servers(),
      )
      await this.#runtime.ask(lower)
      this.#verify(wanted, await this.#servers())
    } catch (error) {
      await this.#putBack(before)
      throw error
    }
    this.#file.write(occupation, table.stable)
    if (this.#probe) await probeTable(this.#system, this.#probe, table.weights)
  }

  drain(version: string, timeoutMs: number): Promise<boolean> {
    return drained((signal) => this.counters(signal), version, timeoutMs)
  }

  async counters(signal: AbortSignal): Promise<VersionCounters[]> {
    const occupation = this.#file.read()?.occupation ?? EMPTY
    const statistics = await this.#runtime.statistics(signal)
    return this.#memory.look(statistics, (row) => this.#ownerOf(row, occupation))
  }

  /** It is not ours to stop. */
  stop(): Promise<void> {
    return Promise.resolve()
  }

  capsule(table: RoutingTable): CapsuleStep {
    const { backend } = this.#adoption
    const wanted = wantedServers(this.#adoption, this.#occupationFor(table, [], new Map()), table, new Map())
    return adoptedStep({
      title: `${describeWeights(table.weights)} (router ${this.#context.name})`,
      place: this.#adoption,
      backend,
      raised: wanted
        .filter(({ weight }) => weight > 0)
        .map((one) => ({ ...one, host: isIP(one.host) ? one.host : null })),
      lowered: wanted.filter(({ weight }) => weight === 0).map(({ server }) => server),
    })
  }

  /** What a dry-run shows. */
  plan(weights: RoutingTable['weights']): string[] {
    const { backend, slots, config } = this.#adoption
    const kept = this.#file.read()
    const versions = Object.keys(weights)
    const stable = kept && versions.includes(kept.stable) ? kept.stable : (versions[0] ?? '')
    const backends = versions.flatMap((version) => {
      const colour = kept && colourOf(kept.occupation, version)
      const known = (colour ? (kept.occupation[colour]?.slots ?? []) : []).filter((slot) => slot !== null)
      // Not started yet: as many as there is room for.
      return known.length > 0
        ? known
        : slots[colour ?? 'blue'].map((id) => ({ id, version, host: `ADDRESS-OF-${version}`, port: 0 }))
    })
    const occupation = this.#occupationFor({ weights, backends, stable }, [], new Map())
    const wanted = wantedServers(this.#adoption, occupation, { weights, backends, stable }, new Map())
    const { raise, lower } = commandsFor(backend, [], wanted)
    return [
      runtimeLine(this.#adoption, raise),
      runtimeLine(this.#adoption, lower),
      ...missingSettings(config, backend, this.#context.directory),
    ]
  }

  /** @throws OutsideError for what only a configuration of ours can do. */
  #requirePossible({ hold, closed }: RoutingTable): void {
    if (!hold && closed === undefined) return
    throw new OutsideError(
      this.#system,
      `a HAProxy of your own cannot be told to ${hold ? 'hold' : 'turn away'} requests`,
      {
        hint: 'do it in its configuration, or let gonogo write one: `listen` instead of `adopt`',
      },
    )
  }

  #slots(): string[] {
    return COLOURS.flatMap((colour) => this.#adoption.slots[colour])
  }

  #servers(): Promise<ServerState[]> {
    return this.#runtime.servers(this.#adoption.backend)
  }

  #occupationFor(table: RoutingTable, states: readonly ServerState[], addresses: Addresses): Occupation {
    const { slots } = this.#adoption
    return occupy(this.#system, this.#file.read()?.occupation ?? EMPTY, table, {
      slotsOf: (colour) => slots[colour].length,
      slotAt(colour, { host, port }) {
        const state = states.find((one) => one.host === (addresses.get(host) ?? host) && one.port === port)
        const slot = state ? slots[colour].indexOf(state.server) : -1
        return slot === -1 ? undefined : slot
      },
    })
  }

  #tableOf(occupation: Occupation, stable: string, states: readonly ServerState[]): RoutingTable {
    const { slots } = this.#adoption
    const colour = colourOf(occupation, stable) ?? 'blue'
    const other = occupation[otherColour(colour)]
    const isInUse = other !== null && other.slots.length > 0
    const share = isInUse ? 100 * shareNow(states, slots[otherColour(colour)], slots[colour]) : 0
    return {
      weights: { [stable]: 100 - share, ...(isInUse ? { [other.version]: share } : {}) },
      backends: COLOURS.flatMap((one) => occupation[one]?.slots ?? []).filter((slot) => slot !== null),
      stable,
    }
  }

  #ownerOf({ backend, server }: Row, occupation: Occupation): { version: string; isShielded: boolean } | null {
    if (backend !== this.#adoption.backend || server === null) return null
    const colour = COLOURS.find((one) => this.#adoption.slots[one].includes(server))
    const occupant = colour && occupation[colour]
    // It balances over both versions: what failed at one may have been answered by another instance of it.
    return occupant ? { version: occupant.version, isShielded: false } : null
  }

  /** As it was: nobody is left halfway. */
  async #putBack(before: readonly ServerState[]): Promise<void> {
    const own = before.filter(({ server }) => this.#slots().includes(server))
    const wanted = own.map((state) => ({ ...state, weight: state.isReady ? state.weight : 0 }))
    const { raise, lower } = commandsFor(this.#adoption.backend, [], wanted)
    await this.#runtime.ask([...raise, ...lower]).catch(() => {})
  }

  /** @throws OutsideError where the servers are not what the options say, or cannot be weighed. */
  async #checkServers(states: readonly ServerState[]): Promise<void> {
    const { backend } = this.#adoption
    const missing = this.#slots().filter((name) => !states.some(({ server }) => server === name))
    if (missing.length > 0)
      throw new OutsideError(this.#system, `backend ${backend} of HAProxy has no server ${missing.join(', ')}`, {
        hint: `add \`server ${missing[0]} 127.0.0.1:1 check disabled\` to it, or correct \`slots\``,
      })
    const { rows } = await this.#runtime.statistics()
    const own = rows.filter((row) => row.backend === backend)
    const algorithm = own.find(({ server }) => server === null)?.text('algo') ?? ''
    if (/^(?:static-rr|source|uri|url_param|hdr|rdp-cookie|first|hash)/.test(algorithm))
      throw new OutsideError(this.#system, `backend ${backend} balances by ${algorithm}, whose weights are fixed`, {
        hint: 'write `balance roundrobin` or `balance leastconn`',
      })
    if (own.some((row) => row.server !== null && !row.isHttp))
      throw new OutsideError(this.#system, `backend ${backend} is in TCP mode: nothing is known of its answers`, {
        hint: 'write `mode http`',
      })
  }

  /** @throws OutsideError where a server is not what it was told to be. */
  #verify(wanted: readonly WantedServer[], states: readonly ServerState[]): void {
    for (const { server, host, port, weight } of wanted) {
      const state = states.find((one) => one.server === server)
      const isRight =
        weight === 0
          ? state?.isReady === false
          : state?.isReady && state.weight === weight && state.host === host && state.port === port
      if (!isRight)
        throw new OutsideError(this.#system, `HAProxy does not have server ${server} as it was just told`, {
          retryable: true,
          hint: 'is somebody else switching traffic, or does it follow another server (`track`, `init-addr`)?',
        })
    }
    const raised = wanted.filter(({ weight }) => weight > 0)
    if (raised.length > 0 && !raised.some(({ server }) => states.some((one) => one.server === server && one.isUp)))
      throw new OutsideError(
        this.#system,
        `HAProxy finds none of ${raised.map(({ server }) => server).join(', ')} up`,
        {
          retryable: true,
          hint: 'does its health check reach the instances?',
        },
      )
  }
}
