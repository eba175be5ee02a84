import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { gonogo } from './command-line.fixture.ts'

const DOCUMENT = `# Release of the shop

## Before

- [ ] **Disk**: there is room
- [ ] **Settings**: the mode is set
- [ ] **Shop**: answers <b>with</b> 50%, @octocat
- [ ] Parts
  - [ ] The cart answers
  - [ ] The search answers
- [ ] The moon is up

## Verify

- [ ] Still room after it
`

const BINDINGS = {
  disk: '{ check: disk, with: { path: ., freeBytesMin: 1 MB } }',
  settings: '{ check: env, with: { present: [SHOP_MODE] } }',
  shop: '{ check: http, with: { url: "URL/shop?key=${env:SHOP_KEY}", headers: { X-Key: planted-secret } } }',
  parts: '{ children: true }',
  cart: '{ check: http, with: { url: "URL/cart" } }',
  search: '{ check: http, with: { url: "URL/search" } }',
  'still-room': '{ check: disk, with: { path: ., freeBytesMin: 1 MB } }',
}

let directory = ''
let server: Server
let silent: Server
const at = (name: string): string => join(directory, name)
const read = (name: string): string => readFileSync(at(name), 'utf8')

async function listen(respond: (path: string) => string | null): Promise<Server> {
  const started = createServer((request, response) => {
    const said = respond(request.url ?? '')
    if (said !== null) response.writeHead(said === '' ? 500 : 200).end(said)
  }).listen(0, '127.0.0.1')
  await once(started, 'listening')
  return started
}

const urlOf = (running: Server): string => `http://127.0.0.1:${(running.address() as AddressInfo).port}`

async function idOf(part: string): Promise<string> {
  const { out } = await gonogo(directory, 'plan', '--format', 'json')
  const { items } = JSON.parse(out) as { items: { id: string }[] }
  return items.find(({ id }) => id.includes(part))?.id ?? ''
}

/** The project, its addresses leading to one server or another. */
async function writeProject(running: Server): Promise<void> {
  writeFileSync(at('gonogo.yaml'), 'service: shop\nchecklist: CHECKLIST.md\n')
  const { out } = await gonogo(directory, 'plan', '--format', 'json')
  const ids = (JSON.parse(out) as { items: { id: string }[] }).items.map(({ id }) => id)
  const bindings = Object.entries(BINDINGS).map(([part, entry]) => {
    const id = ids.find((one) => one.split('/')[1]?.includes(part))
    return `  ${id}: ${entry.replaceAll('URL', urlOf(running))}\n`
  })
  writeFileSync(at('gonogo.yaml'), `service: shop\nchecklist: CHECKLIST.md\nbindings:\n${bindings.join('')}`)
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-check-cli-'))
  server = await listen((path) => (path.startsWith('/shop') ? '' : 'ok'))
  silent = await listen(() => null)
  writeFileSync(at('CHECKLIST.md'), DOCUMENT)
  vi.stubEnv('SHOP_KEY', 'canary-4711')
  vi.stubEnv('SHOP_MODE', undefined)
  await writeProject(server)
})
afterAll(() => {
  vi.unstubAllEnvs()
  for (const one of [server, silent]) {
    one.closeAllConnections()
    one.close()
  }
  rmSync(directory, { recursive: true, force: true })
})
afterEach(() => {
  // `main` sets the exit code of this very process, which is the test runner's.
  process.exitCode = 0
})

interface Json {
  verdict: string
  cancelled: boolean
  results: {
    item: string
    line: number
    status: string
    check: string
    options?: object[]
    evidence?: object[]
    will?: string
  }[]
  unbound: string[]
}

