// Rows on their way from one side to the other are not different: what was found is looked at again a while later.
import { pause } from '../../lib/deadline.ts'
import { differencesOf, type Difference } from './differences.ts'
import type { Sides } from './look.ts'
import type { ComparedTable } from './side.ts'

/** A row that keeps changing on both sides is looked at so often at most; then it counts. */
const LOOKS_MAX = 3

interface SettleOptions {
  compared: ComparedTable
  recheckAfterMs: number
  signal: AbortSignal
  /** Opens both sides at a new moment. */
  open<T>(use: (sides: Sides) => Promise<T>): Promise<T>
}

/**
 * The differences that stand: still there, with the same rows on both sides as the time before, or still there at the last look.
 * @throws OutsideError when a side cannot be read, DOMException when the signal aborts.
 */
export async function settle(found: readonly Difference[], options: SettleOptions): Promise<Difference[]> {
  const standing: Difference[] = []
  let moving = Map.groupBy(found, ({ id }) => id)
  for (let looks = 1; looks <= LOOKS_MAX && moving.size > 0; looks++) {
    await pause(options.recheckAfterMs, options.signal)
    options.signal.throwIfAborted()
    const now = await lookAgain([...moving.keys()], options)
    const still = new Map<string, Difference[]>()
    for (const [id, differences] of now) {
      const isUnmoved = JSON.stringify(moving.get(id)) === JSON.stringify(differences)
      if (isUnmoved || looks === LOOKS_MAX) standing.push(...differences)
      else still.set(id, differences)
    }
    moving = still
  }
  return standing
}

async function lookAgain(
  ids: readonly string[],
  { compared, open }: SettleOptions,
): Promise<Map<string, Difference[]>> {
  const [left, right] = await open((sides) => Promise.all([sides.left.rowsOf(ids), sides.right.rowsOf(ids)]))
  return Map.groupBy(differencesOf(left, right, compared), ({ id }) => id)
}
