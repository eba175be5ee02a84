// Values of a chart: merged as helm merges files, and compared by path. Pure.
import { isDeepStrictEqual } from 'node:util'

export type Values = Readonly<Record<string, unknown>>

const DEPTH_MAX = 50

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Maps are merged, everything else is replaced; `null` takes a key away. */
export function mergeValues(base: Values, over: Values, depth = 0): Values {
  const merged: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  Object.assign(merged, base)
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    if (value === null) delete merged[key]
    else merged[key] = isMap(below) && isMap(value) && depth < DEPTH_MAX ? mergeValues(below, value, depth + 1) : value
  }
  return merged
}

/** Paths (`image.tag`) of what stands in one and not, or otherwise, in the other. A map that is missing as a whole is one path. */
export function changedPaths(before: Values, after: Values, prefix = '', depth = 0): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
  return keys.flatMap((key) => {
    const path = prefix === '' ? key : `${prefix}.${key}`
    const [old, fresh] = [before[key], after[key]]
    if (isMap(old) && isMap(fresh) && depth < DEPTH_MAX) return changedPaths(old, fresh, path, depth + 1)
    return isDeepStrictEqual(plain(old), plain(fresh)) ? [] : [path]
  })
}

/** Whether the path is the allowed one, or lies below it. */
export function isBelow(path: string, allowed: string): boolean {
  return path === allowed || path.startsWith(`${allowed}.`)
}

/** Without prototypes, which say nothing of what stands in it. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
}
