import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WITHOUT_PROGRAMS } from '../../test/servers/fake-program.ts'
import { parseStatistics, type Statistics } from '../lib/haproxy-runtime.ts'
import type { Backend, RoutingTable } from '../plan/traffic.ts'
import { haproxy } from './haproxy.ts'
import { EMPTY, occupy, type Occupation } from './haproxy/colours.ts'
import { CounterMemory } from './haproxy/counting.ts'
import { mapEntries, readRoute } from './haproxy/route.ts'
import { shareOf, weightsFor } from './haproxy/weights.ts'
import { commandsFor } from './haproxy/weighing.ts'
import type { RouterContext } from './router.ts'

function contextOf(env: Record<string, string> = {}): RouterContext {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-haproxy-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return { name: 'edge', directory, stateDirectory: join(directory, '.gonogo'), env }
}

const backend = (id: string, port: number): Backend => ({
  id,
  version: id.split('-')[0] ?? '',
  host: '127.0.0.1',
  port,
})
const V1 = [backend('v1-1', 7001), backend('v1-2', 7002)]
const V2 = [backend('v2-1', 7011)]
const tableOf = (weight: number): RoutingTable => ({ weights: { v1: 100 - weight, v2: weight }, backends: [...V1, ...V2], stable: 'v1' }) // prettier-ignore
const ROOM = { slotsOf: (_: string, instances: number) => Math.min(instances, 2) }
const place = (before: Occupation, table: RoutingTable): Occupation => occupy('router edge', before, table, ROOM)
const ADOPT = { socket: '/run/haproxy.sock', backend: 'web', slots: { blue: ['b1', 'b2'], green: ['g1', 'g2'] } }

describe('options of haproxy', () => {
  it.each([
    [{}, 'one of listen and adopt'],
    [{ listen: { port: 80 }, adopt: ADOPT }, 'one of listen and adopt'],
    [{ adopt: { ...ADOPT, tcp: '127.0.0.1:9999' } }, 'one of socket and tcp'],
    [{ adopt: { ...ADOPT, slots: { blue: ['a'], green: ['a'] } } }, 'stands twice'],
    [{ listen: { port: 80 }, config: '/etc/x y;global' }, 'without spaces'],
    [{ listen: { port: 80 }, previewHeader: 'X y' }, 'lower case'],
  ])('%j: %s', (given, message) => {
    expect(haproxy.options.safeParse(given).error?.message).toContain(message)
  })

  it('what it can follows from them', () => {
    const can = (given: unknown) => haproxy.abilities(haproxy.options.parse(given))
    expect(can({ listen: { port: 80 } })).toMatchObject({ weights: 'any', preview: true, hold: true, counts: true })
    expect(can({ listen: { port: 80 }, hold: null, previewHeader: null })).toMatchObject({
      preview: false,
      hold: false,
    })
    expect(can({ adopt: ADOPT })).toMatchObject({ preview: false, hold: false })
  })
})

describe('a dry-run', () => {
  it('prints what starts HAProxy and what switches it', () => {
    const context = contextOf()
    const options = haproxy.options.parse({ listen: { port: 8080 } })
    const lines = haproxy.plan(options, { v1: 90, v2: 10 }, context).join('\n')
    const directory = join(context.stateDirectory, 'routers/edge')
    expect(lines).toContain(`haproxy -W -D -f ${directory}/haproxy.cfg -p ${directory}/haproxy.pid`)
    expect(lines).toContain(`set map ${directory}/route.map route blue:green:1000:1:-:`)
    expect(lines).toContain(`socat - UNIX-CONNECT:${directory}/admin.sock`)
  })

  it('of an adopted one says what its configuration lacks, and what that costs', () => {
    const context = contextOf()
    const config =
      'defaults\n  retries 3\nbackend other\n  option redispatch 1\nbackend web # ours\n  server b1 1.2.3.4:1\n'
    writeFileSync(join(context.directory, 'h.cfg'), config)
    const planned = (text: string): string => {
      writeFileSync(join(context.directory, 'h.cfg'), text)
      const options = haproxy.options.parse({ adopt: { ...ADOPT, config: 'h.cfg' } })
      return haproxy.plan(options, { v1: 90, v2: 10 }, context).join('\n')
    }
    const lines = planned(config)
    expect(lines).toContain('set server web/b1 weight 252;set server web/b1 state ready')
    expect(lines).toContain('lacks `option redispatch 1`')
    expect(lines).toContain('server-state-file')
    const good = `global\n  server-state-file /x\ndefaults\n  option redispatch 1\n  load-server-state-from-file global
  retry-on conn-failure empty-response\n  http-request disable-l7-retry unless { method GET }\n  default-server check
backend web\n  server b1 1.2.3.4:1\n`
    expect(planned(good)).not.toContain('note:')
    expect(planned('backend other\n')).toContain('has no backend web')
  })
})

it('a program that is missing is named, with what to install, and nothing is left', async () => {
  const context = contextOf(WITHOUT_PROGRAMS)
  const router = haproxy.create(haproxy.options.parse({ listen: { port: 8080 } }), context)
  await expect(router.set(tableOf(0))).rejects.toMatchObject({ hint: expect.stringContaining('install haproxy') })
  expect(await router.current()).toBeNull()
})

