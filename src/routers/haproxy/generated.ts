// HAProxy with a configuration that gonogo writes: a switch is one change of its map, and a restart comes back with the last one.
import { existsSync } from 'node:fs'
import { OutsideError } from '../../lib/errors.ts'
import type { Row } from '../../lib/haproxy-runtime.ts'
import { canonicalJson, sha256 } from '../../lib/hash.ts'
import { programLine } from '../../lib/program.ts'
import type { VersionCounters } from '../../plan/signal.ts'
import { describeWeights, type RoutingTable } from '../../plan/traffic.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import { probeTable } from '../probing.ts'
import type { Router, RouterContext } from '../router.ts'
import { addressesOf, type Addresses } from './addresses.ts'
import { generatedStep } from './capsule.ts'
import { checkTable, COLOURS, EMPTY, occupationFile, occupy, type Occupation, type OccupationFile } from './colours.ts'
import { CounterMemory } from './counting.ts'
import { drained } from './draining.ts'
import type { GeneratedOptions } from './options.ts'
import { haproxyPaths } from './paths.ts'
import { ensureRunning, reloadProgram, startProgram, stopProcess, writeFiles, type Installation } from './process.ts'
import { mapEntries, readRoute, WHOLE } from './route.ts'
import { createRuntime, parseServers, runtimeLine, SERVERS } from './runtime.ts'
import { admitCommands, dismissCommands, mapCommands, mapText, readMap, reassureCommands, strayBackends } from './switching.ts' // prettier-ignore

export class GeneratedHaproxy implements Router {
  readonly #options: GeneratedOptions
  readonly #name: string
  readonly #system: string
  readonly #installation: Installation
  readonly #file: OccupationFile
  readonly #memory = new CounterMemory()
  /** The instances that this process has seen in service, each in its place. */
  #settled: string | null = null

