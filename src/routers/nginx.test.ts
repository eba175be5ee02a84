// The kind without an nginx: options, dry-run, what it writes, and what it makes of what nginx says.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fakePrograms, WITHOUT_PROGRAMS, type Reply } from '../../test/servers/fake-program.ts'
import { LATENCY_BOUNDS_MS } from '../lib/latency-bounds.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import { readCounters } from './nginx/counters.ts'
import { masterOf } from './nginx/master.ts'
import { luaModules, modeOf, nginxBuild, readBuild } from './nginx/modules.ts'
import { nginxPrefix } from './nginx/paths.ts'
import { cutsOf, readTable, tableLines, tableText } from './nginx/table-text.ts'
import { nginx } from './nginx.ts'
import type { RouterContext } from './router.ts'

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-nginx-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

function contextWith(env: Record<string, string>): RouterContext {
  const directory = scratch()
  return { name: 'edge', directory, stateDirectory: directory, env }
}

function programs(replies: readonly Reply[]): Record<string, string> {
  const { env, stop } = fakePrograms({ nginx: replies })
  onTestFinished(stop)
  return env
}

/** Over versions v1 (stable) and v2. */
function tableAt(weight: number, extra: Partial<RoutingTable> = {}): RoutingTable {
  const backends = [
    { id: 'v1-1', version: 'v1', host: '127.0.0.1', port: 3001 },
    { id: 'v2-1', version: 'v2', host: '127.0.0.1', port: 3002 },
  ]
  return { weights: { v1: 100 - weight, v2: weight }, backends, stable: 'v1', ...extra }
}

const options = (given: Record<string, unknown>) => nginx.options.parse(given)

test('takes an nginx of its own or includes, not both and not neither', () => {
  expect(nginx.options.safeParse(nginx.example).success).toBe(true)
  expect(nginx.options.safeParse(nginx.failingExample).success).toBe(false)
  expect(nginx.options.safeParse({ listen: { port: 8080 } }).success).toBe(true)
  for (const wrong of [
    {},
    { listen: { port: 8080 }, include: '/etc/nginx/gonogo' },
    { listen: { port: 0 } },
    { include: '/etc/nginx/gonogo', admin: '0.0.0.0:9181' },
    { include: '/etc/nginx/gonogo', stickyCookie: 'a;b' },
  ])
    expect(nginx.options.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false)
})

test('abilities and description tell which mode it is', () => {
  const lua = options({ mode: 'lua', listen: { port: 8080 }, previewHeader: null })
  expect(nginx.abilities(lua)).toMatchObject({ counts: true, hold: true, preview: false, mirror: false })
  expect(nginx.describe(lua)).toBe('nginx on 127.0.0.1:8080')
  const reload = options({ mode: 'reload', include: '/etc/nginx/gonogo' })
  expect(nginx.abilities(reload)).toMatchObject({ counts: false, hold: false, preview: true, weights: 'any' })
  expect(nginx.describe(reload)).toMatch(/by reload: each change closes idle client connections/)
})

test('the dry-run shows what would be run', () => {
  const context = { name: 'edge', directory: '/srv/app', stateDirectory: '/srv/app/.gonogo', env: {} }
  const { weights } = tableAt(10)
  expect(nginx.plan(options({ mode: 'reload', include: '/etc/nginx/gonogo' }), weights, context)).toEqual([
    'write /etc/nginx/gonogo/edge.server.inc',
    'write /etc/nginx/gonogo/edge.http.conf: 90 % to v1, 10 % to v2',
    'nginx -t -q',
    'nginx -T -q',
    'nginx -s reload',
  ])
  expect(nginx.plan(options({ mode: 'lua', listen: { port: 8080 } }), weights, context)).toEqual([
    'PUT /table to /srv/app/.gonogo/routers/edge/admin.sock: 90 % to v1, 10 % to v2',
    'write /srv/app/.gonogo/routers/edge/edge.table',
  ])
})

test('the mode follows from what nginx was built with', () => {
  const said = 'nginx version: nginx/1.22.1\nconfigure arguments: --pid-path=/run/nginx.pid --modules-path='
  const directory = scratch()
  const build = readBuild(`${said}${directory} --with-compat`)
  expect(build).toEqual({ modulesDirectory: directory, pidFile: '/run/nginx.pid', isLuaBuiltIn: false })
  expect(luaModules(build)).toBeNull()
  for (const file of ['ndk_http_module.so', 'ngx_http_lua_module.so']) writeFileSync(join(directory, file), '')
  expect(luaModules(build)).toEqual([join(directory, 'ndk_http_module.so'), join(directory, 'ngx_http_lua_module.so')])
  expect(luaModules(readBuild('--prefix=/usr/local/openresty/nginx --add-module=../ngx_lua-0.10.25'))).toEqual([])
  expect(nginxBuild('/no/such/nginx')).toBeNull()
  expect(modeOf(options({ program: '/no/such/nginx', listen: { port: 8080 } }))).toBe('reload')
})

test('a table is lines, and comes back from them', () => {
  const table = tableAt(30, { hold: true, closed: 'at 5 %,\nsoon' })
  const lines = tableLines('router edge', table)
  expect(lines.split('\n').slice(0, -2)).toEqual([
    'stable v1',
    'cut v2 30',
    'cut v1 100',
    'salt v2',
    'backend v1 127.0.0.1 3001',
    'backend v2 127.0.0.1 3002',
    'hold yes',
    'closed at%205%20%25%2C%0Asoon',
  ])
  expect(readTable(tableText(7, lines))).toEqual(table)
  expect(readTable('')).toBeNull()
  expect(cutsOf(tableAt(0))).toEqual([{ version: 'v1', upTo: 100 }])
})

