// The one way a table comes into force, whoever brings it; and the end of a hold that its maker forgot.
import type { RoutingTable } from '../../plan/traffic.ts'
import type { Keeping } from './keeping.ts'
import type { Predecessors } from './predecessors.ts'
import type { Proxy } from './proxy.ts'
import { readTable } from './table.ts'

export class Switching {
  /** Whether tables are kept on disk: not by one who makes way, its successor keeps them. */
  keeps = true
  readonly #proxy: Proxy
  readonly #keeping: Keeping
  readonly #tablePath: string
  readonly #predecessors: Predecessors
  #forgotten: NodeJS.Timeout | undefined

  constructor(proxy: Proxy, keeping: Keeping, tablePath: string, predecessors: Predecessors) {
    this.#proxy = proxy
    this.#keeping = keeping
    this.#tablePath = tablePath
    this.#predecessors = predecessors
  }

  /** Puts the table in force first, then on disk: traffic must not wait for a disk. Resolves when it is so everywhere. */
  async to(json: string): Promise<{ table: RoutingTable } | { problem: string }> {
    const read = readTable(json)
    if ('problem' in read) return read
    const { table } = read
    this.apply(table)
    this.#proxy.log(describe(table))
    const text = JSON.stringify(table)
    await Promise.all([this.#predecessors.apply(text), this.keeps ? this.#keeping.write(this.#tablePath, text) : null])
    return read
  }

  /** Puts a table in force that is known and kept already. */
  apply(table: RoutingTable): void {
    clearTimeout(this.#forgotten)
    this.#proxy.apply(table)
    const { holdEndsAfterMs } = this.#proxy.settings
    if (!table.hold || holdEndsAfterMs === null) return
    this.#forgotten = setTimeout(() => {
      this.#proxy.log(`nobody ended the hold in ${holdEndsAfterMs / 1000} s: it ends by itself`)
      this.to(JSON.stringify({ ...table, hold: false })).catch(() => {})
    }, holdEndsAfterMs)
    this.#forgotten.unref()
  }
}

function describe({ weights, stable, hold, closed }: RoutingTable): string {
  const shares = Object.entries(weights).map(([version, weight]) => `${version} ${weight}`)
  const state = closed === undefined ? (hold ? '; holding' : '') : '; closed'
  return `table: ${shares.join(', ')}; stable ${stable}${state}`
}
