// With a real Chromium, Debian's, on pages of our own: good ones, bad ones and ones that mean harm.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { page } from './page.ts'

const PASSWORD = 'correct-horse-battery'
const installed = isProgramThere('chromium', 'chromium')
if (!installed) console.warn('SKIPPED: page.services.test.ts needs chromium, which could not be installed')

const html = (body: string, title = 'Shop'): string =>
  `<!doctype html><html lang="en"><head><title>${title}</title><link rel="icon" href="data:,"></head><body><main>${body}</main></body></html>`

const PAGES: Record<string, string> = {
  '/': html('<h1>Welcome</h1><p id="late"></p><script>setTimeout(() => { late.textContent = "prices" }, 100)</script>'),
  '/errors': html('<h1>Bad</h1><img alt="" src="/gone.png"><script>console.error("first"); nothing.at.all</script>'),
  '/blind': html('<h1>Form</h1><input><img src="data:,">'),
  '/dialogs': html('<script>setInterval(() => alert("again"), 1)</script>'),
  '/popups': html('<h1>Popups</h1><script>for (let i = 0; i < 20; i++) open("/")</script>'),
  '/busy': html('<h1>Busy</h1><script>for (;;);</script>'),
  '/noisy': html(
    '<h1>Noisy</h1><script>for (let i = 0; i < 5000; i++) console.error("\u001b[2J" + "x".repeat(5000))</script>',
  ),
  '/shifting': html(
    '<div id="a"></div><h1>Jumps</h1><script>requestAnimationFrame(() => setTimeout(() => { a.style.height = "400px" }, 50))</script>',
  ),
  '/elsewhere': html('<h1>Elsewhere</h1><img alt="" src="http://localhost:PORT/pixel.png">'),
  '/wandering': html('<script>location.href = "/wandering?" + Math.random()</script>'),
}

