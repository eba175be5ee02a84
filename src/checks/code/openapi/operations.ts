// The operations of an API in one form, whichever version of the format described them.
import { isTree, listAt, pointer, resolved, treeAt, type Tree } from './document.ts'

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const
const FORM = 'application/x-www-form-urlencoded'

export interface Parameter {
  name: string
  required: boolean
  schema: unknown
  at: string
}

interface Content {
  at: string
  /** Media type to schema. */
  media: ReadonlyMap<string, unknown>
}

export interface Operation {
  at: string
  /** By place and name; those of a path by their order in it, for their names are nobody's business. */
  parameters: ReadonlyMap<string, Parameter>
  body: (Content & { required: boolean }) | null
  responses: ReadonlyMap<string, Content>
  /** Any one of these lets a caller in: scheme to scopes. Empty inside: nobody is asked. */
  security: readonly Tree[]
}

export interface Api {
  root: Tree
  /** Paths with their parameters as `{}`, to where they stand. */
  paths: ReadonlyMap<string, string>
  /** By path and method: `/orders/{} get`. */
  operations: ReadonlyMap<string, Operation>
  /** Paths in front of all paths. */
  prefixes: ReadonlySet<string>
}

/** Everything that a caller can ask. */
export function apiOf(root: Tree): Api {
  const paths = new Map<string, string>()
  const operations = new Map<string, Operation>()
  for (const [path, written] of Object.entries(treeAt(root, 'paths'))) {
    if (!path.startsWith('/')) continue
    const template = path.replaceAll(/\{[^}]*\}/g, '{}')
    const at = pointer('#', 'paths', path)
    const item = resolved(root, written)
    paths.set(template, at)
    for (const method of METHODS)
      if (isTree(item[method])) operations.set(`${template} ${method}`, operationOf(root, item, path, method))
  }
  return { root, paths, operations, prefixes: prefixesOf(root) }
}

function operationOf(root: Tree, item: Tree, path: string, method: string): Operation {
  const at = pointer('#', 'paths', path, method)
  const tree = treeAt(item, method)
  // Those of the path first: an operation's own go over them.
  const all = [...listAt(item, 'parameters'), ...listAt(tree, 'parameters')].map((node) => resolved(root, node))
  const parameters = new Map<string, Parameter>()
  const names = [...path.matchAll(/\{([^}]*)\}/g)].map((match) => match[1])
  for (const parameter of all) {
    const place = String(parameter['in'])
    const name = String(parameter['name'])
    if (place === 'body' || place === 'formData') continue
    const key = place === 'path' ? names.indexOf(name) : place === 'header' ? name.toLowerCase() : name
    const schema = isTree(parameter['schema']) ? parameter['schema'] : (firstMedia(parameter) ?? parameter)
    parameters.set(`${place} ${key}`, {
      name,
      required: parameter['required'] === true,
      schema,
      at: pointer(at, 'parameters', name),
    })
  }
  const security = Array.isArray(tree['security']) ? tree['security'] : listAt(root, 'security')
  return {
    at,
    parameters,
    body: bodyOf(root, tree, all, at),
    responses: responsesOf(root, tree, at),
    security: security.length === 0 ? [{}] : security.filter(isTree),
  }
}

function firstMedia(parameter: Tree): unknown {
  const [media] = Object.values(treeAt(parameter, 'content'))
  return isTree(media) ? media['schema'] : undefined
}

function bodyOf(root: Tree, tree: Tree, parameters: readonly Tree[], at: string): Operation['body'] {
  if (isTree(tree['requestBody'])) {
    const body = resolved(root, tree['requestBody'])
    const place = pointer(at, 'requestBody')
    return { at: place, required: body['required'] === true, media: mediaOf(treeAt(body, 'content')) }
  }
  const place = pointer(at, 'parameters')
  const consumes = stringsOf(tree['consumes'] ?? root['consumes'])
  const body = parameters.find((parameter) => parameter['in'] === 'body')
  if (body) {
    const types = consumes.length > 0 ? consumes : ['application/json']
    return {
      at: place,
      required: body['required'] === true,
      media: new Map(types.map((type) => [type, body['schema']])),
    }
  }
  const fields = parameters.filter((parameter) => parameter['in'] === 'formData')
  if (fields.length === 0) return null
  const required = fields.filter((field) => field['required'] === true).map((field) => String(field['name']))
  const properties = Object.fromEntries(
    fields.map((field) => [String(field['name']), { ...field, required: undefined }]),
  )
  const schema = { type: 'object', properties, required }
  const types = consumes.length > 0 ? consumes : [FORM]
  return { at: place, required: required.length > 0, media: new Map(types.map((type) => [type, schema])) }
}

function responsesOf(root: Tree, tree: Tree, at: string): Operation['responses'] {
  const responses = new Map<string, Content>()
  for (const [code, written] of Object.entries(treeAt(tree, 'responses'))) {
    if (code.startsWith('x-')) continue
    const response = resolved(root, written)
    const produces = stringsOf(tree['produces'] ?? root['produces'])
    const types = produces.length > 0 ? produces : ['application/json']
    const media = isTree(response['schema'])
      ? new Map(types.map((type) => [type, response['schema']]))
      : mediaOf(treeAt(response, 'content'))
    responses.set(code.toUpperCase(), { at: pointer(at, 'responses', code), media })
  }
  return responses
}

function mediaOf(content: Tree): Map<string, unknown> {
  return new Map(
    Object.entries(content).map(([type, media]) => [
      type.split(';')[0]?.trim().toLowerCase() ?? type,
      isTree(media) ? media['schema'] : undefined,
    ]),
  )
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}

function prefixesOf(root: Tree): Set<string> {
  if (typeof root['swagger'] === 'string') return new Set([plain(String(root['basePath'] ?? '/'))])
  const servers = listAt(root, 'servers').filter(isTree)
  const prefixes = servers.map((server) => {
    const variables = treeAt(server, 'variables')
    const url = String(server['url'] ?? '/').replaceAll(/\{([^}]*)\}/g, (_, name: string) =>
      String(treeAt(variables, name)['default'] ?? ''),
    )
    return URL.canParse(url, 'http://localhost') ? plain(new URL(url, 'http://localhost').pathname) : '/'
  })
  return new Set(prefixes.length > 0 ? prefixes : ['/'])
}

function plain(path: string): string {
  return path.replace(/\/+$/, '') || '/'
}
