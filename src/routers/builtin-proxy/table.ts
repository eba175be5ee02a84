// A routing table is checked before it is put in force: a wrong one would send users nowhere.
import { z } from 'zod'
import type { RoutingTable } from '../../plan/traffic.ts'

const backendSchema = z.strictObject({
  id: z.string().min(1).max(200),
  version: z.string().min(1).max(200),
  host: z.string().min(1).max(255),
  port: z.int().min(1).max(65_535),
  part: z.string().max(200).optional(),
  service: z.string().max(253).optional(),
})

const tableSchema = z
  .strictObject({
    weights: z.record(z.string().min(1).max(200), z.number().min(0).max(100)),
    backends: z.array(backendSchema).min(1).max(1000),
    stable: z.string(),
    hold: z.boolean().optional(),
    closed: z.string().min(1).max(4000).optional(),
    mirror: z.strictObject({ version: z.string(), percent: z.number().min(0).max(100) }).optional(),
    shares: z.record(z.string(), z.number().min(0).max(100)).optional(),
  })
  .superRefine((table, context) => {
    const complain = (message: string): void => context.addIssue({ code: 'custom', message })
    const sum = Object.values(table.weights).reduce((total, weight) => total + weight, 0)
    if (Math.abs(sum - 100) > 0.01) complain(`weights add up to ${sum}, not to 100`)
    const served = new Set(table.backends.map((backend) => backend.version))
    for (const [version, weight] of Object.entries(table.weights))
      if (weight > 0 && !served.has(version)) complain(`${version} has weight ${weight} and no backend`)
    if (!served.has(table.stable)) complain(`the stable version ${table.stable} has no backend`)
    if (table.mirror && !served.has(table.mirror.version))
      complain(`${table.mirror.version} is mirrored to and has no backend`)
    const ids = new Set(table.backends.map((backend) => backend.id))
    if (ids.size < table.backends.length) complain('two backends have the same id')
  })

/** The table in a piece of JSON, or what is wrong with it in one line. */
export function readTable(json: string): { table: RoutingTable } | { problem: string } {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    return { problem: `not JSON: ${(error as Error).message}` }
  }
  const result = tableSchema.safeParse(value)
  if (result.success) return { table: result.data }
  const [issue] = result.error.issues
  return { problem: [issue?.path.join('/'), issue?.message].filter(Boolean).join(': ') }
}
