// Two schemas of the same thing: what a caller may no longer send, and what it may now get that it never knew.
import { isTree, listAt, pointer, resolved, treeAt, Untellable, type Tree } from './document.ts'

/** One broken promise: which rule, and where in the base (or, of something new, in the document). */
export interface Break {
  rule: string
  at: string
}

/** Whether the caller sends it or gets it. */
export type Direction = 'request' | 'response'

const DEPTH_MAX = 60
const SCHEMAS_MAX = 50_000
const LEAST = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const
const MOST = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const

/** A schema with what it is made of (`allOf`) put together. */
interface Flat {
  /** Null: any. */
  types: ReadonlySet<string> | null
  values: ReadonlySet<string> | null
  properties: ReadonlyMap<string, unknown>
  required: ReadonlySet<string>
  items: unknown
  /** Undefined: whatever it may be. */
  additional: unknown
  alternatives: readonly unknown[]
  pattern: unknown
  least: Tree
  most: Tree
}

/** Schemas that may still be put together: shared parts of parts would multiply without end. */
interface Budget {
  left: number
}

interface Sides {
  before: Tree
  after: Tree
}

/** Compares schemas of two documents; each pair once, however often or in what circles it is referred to. */
export class SchemaComparison {
  readonly #sides: Sides
  readonly #seen = new Map<Tree, Set<Tree>>()
  readonly #direction: Direction
  readonly #budget: Budget = { left: SCHEMAS_MAX }

  constructor(sides: Sides, direction: Direction) {
    this.#sides = sides
    this.#direction = direction
  }

