// What needs no browser. Everything else of the kind, its contract too, is tried with a real one in page.services.test.ts.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { itemOf, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { page } from './page.ts'
import { judgePage } from './page/judge.ts'
import { pageFields } from './page/options.ts'
import type { Visit } from './page/visit.ts'

let server: Server
let url = ''
let empty = ''
beforeAll(async () => {
  empty = mkdtempSync(`${tmpdir()}/gonogo-page-`)
  server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://ops:hidden@127.0.0.1:${(server.address() as AddressInfo).port}/?key=hidden`
})
afterAll(() => {
  server.close()
  rmSync(empty, { recursive: true })
})

describe('without a browser', () => {
  it('is unverified, names what to install and shows no secret', async () => {
    const outcome = await runCheck(page, { options: { url, executablePath: `${empty}/no-browser` } })
    expect(outcome).toMatchObject({ status: 'unverified', remedy: expect.stringContaining('playwright-core') })
    expect(JSON.stringify(outcome)).not.toContain('hidden')
  })

  it('fails on any machine where nothing answers', async () => {
    expect(await runCheck(page, { options: page.failingExample, context: { directory: empty } })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('ECONNREFUSED'),
    })
  })

  it('says what it would look at', () => {
    const text = page.describe(page.options.parse({ ...(page.example as object), url, bytesMax: '2 MB' }))
    for (const words of ['within 3000 ms', '2 MB', 'serious accessibility violations']) expect(text).toContain(words)
    expect(text).not.toContain('hidden')
  })

  it.each([['a host that would be a rule of its own', { hosts: ['a.internal, EXCLUDE *'] }]])(
    'refuses %s',
    (_, extra) => {
      expect(page.options.safeParse({ url: 'http://shop.internal/', ...extra }).success).toBe(false)
    },
  )
})

const none = { count: 0, first: [] }
const FINE: Visit = {
  domContentLoadedMs: 100,
  loadMs: 200,
  firstContentfulPaintMs: 150,
  largestContentfulPaintMs: 300,
  layoutShift: 0.05,
  text: 'Welcome to the shop',
  status: 200,
  title: 'Shop',
  bytes: 5000,
  requests: 4,
  consoleErrors: none,
  failedRequests: none,
  selectorVisible: null,
  violations: [],
  png: null,
}
const judged = (options: Record<string, unknown>, seen: Partial<Visit> = {}, unkept: string | null = null) =>
  judgePage('shop', pageFields.parse({ url: 'http://shop.internal/', ...options }), { ...FINE, ...seen }, unkept)

const broken = (impact: 'minor' | 'critical' | null) => ({
  id: 'label',
  impact,
  help: 'x',
  elements: 1,
  first: 'input',
})

describe('a visit', () => {
  it.each<[string, Record<string, unknown>, Partial<Visit>, Partial<Visit>]>([
    ['load time', { loadMsMax: 200 }, {}, { loadMs: 200.1 }],
    ['time until it is read', { domContentLoadedMsMax: 100 }, {}, { domContentLoadedMs: 101 }],
    ['largest paint', { largestContentfulPaintMsMax: 300 }, {}, { largestContentfulPaintMs: 301 }],
    ['layout shift', { layoutShiftMax: 0.05 }, {}, { layoutShift: 0.06 }],
    ['weight', { bytesMax: '5 kB' }, {}, { bytes: 5001 }],
    ['console errors', { consoleErrorsMax: 0 }, {}, { consoleErrors: { count: 1, first: ['oops'] } }],
    [
      'failed requests',
      { failedRequestsMax: 1 },
      { failedRequests: { count: 1, first: ['/a'] } },
      { failedRequests: { count: 2, first: ['/a'] } },
    ],
    ['text', { text: 'Welcome' }, {}, { text: 'Service unavailable' }],
    ['a selector', { selector: 'main' }, { selectorVisible: true }, { selectorVisible: false }],
    ['the title', { titleMatches: '^Shop$' }, {}, { title: 'Error' }],
    ['its status', {}, { status: null }, { status: 404 }],
    ['accessibility', { accessibility: {} }, { violations: [broken('minor')] }, { violations: [broken('critical')] }],
    [
      'accessibility of unknown weight',
      { accessibility: { violationsMax: 1 } },
      { violations: [broken(null)] },
      { violations: [broken(null), broken(null)] },
    ],
  ])('is judged by %s', (_, options, good, bad) => {
    expect(judged(options, good).status).toBe('passed')
    expect(judged(options, bad).status).toBe('failed')
    // What is not asked for is not judged; whether something is visible is only known where it is asked.
    if (Object.keys(options).length > 0 && !('selector' in options)) expect(judged({}, bad).status).toBe('passed')
  })

  it('is unverified where there is no figure, or no picture', () => {
    expect(judged({ largestContentfulPaintMsMax: 1000 }, { largestContentfulPaintMs: null }).status).toBe('unverified')
    expect(judged({ screenshot: 'a.png' }, {}, 'its picture could not be kept').status).toBe('unverified')
  })
})

describe('words', () => {
  const within = (ms: number, text: string) => [thresholdOf('<', ms, 'ms', text)]
  it.each([
    ['No console errors', { consoleErrorsMax: 0 }],
    [{ text: 'Page load times below 3 s', thresholds: within(3000, 'below 3 s') }, { loadMsMax: 3000 }],
    [
      { text: 'LCP under 2.5 s on https://shop.internal/', thresholds: within(2500, 'under 2.5 s') },
      { largestContentfulPaintMsMax: 2500 },
    ],
    ['axe finds no violations', { accessibility: {} }],
  ])('%j are proposed for', (words, options) => {
    expect(page.recognise?.(itemOf(words))).toMatchObject({ options })
  })

  it.each([
    'Page load times measured',
    'Console errors reviewed',
    'Lighthouse finds no console errors',
    'Admin page loads',
    'No errors',
  ])('%s is not', (words) => {
    expect(page.recognise?.(itemOf(words))).toBeNull()
  })
})
