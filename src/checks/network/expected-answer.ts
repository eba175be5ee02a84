// What an HTTP answer must be like: options of it, in words for the dry run, and what of a given answer is otherwise.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import type { HttpAnswer } from '../../lib/http-request.ts'
import { parsePath, valueAt } from '../../lib/json-path.ts'
import { listOf, oneOrMore, pattern } from '../fields.ts'
import { BODY_BYTES_MAX } from './asking.ts'
import { boundedMatch } from './bounded-match.ts'

const some = (value: object): boolean => Object.keys(value).length > 0

const headerComparison = z
  .strictObject({
    contains: z.string().optional(),
    matches: pattern.optional(),
    exists: z.boolean().optional(),
  })
  .refine(some, 'expected contains, matches or exists')

const plainValue = z.union([z.string(), z.number(), z.boolean(), z.null()])

const jsonComparison = z
  .strictObject({
    min: z.number().optional(),
    max: z.number().optional(),
    not: plainValue.optional(),
    oneOf: z.array(plainValue).min(1).optional(),
    matches: pattern.optional(),
    exists: z.boolean().optional(),
    lengthMin: z.number().int().nonnegative().optional(),
    lengthMax: z.number().int().nonnegative().optional(),
  })
  .refine(some, 'expected min, max, not, oneOf, matches, exists, lengthMin or lengthMax')

/** Fields of options that say what an answer must be like. */
export const expectedAnswer = {
  status: oneOrMore(z.number().int().min(100).max(599))
    .default(200)
    .describe('status code, or list of codes, that is right'),
  responseHeaders: z
    .record(z.string(), z.union([z.string(), headerComparison]))
    .default({})
    .describe('response header to its value, or to { contains }, { matches: pattern }, { exists: true or false }'),
  bodyContains: oneOrMore(z.string()).optional().describe('text, or several, that must occur in the body'),
  bodyLacks: oneOrMore(z.string()).optional().describe('text, or several, that must not occur in the body'),
  bodyMatches: oneOrMore(pattern).optional().describe('regular expression, or several, that must match the body'),
  json: z
    .record(z.string(), z.union([plainValue, jsonComparison]))
    .default({})
    .describe(
      'path into a JSON body ("checks.database", "items[0].id") to the value that must stand there, or to { min, max, not, oneOf, matches, exists, lengthMin, lengthMax }',
    ),
  responseTimeMsMax: z.number().positive().optional().describe('longest time to the last byte of the answer'),
}

export type ExpectedAnswer = z.infer<z.ZodObject<typeof expectedAnswer>>

/** What is wanted, a phrase each. */
export function phrasesOf(wanted: ExpectedAnswer): string[] {
  const quoted = (value: string | string[] | undefined): string[] =>
    value === undefined ? [] : listOf(value).map((text) => JSON.stringify(text))
  return [
    `status ${listOf(wanted.status).join(' or ')}`,
    ...Object.entries(wanted.responseHeaders).map(([name, value]) => `header ${name} ${phrase(value)}`),
    ...quoted(wanted.bodyContains).map((text) => `body contains ${text}`),
    ...quoted(wanted.bodyLacks).map((text) => `body without ${text}`),
    ...quoted(wanted.bodyMatches).map((text) => `body matches ${text}`),
    ...Object.entries(wanted.json).map(([path, value]) => `${path} ${phrase(value)}`),
    ...(wanted.responseTimeMsMax === undefined ? [] : [`within ${wanted.responseTimeMsMax} ms`]),
  ]
}

function phrase(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `is ${JSON.stringify(value)}`
  return Object.entries(value)
    .map(([name, bound]) => `${name} ${JSON.stringify(bound)}`)
    .join(', ')
}

export interface Complaints {
  /** What is not as it should be, in words. */
  wrong: string[]
  /** What could not be told, in words. */
  unknown: string[]
}

/** Compares an answer with what is wanted of it, and says so in words that `clean` left. Of a body that was not read whole only what it
 * holds is told. */
export async function complaintsAbout(
  answer: HttpAnswer,
  wanted: ExpectedAnswer,
  clean: (text: string) => string,
): Promise<Complaints> {
  const found: Complaints = { wrong: [], unknown: [] }
  const statuses = listOf(wanted.status)
  if (!statuses.includes(answer.status)) found.wrong.push(`status ${statuses.join(' or ')} wanted`)
  await compareHeaders(answer.headers, wanted.responseHeaders, found, clean)
  if (wanted.responseTimeMsMax !== undefined && answer.responseTimeMs > wanted.responseTimeMsMax)
    found.wrong.push(`at most ${wanted.responseTimeMsMax} ms wanted`)
  const ofBody: Complaints = { wrong: [], unknown: [] }
  await compareBody(answer.text, wanted, ofBody)
  await compareJson(answer.text, wanted.json, ofBody, clean)
  found.unknown.push(...ofBody.unknown)
  const isPartial = answer.truncated && (ofBody.wrong.length > 0 || wanted.bodyLacks !== undefined)
  const holds = listOf(wanted.bodyLacks ?? []).some((text) => answer.text.includes(text))
  if (isPartial && !holds) found.unknown.push(`the body is over ${BODY_BYTES_MAX} bytes and was not read whole`)
  else found.wrong.push(...ofBody.wrong)
  return found
}

