// The router of a target whose versions take each other's place: giving a version everything is switching to it.
import { OutsideError } from '../../lib/errors.ts'
import { soleVersion, type RoutingTable } from '../../plan/traffic.ts'
import type { Router } from '../../routers/router.ts'
import type { InPlaceSwitch } from '../../targets/target.ts'

/** A platform may replace instances one by one and wait for each. */
const SWITCH_MS_MAX = 900_000

/** @param system for errors: `target web`. */
export function inPlaceRouter(system: string, { current, switchTo, capsule }: InPlaceSwitch): Router {
  const versionOf = ({ weights, hold, closed }: RoutingTable): string => {
    const sole = soleVersion(weights)
    if (hold || closed !== undefined)
      throw new OutsideError(system, 'nothing stands before its instances that could hold requests or turn them away')
    if (sole !== null) return sole
    throw new OutsideError(system, `versions take each other's place: ${JSON.stringify(weights)} is not possible`)
  }
  return {
    async current() {
      const version = await current()
      return version === null ? null : { weights: { [version]: 100 }, backends: [], stable: version }
    },
    async set(table) {
      const version = versionOf(table)
      if ((await current()) !== version) await switchTo(version, AbortSignal.timeout(SWITCH_MS_MAX))
      const now = await current()
      if (now !== version)
        throw new OutsideError(system, `was switched to ${version}, and ${now ?? 'no version'} serves`, {
          retryable: true,
        })
    },
    drain: async () => true,
    counters: async () => null,
    stop: async () => {},
    capsule: (table) => capsule(versionOf(table)),
  }
}