describe('gonogo check', () => {
  it('says of every item before the release how it is, what to do, and what is not bound', async () => {
    const { code, out } = await gonogo(directory, 'check')
    expect(code).toBe(1)
    expect(out).toMatch(/✓ Disk +\.: free .+ at least 1 MB wanted/)
    expect(out).toMatch(/✗ Settings +/)
    expect(out).toMatch(/✗ Shop +.*\/shop.*500/)
    expect(out).toContain('1 item not bound to anything: gonogo bind\n  line 11: The moon is up')
    expect(out).not.toContain('Still room')
    expect(out).toMatch(/\nNO-GO\n$/)
    expect((await gonogo(directory, 'check', '--full')).out).toContain('Still room')
  })

  it('looks only at what is named: an id, a part of it, words, a line, what gathers others', async () => {
    const only = async (...names: string[]): Promise<Json & { code: number }> => {
      const { code, out } = await gonogo(directory, 'check', '--format', 'json', '--only', ...names)
      return { code, ...(JSON.parse(out) as Json) }
    }
    expect(await only('disk')).toMatchObject({ code: 0, verdict: 'GO', results: [{ line: 5, check: 'disk' }] })
    expect(await only('8')).toMatchObject({ results: [{ line: 9 }, { line: 10 }], unbound: [] })
    expect(await only('10', 'Still room after it')).toMatchObject({ results: [{ line: 10 }, { line: 15 }] })
    expect(await only('moon')).toMatchObject({
      code: 3,
      verdict: 'NOT VERIFIED',
      results: [],
      unbound: [expect.stringContaining('moon')],
    })
  })

  it('refuses a name that means no item, naming the nearest', async () => {
    const { code, err } = await gonogo(directory, 'check', '--only', 'dissk')
    expect(code).toBe(2)
    expect(err).toMatch(/has no item "dissk"/)
    writeFileSync(at('gonogo.yaml'), `${read('gonogo.yaml')}  ${await idOf('moon')}: { skip: it is day }\n`)
    const { err: skipped } = await gonogo(directory, 'check', '--only', 'moon')
    await writeProject(server)
    expect(skipped).toMatch(/CHECKLIST\.md:11: .*moon.* is bound to skip: .*expected an item that is bound to a check/)
    const { err: several } = await gonogo(directory, 'check', '--only', 'answers')
    expect(several).toMatch(/may mean 2 items/)
  })

  it('explains what was looked at, with which options, and on what the result rests; secrets only by reference', async () => {
    const { out } = await gonogo(directory, 'check', '--only', 'octocat', 'disk', '--explain')
    expect(out).toMatch(/Shop: answers .*\nbefore\/shop-.*\nCHECKLIST\.md:7, under Before/)
    expect(out).toMatch(/check +http: /)
    expect(out).toMatch(/with +url: /)
    expect(out).toMatch(/timeoutMs: 10000 \(default\)/)
    expect(out).toMatch(/headers: \{"X-Key":"\[secret\]"\}/)
    expect(out).toMatch(/deadline +5 min/)
    expect(out).toMatch(/result +✗ failed after .+500/)
    expect(out).toMatch(/measured +free space: \d/)
    expect(out).toMatch(/fix +\S/)
    expect(out).not.toMatch(/planted-secret|canary-4711/)
    const { out: json } = await gonogo(directory, 'check', '--only', 'octocat', '--explain', '--format', 'json')
    expect((JSON.parse(json) as Json).results).toMatchObject([
      { will: expect.stringContaining('/shop'), options: expect.any(Array), evidence: expect.any(Array) },
    ])
    expect(json).not.toMatch(/planted-secret|canary-4711/)
  })
})

describe('while it looks', () => {
  it('says on a terminal how far it is and what is running, then takes that away; where nobody watches, nothing', async () => {
    expect((await gonogo(directory, 'check', '--only', 'disk')).err).toBe('')
    const { isTTY } = process.stderr
    process.stderr.isTTY = true
    try {
      const { err } = await gonogo(directory, 'check', '--only', 'disk', 'settings')
      expect(err).toMatch(/of 2 checks done; running: (?:Disk|Settings)/)
      expect(err).toContain('2 of 2 checks done')
      expect(err.endsWith('\r\u001B[2K')).toBe(true)
    } finally {
      process.stderr.isTTY = isTTY
    }
  })
})

