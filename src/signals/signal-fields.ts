// Option fields of sources whose signals the team names itself.
import { z } from 'zod'

export const signalName = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'a name is small letters, digits and "-"')

export const unit = z
  .enum(['ms', 'percent', 'bytes', 'count', 'per-second'])
  .default('count')
  .describe('ms, percent, bytes, count or per-second')

/** What a value is multiplied by to have its unit. */
export const scale = z.number().positive().default(1).describe('Times this is the value in its unit: 1000 for seconds')

export const everyMs = (byDefault: number) =>
  z.int().min(100).default(byDefault).describe('Time from one look to the next')

export const timeoutMs = (byDefault: number) =>
  z.int().min(10).max(600_000).default(byDefault).describe('A look that takes longer counts as unknown')

/** The number that a text or a value of JSON is; null where it is none. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string' || !/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(value)) return null
  return Number.isFinite(Number(value)) ? Number(value) : null
}
