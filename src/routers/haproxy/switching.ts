// Commands for a running, generated HAProxy. Pure.
import { isIP } from 'node:net'
import type { Backend } from '../../plan/traffic.ts'
import type { Addresses } from './addresses.ts'
import { COLOURS, otherColour, type Colour, type Occupation } from './colours.ts'
import type { ServerState } from './runtime.ts'

/** The servers that stand for one slot. */
function serversOf(colour: Colour, slot: number): { leading: string[]; following: string } {
  const name = `${colour}-${slot + 1}`
  // The other version's trial falls back on this one; that server has the state of the first.
  return {
    leading: [`${colour}/${name}`, `${colour}-trial/${name}`],
    following: `${otherColour(colour)}-trial/${name}`,
  }
}

/** Every slot that an instance has: new addresses out of service, and everyone in service in the end. */
export function admitCommands(occupation: Occupation, states: readonly ServerState[], addresses: Addresses): string[] {
  const known = new Map(states.map((state) => [`${state.backend}/${state.server}`, state]))
  return eachSlot(occupation, (colour, slot, backend) => {
    const { leading, following } = serversOf(colour, slot)
    const host = addresses.get(backend.host) ?? backend.host
    const moved = [...leading, following].filter((server) => {
      const state = known.get(server)
      return !state || state.host !== host || state.port !== backend.port
    })
    if (moved.length === 0)
      return leading.filter((server) => !known.get(server)?.isReady).map((server) => `set server ${server} state ready`)
    return [
      ...leading.map((server) => `set server ${server} state maint`),
      ...moved.map((server) => addressCommand(server, host, backend.port)),
      ...leading.map((server) => `set server ${server} state ready`),
    ]
  })
}

/** The same for a version that serves already, whatever is there: nobody is taken out on the way. */
export function reassureCommands(occupation: Occupation, version: string): string[] {
  return eachSlot(occupation, (colour, slot, backend) => {
    if (backend.version !== version) return []
    const { leading, following } = serversOf(colour, slot)
    const addresses = isIP(backend.host)
      ? [...leading, following].map((server) => addressCommand(server, backend.host, backend.port))
      : []
    return [...addresses, ...leading.map((server) => `set server ${server} state ready`)]
  })
}

/** Servers that nobody has are taken out: what they have under way they finish. */
export function dismissCommands(occupation: Occupation, states: readonly ServerState[], slots: number): string[] {
  const ready = new Set(states.filter(({ isReady }) => isReady).map(({ backend, server }) => `${backend}/${server}`))
  return COLOURS.flatMap((colour) =>
    Array.from({ length: slots }, (_, slot) => slot)
      .filter((slot) => !occupation[colour]?.slots[slot])
      .flatMap((slot) => serversOf(colour, slot).leading)
      .filter((server) => ready.has(server))
      .map((server) => `set server ${server} state maint`),
  )
}

/** Instances whose servers do not have their address, or are not in service. */
export function strayBackends(occupation: Occupation, states: readonly ServerState[], addresses: Addresses): Backend[] {
  const known = new Map(states.map((state) => [`${state.backend}/${state.server}`, state]))
  return eachSlot(occupation, (colour, slot, backend) => {
    const { leading, following } = serversOf(colour, slot)
    const host = addresses.get(backend.host) ?? backend.host
    const isRight = [...leading, following].every((server) => {
      const state = known.get(server)
      return state?.isReady && state.host === host && state.port === backend.port
    })
    return isRight ? [] : [backend]
  })
}

export function mapCommands(map: string, entries: Readonly<Record<string, string>>): string[] {
  return Object.entries(entries).map(([key, value]) => `set map ${map} ${key} ${value}`)
}

export function mapText(entries: Readonly<Record<string, string>>): string {
  return Object.entries(entries)
    .map(([key, value]) => `${key} ${value}\n`)
    .join('')
}

/** `show map`: an address, a key and a value a line. */
export function readMap(text: string): Record<string, string> {
  const found = [...text.matchAll(/^0x[0-9a-f]+ (\S+) (\S+)$/gm)]
  return Object.fromEntries(found.map(([, key = '', value = '']) => [key, value]))
}

function addressCommand(server: string, host: string, port: number): string {
  return `set server ${server} addr ${host} port ${port}`
}

function eachSlot<T>(occupation: Occupation, visit: (colour: Colour, slot: number, backend: Backend) => T[]): T[] {
  return COLOURS.flatMap((colour) =>
    (occupation[colour]?.slots ?? []).flatMap((backend, slot) => (backend ? visit(colour, slot, backend) : [])),
  )
}
