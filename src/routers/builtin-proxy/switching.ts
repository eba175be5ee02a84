// The one way a table comes into force, whoever brings it.
import type { RoutingTable } from '../../plan/traffic.ts'
import type { Keeping } from './keeping.ts'
import type { Proxy } from './proxy.ts'
import { readTable } from './table.ts'

/** Puts the table in force first, then on disk: traffic must not wait for a disk. Resolves when both are done. */
export async function switchTo(
  proxy: Proxy,
  keeping: Keeping,
  tablePath: string,
  json: string,
): Promise<{ table: RoutingTable } | { problem: string }> {
  const read = readTable(json)
  if ('problem' in read) return read
  proxy.apply(read.table)
  const shares = Object.entries(read.table.weights).map(([version, weight]) => `${version} ${weight}`)
  proxy.log(`table: ${shares.join(', ')}; stable ${read.table.stable}${read.table.hold ? '; holding' : ''}`)
  await keeping.write(tablePath, JSON.stringify(read.table))
  return read
}
