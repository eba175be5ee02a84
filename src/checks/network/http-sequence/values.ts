// Values taken from answers, and put into later requests where `{{name}}` stands.
import { z } from 'zod'
import type { HttpAnswer } from '../../../lib/http-request.ts'
import { parsePath, valueAt } from '../../../lib/json-path.ts'
import { pattern } from '../../fields.ts'
import { boundedMatch } from '../bounded-match.ts'

const CHARS_MAX = 16_384

/** Where a value is taken from. A pattern gives its first group, or all it matches. */
export const extraction = z
  .strictObject({
    json: z.string().optional().describe('path into the JSON body'),
    header: z.string().optional().describe('name of a response header'),
    cookie: z.string().optional().describe('name of a cookie'),
    matches: pattern
      .optional()
      .describe('regular expression for the value, or for the body where nothing else is named'),
  })
  .refine(
    ({ json, header, cookie }) => [json, header, cookie].filter((one) => one !== undefined).length <= 1,
    'expected one of json, header and cookie',
  )
  .refine((value) => Object.values(value).some((one) => one !== undefined), 'expected json, header, cookie or matches')

export type Extraction = z.infer<typeof extraction>

/** The value, or in words why there is none. */
export async function extract(
  { json, header, cookie, matches }: Extraction,
  answer: HttpAnswer,
  cookieOf: (name: string) => string | undefined,
): Promise<{ value: string; problem?: never } | { value?: never; problem: string }> {
  const raw =
    json === undefined
      ? header === undefined
        ? cookie === undefined
          ? answer.text
          : cookieOf(cookie)
        : answer.headers[header.toLowerCase()]
      : jsonValue(answer.text, json)
  const from =
    json === undefined ? (header ?? (cookie === undefined ? 'the body' : `cookie ${cookie}`)) : `${json} of the body`
  if (raw === undefined) return { problem: `there is no ${from}` }
  const found = matches === undefined ? [raw] : await boundedMatch(matches, raw)
  if (found === 'too-slow') return { problem: `the pattern for ${from} takes too long` }
  if (found === null) return { problem: `${from} does not match ${matches}` }
  const value = found[1] ?? found[0] ?? ''
  if (value === '') return { problem: `${from} is empty` }
  return value.length > CHARS_MAX ? { problem: `${from} is over ${CHARS_MAX} characters` } : { value }
}

function jsonValue(body: string, path: string): string | undefined {
  try {
    const value = valueAt(JSON.parse(body), parsePath(path) ?? ['', ''])
    return value === undefined || value === null ? undefined : typeof value === 'string' ? value : JSON.stringify(value)
  } catch {
    return undefined
  }
}

const NAME = /\{\{\s*(\w+)\s*\}\}/g

/** Names that stand in a text, or anywhere in an object. */
export function namesIn(value: unknown): string[] {
  return [...(JSON.stringify(value) ?? '').matchAll(NAME)].map((match) => match[1] ?? '')
}

/** The text with values where their names stand. What has no value stays as it is. */
export function filled(text: string, values: ReadonlyMap<string, string>, written = (value: string) => value): string {
  return text.replaceAll(NAME, (whole, name: string) => {
    const value = values.get(name)
    return value === undefined ? whole : written(value)
  })
}

/** Patterns stay as they were written: a value of the other side is no part of an expression. */
const PATTERNS: ReadonlySet<string> = new Set(['matches', 'bodyMatches'])

/** The same for every text at any depth but patterns; keys are left alone. */
export function filledDeep<T>(value: T, values: ReadonlyMap<string, string>): T {
  if (typeof value === 'string') return filled(value, values) as T
  if (Array.isArray(value)) return value.map((one: unknown) => filledDeep(one, values)) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, one]) => [key, PATTERNS.has(key) ? one : filledDeep(one, values)])
  return Object.fromEntries(entries)
}
