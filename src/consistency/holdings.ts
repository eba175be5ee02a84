// What one session holds in memory: made when the first rule wants it, within a bound, given back for what comes later.
import type { RawBuilder } from 'kysely'
import type { Row } from '../databases/database.ts'
import { dropStatement, fillStatement, holdStatement, type Holding } from './held.ts'

/** Of one session. */
const HELD_BYTES_MAX = 128 * 2 ** 20

/** What the rule that is being judged wants to be held, by key. */
export type WantedHoldings = Map<string, { id: number; holding: Holding }>

export class Holdings {
  readonly #read: (query: RawBuilder<unknown>) => Promise<Row[]>
  readonly #made = new Map<string, { id: number; bytes: number }>()
  /** What turned out to hold values that cannot be held exactly. */
  readonly #unfit = new Set<string>()
  #lastId = 0

  constructor(read: (query: RawBuilder<unknown>) => Promise<Row[]>) {
    this.#read = read
  }

  /** What the session will call it by; null where it is to be done without. */
  place(holding: Holding, wanted: WantedHoldings): number | null {
    const { key, bytes } = holding
    const known = wanted.get(key)?.id
    if (known !== undefined) return known
    const taken = [...wanted.values()].reduce((sum, one) => sum + one.holding.bytes, 0)
    if (this.#unfit.has(key) || taken + bytes > HELD_BYTES_MAX) return null
    const id = this.#made.get(key)?.id ?? ++this.#lastId
    wanted.set(key, { id, holding })
    return id
  }

  /** False where something could not be held: the statement that counts on it must be put together again, and is then not given it. */
  async make(wanted: WantedHoldings): Promise<boolean> {
    await this.#makeRoom(wanted)
    for (const [key, { id, holding }] of wanted) {
      if (this.#made.has(key)) continue
      this.#made.set(key, { id, bytes: holding.bytes })
      if (await this.#fill(id, holding)) continue
      this.#unfit.add(key)
      await this.#drop(key)
      return false
    }
    return true
  }

  async #fill(id: number, holding: Holding): Promise<boolean> {
    try {
      await this.#read(holdStatement(id, holding))
      for (const portion of holding.portions) {
        const [row] = await this.#read(fillStatement(id, holding, portion))
        if (row?.fit !== 1) return false
      }
      return true
    } catch {
      // Such as integers that JavaScript cannot hold. What else is wrong, the plain statement runs into and says.
      return false
    }
  }

  async #makeRoom(wanted: WantedHoldings): Promise<void> {
    const kept = [...this.#made].filter(([key]) => !wanted.has(key))
    const bytes = [...wanted.values()].reduce((sum, { holding }) => sum + holding.bytes, 0)
    const before = kept.reduce((sum, [, one]) => sum + one.bytes, 0)
    if (bytes + before <= HELD_BYTES_MAX) return
    for (const [key] of kept) await this.#drop(key)
  }

  async #drop(key: string): Promise<void> {
    const id = this.#made.get(key)?.id
    this.#made.delete(key)
    if (id !== undefined) await this.#read(dropStatement(id)).catch(() => [])
  }
}