describe.skipIf(!installed)('page in a real Chromium', () => {
  let server: Server
  let hostile: HostileServer
  let base = ''
  let directory = ''
  let seen: string[] = []

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.split('?')[0] ?? '/'
    seen.push(`${path} ${request.headers.cookie ?? ''}`)
    if (path === '/private') {
      const right = `Basic ${Buffer.from(`ops:${PASSWORD}`).toString('base64')}`
      if (request.headers.authorization === right) return void response.end(html('inside'))
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    }
    const text = PAGES[path]?.replace('PORT', new URL(base).port)
    response.writeHead(text ? 200 : 404, { 'content-type': 'text/html' }).end(text)
  }

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gonogo-page-'))
    hostile = await startHostile()
    server = createServer(answer).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    server.close()
    server.closeAllConnections()
    await hostile.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const at = (path: string, extra: Record<string, unknown> = {}) => ({
    options: { url: path.startsWith('http') ? path : base + path, settleMs: 300, ...extra },
    context: { directory },
  })

  checkContract(page, {
    passing: () => at('/', { loadMsMax: 20_000, consoleErrorsMax: 0, failedRequestsMax: 0, text: 'prices' }),
    failing: () => at('/errors', { consoleErrorsMax: 0 }),
    unverified: () => at('/', { executablePath: '/nowhere/chromium' }),
    slow: () => at(`${hostile.url}/silent`),
    unreachable: { status: 'failed', case: () => at('http://127.0.0.1:1/') },
    hostile: {
      'a body of 10 GB': { status: 'failed', case: () => at(`${hostile.url}/endless`, { timeoutMs: 15_000 }) },
      'redirects without end': { status: 'failed', case: () => at(`${hostile.url}/redirects`) },
      'a byte now and then': { status: 'failed', case: () => at(`${hostile.url}/drip`, { timeoutMs: 3000 }) },
      'no HTTP': { status: 'failed', case: () => at(hostile.garbageUrl) },
      'a certificate nobody trusts': {
        status: 'failed',
        case: () => at(hostile.tlsUrl ?? 'https://127.0.0.1:1/'),
      },
      'dialogs without end': { status: 'failed', case: () => at('/dialogs', { timeoutMs: 15_000 }) },
      'windows that open windows': { status: 'passed', case: () => at('/popups') },
      'a script that never ends': { status: 'failed', case: () => at('/busy', { timeoutMs: 3000 }) },
      'a page that never stays': {
        status: 'failed',
        case: () => at('/wandering', { timeoutMs: 3000, text: 'arrived' }),
      },
      'thousands of long errors': { status: 'failed', case: () => at('/noisy', { consoleErrorsMax: 0 }) },
      'a plain 401': { status: 'failed', case: () => at(`${hostile.url}/401`) },
    },
    secret: {
      value: PASSWORD,
      case: () =>
        at(`${base.replace('//', `//ops:${PASSWORD}@`)}/private?key=${PASSWORD}`, { cookies: { session: PASSWORD } }),
    },
    mentions: () => [`${base}/`, '20000 ms', '0 console errors', '"prices"'],
    recognises: {
      clear: [
        'No JavaScript console errors',
        'Browser console shows no errors on https://shop.internal/',
        { text: 'Homepage loads in under 2 s', thresholds: [thresholdOf('<', 2000, 'ms', 'under 2 s')] },
      ],
      unclear: ['Page loads', 'Console errors reviewed', 'No errors in the logs'],
    },
  })

  it('measures what a browser measures', async () => {
    const outcome = await runCheck(page, at('/'))
    const names = outcome.measurements.map(({ name }) => name)
    for (const name of ['load', 'first contentful paint', 'largest contentful paint', 'layout shift', 'page weight'])
      expect(names).toContain(name)
    expect(outcome.measurements.find(({ name }) => name === 'page weight')?.value).toBeGreaterThan(
      (PAGES['/'] ?? '').length,
    )
  })

  it('counts uncaught errors, console errors and requests that failed, apart', async () => {
    const { measurements, evidence } = await runCheck(page, at('/errors'))
    expect(measurements).toContainEqual({ name: 'console errors', value: 2, unit: 'count' })
    expect(measurements).toContainEqual({ name: 'failed requests', value: 1, unit: 'count' })
    expect(evidence[0]?.content).toMatch(/gone\.png: status 404/)
  })

  it('sees the layout jump', async () => {
    expect(await runCheck(page, at('/shifting', { layoutShiftMax: 0.01 }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('layout shift'),
    })
  })

  it('finds by axe what keeps people out, by impact and by rule', async () => {
    const accessibility = { impactMin: 'serious' }
    expect(await runCheck(page, at('/', { accessibility }))).toMatchObject({ status: 'passed' })
    const outcome = await runCheck(page, at('/blind', { accessibility }))
    expect(outcome).toMatchObject({ status: 'failed', summary: expect.stringMatching(/label/) })
    const except = ['label', 'image-alt']
    expect(await runCheck(page, at('/blind', { accessibility: { except } }))).toMatchObject({ status: 'passed' })
    const rules = ['document-title']
    expect(await runCheck(page, at('/blind', { accessibility: { rules } }))).toMatchObject({ status: 'passed' })
    const unknown = { accessibility: { rules: ['no-such-rule'] } }
    expect(await runCheck(page, at('/blind', unknown))).toMatchObject({ status: 'unverified' })
  })

  it('keeps a picture, looks for what is visible, sends its cookies to its host', async () => {
    seen = []
    const options = { screenshot: 'pictures/shop.png', selector: 'h1', titleMatches: '^Shop$', cookies: { plan: 'b' } }
    expect(await runCheck(page, at('/', options))).toMatchObject({ status: 'passed' })
    expect(readFileSync(join(directory, 'pictures/shop.png')).subarray(1, 4).toString()).toBe('PNG')
    expect(seen).toContain('/ plan=b')
    expect(await runCheck(page, at('/', { selector: '#not-there' }))).toMatchObject({ status: 'failed' })
    expect(await runCheck(page, at('/', { selector: '###' }))).toMatchObject({ status: 'unverified' })
  })

  it('reaches no host but those it was given', async () => {
    const pixels = async (hosts?: string[]): Promise<number> => {
      seen = []
      await runCheck(page, at('/elsewhere', hosts ? { hosts } : {}))
      return seen.filter((line) => line.startsWith('/pixel.png')).length
    }
    expect(await pixels()).toBe(1)
    expect(await pixels([])).toBe(0)
    expect(await pixels(['localhost'])).toBe(1)
  })

  it('leaves no browser behind', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 1500)
    await runCheck(page, { ...at('/busy'), context: { signal: controller.signal } })
    const children = (): string[] => {
      const file = `/proc/self/task/${process.pid}/children`
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').filter(Boolean) : []
    }
    const browsers = (): string[] =>
      children().filter(
        (pid) => existsSync(`/proc/${pid}/cmdline`) && /chrom/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')),
      )
    for (let tries = 0; tries < 100 && browsers().length > 0; tries++)
      await new Promise((done) => setTimeout(done, 100))
    expect(browsers()).toEqual([])
  })
})
