// The route: one value in HAProxy's map that says who gets what, so that a switch is one change and nothing in between is ever seen.
import { sha256 } from '../../lib/hash.ts'
import type { RoutingTable } from '../../plan/traffic.ts'
import { colourOf, COLOURS, otherColour, type Colour, type Occupant, type Occupation } from './colours.ts'

/** Shares are counted in hundredths of a percent. */
export const WHOLE = 10_000

export interface Route {
  stable: Colour
  /** Colour of the other version; null where there is none. */
  trial: Colour | null
  /** Share of the trial version, 0..10000. */
  limit: number
  /** Its instances. */
  trialInstances: number
  hold: boolean
  /** Mixed into a client's id: the same clients are not the first to try every release. */
  salt: string
}

/** The map's keys and values for a table. */
export function mapEntries(table: RoutingTable, occupation: Occupation): Record<string, string> {
  const names = COLOURS.map((colour) => [colour, nameInMap(living(occupation, colour)?.version ?? null)])
  return {
    ...Object.fromEntries(names),
    // HAProxy writes control characters as %0A into what it answers: it is one line.
    closed: table.closed === undefined ? '-' : `=${encodeURIComponent(table.closed.replaceAll(/\s+/g, ' '))}`,
    // Last: what it leads to is known before.
    route: routeText(routeOf(table, occupation)),
  }
}

function routeOf(table: RoutingTable, occupation: Occupation): Route {
  const stable = colourOf(occupation, table.stable) ?? 'blue'
  const other = living(occupation, otherColour(stable))
  const stableWeight = table.weights[table.stable] ?? 0
  return {
    stable,
    trial: other ? otherColour(stable) : null,
    limit: other ? Math.round((100 - stableWeight) * (WHOLE / 100)) : 0,
    trialInstances: Math.max(1, other?.slots.length ?? 1),
    hold: table.hold ?? false,
    salt: sha256(other?.version ?? '').slice(0, 8),
  }
}

function living(occupation: Occupation, colour: Colour): Occupant | null {
  const occupant = occupation[colour]
  return occupant && occupant.slots.length > 0 ? occupant : null
}

function routeText({ stable, trial, limit, trialInstances, hold, salt }: Route): string {
  return [stable, trial ?? '-', limit, trialInstances, hold ? 'hold' : '-', salt].join(':')
}

/** Null where the text is none. */
export function readRoute(text: string): Route | null {
  const [stable, trial, limit, trialInstances, hold, salt = ''] = text.split(':')
  const isColour = (name: string | undefined): name is Colour => COLOURS.some((colour) => colour === name)
  if (!isColour(stable)) return null
  return {
    stable,
    trial: isColour(trial) ? trial : null,
    limit: Number(limit),
    trialInstances: Number(trialInstances),
    hold: hold === 'hold',
    salt,
  }
}

/** A version as it stands in the map and in headers: what could end a word or a command is written %XX. */
function nameInMap(version: string | null): string {
  return version === null ? '-' : version.replaceAll(/[^\w.+/@~=:-]/g, (odd) => encodeURIComponent(odd))
}