  /** @throws Untellable where there is no end to it. */
  compare(before: unknown, after: unknown, at: string, depth = 0): Break[] {
    const [from, to] = [resolved(this.#sides.before, before), resolved(this.#sides.after, after)]
    const partners = this.#seen.get(from) ?? new Set()
    if (partners.has(to)) return []
    this.#seen.set(from, partners.add(to))
    if (depth > DEPTH_MAX) throw new Untellable('its schemas are too deep to compare')
    const old = flatten(this.#sides.before, from, this.#budget)
    const young = flatten(this.#sides.after, to, this.#budget)
    const own = this.#direction === 'request' ? narrowed(old, young, at) : surprising(old, young, at)
    return [...own, ...this.#children(old, young, at, depth + 1), ...this.#alternatives(old, young, at, depth + 1)]
  }

  #children(old: Flat, young: Flat, at: string, depth: number): Break[] {
    const breaks: Break[] = []
    for (const [name, schema] of old.properties)
      if (young.properties.has(name))
        breaks.push(...this.compare(schema, young.properties.get(name), pointer(at, 'properties', name), depth))
    if (old.items !== undefined && young.items !== undefined)
      breaks.push(...this.compare(old.items, young.items, pointer(at, 'items'), depth))
    if (isTree(old.additional) && isTree(young.additional))
      breaks.push(...this.compare(old.additional, young.additional, pointer(at, 'additionalProperties'), depth))
    return breaks
  }

  /** What was one of several must still be one of them (or, got, have been one). */
  #alternatives(old: Flat, young: Flat, at: string, depth: number): Break[] {
    const [olds, youngs] = [old.alternatives, young.alternatives]
    if (olds.length === 0 || youngs.length === 0) {
      if (olds.length === youngs.length) return []
      // One plain schema against several: it is not known which of them stands for it.
      const rule = this.#direction === 'request' ? 'request-alternatives-changed' : 'response-alternatives-changed'
      return [{ rule, at }]
    }
    const breaks: Break[] = []
    const isRequest = this.#direction === 'request'
    const [wanted, offered] = isRequest ? [olds, youngs] : [youngs, olds]
    for (const [index, alternative] of wanted.entries()) {
      const partner = partnerOf(alternative, index, wanted, offered)
      const place = pointer(at, 'oneOf', index)
      if (partner === undefined)
        breaks.push({ rule: isRequest ? 'request-alternative-removed' : 'response-alternative-added', at: place })
      else
        breaks.push(
          ...(isRequest
            ? this.compare(alternative, partner, place, depth)
            : this.compare(partner, alternative, place, depth)),
        )
    }
    return breaks
  }
}

/** The alternative of the same name; where they have none, the one at the same place. */
function partnerOf(wanted: unknown, index: number, all: readonly unknown[], offered: readonly unknown[]): unknown {
  const name = nameOf(wanted)
  if (name !== null) return offered.find((candidate) => nameOf(candidate) === name)
  const nameless = (list: readonly unknown[]): unknown[] => list.filter((entry) => nameOf(entry) === null)
  return nameless(offered)[nameless(all.slice(0, index)).length]
}

function nameOf(schema: unknown): string | null {
  if (!isTree(schema)) return null
  const name = schema['$ref'] ?? schema['title']
  return typeof name === 'string' ? name.replace(/^#\/definitions\//, '#/components/schemas/') : null
}

/** What was right to send and no longer is. */
function narrowed(old: Flat, young: Flat, at: string): Break[] {
  const breaks: Break[] = []
  if (young.types && !covers(young.types, old.types)) breaks.push({ rule: 'request-type-narrowed', at })
  if (young.values && !contains(young.values, old.values)) breaks.push({ rule: 'request-enum-narrowed', at })
  for (const name of young.required)
    if (!old.required.has(name) && !isMarked(young, name, 'readOnly'))
      breaks.push({ rule: 'request-property-required', at: pointer(at, 'properties', name) })
  if (young.additional === false) {
    if (old.additional !== false) breaks.push({ rule: 'request-additional-properties-forbidden', at })
    for (const name of old.properties.keys())
      if (!young.properties.has(name))
        breaks.push({ rule: 'request-property-removed', at: pointer(at, 'properties', name) })
  }
  for (const bound of LEAST)
    if (asNumber(young.least[bound], -Infinity) > asNumber(old.least[bound], -Infinity))
      breaks.push({ rule: 'request-bound-narrowed', at: pointer(at, bound) })
  for (const bound of MOST)
    if (asNumber(young.most[bound], Infinity) < asNumber(old.most[bound], Infinity))
      breaks.push({ rule: 'request-bound-narrowed', at: pointer(at, bound) })
  if (young.pattern !== undefined && young.pattern !== old.pattern)
    breaks.push({ rule: 'request-pattern-changed', at: pointer(at, 'pattern') })
  return breaks
}

/** What could be relied on and no longer can. */
function surprising(old: Flat, young: Flat, at: string): Break[] {
  const breaks: Break[] = []
  if (old.types && !covers(old.types, young.types)) breaks.push({ rule: 'response-type-changed', at })
  if (old.values && !contains(old.values, young.values)) breaks.push({ rule: 'response-enum-widened', at })
  for (const name of old.properties.keys()) {
    if (isMarked(old, name, 'writeOnly')) continue
    const place = pointer(at, 'properties', name)
    if (!young.properties.has(name)) breaks.push({ rule: 'response-property-removed', at: place })
    else if (old.required.has(name) && !young.required.has(name))
      breaks.push({ rule: 'response-property-optional', at: place })
  }
  return breaks
}

function covers(wide: ReadonlySet<string>, narrow: ReadonlySet<string> | null): boolean {
  return narrow !== null && [...narrow].every((type) => wide.has(type) || (type === 'integer' && wide.has('number')))
}

function contains(wide: ReadonlySet<string>, narrow: ReadonlySet<string> | null): boolean {
  return narrow !== null && [...narrow].every((value) => wide.has(value))
}

function isMarked(flat: Flat, name: string, mark: 'readOnly' | 'writeOnly'): boolean {
  const property = flat.properties.get(name)
  return isTree(property) && property[mark] === true
}

function asNumber(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}

function flatten(root: Tree, schema: Tree, budget: Budget, depth = 0): Flat {
  if (depth > DEPTH_MAX || --budget.left < 0)
    throw new Untellable('its schemas are too many, or made of each other without end')
  const [alternatives, hasNull] = alternativesOf(root, schema)
  const single = alternatives.length === 1 ? [alternatives[0]] : []
  const parts = [...listAt(schema, 'allOf'), ...single].map((part) =>
    flatten(root, resolved(root, part), budget, depth + 1),
  )
  const own = typesOf(schema)
  const types = [own, ...parts.map((part) => part.types)].reduce(both, null)
  const isNullable = schema['nullable'] === true || hasNull
  const merged = <K extends 'least' | 'most'>(key: K): Tree =>
    Object.assign({}, ...parts.map((part) => part[key]), schema) as Tree
  return {
    types: types && isNullable ? new Set([...types, 'null']) : types,
    values: [valuesOf(schema), ...parts.map((part) => part.values)].reduce(both, null),
    properties: new Map([
      ...parts.flatMap((part) => [...part.properties]),
      ...Object.entries(treeAt(schema, 'properties')),
    ]),
    required: new Set([...parts.flatMap((part) => [...part.required]), ...listAt(schema, 'required').map(String)]),
    items: schema['items'] ?? parts.find((part) => part.items !== undefined)?.items,
    additional: schema['additionalProperties'] ?? parts.find((part) => part.additional !== undefined)?.additional,
    alternatives: alternatives.length > 1 ? alternatives : parts.flatMap((part) => part.alternatives),
    pattern: schema['pattern'] ?? parts.find((part) => part.pattern !== undefined)?.pattern,
    least: merged('least'),
    most: merged('most'),
  }
}

/** Alternatives but "or null", and whether that was among them. */
function alternativesOf(root: Tree, schema: Tree): [unknown[], boolean] {
  const all = [...listAt(schema, 'oneOf'), ...listAt(schema, 'anyOf')]
  const others = all.filter((alternative) => resolved(root, alternative)['type'] !== 'null')
  return [others, others.length < all.length]
}

function both(a: ReadonlySet<string> | null, b: ReadonlySet<string> | null): ReadonlySet<string> | null {
  if (a === null || b === null) return a ?? b
  return new Set([...a].filter((value) => b.has(value)))
}

function typesOf(schema: Tree): ReadonlySet<string> | null {
  const { type } = schema
  if (typeof type === 'string') return new Set([type])
  if (Array.isArray(type)) return new Set(type.map(String))
  return isTree(schema['properties']) ? new Set(['object']) : null
}

function valuesOf(schema: Tree): ReadonlySet<string> | null {
  if ('const' in schema) return new Set([JSON.stringify(schema['const'])])
  return Array.isArray(schema['enum']) ? new Set(schema['enum'].map((value) => JSON.stringify(value))) : null
}
