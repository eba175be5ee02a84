// Which servers of HAProxy a version has: one of two colours while it lives, and in it a slot an instance.
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { codeOf, OutsideError } from '../../lib/errors.ts'
import type { Backend, RoutingTable } from '../../plan/traffic.ts'

export const COLOURS = ['blue', 'green'] as const
export type Colour = (typeof COLOURS)[number]

/** A version in its colour: `slots[i]` is the instance in slot i. Without slots it is retired: its last requests may be under way. */
export interface Occupant {
  version: string
  slots: (Backend | null)[]
}

export type Occupation = Record<Colour, Occupant | null>

export const EMPTY: Occupation = { blue: null, green: null }

/** How much room there is, and where something stands already. */
export interface Room {
  /** Slots of a colour, for a version of so many instances. */
  slotsOf(colour: Colour, instances: number): number
  /** The slot whose server has this address already, whoever gave it. */
  slotAt?(colour: Colour, backend: Backend): number | undefined
}

/** @throws OutsideError when the table leads somebody to nobody. */
export function checkTable(system: string, table: RoutingTable): void {
  const served = new Set(table.backends.map(({ version }) => version))
  const wanted = Object.entries(table.weights).filter(([, weight]) => weight > 0)
  const sum = wanted.reduce((total, [, weight]) => total + weight, 0)
  if (Math.abs(sum - 100) > 0.01) throw new OutsideError(system, `weights add up to ${sum}, not to 100`)
  for (const version of [table.stable, ...wanted.map(([name]) => name)])
    if (!served.has(version)) throw new OutsideError(system, `${version} is to get requests and has no instance`)
}

/**
 * The occupation for a table: versions stay where they are, those that are not in the table make room.
 * @throws OutsideError when there are more versions than colours, or more instances than slots.
 */
export function occupy(system: string, before: Occupation, table: RoutingTable, room: Room): Occupation {
  const versions = [...new Set([table.stable, ...table.backends.map(({ version }) => version)])]
  if (versions.length > COLOURS.length)
    throw new OutsideError(system, `HAProxy has servers for two versions, not for ${versions.join(', ')}`, {
      hint: 'retire one of them first',
    })
  const after: Occupation = { ...EMPTY }
  for (const colour of COLOURS) {
    const stood = before[colour]
    if (stood) after[colour] = { version: stood.version, slots: [] }
  }
  const isTaken = (colour: Colour): boolean => versions.includes(after[colour]?.version ?? '')
  for (const version of versions) {
    if (colourOf(after, version)) continue
    const first = table.backends.find((backend) => backend.version === version)
    // A colour that nobody ever had before one whose last requests are still to be seen.
    const free = COLOURS.filter((colour) => !isTaken(colour)).toSorted(
      (a, b) => Number(!!after[a]) - Number(!!after[b]),
    )
    const colour = free.find((one) => first && room.slotAt?.(one, first) !== undefined) ?? free[0]
    if (colour) after[colour] = { version, slots: [] }
  }
  for (const colour of COLOURS) {
    const occupant = after[colour]
    if (!occupant || !isTaken(colour)) continue
    const backends = table.backends.filter(({ version }) => version === occupant.version)
    const stood = before[colour]?.version === occupant.version ? before[colour].slots : []
    occupant.slots = placed(system, colour, backends, stood, room)
  }
  return after
}

/** Those that stand in a slot keep it; the others take what is free. */
function placed(
  system: string,
  colour: Colour,
  backends: readonly Backend[],
  stood: readonly (Backend | null)[],
  room: Room,
): (Backend | null)[] {
  const count = room.slotsOf(colour, backends.length)
  if (backends.length > count)
    throw new OutsideError(system, `${backends.length} instances of a version, and ${count} servers for it`, {
      hint: 'raise `slots`, or start fewer instances',
    })
  const slots: (Backend | null)[] = Array.from({ length: count }, () => null)
  const homeless: Backend[] = []
  for (const backend of backends) {
    const own = stood.findIndex((other) => other?.id === backend.id)
    const index = own === -1 ? (room.slotAt?.(colour, backend) ?? -1) : own
    if (index >= 0 && index < count && !slots[index]) slots[index] = backend
    else homeless.push(backend)
  }
  return slots.map((slot) => slot ?? homeless.shift() ?? null)
}

/** The colour that a version has, or undefined. */
export function colourOf(occupation: Occupation, version: string): Colour | undefined {
  return COLOURS.find((colour) => occupation[colour]?.version === version)
}

export function otherColour(colour: Colour): Colour {
  return colour === 'blue' ? 'green' : 'blue'
}

/** Where the router keeps its occupation. */
export interface OccupationFile {
  /** Null: nothing was ever put in force, or what is kept cannot be read. */
  read(): { occupation: Occupation; stable: string } | null
  /** Durable when this returns. */
  write(occupation: Occupation, stable: string): void
}

export function occupationFile(path: string): OccupationFile {
  return {
    read() {
      try {
        return JSON.parse(readFileSync(path, 'utf8')) as ReturnType<OccupationFile['read']>
      } catch (error) {
        // Half a file cannot be: it is replaced whole. Something else there is nothing to go by.
        if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return null
        throw error
      }
    },
    write(occupation, stable) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      writeFileAtomic(path, JSON.stringify({ occupation, stable }), 0o600)
    },
  }
}
