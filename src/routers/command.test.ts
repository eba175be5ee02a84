// A router of three shell scripts over a file of weights, and a server that answers by that file.
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeRouter, runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { fakePrograms } from '../../test/servers/fake-program.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import { parseWeights } from './command/commands.ts'
import { command } from './command.ts'
import type { RouterContext } from './router.ts'

const table = (weight: number): RoutingTable => ({
  weights: { v1: 100 - weight, v2: weight },
  stable: 'v1',
  backends: ['v1', 'v2'].map((version, index) => ({
    id: `${version}-1`,
    version,
    host: '127.0.0.1',
    port: 3001 + index,
  })),
})

/** `edge set v1=90,v2=10`, `edge show`, `edge figures`, `edge wait VERSION`; keeps what it was told in files. */
const EDGE = `#!/bin/sh
set -eu
here=$(dirname "$0")
case "$1" in
  set) cat > "$here/table.json"; printf '%s\\n' "$2" | tr ',=' '\\n ' > "$here/weights.new"; mv "$here/weights.new" "$here/weights" ;;
  show) [ ! -f "$here/weights" ] || cat "$here/weights" ;;
  figures) printf '{"version":"v2","requests":%s,"errors":1}\\n' "$(grep -c v2 "$here/asked" || :)" ;;
  wait) [ ! -f "$here/busy" ] || sleep 60 ;;
esac
`

function bench(options: Record<string, unknown> = {}) {
  const directory = mkdtempSync(join(tmpdir(), "gonogo edge's-"))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const edge = join(directory, 'edge')
  writeFileSync(edge, EDGE)
  chmodSync(edge, 0o755)
  const context: RouterContext = {
    name: 'edge',
    directory,
    stateDirectory: join(directory, '.gonogo'),
    env: { PATH: process.env.PATH ?? '' },
  }
  const given = { set: ['./edge', 'set', '{weights}'], current: ['./edge', 'show'], ...options }
  const read = (file: string): string => readFileSync(join(directory, file), 'utf8')
  return { directory, context, read, router: command.create(command.options.parse(given), context) }
}

