// Option fields that several kinds share. Each parses its own result again unchanged.
import { z } from 'zod'
import { isPattern } from '../lib/pattern.ts'
import { parseSizeBytes } from '../lib/size.ts'

export { publicUrl, url } from '../lib/url-option.ts'

/** How long one look may take. */
export const timeoutMs = (defaultMs: number) => z.number().int().min(1).max(86_400_000).default(defaultMs)

/** Bytes, as a number or as people write it: `500 MB`, `1.5 GiB`. */
export const sizeBytes = z.union([z.number().nonnegative(), z.string()]).transform((value, context) => {
  const bytes = typeof value === 'number' ? value : parseSizeBytes(value)
  if (bytes !== null) return bytes
  context.addIssue({ code: 'custom', message: `"${value}" is not a size; expected bytes or text like "500 MB"` })
  return z.NEVER
})

/** Text of a regular expression. */
export const pattern = z.string().refine(isPattern, 'not a regular expression')

/** One value or several. */
export const oneOrMore = <T extends z.ZodType>(value: T) => z.union([value, z.array(value).min(1)])

/** The values of a `oneOrMore` field. */
export const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value])
