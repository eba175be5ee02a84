// Option fields that several kinds share. Each parses its own result again unchanged.
import { z } from 'zod'
import { isPattern } from '../lib/pattern.ts'
import { parseSizeBytes } from '../lib/size.ts'

/** A reference that is resolved only when the check runs: `${env:NAME}`, `${file:PATH}`. */
const REFERENCE = /\$\{(env|file):[^}]+\}/

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

/** A URL of one of these schemes, or text with a reference in it. */
export const url = (...schemes: string[]) =>
  z
    .string()
    .refine(
      (text) => REFERENCE.test(text) || (URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1))),
      `not a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    )

/** One value or several. */
export const oneOrMore = <T extends z.ZodType>(value: T) => z.union([value, z.array(value).min(1)])

/** The values of a `oneOrMore` field. */
export const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value])

/** A URL as it may be shown: no user, no password, no query. */
export function publicUrl(text: string): string {
  if (!URL.canParse(text)) return text.replace(/\/\/.*@/s, '//').replace(/[?#].*$/s, '')
  const { protocol, host, pathname } = new URL(text)
  return `${protocol}//${host}${pathname}`
}
