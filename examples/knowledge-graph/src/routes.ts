// What the service answers: one pure-ish function from a request to a status and a JSON body.
import type { Graph, NewRelationship } from './graph.ts'

export interface Request {
  method: string
  url: URL
  /** Text of the body; empty where there is none. */
  body: string
}

export interface Answer {
  status: number
  body: unknown
}

export interface RouteContext {
  graph: Graph
  version: string
  /** Whether this version explains confidences at all. */
  explains: boolean
  now(): number
}

const LIMIT_DEFAULT = 50
const LIMIT_MAX = 500
const EVIDENCE_MAX = 100

/** Answers everything but `/metrics`. */
export function answer(request: Request, context: RouteContext): Answer {
  const path = request.url.pathname
  const [, entityId, relationships] = /^\/entities\/(\d{1,15})(\/relationships)?$/.exec(path) ?? []
  if (path === '/relationships') return request.method === 'POST' ? add(request.body, context) : notAllowed('POST')
  if (request.method !== 'GET' && request.method !== 'HEAD') return notAllowed('GET')
  if (path === '/health') return health(context)
  if (path === '/search') return search(request.url, context)
  if (entityId === undefined) return { status: 404, body: { error: `there is nothing at ${path}` } }
  const entity = context.graph.entity(Number(entityId))
  if (!entity) return { status: 404, body: { error: `there is no entity ${entityId}` } }
  return relationships ? listRelationships(entity.id, request.url, context) : { status: 200, body: entity }
}

function health(context: RouteContext): Answer {
  context.graph.probe()
  const schema = context.graph.schemaVersion()
  return { status: 200, body: { status: 'ok', version: context.version, schema, explains: explainsNow(context) } }
}

/** Version 2 runs on a schema that is not migrated yet too; it then answers as version 1 does. */
function explainsNow({ explains, graph }: RouteContext): boolean {
  return explains && graph.schemaVersion() >= 2
}

function search(url: URL, context: RouteContext): Answer {
  const prefix = url.searchParams.get('q')?.trim() ?? ''
  if (prefix === '') return { status: 400, body: { error: 'q is missing: the beginning of a name' } }
  return { status: 200, body: { entities: context.graph.search(prefix, limitOf(url)) } }
}

function listRelationships(entityId: number, url: URL, context: RouteContext): Answer {
  const read = explainsNow(context) ? context.graph.explainedRelationships : context.graph.relationships
  return { status: 200, body: { relationships: read(entityId, limitOf(url)) } }
}

function limitOf(url: URL): number {
  const limit = Number(url.searchParams.get('limit') ?? LIMIT_DEFAULT)
  return Number.isInteger(limit) && limit > 0 ? Math.min(limit, LIMIT_MAX) : LIMIT_DEFAULT
}

function add(body: string, { graph, now }: RouteContext): Answer {
  const relationship = readRelationship(body)
  if (typeof relationship === 'string') return { status: 400, body: { error: relationship } }
  const added = graph.add(relationship, now())
  if (!added) return { status: 422, body: { error: 'sourceId and targetId must be entities that exist' } }
  return { status: added.created ? 201 : 200, body: added }
}

function notAllowed(allowed: string): Answer {
  return { status: 405, body: { error: `only ${allowed} is possible here` } }
}

/** The relationship in a request body, or what is wrong with it. */
function readRelationship(body: string): NewRelationship | string {
  let value: Partial<NewRelationship> | null
  try {
    value = JSON.parse(body) as Partial<NewRelationship> | null
  } catch {
    return 'the body is not JSON'
  }
  const { sourceId, targetId, kind, evidence } = value ?? {}
  if (!isId(sourceId) || !isId(targetId)) return 'sourceId and targetId must be positive whole numbers'
  if (typeof kind !== 'string' || !/^[a-z][a-z_]{0,39}$/.test(kind)) return 'kind must be a lower-case word'
  if (!Array.isArray(evidence) || evidence.length === 0 || evidence.length > EVIDENCE_MAX)
    return `evidence must be a list of 1 to ${EVIDENCE_MAX}`
  for (const piece of evidence)
    if (typeof piece?.source !== 'string' || piece.source === '' || !(piece.weight >= 0 && piece.weight < 1))
      return 'each piece of evidence needs a source and a weight from 0 to below 1'
  return { sourceId, targetId, kind, evidence }
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0
}
