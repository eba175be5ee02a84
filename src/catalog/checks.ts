// Every kind of check, by family: id → what reads it. A file is read when its kind is wanted.
import { cluster } from './checks/cluster.ts'
import { code } from './checks/code.ts'
import { data } from './checks/data.ts'
import { delivery } from './checks/delivery.ts'
import { network } from './checks/network.ts'
import { people } from './checks/people.ts'
import { performance } from './checks/performance.ts'
import { system } from './checks/system.ts'
import { telemetry } from './checks/telemetry.ts'

export const checkFamilies = { network, data, code, system, cluster, telemetry, delivery, performance, people }

export type CheckFamily = keyof typeof checkFamilies

export const checks: Readonly<Record<string, () => Promise<unknown>>> = {
  ...network,
  ...data,
  ...code,
  ...system,
  ...cluster,
  ...telemetry,
  ...delivery,
  ...performance,
  ...people,
}
