// What a version was given beside the others: one of two slots, and its ports. Remembered, so that every call and the capsule name the same.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { codeOf, OutsideError } from '../lib/errors.ts'
import { quoteWord } from '../lib/shell.ts'
import { fillIn } from '../lib/user-command.ts'
import { allocatePorts } from './ports.ts'
import type { TargetContext } from './target.ts'

const SLOTS = ['blue', 'green'] as const
type Slot = (typeof SLOTS)[number]

const port = z.number().int().min(1).max(65_535)

export const portsSchema = z
  .union([z.strictObject({ from: port }), z.strictObject({ blue: port, green: port })])
  .describe(
    'The first port: `from`, versions take theirs one after the other from there; or `blue` and `green`, of each slot',
  )

export interface Place {
  version: string
  /** Null where names say the version and not the slot. */
  slot: Slot | null
  /** One an instance. */
  ports: number[]
}

export interface PlacesOptions {
  context: TargetContext
  /** Whether versions take one of two slots. */
  hasSlots: boolean
  /** So many ports a version gets. */
  count: number
  ports: z.output<typeof portsSchema> | undefined
}

export interface Places {
  all(): Place[]
  find(version: string): Place | null
  /**
   * The place of a version; a new one where it has none. To be called under the target's lock.
   * @param runs Whether a version that holds a slot still runs.
   * @throws OutsideError when both slots are taken, or a port is.
   */
  take(version: string, runs: (place: Place) => Promise<boolean>): Promise<Place>
  /** To be called under the target's lock. */
  release(version: string): void
  /** Shell for the place of a version. The capsule is written before a version takes its slot, so there the shell looks which it is. */
  shell(version: string, lines: (place: Place) => string): string
}

/** Directory of a target's own files under `.gonogo/`. */
export function targetDirectory({ stateDirectory, name }: Pick<TargetContext, 'stateDirectory' | 'name'>): string {
  return join(stateDirectory, 'targets', encodeURIComponent(name))
}

/** `web-{slot}` for a place; `number` is that of the instance, from 1. */
export function nameIn(pattern: string, { version, slot, ports }: Place, number = 1): string {
  return fillIn(pattern, {
    version,
    instance: String(number),
    ...(slot ? { slot } : {}),
    ...(ports.length > 0 ? { port: String(ports[number - 1] ?? '') } : {}),
  })
}

export function createPlaces(options: PlacesOptions): Places {
  const { context, hasSlots } = options
  const directory = targetDirectory(context)
  const file = join(directory, 'places.json')
  const slotFile = (slot: Slot): string => join(directory, `slot-${slot}`)
  const all = (): Place[] => readPlaces(file)
  const find = (version: string): Place | null => all().find((place) => place.version === version) ?? null

  function write(places: readonly Place[]): void {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    writeFileAtomic(file, JSON.stringify(places), 0o600)
    for (const slot of hasSlots ? SLOTS : []) {
      const holder = places.find((place) => place.slot === slot)
      if (holder) writeFileAtomic(slotFile(slot), `${holder.version}\n`, 0o600)
      else rmSync(slotFile(slot), { force: true })
    }
  }

  return {
    all,
    find,
    async take(version, runs) {
      const known = find(version)
      if (known) {
        write(all())
        return known
      }
      const others = hasSlots ? await running(all(), runs) : all()
      const slot = hasSlots ? freeSlot(others, context.name) : null
      const place = { version, slot, ports: await portsFor(slot, others, options) }
      write([...others, place])
      return place
    },
    release: (version) => write(all().filter((place) => place.version !== version)),
    shell(version, lines) {
      if (!hasSlots) return lines(find(version) ?? { version, slot: null, ports: [] })
      return SLOTS.map((slot) => {
        const isIt = `[ "$(cat ${quoteWord(slotFile(slot))} 2>/dev/null || :)" = ${quoteWord(version)} ]`
        return `if ${isIt}; then\n${lines({ version, slot, ports: slotPorts(slot, options) })}\nfi`
      }).join('\n')
    },
  }
}

function readPlaces(file: string): Place[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Place[]
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

async function running(places: readonly Place[], runs: (place: Place) => Promise<boolean>): Promise<Place[]> {
  const kept: Place[] = []
  for (const place of places) if (await runs(place)) kept.push(place)
  return kept
}

function freeSlot(others: readonly Place[], name: string): Slot {
  const free = SLOTS.find((slot) => others.every((place) => place.slot !== slot))
  if (free) return free
  const holders = others.map(({ version, slot }) => `${slot} by ${version}`).join(', ')
  throw new OutsideError(`target ${name}`, `both slots are taken: ${holders}`, {
    hint: 'stop one of them, or name it by {version} instead of {slot}',
  })
}

async function portsFor(slot: Slot | null, others: readonly Place[], options: PlacesOptions): Promise<number[]> {
  const { context, count, ports } = options
  if (slot && ports && 'blue' in ports) return slotPorts(slot, options)
  return allocatePorts(count, {
    system: `target ${context.name}`,
    from: ports && 'from' in ports ? ports.from : null,
    others: others.flatMap((place) => place.ports),
  })
}

/** Those that gonogo.yaml gives the slot; none where they are chosen when a version comes. */
function slotPorts(slot: Slot, { ports, count }: PlacesOptions): number[] {
  if (!ports || !('blue' in ports)) return []
  return Array.from({ length: count }, (_, index) => ports[slot] + index)
}