test.each([
  [{ weights: { v1: 50 } }, 'weights add up to 50'],
  [{ weights: { v1: 50, v3: 50 } }, 'v3 has weight 50 and no backend'],
  [{ weights: { v1: Number.NaN } }, 'weights add up to NaN'],
  [{ stable: 'v0' }, 'the stable version v0 has no backend'],
])('a table that would send users nowhere is refused: %j', async (extra, message) => {
  const table = tableAt(0, extra as Partial<RoutingTable>)
  for (const mode of ['lua', 'reload']) {
    const router = nginx.create(options({ mode, listen: { port: 8080 } }), contextWith(WITHOUT_PROGRAMS))
    await expect(router.set(table)).rejects.toThrow(message)
    expect(() => router.capsule(table)).toThrow(message)
  }
})

test('names inside nginx are unlike for routers that are unlike', () => {
  expect(nginxPrefix('edge')).toBe('gonogo_edge')
  expect(new Set(['a-b', 'a_b', 'a.b'].map(nginxPrefix)).size).toBe(3)
  for (const name of ['a-b', 'ä', 'x y']) expect(nginxPrefix(name)).toMatch(/^\w+$/)
})

test('figures are read as they are printed', () => {
  const histogram = LATENCY_BOUNDS_MS.map((_, index) => (index === 2 ? 5 : 0))
  const [one] = readCounters(`v%3A1 5 1 2 3 12.5 4 ${[...histogram, 0].join(' ')}`)
  expect(one).toMatchObject({
    version: 'v:1',
    requests: 5,
    errors: 1,
    retries: 2,
    shielded: 3,
    totalMs: 12.5,
    inFlight: 4,
  })
  expect(one?.latency.counts).toHaveLength(LATENCY_BOUNDS_MS.length + 1)
  expect(readCounters('')).toEqual([])
})

test.each(['lua', 'reload'])('without nginx it says what to install, and leaves no files (%s)', async (mode) => {
  const context = contextWith(WITHOUT_PROGRAMS)
  const router = nginx.create(options({ mode, listen: { port: 8080 } }), context)
  const error = await router.set(tableAt(0)).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ system: 'router edge', hint: expect.stringContaining('install nginx (') })
  expect(existsSync(join(context.stateDirectory, 'routers/edge/edge.http.conf'))).toBe(false)
  expect(await router.current()).toBeNull()
})

test('what nginx refuses is put back as it was', async () => {
  const env = programs([{ when: '-t', stderr: 'nginx: [emerg] unknown directive "rute" in /etc/nginx/nginx.conf:7' }])
  const include = scratch()
  const http = join(include, 'edge.http.conf')
  writeFileSync(http, '# as it was\n')
  const router = nginx.create(options({ mode: 'reload', include }), contextWith(env))
  await expect(router.set(tableAt(50))).rejects.toThrow('unknown directive "rute" in /etc/nginx/nginx.conf:7')
  expect(readFileSync(http, 'utf8')).toBe('# as it was\n')
  expect(existsSync(join(include, 'edge.server.inc'))).toBe(false)
})

test('an nginx that does not include what is written is told apart from one that does not run', async () => {
  const include = scratch()
  const settings = options({ mode: 'reload', include, pidFile: join(include, 'pid') })
  const reads = (...names: string[]): string =>
    names.map((name) => `# configuration file ${join(include, name)}:\n`).join('')
  const some = programs([{ when: '-t' }, { when: '-T', stdout: reads('edge.http.conf') }])
  const error = await nginx
    .create(settings, contextWith(some))
    .set(tableAt(0))
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    place: { hint: `add \`include ${include}/edge.server.inc;\` to server { }, then \`nginx -t -q\`` },
  })
  const all = programs([{ when: '-t' }, { when: '-T', stdout: reads('edge.http.conf', 'edge.server.inc') }])
  await expect(nginx.create(settings, contextWith(all)).set(tableAt(0))).rejects.toThrow('nginx does not run')
})

test('a pid file that names another program is not believed', () => {
  const directory = scratch()
  const file = join(directory, 'pid')
  expect(masterOf(file)).toBeNull()
  for (const content of ['', 'x', String(process.pid)]) {
    writeFileSync(file, content)
    expect(masterOf(file)).toBeNull()
  }
})

test('a version that means something to nginx is refused where it would stand in its configuration', () => {
  const named = tableAt(0)
  const wrong = { ...named, backends: named.backends.map((backend) => ({ ...backend, version: '$v;' })), stable: '$v;' }
  const router = nginx.create(options({ mode: 'reload', listen: { port: 8080 } }), contextWith(WITHOUT_PROGRAMS))
  expect(() => router.capsule({ ...wrong, weights: { '$v;': 100 } })).toThrow('cannot be named in nginx')
})

test('the capsule says how to start an nginx of its own, and that a user has to start theirs', () => {
  const context = contextWith(WITHOUT_PROGRAMS)
  mkdirSync(join(context.stateDirectory, 'routers/edge'), { recursive: true })
  const step = nginx.create(options({ mode: 'lua', listen: { port: 8080 } }), context).capsule(tableAt(0))
  expect(step).toMatchObject({ stage: 'traffic', title: 'all traffic to v1 (router edge)' })
  expect(step.shell).toContain(`nginx -c ${context.stateDirectory}/routers/edge/nginx.conf`)
  const theirs = nginx.create(options({ mode: 'lua', include: '/etc/nginx/gonogo' }), context).capsule(tableAt(0))
  expect(theirs.shell).toContain('it will take this table: start nginx')
  expect(theirs.shell).toContain('http://127.0.0.1:9181/table')
})