/** Answers what has most of the weights that the scripts keep. */
async function server(directory: string): Promise<string> {
  const http = createServer((_, response) => {
    const lines = readFileSync(join(directory, 'weights'), 'utf8').trim().split('\n')
    const weights = lines.map((line) => line.split(' ') as [string, string])
    const [[version = ''] = []] = weights.toSorted(([, a], [, b]) => Number(b) - Number(a))
    appendFileSync(join(directory, 'asked'), `${version}\n`)
    response.setHeader('x-gonogo-version', version).end()
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void http.close())
  await once(http, 'listening')
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
}

describe.each([
  ['program and arguments', {}],
  ['shell text', { set: { shell: './edge set "$GONOGO_WEIGHTS"' }, current: { shell: './edge show' } }],
  ['without a command that shows', { current: undefined, unverified: true }],
])('%s', (_, options) => {
  describeRouter(async () => {
    const { router, directory } = bench({ drainGraceMs: 0, counters: ['./edge', 'figures'], ...options })
    writeFileSync(join(directory, 'asked'), '')
    const url = await server(directory)
    return {
      router,
      table,
      ask: async () => (await fetch(url)).headers.get('x-gonogo-version') ?? '',
    }
  })
})

describe('what the commands are told', () => {
  it('is the whole table on standard input, and variables that no shell text is made of', async () => {
    const shell = 'cat > told.json; printf "%s|" "$GONOGO_VERSION" "$GONOGO_WEIGHT" "$GONOGO_STABLE" "$TOKEN" > told'
    const { router, read } = bench({ set: { shell }, current: undefined, unverified: true, env: { TOKEN: 'a b' } })
    const hostile = '$(touch harm); `touch harm` {stable}'
    await router.set({ ...table(0), weights: { v1: 90, [hostile]: 10 } })
    expect(read('told')).toBe(`${hostile}|10|v1|a b|`)
    expect(JSON.parse(read('told.json'))).toMatchObject({ stable: 'v1', weights: { v1: 90, [hostile]: 10 } })
    expect(() => read('harm')).toThrow('ENOENT')
  })

  it('the dry-run prints what is run, without what may be secret', () => {
    const { context } = bench()
    const options = command.options.parse({ ...(command.example as object), env: { TOKEN: 'secret' } })
    const lines = command.plan(options, { v1: 90, v2: 10 }, context)
    expect(lines.map((line) => line.slice(line.indexOf('./')))).toEqual(['./traffic v2 10', './traffic show'])
    expect(lines.join('')).not.toContain('secret')
  })
})

describe('what is not as it was told', () => {
  it('a set that does nothing is found by reading back', async () => {
    const { router } = bench({ set: ['true'], current: { shell: 'echo v1 100' }, verifyTimeoutMs: 50 })
    await expect(router.set(table(100))).rejects.toThrow(
      'was told all traffic to v2, but `current` prints all traffic to v1',
    )
  })

  it('a set that does nothing is found from outside', async () => {
    const { router, directory } = bench({
      set: ['true'],
      current: undefined,
      probe: { url: 'http://127.0.0.1:1/', timeoutMs: 50 },
    })
    await expect(router.set(table(100))).rejects.toThrow('not v2')
    writeFileSync(join(directory, 'weights'), 'v1 100\n')
    const probe = { url: await server(directory), timeoutMs: 100, times: 2 }
    const seen = bench({ set: ['true'], current: undefined, probe })
    await expect(seen.router.set(table(100))).rejects.toThrow('shows v1, not v2')
    await seen.router.set(table(0))
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['a missing program', { set: ['./no-such-program'] }, 'cannot run ./no-such-program'],
    ['a failing one', { set: { shell: 'echo out of order >&2; exit 3' } }, 'out of order'],
    ['one that never ends', { set: ['sleep', '60'], commandTimeoutMs: 100 }, 'did not end within 0.1 s'],
    ['nonsense', { current: { shell: 'echo all is well' } }, 'printed no weights: all is well'],
    ['a share where it has none', { weights: 'whole' }, 'it cannot split traffic'],
  ])('%s is told of', async (_, options, words) => {
    await expect(bench(options).router.set(table(10))).rejects.toThrow(words)
  })

  it('is refused beforehand where nobody could tell', () => {
    const result = command.options.safeParse(command.failingExample)
    expect(result.error?.issues.map(({ path }) => path)).toEqual([['current']])
    command.options.parse(command.example)
  })
})

it('reads weights in lines and in JSON, as shares of a hundred', () => {
  expect(parseWeights('v1 3\nv2 1 %\n', 'router edge')).toEqual({ v1: 75, v2: 25 })
  expect(parseWeights('{"v1": 230, "v2": 26}', 'router edge')?.v2).toBeCloseTo(10.16)
  expect(parseWeights('\n', 'router edge')).toBeNull()
  expect(() => parseWeights('v1 0', 'router edge')).toThrow('printed no weights')
})

it('waits for requests to end as long as it is told to', async () => {
  const { router, directory } = bench({ drain: ['./edge', 'wait', '{version}'] })
  expect(await router.drain('v2', 10_000)).toBe(true)
  writeFileSync(join(directory, 'busy'), '')
  expect(await router.drain('v2', 100)).toBe(false)
  expect(await bench({ drainGraceMs: 60_000 }).router.drain('v2', 1)).toBe(false)
})

it('counts where a command does', async () => {
  const { router, directory } = bench({ counters: ['./edge', 'figures'] })
  writeFileSync(join(directory, 'asked'), 'v2\n'.repeat(7))
  expect(await router.counters(AbortSignal.timeout(5000))).toMatchObject([{ version: 'v2', requests: 7, errors: 1 }])
  expect(await bench().router.counters(AbortSignal.timeout(5000))).toBeNull()
  const wrong = bench({ counters: ['echo', 'seven'] })
  await expect(wrong.router.counters(AbortSignal.timeout(5000))).rejects.toThrow('printed none: seven')
})

it('the capsule says what failed, and what is missing', async () => {
  const programs = fakePrograms({ switcher: [{ stderr: 'out of order', exitCode: 4 }] })
  onTestFinished(() => programs.stop())
  const { router } = bench({ set: ['switcher', '{stable}'] })
  const failing = await runCapsuleStep(router.capsule(table(0)), { PATH: programs.env['PATH'] ?? '' })
  expect(failing).toMatchObject({ exitCode: 1, stderr: 'router edge: switcher failed:\nout of order\n' })
  const missing = await runCapsuleStep(router.capsule(table(0)))
  expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('switcher is not there') })
})
