// A description of an API as a tree: parsed, its local references followed. What it describes with them may be a cycle.

export type Tree = Readonly<Record<string, unknown>>

/** It cannot be judged: no tree, too deep, too big, or parts of it lie elsewhere. */
export class Untellable extends Error {}

const REFERENCES_MAX = 32
const ALIASES_MAX = 100

/** The tree of JSON or YAML text. @throws Untellable */
export async function parseTree(text: string): Promise<Tree> {
  const { parse } = await import('yaml')
  let tree: unknown
  try {
    tree = /^\s*\{/.test(text) ? JSON.parse(text) : parse(text, { maxAliasCount: ALIASES_MAX, logLevel: 'error' })
  } catch (error) {
    // The message of a parser quotes the text; its first line is enough.
    throw new Untellable(
      `is neither JSON nor YAML: ${String((error as Error).message)
        .split('\n')[0]
        ?.slice(0, 200)}`,
    )
  }
  if (!isTree(tree)) throw new Untellable('is no object')
  return tree
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object at a key, or an empty one. */
export function treeAt(tree: Tree, key: string): Tree {
  const value = Object.hasOwn(tree, key) ? tree[key] : undefined
  return isTree(value) ? value : {}
}

/** The list at a key, or an empty one. */
export function listAt(tree: Tree, key: string): readonly unknown[] {
  const value = Object.hasOwn(tree, key) ? tree[key] : undefined
  return Array.isArray(value) ? value : []
}

/** What a node is once its references are followed. @throws Untellable where one leads nowhere, elsewhere or in a circle. */
export function resolved(root: Tree, node: unknown): Tree {
  let current = node
  for (let followed = 0; isTree(current) && typeof current['$ref'] === 'string'; followed++) {
    const reference = current['$ref']
    if (followed >= REFERENCES_MAX) throw new Untellable(`the reference ${reference} does not end`)
    if (!reference.startsWith('#')) throw new Untellable(`it refers to ${reference}, which lies outside of it`)
    const target = targetOf(root, reference)
    // Since 3.1 keywords may stand beside a reference.
    current =
      isTree(target) && Object.keys(current).length > 1 && !('$ref' in target) ? merged(target, current) : target
  }
  return isTree(current) ? current : {}
}

/** Made once for each node, so that a circle through it is recognised as one. */
const mergedNodes = new WeakMap<Tree, Tree>()

function merged(target: Tree, node: Tree): Tree {
  const known = mergedNodes.get(node)
  if (known) return known
  const { $ref: _, ...beside } = node
  const made = { ...target, ...beside }
  mergedNodes.set(node, made)
  return made
}

function targetOf(root: Tree, reference: string): unknown {
  let current: unknown = root
  for (const part of reference.split('/').slice(1)) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key))
      throw new Untellable(`it refers to ${reference}, which is not there`)
    current = (current as Tree)[key]
  }
  return current
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** A JSON pointer one step further. */
export function pointer(at: string, ...keys: (string | number)[]): string {
  return [at, ...keys.map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1'))].join('/')
}
