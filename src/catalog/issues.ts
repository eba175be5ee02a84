// What a schema has against a value, said in one line for a person who wrote the value: what was found, what was expected,
// and the nearest word that would have been right.
import { z } from 'zod'
import { PlanError, type PlanErrorPlace } from '../lib/errors.ts'
import { nearest } from '../lib/nearest.ts'

/** One problem, said for people. `path` leads to the key that is meant. */
export interface Explained {
  path: PropertyKey[]
  message: string
  expected?: string
  hint?: string
}

type Issue = z.core.$ZodIssue

/** The first problem a schema found, as an error with a place. */
export function issueError(error: z.ZodError, place: PlanErrorPlace, schema: z.ZodType, given: unknown): PlanError {
  const [first, ...others] = explainAll(error, schema, given)
  const { path = [], message = 'not valid', expected, hint } = first ?? {}
  const full = [place.path, ...path.map(String)].filter(Boolean).join('/')
  return new PlanError(`${message}${others.length > 0 ? ` (and ${others.length} more)` : ''}`, {
    ...place,
    ...(full ? { path: full } : {}),
    ...(expected ? { expected } : {}),
    ...(hint ? { hint } : {}),
  })
}

/** Every problem, said for people. A misspelt key stands first: it is why another one is missing. */
export function explainAll(error: z.ZodError, schema: z.ZodType, given: unknown): Explained[] {
  const isKey = ({ code }: Issue): number => (code === 'unrecognized_keys' ? 0 : 1)
  return error.issues.toSorted((a, b) => isKey(a) - isKey(b)).map((issue) => explain(issue, schema, given))
}

function explain(issue: Issue, schema: z.ZodType, given: unknown): Explained {
  const path = [...issue.path]
  const value = valueAt(given, path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownKey(path, issue.keys[0] ?? '', keysAt(schema, path))
    case 'invalid_type':
      return { path, message: found(value), expected: typeWord(issue.expected) }
    case 'invalid_value':
      return notAmong(path, value, issue.values.map(String))
    case 'invalid_union':
      return explainUnion(issue, schema, given)
    case 'too_small':
      return { path, message: tooMuch(value, 'small'), expected: limit(issue.origin, issue.minimum, issue, 'least') }
    case 'too_big':
      return { path, message: tooMuch(value, 'big'), expected: limit(issue.origin, issue.maximum, issue, 'most') }
    case 'invalid_key':
      return { path, message: `cannot be called that: ${issue.issues[0]?.message ?? 'not a name'}` }
    case 'custom':
      return { path, message: issue.message, ...hintsOf(issue.params) }
    default:
      return { path, message: `${shown(value)} ${issue.message.replace(/^Invalid \w+: /, '')}`.trim() }
  }
}

/** The branch that was meant: the one whose outermost type fits. Where none fits, all of them are named. */
function explainUnion(issue: Issue & { code: 'invalid_union' }, schema: z.ZodType, given: unknown): Explained {
  const { path } = issue
  const branches = issue.errors.flatMap(([first]) => (first ? [first] : []))
  const meant = branches.find(
    (first) => first.path.length > 0 || !['invalid_type', 'invalid_value'].includes(first.code),
  )
  if (meant) return explain({ ...meant, path: [...path, ...meant.path] } as Issue, schema, given)
  const words = branches.flatMap((first) => {
    if (first.code === 'invalid_type') return [typeWord(first.expected)]
    return first.code === 'invalid_value' ? first.values.map(String) : []
  })
  return { path: [...path], message: found(valueAt(given, path)), expected: [...new Set(words)].join(' or ') }
}

function unknownKey(path: PropertyKey[], key: string, known: readonly string[]): Explained {
  const suggestion = nearest(key, known)
  const all = known.length > 0 ? `one of ${known.join(', ')}` : 'no keys at all'
  return {
    path: [...path, key],
    message: `unknown key "${key}"`,
    ...(suggestion ? { hint: `did you mean "${suggestion}"?` } : { expected: all }),
  }
}

