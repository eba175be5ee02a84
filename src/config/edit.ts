// Editing gonogo.yaml as a person would: lines are put in, and every other byte stays as it is.
import { isDeepStrictEqual } from 'node:util'
import { Document, LineCounter, isAlias, isMap, isScalar, parse, parseDocument, stringify, type YAMLMap } from 'yaml'
import { PlanError } from '../lib/errors.ts'

type Bindings = Readonly<Record<string, unknown>>

/** Longer entries are written over several lines. */
const LINE_CHARACTERS_MAX = 110

/**
 * The text of gonogo.yaml with these bindings added; one that exists is not replaced.
 * @throws PlanError where the text is not YAML.
 */
export function addBindings(text: string, bindings: Bindings): string {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length > 0) throw new PlanError('is not valid YAML', { file: 'gonogo.yaml' })
  const added = Object.fromEntries(Object.entries(bindings).filter(([id]) => !document.hasIn(['bindings', id])))
  if (Object.keys(added).length === 0) return text
  const spliced = splice(text, document, lines, added)
  return spliced !== null && holds(spliced, document, added) ? spliced : rewrite(document, added)
}

/** The lines put where they belong; null where `bindings` is written in a way that has no place for lines. */
function splice(text: string, document: Document, lines: LineCounter, added: Bindings): string | null {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const render = (indent: number): string =>
    Object.entries(added)
      .map(([id, entry]) => renderEntry(id, entry, indent).replaceAll('\n', newline))
      .join('')
  const root = document.contents
  if (!isMap(root)) return null
  const pair = root.items.find(({ key }) => isScalar(key) && key.value === 'bindings')
  if (!pair) return `${endLine(text, newline)}${newline}bindings:${newline}${render(2)}`
  const { key, value } = pair
  if (isMap(value) && !value.flow && value.items.length > 0) {
    const first = startOf(value)
    return first === null ? null : insertAfterLine(text, lastByte(value), newline, render(lines.linePos(first).col - 1))
  }
  const keyEnd = isScalar(key) ? key.range?.[1] : undefined
  if (keyEnd === undefined) return null
  const isEmpty = value === null || (isScalar(value) && value.value === null && value.source === '')
  if (isEmpty) return insertAfterLine(text, keyEnd, newline, render(2))
  if (!isMap(value) || value.items.length > 0 || !value.range) return null
  const [start, end] = value.range
  const opened = text.slice(0, start).trimEnd() + text.slice(end)
  return insertAfterLine(opened, keyEnd, newline, render(2))
}

function startOf(map: YAMLMap): number | null {
  const key = map.items[0]?.key
  return isScalar(key) ? (key.range?.[0] ?? null) : null
}

/** Where the last entry's value ends; comments behind it stay behind what is put in, or in front where they are on its line. */
function lastByte(map: YAMLMap): number {
  const last = map.items.at(-1)
  let node = last?.value
  while (isMap(node) && !node.flow && node.items.length > 0) node = node.items.at(-1)?.value
  const range = (isScalar(node) || isMap(node) || isAlias(node)) && node.range ? node.range : map.range
  return range?.[1] ?? 0
}

function insertAfterLine(text: string, offset: number, newline: string, inserted: string): string {
  // A block scalar ends behind its last line break already.
  const end = offset > 0 && text[offset - 1] === '\n' ? offset : text.indexOf('\n', offset) + 1
  if (end === 0) return `${text}${newline}${inserted}`
  return text.slice(0, end) + inserted + text.slice(end)
}

function endLine(text: string, newline: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}${newline}`
}

function renderEntry(id: string, entry: unknown, indent: number): string {
  const pad = ' '.repeat(indent)
  const key = stringify(id, { lineWidth: 0 }).trim()
  const flow = new Document(entry)
  if (isMap(flow.contents)) flow.contents.flow = true
  const line = flow.toString({ lineWidth: 0 }).trim()
  const fits = (width: number): boolean => width + line.length <= LINE_CHARACTERS_MAX && !line.includes('\n')
  if (fits(indent + key.length + 2)) return `${pad}${key}: ${line}\n`
  const rows = fits(indent + 2) ? [line] : stringify(entry, { lineWidth: 0 }).trimEnd().split('\n')
  return `${pad}${key}:\n${rows.map((row) => `${pad}  ${row}\n`).join('')}`
}

/** Whether the text says what the document said, with these bindings, and nothing else. */
function holds(text: string, document: Document, added: Bindings): boolean {
  const before = (document.toJS() ?? {}) as Record<string, unknown>
  const wanted = { ...before, bindings: { ...(before.bindings as object | null), ...added } }
  try {
    return isDeepStrictEqual(parse(text), wanted)
  } catch {
    return false
  }
}

/** The last resort, for `bindings` written in braces: comments and order stay, spacing may not. */
function rewrite(document: Document, added: Bindings): string {
  if (!isMap(document.get('bindings'))) document.set('bindings', document.createNode({}))
  for (const [id, entry] of Object.entries(added)) document.setIn(['bindings', id], document.createNode(entry))
  return document.toString({ lineWidth: 0 })
}
