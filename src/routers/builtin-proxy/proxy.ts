// The proxy's one piece of state: settings, table, figures, and who waits.
import type { RoutingTable } from '../../plan/traffic.ts'
import { Tallies } from './counting.ts'
import { Deadlines } from './deadlines.ts'
import type { Exchange } from './exchange.ts'
import type { Log } from './log.ts'
import { Mirroring } from './mirroring.ts'
import { Routing } from './routing.ts'
import type { ProxySettings } from './settings.ts'
import { Shielding } from './shielding.ts'

export class Proxy {
  settings: ProxySettings
  readonly routing: Routing
  readonly tallies = new Tallies()
  /** Attempts that wait for the head of their answer. */
  readonly deadlines = new Deadlines()
  /** Attempts that wait for more of an answer that has begun. */
  readonly silences = new Deadlines()
  readonly shielding = new Shielding()
  readonly mirroring: Mirroring
  /** Requests that wait for a table without `hold`. */
  readonly held = new Deadlines<Exchange>()
  readonly log: Log
  /** Another process has taken over: what is under way is answered, and clients are sent there. */
  retired = false

  constructor(settings: ProxySettings, log: Log) {
    this.settings = settings
    this.routing = new Routing(settings)
    this.mirroring = new Mirroring(this)
    this.log = log
  }

  /** Puts a checked table in force, and lets held requests go when it no longer holds, or is closed. */
  apply(table: RoutingTable): void {
    this.routing.apply(table)
    this.tallies.keep(table.backends.map((backend) => backend.version))
    if (!table.hold || table.closed !== undefined) for (const exchange of this.held.takeAll()) exchange.release()
  }

  /** Takes new settings; all but the address take effect at once. */
  configure(settings: ProxySettings): void {
    this.settings = { ...settings, listen: this.settings.listen }
    this.routing.configure(this.settings)
  }

  close(): void {
    this.routing.close()
    this.deadlines.close()
    this.silences.close()
    this.held.close()
  }
}
