// Which site an item speaks of: its address, its host, or a path on the release's own.
import { hostsOf, allWordsOf, find, isPlaceholder, SURE } from '../words.ts'
import type { Recognise } from '../check.ts'

type Words = Parameters<Recognise>[0]

export interface Site {
  url: string
  /** How sure a proposal for it can be, where less than what the words claim. */
  sure?: number
  quotes: string[]
  remark?: string
}

/** A path in code, with or without a method. */
const PATH = /^(?:GET |HEAD )?(\/[\w.~/*-]*)$/
const OF_FILES = /^\/(?:etc|var|usr|opt|home|tmp|srv|mnt|root|bin|dev|proc)\b|\.(?:sh|log|conf|env|db|service|py)$|\*/

/** The one path an item names in code, or null. */
function pathOf(item: Words): string | null {
  const paths = [...new Set(item.code.flatMap((span) => PATH.exec(span.trim())?.[1] ?? []))]
  const [path, ...others] = paths
  return path && others.length === 0 && !OF_FILES.test(path) ? path : null
}

/**
 * The site of an item; where none is named, the release's own, of which `BASE_URL` has to say where it is. Null where several are
 * named, or one that stands for another.
 */
export function siteOf(item: Words, scheme = 'https'): Site | null {
  const words = allWordsOf(item)
  const written = find(words, /(?:https?|wss?):\/\/[^\s`"'<>)\]]+/i)?.replace(/[.,;:]+$/, '')
  if (written !== undefined)
    return isPlaceholder(written) || !URL.canParse(written) ? null : { url: written, quotes: [written] }
  const [host, ...others] = hostsOf(item)
  if (others.length > 0) return null
  const path = pathOf(item)
  if (host) return { url: `${scheme}://${host}${path ?? '/'}`, quotes: [host, ...(path ? [path] : [])] }
  // Something was written where an address stands, and it is none.
  if (isPlaceholder(words)) return null
  const remark = 'no host in the words: set BASE_URL to where the release answers'
  const url = `\${env:BASE_URL}${path ?? '/'}`
  return path ? { url, sure: SURE.likely, quotes: [path], remark } : { url, sure: SURE.assumed, quotes: [], remark }
}
