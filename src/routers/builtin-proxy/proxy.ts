// The proxy's one piece of state: settings, table, figures, and who waits.
import type { RoutingTable } from '../../plan/traffic.ts'
import { Tallies } from './counting.ts'
import { Deadlines } from './deadlines.ts'
import type { Exchange } from './exchange.ts'
import type { Log } from './log.ts'
import { Routing } from './routing.ts'
import type { ProxySettings } from './settings.ts'

export class Proxy {
  settings: ProxySettings
  readonly routing: Routing
  readonly tallies = new Tallies()
  /** Attempts that wait for the head of their answer. */
  readonly deadlines = new Deadlines()
  /** Requests that wait for a table without `hold`. */
  readonly held = new Deadlines<Exchange>()
  readonly log: Log

  constructor(settings: ProxySettings, log: Log) {
    this.settings = settings
    this.routing = new Routing(settings)
    this.log = log
  }

  /** Puts a checked table in force, and lets held requests go when it no longer holds. */
  apply(table: RoutingTable): void {
    this.routing.apply(table)
    this.tallies.keep(table.backends.map((backend) => backend.version))
    if (!table.hold) for (const exchange of this.held.takeAll()) exchange.release()
  }

  /** Takes new settings; all but the address take effect at once. */
  configure(settings: ProxySettings): void {
    this.settings = { ...settings, listen: this.settings.listen }
    this.routing.configure(this.settings)
  }

  close(): void {
    this.routing.close()
    this.deadlines.close()
    this.held.close()
  }
}