describe('colours', () => {
  it('a version keeps its colour and its instances their slots; what is retired makes room and is still known', () => {
    const first = place(EMPTY, { weights: { v1: 100 }, backends: V1, stable: 'v1' })
    const both = place(first, tableOf(10))
    expect(both).toEqual({ blue: { version: 'v1', slots: V1 }, green: { version: 'v2', slots: V2 } })
    expect(place(both, { ...tableOf(10), backends: [...V2, V1[1] as Backend, V1[0] as Backend] })).toEqual(both)
    const promoted = place(both, { weights: { v2: 100 }, backends: V2, stable: 'v2' })
    expect(promoted).toEqual({ blue: { version: 'v1', slots: [] }, green: { version: 'v2', slots: V2 } })
    const third = { weights: { v2: 100, v3: 0 }, backends: [...V2, backend('v3-1', 7021)], stable: 'v2' }
    expect(place(promoted, third).blue).toMatchObject({ version: 'v3' })
  })

  it('three versions, or too many instances, are refused', () => {
    expect(() => place(EMPTY, { ...tableOf(0), backends: [...V1, ...V2, backend('v3-1', 1)] })).toThrow('two versions')
    expect(() => place(EMPTY, { ...tableOf(0), backends: [...V1, backend('v1-3', 1)] })).toThrow('3 instances')
  })
})

describe('the route', () => {
  it.each([0, 0.01, 10, 33.33, 100])('%d %% is what comes back', (weight) => {
    const entries = mapEntries(tableOf(weight), place(EMPTY, tableOf(weight)))
    expect(readRoute(entries['route'] ?? '')).toMatchObject({ stable: 'blue', trial: 'green', limit: Math.round(weight * 100) }) // prettier-ignore
  })

  it('nothing of a name or a text can end a command', () => {
    const odd = { weights: { 'a;b c\n': 100 }, backends: [{ ...backend('x-1', 1), version: 'a;b c\n' }], stable: 'a;b c\n' } // prettier-ignore
    const entries = mapEntries({ ...odd, closed: 'no; "set map"\nx' }, place(EMPTY, odd))
    for (const value of Object.values(entries)) expect(value).toMatch(/^[^\s;"\\]+$/)
  })
})

describe('weights of an adopted backend', () => {
  it.each([
    [0.01, 2, 2],
    [0.1, 3, 1],
    [0.5, 1, 4],
    [0.999, 2, 2],
  ])('share %d with %d and %d servers is met within half a percent', (share, own, other) => {
    const weights = weightsFor(share, [own, other])
    for (const weight of weights) expect(weight >= 1 && weight <= 256 && Number.isInteger(weight)).toBe(true)
    expect(Math.abs(shareOf(weights, [own, other]) - share)).toBeLessThan(0.005)
  })

  it('on the way from one share to another nobody has more or less than before and after, and never nobody', () => {
    const shares = [0, 0.01, 0.1, 0.5, 0.9, 1]
    for (const from of shares)
      for (const to of shares) {
        const state = (share: number) => {
          const [green, blue] = weightsFor(share, [1, 1])
          return { blue, green }
        }
        const now: Record<string, number> = { ...state(from) }
        const servers = Object.entries(now).map(([server, weight]) => ({ backend: 'web', server, host: 'h', port: 1, weight, isReady: weight > 0, isUp: true })) // prettier-ignore
        const wanted = Object.entries(state(to)).map(([server, weight]) => ({ server, host: 'h', port: 1, weight }))
        const { raise, lower } = commandsFor('web', servers, wanted)
        for (const command of [...raise, ...lower]) {
          const [, server = '', weight] = /web\/(\w+) (?:weight (\d+)|state maint)/.exec(command) ?? []
          now[server] = Number(weight ?? 0)
          const share = shareOf([now['green'] ?? 0, now['blue'] ?? 0], [1, 1])
          expect((now['green'] ?? 0) + (now['blue'] ?? 0)).toBeGreaterThan(0)
          expect(share).toBeGreaterThanOrEqual(Math.min(from, to) - 0.01)
          expect(share).toBeLessThanOrEqual(Math.max(from, to) + 0.01)
        }
      }
  })
})

describe('counters', () => {
  const COLUMNS = ['pxname', 'svname', 'scur', 'econ', 'eresp', 'wredis', 'hrsp_2xx', 'hrsp_5xx', 'ttime', 'mode']
  const look = (pid: number, good: number, bad = 0, moved = 0): Statistics =>
    parseStatistics(`Pid: ${pid}\n\n# ${COLUMNS.join(',')},\nweb,s,2,0,0,${moved},${good},${bad},10,http,\n\n`)
  const owned = () => ({ version: 'v2', isShielded: true })

  it('go on over a reload, and count what another version answered in its place', () => {
    const memory = new CounterMemory()
    expect(memory.look(look(1, 10, 2, 3), owned)).toMatchObject([
      { version: 'v2', requests: 15, errors: 5, retries: 3, shielded: 3, inFlight: 2, totalMs: 150 },
    ])
    expect(memory.look(look(2, 4), owned)).toMatchObject([{ requests: 19, errors: 5, totalMs: 190 }])
    expect(memory.look(look(2, 5), owned)).toMatchObject([{ requests: 20 }])
  })

  it('a version that gets a server does not begin with what was counted before', () => {
    const memory = new CounterMemory()
    memory.look(look(1, 1000), () => null)
    expect(memory.look(look(1, 1003), owned)).toMatchObject([{ requests: 3 }])
  })
})

it('an adopted one refuses what only a configuration of ours can do, before anything is asked', async () => {
  const router = haproxy.create(haproxy.options.parse({ adopt: ADOPT }), contextOf())
  await expect(router.set({ ...tableOf(0), hold: true })).rejects.toThrow(/cannot be told to hold requests/)
  await expect(router.set({ ...tableOf(0), closed: 'soon' })).rejects.toThrow(/cannot be told to turn away requests/)
})
