// XML that other tools wrote, as elements. No entity is ever expanded, nothing outside is fetched.
import { Unreadable } from './report-file.ts'

export interface XmlElement {
  name: string
  attributes: Readonly<Record<string, string>>
  children: readonly XmlElement[]
  text: string
}

const DEPTH_MAX = 100
/** About two seconds of parsing, which nothing else can happen in. */
const XML_CHARS_MAX = 32 * 1024 * 1024

/** The root of the document. @throws Unreadable where it is no XML, or declares entities of its own. */
export async function parseXml(path: string, text: string): Promise<XmlElement> {
  if (text.length > XML_CHARS_MAX) throw new Unreadable(`${path} is XML of more than ${XML_CHARS_MAX >> 20} MiB`)
  if (/<!ENTITY/i.test(text)) throw new Unreadable(`${path} declares entities, which no report needs: it is not read`)
  const { XMLParser, XMLValidator } = await import('fast-xml-parser')
  if (XMLValidator.validate(text, { allowBooleanAttributes: true }) !== true) throw new Unreadable(`${path} is not XML`)
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    processEntities: false,
    parseTagValue: false,
    parseAttributeValue: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    maxNestedTags: DEPTH_MAX,
    cdataPropName: '#cdata',
  })
  try {
    const [root] = (parser.parse(text) as Node[]).flatMap(elementOf)
    if (root) return root
  } catch {
    // Deeper than any report, or names that are traps: of no use either way.
  }
  throw new Unreadable(`${path} is not XML that can be read`)
}

type Node = Record<string, unknown>

function elementOf(node: Node): XmlElement[] {
  const name = Object.keys(node).find((key) => key !== ':@')
  if (name === undefined || name.startsWith('#')) return []
  const inner = Array.isArray(node[name]) ? (node[name] as Node[]) : []
  const attributes = Object.entries((node[':@'] ?? {}) as Record<string, unknown>)
  return [
    {
      name,
      attributes: Object.fromEntries(attributes.map(([key, value]) => [key, decoded(String(value))])),
      children: inner.flatMap(elementOf),
      text: inner.map(textOf).join(''),
    },
  ]
}

function textOf(node: Node): string {
  if ('#text' in node) return decoded(String(node['#text']))
  return Array.isArray(node['#cdata'])
    ? (node['#cdata'] as Node[]).map((part) => String(part['#text'] ?? '')).join('')
    : ''
}

const NAMED: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

function decoded(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => NAMED[name] ?? '')
}

/** A figure of an attribute; null where there is none. */
export function figure(element: XmlElement, name: string): number | null {
  const text = element.attributes[name]?.trim() ?? ''
  return /^\d+(?:\.\d+)?(?:e-?\d+)?$/i.test(text) ? Number(text) : null
}

/** Every element of this name at any depth. */
export function descendants(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((child) =>
    child.name === name ? [child, ...descendants(child, name)] : descendants(child, name),
  )
}
