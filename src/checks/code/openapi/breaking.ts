// What a caller of the base could do and cannot any more. The rules are those of a careful reviewer; each break says which, and where.
import { isTree, pointer, type Tree } from './document.ts'
import { apiOf, type Api, type Operation } from './operations.ts'
import { SchemaComparison, type Break } from './schemas.ts'

/** Every break of promise between two documents. @throws Untellable */
export function breakingChanges(base: Tree, document: Tree): Break[] {
  const [before, after] = [apiOf(base), apiOf(document)]
  const sides = { before: base, after: document }
  const request = new SchemaComparison(sides, 'request')
  const response = new SchemaComparison(sides, 'response')
  const breaks = removed(before, after)
  for (const [key, old] of before.operations) {
    const young = after.operations.get(key)
    if (!young) continue
    breaks.push(...parameters(old, young, request))
    breaks.push(...body(old, young, request))
    breaks.push(...responses(old, young, response))
    breaks.push(...security(old, young))
  }
  return breaks
}

function removed(before: Api, after: Api): Break[] {
  const breaks: Break[] = []
  for (const prefix of before.prefixes)
    if (!after.prefixes.has(prefix)) breaks.push({ rule: 'server-path-removed', at: pointer('#', 'servers', prefix) })
  for (const [path, at] of before.paths) if (!after.paths.has(path)) breaks.push({ rule: 'path-removed', at })
  for (const [key, { at }] of before.operations)
    if (!after.operations.has(key) && after.paths.has(key.slice(0, key.lastIndexOf(' '))))
      breaks.push({ rule: 'operation-removed', at })
  return breaks
}

function parameters(old: Operation, young: Operation, request: SchemaComparison): Break[] {
  const breaks: Break[] = []
  for (const [key, parameter] of young.parameters) {
    const known = old.parameters.get(key)
    if (parameter.required && !known?.required && !key.startsWith('path '))
      breaks.push({ rule: 'request-parameter-required', at: parameter.at })
    if (known) breaks.push(...request.compare(known.schema, parameter.schema, pointer(parameter.at, 'schema')))
  }
  return breaks
}

function body(old: Operation, young: Operation, request: SchemaComparison): Break[] {
  if (!young.body) return []
  const breaks: Break[] = []
  if (young.body.required && !old.body?.required) breaks.push({ rule: 'request-body-required', at: young.body.at })
  for (const [type, schema] of old.body?.media ?? []) {
    const partner = mediaOf(young.body.media, type)
    const at = pointer(young.body.at, 'content', type)
    if (!partner) breaks.push({ rule: 'request-media-type-removed', at })
    else breaks.push(...request.compare(schema, partner.schema, pointer(at, 'schema')))
  }
  return breaks
}

function responses(old: Operation, young: Operation, response: SchemaComparison): Break[] {
  const breaks: Break[] = []
  for (const [code, { at, media }] of old.responses) {
    const partner = young.responses.get(code) ?? young.responses.get(`${code[0]}XX`) ?? young.responses.get('DEFAULT')
    if (!partner) {
      breaks.push({ rule: 'response-removed', at })
      continue
    }
    for (const [type, schema] of media) {
      const known = mediaOf(partner.media, type)
      const place = pointer(at, 'content', type)
      if (!known) breaks.push({ rule: 'response-media-type-removed', at: place })
      else breaks.push(...response.compare(schema, known.schema, pointer(place, 'schema')))
    }
  }
  return breaks
}

/** The schema of a media type, or of the range it is in. */
function mediaOf(media: ReadonlyMap<string, unknown>, type: string): { schema: unknown } | null {
  const found = [type, `${type.split('/')[0]}/*`, '*/*'].find((name) => media.has(name))
  return found === undefined ? null : { schema: media.get(found) }
}

function security(old: Operation, young: Operation): Break[] {
  const at = pointer(old.at, 'security')
  const isOpen = (operation: Operation): boolean => operation.security.some((way) => Object.keys(way).length === 0)
  if (!isOpen(old) && isOpen(young)) return [{ rule: 'security-removed', at }]
  // Whoever got in before has what one of the ways asks for now.
  const isLocked = old.security.some((way) => !young.security.some((other) => asksNoMore(other, way)))
  return isLocked ? [{ rule: 'security-tightened', at }] : []
}

function asksNoMore(asked: Tree, had: Tree): boolean {
  return Object.entries(asked).every(([scheme, scopes]) => {
    const own = isTree(had) && Object.hasOwn(had, scheme) ? had[scheme] : null
    return Array.isArray(own) && Array.isArray(scopes) && scopes.every((scope) => own.includes(scope))
  })
}
