// IP addresses of instances: HAProxy takes no names at run time.
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { messageOf, OutsideError } from '../../lib/errors.ts'
import type { RoutingTable } from '../../plan/traffic.ts'

/** By name; an address is not in it. */
export type Addresses = ReadonlyMap<string, string>

/** @throws OutsideError where a name has no address. */
export async function addressesOf(system: string, { backends }: RoutingTable): Promise<Addresses> {
  const names = [...new Set(backends.map(({ host }) => host))].filter((host) => !isIP(host))
  const found = await Promise.all(
    names.map(async (name) => {
      try {
        return [name, (await lookup(name)).address] as const
      } catch (error) {
        throw new OutsideError(system, `no address for ${name}: ${messageOf(error)}`, { retryable: true })
      }
    }),
  )
  return new Map(found)
}
