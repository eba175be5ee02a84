// One visit of a page: what it loaded, how long it took, what went wrong on the way.
import type { Browser, Page } from 'playwright-core'
import { pause } from '../../../lib/deadline.ts'
import { messageOf } from '../../../lib/errors.ts'
import { publicUrl } from '../../fields.ts'
import { axeScript, READ_VITALS, violations, vitals, type Violation, type Vitals } from './in-page.ts'

/** Received, unpacked, by then a page is left: nobody means so much. */
const BYTES_MAX = 100_000_000
const DIALOGS_MAX = 20
const KEPT_MAX = 20

export interface VisitOptions {
  url: string
  viewport: { width: number; height: number }
  cookies: Readonly<Record<string, string>>
  /** The page may go on for so long after it has loaded. */
  settleMs: number
  selector?: string | undefined
  /** Options of `axe.run`; null: not asked for. */
  axe: Record<string, unknown> | null
  screenshot: boolean
}

/** A count, and the first few in words. */
export interface Kept {
  count: number
  first: string[]
}

export interface Visit extends Vitals {
  /** HTTP status of the page itself; null where it has none. */
  status: number | null
  title: string
  /** Bytes that came over the wire, frames of other sites aside. */
  bytes: number
  requests: number
  consoleErrors: Kept
  failedRequests: Kept
  /** Null: no selector was given. */
  selectorVisible: boolean | null
  violations: Violation[] | null
  png: Buffer | null
}

/** What kept the visit from its end. `page`: its own doing; `options`: what was asked cannot be. */
export interface Broken {
  broken: string
  by: 'page' | 'options' | 'us'
}

/** Opens the page, waits until it has loaded and settled, and looks. The browser must end with `signal`, and whatever hangs with it. */
export async function visit(browser: Browser, options: VisitOptions, signal: AbortSignal): Promise<Visit | Broken> {
  const { username, password, origin } = new URL(options.url)
  const context = await browser.newContext({
    viewport: options.viewport,
    acceptDownloads: false,
    serviceWorkers: 'block',
    ...(username ? { httpCredentials: { username: decoded(username), password: decoded(password), origin } } : {}),
  })
  const { hostname: domain } = new URL(options.url)
  const cookies = Object.entries(options.cookies).map(([name, value]) => ({ name, value, domain, path: '/' }))
  if (cookies.length > 0) await context.addCookies(cookies)
  const page = await context.newPage()
  context.on('page', (other) => void other.close().catch(() => {}))
  const watched = await watch(page)
  const broken = await Promise.race([open(page, withoutUser(options.url), signal), watched.tooMuch])
  if ('broken' in broken) return broken
  // What is too much can still come while the page is looked at.
  return Promise.race([inspect(page, broken.status, options, watched, signal), watched.tooMuch])
}

async function open(page: Page, url: string, signal: AbortSignal): Promise<Broken | { status: number | null }> {
  try {
    // No deadline of playwright's: the browser ends at ours.
    const response = await page.goto(url, { waitUntil: 'load', timeout: 0 })
    return { status: response?.status() ?? null }
  } catch (error) {
    if (signal.aborted) throw error
    const [said = ''] = messageOf(error).split('\n')
    return { broken: withoutQueries(said.replace(/^page\.goto: /, '')), by: 'page' }
  }
}

interface Watched {
  bytes: number
  requests: number
  consoleErrors: Kept
  failedRequests: Kept
  tooMuch: Promise<Broken>
}

async function watch(page: Page): Promise<Watched> {
  const { promise: tooMuch, resolve } = Promise.withResolvers<Broken>()
  const watched: Watched = { bytes: 0, requests: 0, consoleErrors: kept(), failedRequests: kept(), tooMuch }
  let [received, dialogs] = [0, 0]
  page.on('dialog', (dialog) => {
    dialog.dismiss().catch(() => {})
    if (++dialogs > DIALOGS_MAX) resolve({ broken: `it opens dialogs without end`, by: 'page' })
  })
  page.on('crash', () => resolve({ broken: 'it crashed', by: 'page' }))
  page.on('pageerror', (error) => keep(watched.consoleErrors, messageOf(error)))
  page.on('console', (message) => {
    // That an address could not be loaded is counted as a request that failed.
    const isRequest = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isRequest) keep(watched.consoleErrors, message.text())
  })
  page.on('request', () => watched.requests++)
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? 'failed'
    // Left by the page itself: it went on, or changed its mind.
    if (why !== 'net::ERR_ABORTED') keep(watched.failedRequests, `${request.url()}: ${why}`)
  })
  page.on('response', (response) => {
    const status = response.status()
    const isPage = response.request().isNavigationRequest() && response.frame() === page.mainFrame()
    if (status >= 400 && !isPage) keep(watched.failedRequests, `${response.url()}: status ${status}`)
  })
  const session = await page.context().newCDPSession(page)
  session.on('Network.dataReceived', ({ dataLength }) => {
    received += dataLength
    if (received > BYTES_MAX) resolve({ broken: `more than ${BYTES_MAX} bytes came`, by: 'page' })
  })
  session.on('Network.loadingFinished', ({ encodedDataLength }) => void (watched.bytes += encodedDataLength))
  await session.send('Network.enable')
  return watched
}

async function inspect(
  page: Page,
  status: number | null,
  { settleMs, selector, axe, screenshot }: VisitOptions,
  watched: Watched,
  signal: AbortSignal,
): Promise<Visit | Broken> {
  await pause(settleMs, signal)
  const seen = vitals.parse(await page.evaluate(READ_VITALS))
  let selectorVisible: boolean | null = null
  try {
    if (selector !== undefined) selectorVisible = await page.locator(selector).first().isVisible()
  } catch (error) {
    if (signal.aborted) throw error
    return { broken: `the selector could not be asked for: ${messageOf(error).split('\n')[0]}`, by: 'options' }
  }
  const found = axe && (await runAxe(page, axe, signal))
  if (found && 'broken' in found) return found
  const { bytes, requests, consoleErrors, failedRequests } = watched
  return {
    ...seen,
    status,
    title: (await page.title()).slice(0, 300),
    bytes,
    requests,
    consoleErrors,
    failedRequests,
    selectorVisible,
    violations: found,
    png: screenshot ? await page.screenshot({ type: 'png', timeout: 0 }) : null,
  }
}

async function runAxe(
  page: Page,
  options: Record<string, unknown>,
  signal: AbortSignal,
): Promise<Violation[] | Broken> {
  const axe = await import('axe-core').catch(() => null)
  if (!axe) return { broken: 'the npm package axe-core is not installed', by: 'us' }
  try {
    await page.evaluate(axe.default.source)
    return violations.parse(await page.evaluate(axeScript(options)))
  } catch (error) {
    if (signal.aborted) throw error
    return { broken: `axe-core gave no result: ${messageOf(error).split('\n')[0]}`, by: 'options' }
  }
}

const kept = (): Kept => ({ count: 0, first: [] })

function keep(list: Kept, text: string): void {
  if (list.count++ < KEPT_MAX) list.first.push(withoutQueries(text.slice(0, 300)))
}

/** Of every address only host and path; what stands beside and behind them may be secret. */
function withoutQueries(text: string): string {
  return text.replace(/(?:https?|wss?):\/\/[^\s"'<>]+/g, (address) => publicUrl(address))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function withoutUser(url: string): string {
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  return plain.href
}