describe('the forms of gonogo check', () => {
  it('are written to files while the terminal shows one of them', async () => {
    const files = ['sarif=out/a.sarif', 'junit=a.xml', 'json=a.json'].map((file) => {
      const [format, name] = file.split('=')
      return ['--output', `${format}=${at(name as string)}`]
    })
    const { code, out } = await gonogo(directory, 'check', '--format', 'github', ...files.flat())
    expect(code).toBe(1)
    expect(out).toMatch(/^::error file=[^,]*CHECKLIST\.md,line=6,title=Settings::/)
    expect(out).toMatch(/^::notice title=gonogo%3A NO-GO::/m)
    expect(JSON.parse(read('a.json'))).toMatchObject({ verdict: 'NO-GO', unbound: [expect.stringContaining('moon')] })
    expect(read('a.xml')).toMatch(/^<\?xml[^]*<failure/)
    expect(JSON.parse(read('out/a.sarif'))).toMatchObject({ runs: [{ invocations: [{ exitCode: 1 }] }] })
    for (const name of ['a.json', 'a.xml', 'out/a.sarif']) expect(read(name)).not.toMatch(/planted-secret|canary-4711/)
  })

  it('takes a bare file for the format, and tells people in text', async () => {
    const { out } = await gonogo(directory, 'check', '--format', 'sarif', '-o', at('b.sarif'))
    expect(out).toMatch(/\nNO-GO\n$/)
    expect(JSON.parse(read('b.sarif'))).toMatchObject({ version: '2.1.0' })
  })

  it.each([
    [['--format', 'sarrif'], /--format "sarrif" is not known; expected one of text, json, junit, sarif, github/],
    [['--output', 'sarrif=x'], /no format "sarrif".*did you mean "sarif"/],
    [['--output', 'sarif='], /names no file/],
  ])('refuses %s before anything is looked at', async (args, said) => {
    const { code, err } = await gonogo(directory, 'check', ...args)
    expect([code, err]).toEqual([2, expect.stringMatching(said)])
  })

  it('says which file cannot be written', async () => {
    const { code, out, err } = await gonogo(directory, 'check', '-o', join(at('CHECKLIST.md'), 'x'))
    expect(code).toBe(2)
    expect(out).toMatch(/NO-GO/)
    expect(err).toMatch(/CHECKLIST\.md.x: cannot be written/)
  })

  it('adds to the job summary where a runner of GitHub names one, and only for its format', async () => {
    vi.stubEnv('GITHUB_STEP_SUMMARY', at('summary.md'))
    await gonogo(directory, 'check')
    expect(existsSync(at('summary.md'))).toBe(false)
    writeFileSync(at('summary.md'), 'before\n')
    await gonogo(directory, 'check', '--format', 'github')
    vi.stubEnv('GITHUB_STEP_SUMMARY', undefined)
    expect(read('summary.md')).toMatch(/^before\n## ✗ NO-GO: shop to production/)
    expect(read('summary.md')).not.toMatch(/@octocat|<b>/)
  })
})

describe('Ctrl-C', () => {
  it('ends every look at once, says which had no answer, and is not verified', async () => {
    await writeProject(silent)
    const asked = new Promise<void>((resolve) => {
      let requests = 0
      silent.on('request', () => {
        if (++requests === 2) resolve()
      })
    })
    const bin = fileURLToPath(new URL('../../../bin/gonogo.js', import.meta.url))
    const child = spawn(process.execPath, [bin, '-C', directory, 'check', '--only', '8', 'disk'])
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    const ended = once(child, 'close') as Promise<[number]>
    await Promise.race([asked, ended])
    child.kill('SIGINT')
    const [code] = await ended
    await writeProject(server)
    expect(out).toMatch(/✓ Disk/)
    expect(out).toContain(
      'cancelled: 2 of 3 checks had no answer yet\n  line 9: The cart answers\n  line 10: The search answers',
    )
    expect([code, out.trimEnd().split('\n').at(-1)]).toEqual([3, 'NOT VERIFIED'])
  })
})
