// What a page refers to on its own site: scripts, styles, images, links. Linear in the page, and bounded.

const TAG = /<(script|link|img|source|video|audio|iframe|a|base)\b((?:[^<>"']|"[^"]*"|'[^']*'){0,500})/gi
const ATTRIBUTE = /(?:^|\s)(src|href|srcset|poster|rel)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi
/** Links that ask for nothing: hints, feeds of others, the address of the page itself. */
const NOT_LOADED = /\b(?:preconnect|dns-prefetch|canonical|alternate|author|license|search)\b/i
const PAGE_CHARS_MAX = 2_000_000
const REFERENCES_MAX = 500
/** Only where the page is, which is nowhere: what leads elsewhere shows by another origin. */
const HERE = 'http://site.invalid/'

/** Paths on the site, without query and fragment, relative to its root; `page` is the path of the page itself. */
export function referencesOf(html: string, page: string): string[] {
  const text = html.slice(0, PAGE_CHARS_MAX).replaceAll(/<!--[\s\S]*?(?:-->|$)/g, '')
  let base = new URL(page, HERE)
  const found = new Set<string>()
  for (const [, tag = '', attributes = ''] of text.matchAll(TAG)) {
    const given = Object.fromEntries(
      [...attributes.matchAll(ATTRIBUTE)].map(([, name = '', a, b, c]) => [name.toLowerCase(), a ?? b ?? c ?? '']),
    )
    const name = tag.toLowerCase()
    if (name === 'base' && given.href && URL.canParse(given.href, base.href)) {
      base = new URL(given.href, base)
      continue
    }
    // Pages that are linked belong to the site only where they are files of it: routes of an application are none.
    const isLink = name === 'a'
    if (name === 'link' && NOT_LOADED.test(given.rel ?? '')) continue
    for (const reference of [given.src, given.href, given.poster, ...sourcesOf(given.srcset)]) {
      const path = pathOf(reference, base)
      if (path === null || (isLink && !/\.\w{2,5}$/.test(path))) continue
      if (found.size < REFERENCES_MAX) found.add(path)
    }
  }
  return [...found]
}

/** Addresses of `a.png 1x, b.png 2x`. */
function sourcesOf(srcset = ''): string[] {
  return srcset.split(/,\s+/).flatMap((source) => source.trim().split(/\s+/)[0] ?? [])
}

function pathOf(reference: string | undefined, base: URL): string | null {
  const text = reference?.replaceAll('&amp;', '&').trim() ?? ''
  if (text === '' || text.startsWith('#') || !URL.canParse(text, base.href)) return null
  const target = new URL(text, base)
  if (target.origin !== new URL(HERE).origin) return null
  const path = target.pathname.slice(1)
  return path === '' ? null : path
}
