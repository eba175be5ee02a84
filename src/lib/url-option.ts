// A URL as an option of gonogo.yaml takes it, and as it may be shown.
import { z } from 'zod'

/** A reference that is resolved only when the option is used: `${env:NAME}`, `${file:PATH}`. */
const REFERENCE = /\$\{(env|file):[^}]+\}/

/** A URL of one of these schemes, or text with a reference in it. */
export const url = (...schemes: string[]) =>
  z
    .string()
    .refine(
      (text) => REFERENCE.test(text) || (URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1))),
      `not a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    )

/** A URL as it may be shown: no user, no password, no query. */
export function publicUrl(text: string): string {
  if (!URL.canParse(text)) return text.replace(/\/\/.*@/s, '//').replace(/[?#].*$/s, '')
  const { protocol, host, pathname } = new URL(text)
  return `${protocol}//${host}${pathname}`
}