function notAmong(path: PropertyKey[], value: unknown, allowed: readonly string[]): Explained {
  const suggestion = typeof value === 'string' ? nearest(value, allowed) : null
  return {
    path,
    message: found(value),
    expected: allowed.length === 1 ? (allowed[0] ?? '') : `one of ${allowed.join(', ')}`,
    ...(suggestion ? { hint: `did you mean "${suggestion}"?` } : {}),
  }
}

function hintsOf(params: Record<string, unknown> | undefined): Pick<Explained, 'expected' | 'hint'> {
  const { expected, hint } = params ?? {}
  return {
    ...(typeof expected === 'string' ? { expected } : {}),
    ...(typeof hint === 'string' ? { hint } : {}),
  }
}

const TYPE_WORDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
  null: 'nothing',
}

function typeWord(type: string): string {
  return TYPE_WORDS[type] ?? type
}

/** `is missing`, `got text "abc"`, `got a list`. */
function found(value: unknown): string {
  if (value === undefined) return 'is missing'
  if (value === null) return 'is empty'
  if (value instanceof Hidden) return `got ${value.what}`
  if (Array.isArray(value)) return 'got a list'
  if (typeof value === 'object') return 'got a map of keys'
  return typeof value === 'string' ? `got text ${shown(value)}` : `got ${shown(value)}`
}

function tooMuch(value: unknown, way: 'small' | 'big'): string {
  if (typeof value === 'string')
    return value === '' ? 'is empty' : `${shown(value)} is too ${way === 'small' ? 'short' : 'long'}`
  if (Array.isArray(value))
    return value.length === 0 ? 'is empty' : `${value.length} entries are too ${way === 'small' ? 'few' : 'many'}`
  return `${shown(value)} is too ${way}`
}

const COUNTED: Record<string, [string, string]> = {
  string: [' character', ' characters'],
  array: [' entry', ' entries'],
}

function limit(origin: string, bound: number | bigint, { inclusive }: { inclusive?: boolean }, word: string): string {
  const [one, many] = COUNTED[origin] ?? ['', '']
  const counted = `${bound}${Number(bound) === 1 ? one : many}`
  return inclusive === false ? `${word === 'least' ? 'more' : 'less'} than ${counted}` : `at ${word} ${counted}`
}

const SHOWN_CHARACTERS_MAX = 60

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}...`
}

/** Stands for a value that an error must not show; what it was is all that is said. */
class Hidden {
  readonly what: string

  constructor(what: string) {
    this.what = what
  }

  toJSON(): string {
    return '***'
  }
}

/** The same value with everything hidden that may be a secret: texts, numbers; keys stay. */
export function masked(value: unknown): unknown {
  if (typeof value === 'string') return new Hidden('text')
  if (typeof value === 'number') return new Hidden('a number')
  if (Array.isArray(value)) return value.map(masked)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, masked(member)]))
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  let value = given
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key]
  return value
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>
  additionalProperties?: JsonSchema | boolean
  items?: JsonSchema
  anyOf?: JsonSchema[]
}

/** Keys that a schema knows at a path; empty where it knows none, or cannot tell. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let places = [z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema]
  for (const key of path) places = places.flatMap(alternatives).flatMap((place) => below(place, key))
  return [...new Set(places.flatMap(alternatives).flatMap(({ properties }) => Object.keys(properties ?? {})))]
}

function alternatives(place: JsonSchema): JsonSchema[] {
  return [place, ...(place.anyOf ?? []).flatMap(alternatives)]
}

function below({ properties, additionalProperties, items }: JsonSchema, key: PropertyKey): JsonSchema[] {
  if (typeof key === 'number') return items ? [items] : []
  const own = properties?.[String(key)]
  if (own) return [own]
  return typeof additionalProperties === 'object' ? [additionalProperties] : []
}
