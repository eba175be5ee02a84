// Kubernetes documents of a file, with the lines their fields stand in.
import { LineCounter, isNode, parseAllDocuments, type Document } from 'yaml'
import { PlanError } from '../../lib/errors.ts'

export interface ImportFile {
  /** For messages. */
  path: string
  text: string
}

export type Keys = readonly (string | number)[]

/** One document, or one item of a list of them. */
export interface Resource {
  file: string
  kind: string
  name: string
  value: Readonly<Record<string, unknown>>
  /** 1-based, of the deepest key on the way that is there. */
  lineOf(keys: Keys): number
}

const BYTES_MAX = 4 << 20
const LISTED_MAX = 1000

/** @throws PlanError with file and line where it is no YAML. */
export function readResources({ path, text }: ImportFile): Resource[] {
  if (text.length > BYTES_MAX) throw new PlanError(`is longer than ${BYTES_MAX / (1 << 20)} MB`, { file: path })
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines })
  return [...documents].flatMap((document) => {
    const [problem] = document.errors
    if (problem) {
      const message = problem.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'not YAML'
      throw new PlanError(message, { file: path, line: lines.linePos(problem.pos[0]).line, ...hintFor(text) })
    }
    return resourcesOf(document, valueOf(document, path), [], { path, lines })
  })
}

/** Templates that nobody has filled. */
function hintFor(text: string): { hint?: string } {
  if (text.includes('{{')) return { hint: 'render the chart first: helm template' }
  return text.includes('<%') ? { hint: 'fill the Ruby in it first: erb FILE' } : {}
}

/** @throws PlanError where aliases blow a document up. */
function valueOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    throw new PlanError(error instanceof Error ? error.message : String(error), { file })
  }
}

function resourcesOf(
  document: Document,
  value: unknown,
  at: Keys,
  source: { path: string; lines: LineCounter },
): Resource[] {
  const map = mapOf(value)
  if (!map) return []
  if (map.kind === 'List' && Array.isArray(map.items))
    return map.items
      .slice(0, LISTED_MAX)
      .flatMap((item, index) => resourcesOf(document, item, [...at, 'items', index], source))
  const name = mapOf(map.metadata)?.name ?? mapOf(map.metadata)?.generateName
  const lineOf = (keys: Keys): number => lineIn(document, source.lines, [...at, ...keys])
  return [{ file: source.path, kind: String(map.kind ?? ''), name: String(name ?? 'unnamed'), value: map, lineOf }]
}

/** A key's own line, not that of its value, which may begin on the next. */
function lineIn(document: Document, lines: LineCounter, keys: Keys): number {
  let offset = document.contents?.range?.[0] ?? 0
  for (let length = 1; length <= keys.length; length++) {
    const key = keys[length - 1]
    const parent = length === 1 ? document.contents : document.getIn(keys.slice(0, length - 1), true)
    const pair = (parent as { items?: { key?: unknown }[] } | null)?.items?.find(
      (item) => String((item.key as { value?: unknown } | undefined)?.value) === String(key),
    )
    const node: unknown = pair?.key ?? document.getIn(keys.slice(0, length), true)
    if (!isNode(node) || !node.range) break
    offset = node.range[0]
  }
  return lines.linePos(offset).line
}

/** The value where it is a map, else null. */
export function mapOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

/** The value where it is a list, else an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A number, also one that was written as text; null where there is none. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^[+-]?\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : null
}
