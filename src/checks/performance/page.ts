// A page as a browser sees it: how fast it loads, what goes wrong on it, what stands on it, whether everybody can use it.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { withDeadline } from '../../lib/deadline.ts'
import { messageOf } from '../../lib/errors.ts'
import { formatSize } from '../../lib/size.ts'
import { failed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext, type Recognise } from '../check.ts'
import { publicUrl } from '../fields.ts'
import { look } from '../look.ts'
import { allWordsOf, find, isPlaceholder, propose, SURE } from '../words.ts'
import { findAddress } from './find-address.ts'
import { judgePage } from './page/judge.ts'
import { pageFields, type PageOptions } from './page/options.ts'
import type { Visit } from './page/visit.ts'

export const page = defineCheck({
  id: 'page',
  summary: 'opens a page in a browser and judges load time, errors, content, weight and accessibility',
  options: pageFields,
  example: {
    url: 'https://shop.internal/',
    loadMsMax: 3000,
    consoleErrorsMax: 0,
    failedRequestsMax: 0,
    accessibility: { impactMin: 'serious' },
  },
  failingExample: { url: 'http://127.0.0.1:1/' },
  secretFields: ['url', 'cookies'],
  remedy: 'open the page in a browser with its developer tools and look at console and network',
  needs: 'the npm package playwright-core and Chromium or Chrome; the npm package axe-core for accessibility',
  alone: true,
  recognise: (item) => recognisePage(item),

  describe(options) {
    return [`open ${publicUrl(options.url)} in a browser: it loads`, ...wantedOf(options)].join(', ')
  },

  run: (options, context) => look(context, () => openPage(options, context)),
})

async function openPage(options: PageOptions, context: CheckContext): Promise<Outcome> {
  const { startBrowser } = await import('./page/browser.ts')
  const { visit } = await import('./page/visit.ts')
  const where = publicUrl(options.url)
  const found = await findAddress(options.url, options.timeoutMs, context.signal)
  if ('problem' in found) return failed(`${where} takes no connections: ${found.problem}`)
  const deadline = withDeadline(options.timeoutMs, context.signal)
  const hosts = options.hosts ? [new URL(options.url).hostname, ...options.hosts] : null
  const { executablePath } = options
  const browser = await startBrowser({ executablePath, hosts, path: context.env['PATH'] ?? '' }, deadline)
  if ('problem' in browser) return unverified(`${where}: ${browser.problem}`, { remedy: browser.remedy })
  try {
    const { width, height } = options
    const asked = {
      ...options,
      viewport: { width, height },
      axe: axeOptionsOf(options),
      screenshot: !!options.screenshot,
    }
    const seen = await visit(browser, asked, deadline)
    if (!('broken' in seen)) {
      const unkept = await keepPicture(options, seen, context.directory)
      return judgePage(where, options, seen, unkept)
    }
    const said = `${where}: ${seen.broken}`
    return seen.by === 'page'
      ? failed(said)
      : unverified(said, { remedy: 'correct the options, or install what is missing' })
  } catch (error) {
    if (!deadline.aborted) return unverified(`${where}: the browser broke off: ${messageOf(error).split('\n')[0]}`)
    return failed(`${where} was not loaded and looked at within ${options.timeoutMs} ms`)
  } finally {
    await browser.close().catch(() => {})
  }
}

function axeOptionsOf({ accessibility }: PageOptions): Record<string, unknown> | null {
  if (!accessibility) return null
  const { rules, tags, except = [] } = accessibility
  const runOnly = rules ? { type: 'rule', values: rules } : tags ? { type: 'tag', values: tags } : undefined
  return {
    ...(runOnly ? { runOnly } : {}),
    rules: Object.fromEntries(except.map((rule) => [rule, { enabled: false }])),
  }
}

/** Where the picture was asked for: keeps it, or gives why it could not be kept. */
async function keepPicture({ screenshot }: PageOptions, { png }: Visit, directory: string): Promise<string | null> {
  if (screenshot === undefined || png === null) return null
  const file = resolve(directory, screenshot)
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, png)
    return null
  } catch (error) {
    return `its picture could not be kept: ${messageOf(error)}`
  }
}

