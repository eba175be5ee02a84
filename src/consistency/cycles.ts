// Nodes of a directed graph that lie on a cycle, in time linear in its edges.
import type { Value } from '../databases/database.ts'

/**
 * Tarjan's strongly connected components (SIAM J. Comput. 1(2), 1972), with a stack of its own instead of recursion: a chain may be as long
 * as the graph. A node is on a cycle when its component has others, or an edge of it leads to itself.
 */
export function nodesOnCycles(edges: readonly (readonly [Value, Value])[]): Value[] {
  const { nodes, starts, targets } = adjacencyOf(edges)
  const count = nodes.length
  const index = new Int32Array(count).fill(-1)
  const low = new Int32Array(count)
  const isOpen = new Uint8Array(count)
  const cursor = starts.slice(0, count)
  const open: number[] = []
  const path: number[] = []
  const found: Value[] = []
  let seen = 0
  const enter = (node: number): void => {
    index[node] = low[node] = seen++
    isOpen[node] = 1
    open.push(node)
    path.push(node)
  }
  const leave = (node: number): void => {
    path.pop()
    const above = path.at(-1)
    if (above !== undefined) low[above] = Math.min(low[above] ?? 0, low[node] ?? 0)
    if (low[node] !== index[node]) return
    const component = open.splice(open.lastIndexOf(node))
    for (const member of component) isOpen[member] = 0
    if (component.length > 1 || leadsToItself(node)) for (const member of component) found.push(nodes[member] ?? null)
  }
  const leadsToItself = (node: number): boolean => targets.subarray(starts[node], starts[node + 1]).includes(node)
  for (let root = 0; root < count; root++) {
    if (index[root] !== -1) continue
    enter(root)
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const at = cursor[node] ?? 0
      if (at === starts[node + 1]) {
        leave(node)
        continue
      }
      cursor[node] = at + 1
      const next = targets[at] ?? 0
      if (index[next] === -1) enter(next)
      else if (isOpen[next]) low[node] = Math.min(low[node] ?? 0, index[next] ?? 0)
    }
  }
  return found
}

/** Nodes numbered as they come; the targets of node n stand from `starts[n]` to `starts[n + 1]`. */
function adjacencyOf(edges: readonly (readonly [Value, Value])[]) {
  const numbers = new Map<Value, number>()
  const nodes: Value[] = []
  const numberOf = (value: Value): number => {
    const identity = value instanceof Uint8Array ? `bytes ${Buffer.from(value).toString('hex')}` : value
    const known = numbers.get(identity)
    if (known !== undefined) return known
    numbers.set(identity, nodes.length)
    return nodes.push(value) - 1
  }
  const ends = Int32Array.from(edges.flatMap(([from, to]) => [numberOf(from), numberOf(to)]))
  const starts = new Int32Array(nodes.length + 1)
  for (let edge = 0; edge < ends.length; edge += 2) starts[(ends[edge] ?? 0) + 1]!++
  for (let node = 0; node < nodes.length; node++) starts[node + 1]! += starts[node] ?? 0
  const free = starts.slice()
  const targets = new Int32Array(edges.length)
  for (let edge = 0; edge < ends.length; edge += 2) targets[free[ends[edge] ?? 0]!++] = ends[edge + 1] ?? 0
  return { nodes, starts, targets }
}