  constructor(options: GeneratedOptions, context: RouterContext) {
    this.#options = options
    this.#name = context.name
    this.#system = `router ${context.name}`
    const paths = haproxyPaths(context, options.config)
    const runtime = createRuntime(this.#system, { socket: paths.socket }, context.directory)
    this.#installation = { system: this.#system, options, paths, env: context.env, runtime }
    this.#file = occupationFile(paths.occupation)
  }

  async current(): Promise<RoutingTable | null> {
    const { paths, runtime } = this.#installation
    const kept = this.#file.read()
    const said = await runtime.askIfRunning([`show map ${paths.map}`])
    if (!kept || said === null) return null
    return tableOf(readMap(said), kept.occupation)
  }

  async set(table: RoutingTable): Promise<void> {
    const { paths, runtime } = this.#installation
    checkTable(this.#system, table)
    const occupation = this.#occupationFor(table)
    const entries = mapEntries(table, occupation)
    const addresses = await addressesOf(this.#system, table)
    const route = mapCommands(paths.map, entries)
    // Where nothing but the route changes, traffic comes first. Else all that there is to know comes in one dialogue before it.
    const settling = canonicalJson({ occupation, addresses: [...addresses] })
    const isSettled = this.#settled === settling
    this.#settled = null
    const said = await runtime.askIfRunning([...(isSettled ? route : []), 'show info', SERVERS])
    const isFresh = await ensureRunning(this.#installation, said, occupation, mapText(entries))
    if (!isFresh && said !== null) {
      const states = parseServers(said)
      const admitting = admitCommands(occupation, states, addresses)
      if (!isSettled || admitting.length > 0) await runtime.ask([...admitting, ...route])
      await runtime.ask(dismissCommands(occupation, states, this.#options.slots))
    }
    await this.#verify(entries, occupation, addresses)
    this.#settled = settling
    // From now on a HAProxy that is restarted comes back with this.
    writeFiles(this.#installation, occupation, mapText(entries))
    this.#file.write(occupation, table.stable)
    if (this.#options.probe) await probeTable(this.#system, this.#options.probe, table.weights)
  }

  drain(version: string, timeoutMs: number): Promise<boolean> {
    return drained((signal) => this.counters(signal), version, timeoutMs)
  }

  async counters(signal: AbortSignal): Promise<VersionCounters[]> {
    const occupation = this.#file.read()?.occupation ?? EMPTY
    const statistics = await this.#installation.runtime.statistics(signal)
    return this.#memory.look(statistics, (row) => ownerOf(row, occupation))
  }

  async stop(): Promise<void> {
    if (this.#options.reload === null) await stopProcess(this.#installation)
  }

  capsule(table: RoutingTable): CapsuleStep {
    const { options, paths } = this.#installation
    const occupation = this.#occupationFor(table)
    const entries = mapEntries(table, occupation)
    const content = mapText(entries)
    const start = options.reload === null ? startProgram(options, paths) : reloadProgram(options.reload)
    return generatedStep({
      title: `${describeWeights(table.weights)} (router ${this.#name})`,
      place: { socket: paths.socket },
      map: {
        file: `route-${encodeURIComponent(this.#name)}-${sha256(content).slice(0, 8)}.map`,
        content,
        path: paths.map,
      },
      commands: [...reassureCommands(occupation, table.stable), ...mapCommands(paths.map, entries)],
      expected: ` route ${entries.route}`,
      start: programLine(start),
    })
  }

  /** What a dry-run shows. */
  plan(weights: RoutingTable['weights']): string[] {
    const { options, paths } = this.#installation
    const kept = this.#file.read()
    const stable = kept && (weights[kept.stable] ?? -1) >= 0 ? kept.stable : (Object.keys(weights)[0] ?? '')
    const known = COLOURS.flatMap((colour) => kept?.occupation[colour]?.slots ?? []).filter((slot) => slot !== null)
    const unknown = Object.keys(weights).filter((version) => !known.some((backend) => backend.version === version))
    const stand = unknown.map((version) => ({ id: version, version, host: version, port: 0 }))
    const backends = [...known.filter(({ version }) => version in weights), ...stand]
    const table = { weights, backends, stable }
    const start = options.reload === null ? startProgram(options, paths) : reloadProgram(options.reload)
    return [
      ...(existsSync(paths.socket) ? [] : [`${programLine(start)} (with ${paths.config}, which is written before)`]),
      ...unknown.map(
        (version) => `the instances of ${version} get servers: set server ... addr ... port ..., state ready`,
      ),
      runtimeLine({ socket: paths.socket }, mapCommands(paths.map, mapEntries(table, this.#occupationFor(table)))),
    ]
  }

  #occupationFor(table: RoutingTable): Occupation {
    const { slots } = this.#options
    return occupy(this.#system, this.#file.read()?.occupation ?? EMPTY, table, {
      // As many as there are instances: one of them is picked by its number.
      slotsOf: (_, instances) => Math.min(instances, slots),
    })
  }

  async #verify(entries: Record<string, string>, occupation: Occupation, addresses: Addresses): Promise<void> {
    const { paths, runtime } = this.#installation
    const said = await runtime.ask([`show map ${paths.map}`, SERVERS])
    const now = readMap(said)
    const wrong = Object.keys(entries).filter((key) => now[key] !== entries[key])
    const stray = strayBackends(occupation, parseServers(said), addresses)
    if (wrong.length === 0 && stray.length === 0) return
    const what = [...wrong.map((key) => `its ${key}`), ...stray.map(({ id }) => `the server of ${id}`)].join(', ')
    throw new OutsideError(this.#system, `HAProxy does not have what was just set: ${what}`, {
      retryable: true,
      hint: 'is somebody else switching traffic?',
    })
  }
}

function tableOf(map: Record<string, string>, occupation: Occupation): RoutingTable | null {
  const route = readRoute(map['route'] ?? '')
  const stable = route && occupation[route.stable]?.version
  if (!route || !stable) return null
  const other = route.trial && occupation[route.trial]
  const trialShare = (route.limit * 100) / WHOLE
  const closed = map['closed']?.startsWith('=') ? decodeURIComponent(map['closed'].slice(1)) : undefined
  return {
    weights: { [stable]: 100 - trialShare, ...(other ? { [other.version]: trialShare } : {}) },
    backends: [occupation[route.stable], other].flatMap((one) => one?.slots ?? []).filter((slot) => slot !== null),
    stable,
    ...(route.hold ? { hold: true } : {}),
    ...(closed === undefined ? {} : { closed }),
  }
}

/** Servers are called `blue-1`; those of a backend `blue-trial` that are blue are on trial. */
function ownerOf({ backend, server }: Row, occupation: Occupation): { version: string; isShielded: boolean } | null {
  const colour = COLOURS.find((one) => server?.startsWith(`${one}-`))
  const occupant = colour && occupation[colour]
  return occupant ? { version: occupant.version, isShielded: backend === `${colour}-trial` } : null
}