function wantedOf(options: PageOptions): string[] {
  const { accessibility } = options
  const wanted: [unknown, string][] = [
    [options.domContentLoadedMsMax, `document read within ${options.domContentLoadedMsMax} ms`],
    [options.loadMsMax, `within ${options.loadMsMax} ms`],
    [options.largestContentfulPaintMsMax, `largest paint within ${options.largestContentfulPaintMsMax} ms`],
    [options.layoutShiftMax, `layout shift at most ${options.layoutShiftMax}`],
    [options.bytesMax, `at most ${formatSize(options.bytesMax ?? 0)}`],
    [options.consoleErrorsMax, `at most ${options.consoleErrorsMax} console errors`],
    [options.failedRequestsMax, `at most ${options.failedRequestsMax} failed requests`],
    [options.text, `"${options.text}" is seen`],
    [options.selector, `${options.selector} is visible`],
    [options.titleMatches, `title matches /${options.titleMatches}/`],
    [
      accessibility,
      `at most ${accessibility?.violationsMax} ${accessibility?.impactMin} accessibility violations (axe)`,
    ],
    [options.screenshot, `picture kept in ${options.screenshot}`],
  ]
  return wanted.filter(([value]) => value !== undefined).map(([, words]) => words)
}

/** What words say of a page, and the options that hold it; null where a figure is wanting. */
const CLAIMS: readonly { said: RegExp; optionsOf: (maxMs: number | null) => Record<string, unknown> | null }[] = [
  {
    said: /\b(?:LCP|largest contentful paint)\b/i,
    optionsOf: (maxMs) => (maxMs === null ? null : { largestContentfulPaintMsMax: maxMs }),
  },
  {
    said: /\b(?:home ?|landing |web ?)?pages? loads?(?:ing)?(?:[- ]?times?)?\b|\bload(?:ing)?[- ]time of (?:the )?(?:home ?|landing |web ?)?page\b/i,
    optionsOf: (maxMs) => (maxMs === null ? null : { loadMsMax: maxMs }),
  },
  {
    said: /\b(?:no|zero|without|free of)\s+(?:(?:javascript|js|browser)\s+)?(?:console|javascript|js)[- ](?:errors?)\b|\bconsole\s+(?:is\s+)?(?:free of|has no|shows no)\s+errors?\b/i,
    optionsOf: () => ({ consoleErrorsMax: 0 }),
  },
  {
    said: /\baxe(?:-core)?\b[^\n]{0,40}\b(?:no|zero|0)\s+(?:\w+\s+)?violations?\b|\b(?:no|zero|0)\s+(?:\w+\s+)?(?:axe|accessibility) violations?\b/i,
    optionsOf: () => ({ accessibility: {} }),
  },
]
const ELSE = /\b(?:lighthouse|alerts?|monitor\w*|dashboards?|if|fix\w*|review\w*|document\w*|admin|server|api)\b/i

function recognisePage(item: Parameters<Recognise>[0]): ReturnType<Recognise> {
  const words = allWordsOf(item)
  if (ELSE.test(words) || item.commands.length > 0) return null
  const bounds = item.thresholds.filter(
    ({ unit, operator, value }) => unit === 'ms' && operator.startsWith('<') && value,
  )
  const maxMs = bounds.length === 1 ? (bounds[0]?.value ?? null) : null
  const quotes: string[] = []
  const options: Record<string, unknown> = {}
  for (const { said, optionsOf } of CLAIMS) {
    const claim = find(words, said)
    const found = claim && optionsOf(maxMs)
    if (!claim || !found) continue
    quotes.push(claim)
    Object.assign(options, found)
  }
  // One figure cannot bound two times.
  if (quotes.length === 0 || ('loadMsMax' in options && 'largestContentfulPaintMsMax' in options)) return null
  const address = find(words, /https?:\/\/[^\s`"'<>)\]]+/i)?.replace(/[.,;:]+$/, '')
  if (address && (isPlaceholder(address) || !URL.canParse(address))) return null
  return address
    ? propose(SURE.named, { url: address, ...options }, [address, ...quotes])
    : propose(
        SURE.likely,
        { url: '${env:BASE_URL}/', ...options },
        quotes,
        'no address in the words: set BASE_URL to where the release answers',
      )
}