async function compareHeaders(
  headers: Readonly<Record<string, string>>,
  wanted: ExpectedAnswer['responseHeaders'],
  { wrong, unknown }: Complaints,
  clean: (text: string) => string,
): Promise<void> {
  for (const [name, value] of Object.entries(wanted)) {
    const given = headers[name.toLowerCase()]
    const seen = given === undefined ? 'is missing' : `is ${JSON.stringify(excerpt(clean(given), 80))}`
    const bounds = typeof value === 'string' ? { is: value } : value
    if ('exists' in bounds && bounds.exists === false) {
      if (given !== undefined) wrong.push(`header ${name} ${seen}, none wanted`)
      continue
    }
    const matched =
      'matches' in bounds && bounds.matches !== undefined ? await boundedMatch(bounds.matches, given ?? '') : []
    const isRight =
      given !== undefined &&
      matched !== null &&
      (!('is' in bounds) || given === bounds.is) &&
      (!('contains' in bounds) || given.includes(bounds.contains ?? ''))
    if (matched === 'too-slow') unknown.push(`the pattern for header ${name} takes too long`)
    else if (!isRight) wrong.push(`header ${name} ${seen}, wanted: ${phrase(value)}`)
  }
}

async function compareBody(text: string, wanted: ExpectedAnswer, { wrong, unknown }: Complaints): Promise<void> {
  for (const part of listOf(wanted.bodyContains ?? []))
    if (!text.includes(part)) wrong.push(`the body does not contain ${JSON.stringify(part)}`)
  for (const part of listOf(wanted.bodyLacks ?? []))
    if (text.includes(part)) wrong.push(`the body contains ${JSON.stringify(part)}`)
  for (const expression of listOf(wanted.bodyMatches ?? [])) {
    const matched = await boundedMatch(expression, text)
    if (matched === 'too-slow') unknown.push(`the pattern ${expression} takes too long on this body`)
    else if (matched === null) wrong.push(`the body does not match ${expression}`)
  }
}

async function compareJson(
  body: string,
  wanted: ExpectedAnswer['json'],
  { wrong, unknown }: Complaints,
  clean: (text: string) => string,
): Promise<void> {
  if (!some(wanted)) return
  let document: unknown
  try {
    document = JSON.parse(body)
  } catch {
    wrong.push('the body is not JSON')
    return
  }
  for (const [path, value] of Object.entries(wanted)) {
    const keys = parsePath(path)
    const found = keys === null ? undefined : valueAt(document, keys)
    const verdict = await isAsWanted(found, value)
    if (verdict === 'too-slow') unknown.push(`the pattern for ${path} takes too long`)
    if (verdict !== false) continue
    const seen = found === undefined ? 'missing' : excerpt(clean(JSON.stringify(found)), 80)
    const words =
      typeof value === 'object' && value !== null ? `wanted: ${phrase(value)}` : `${JSON.stringify(value)} wanted`
    wrong.push(`${path} is ${seen}, ${words}`)
  }
}

async function isAsWanted(found: unknown, wanted: ExpectedAnswer['json'][string]): Promise<boolean | 'too-slow'> {
  if (typeof wanted !== 'object' || wanted === null) return found === wanted
  const { min, max, not, oneOf, matches, exists, lengthMin, lengthMax } = wanted
  if (exists !== undefined && (found !== undefined) !== exists) return false
  // Of what is not there, nothing else is asked where that is right.
  if (found === undefined) return exists === false
  if ((min !== undefined || max !== undefined) && typeof found !== 'number') return false
  if (min !== undefined && (found as number) < min) return false
  if (max !== undefined && (found as number) > max) return false
  if (not !== undefined && found === not) return false
  if (oneOf !== undefined && !oneOf.some((value) => value === found)) return false
  if (!isLengthWithin(found, lengthMin, lengthMax)) return false
  if (matches === undefined) return true
  if (typeof found === 'object' && found !== null) return false
  const matched = await boundedMatch(matches, String(found))
  return matched === 'too-slow' ? matched : matched !== null
}

function isLengthWithin(found: unknown, lengthMin?: number, lengthMax?: number): boolean {
  if (lengthMin === undefined && lengthMax === undefined) return true
  if (typeof found !== 'string' && !Array.isArray(found)) return false
  return found.length >= (lengthMin ?? 0) && found.length <= (lengthMax ?? Infinity)
}
