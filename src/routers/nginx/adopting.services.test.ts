// A user's nginx, with Lua and without; and gonogo's own where there is no Lua.
import { request, type RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import { describeRouter, runCapsuleStep } from '../../../test/contracts/router-contract.ts'
import { describeSessionAffinity } from '../../../test/contracts/session-affinity.ts'
import {
  affinity,
  adopted,
  adoptedInForce,
  contextOf,
  hasLua,
  hasNginx,
  own,
  pathWithoutCurl,
} from './bench.fixture.ts'
import { nginx } from '../nginx.ts'

describe.skipIf(!hasLua)("a user's nginx with Lua", () => {
  describeRouter(() => adoptedInForce(true))

  it('says which lines to add, and is heard by who has its token only', async () => {
    const { router, table, server, ask } = await adoptedInForce(true)
    await router.set(table(100))
    expect(await ask()).toBe('v2')
    const headers = { host: 'gonogo-edge.gonogo' }
    const status = await new Promise((resolve, reject) => {
      request(`http://${server.admin}/table`, { headers }, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(403)
  })

  it('keeps its table over a reload by hand and over a restart', async () => {
    const { router, table, server, ask } = await adoptedInForce(true)
    await router.set(table(100))
    server.reload()
    for (let i = 0; i < 50; i++) expect(await ask().catch(() => 'v2')).toBe('v2')
    await server.restart()
    expect(await ask()).toBe('v2')
    expect((await router.current())?.weights).toEqual({ v1: 0, v2: 100 })
    expect(await runCapsuleStep(router.capsule(table(0)), { PATH: pathWithoutCurl() })).toMatchObject({ exitCode: 0 })
    expect(await ask()).toBe('v1')
  })

  it('has two routers in one nginx', async () => {
    const bench = await adoptedInForce(true)
    const { server, context, table } = bench
    const other = { ...context, name: 'api.v2' }
    const options = nginx.options.parse({ mode: 'lua', ...server.options, location: '/api' })
    const second = nginx.create(options, other)
    await expect(second.set(table(100))).rejects.toThrow('does not read')
    server.configure(
      `${bench.http} include ${server.include}/api.v2.http.conf;`,
      `${bench.location} include ${server.include}/api.v2.server.inc;`,
    )
    await second.set(table(100))
    expect(await (await fetch(`${server.url}/api/x`)).text()).toBe('v2')
    expect(await bench.ask()).toBe('v1')
    expect((await bench.router.current())?.weights).toEqual({ v1: 100, v2: 0 })
  })

  it('says that nginx does not run, or has no Lua, or is configured wrongly, and changes nothing then', async () => {
    const { router, table, server, http, location } = await adopted(false)
    server.configure('', '')
    const lua = nginx.create(nginx.options.parse({ mode: 'lua', ...server.options }), { ...contextOf(), name: 'edge' })
    await expect(lua.set(table(0))).rejects.toThrow('does not read what gonogo writes')
    server.configure(http, location)
    await expect(lua.set(table(0))).rejects.toThrow('does not load its Lua module')
    server.configure('no_such_thing on;', '')
    await expect(router.set(table(0))).rejects.toThrow(/unknown directive "no_such_thing"/)
    server.configure('', '')
    await expect(router.set(table(0))).rejects.toThrow('does not read what gonogo writes')
    expect(await router.current()).toBeNull()
  })
})

describe.skipIf(!hasNginx)('own nginx without Lua', () => {
  describeRouter(() => own('reload'))
  describeSessionAffinity(() => affinity('reload'))

  it('keeps clients, previews, retries and is closed as the one with Lua', async () => {
    const { router, table, url, ask, v2 } = await own('reload')
    await router.set(table(30))
    const answers = await Promise.all(Array.from({ length: 200 }, () => fetch(url)))
    const candidate = answers.find((answer) => answer.headers.get('x-gonogo-version') === 'v2')
    const [cookie = ''] = candidate?.headers.getSetCookie()[0]?.split(';') ?? []
    expect(cookie).toMatch(/^gonogo-client=[0-9a-f]{8}$/)
    await router.set(table(60))
    for (let i = 0; i < 10; i++) expect(await ask({ cookie })).toBe('v2')
    expect(await ask({ 'x-gonogo-version': 'stable' })).toBe('v1')
    await router.set(table(0, { closed: 'costs $5, "soon"' }))
    expect(await ask()).toBe('costs $5, "soon"\n')
    await router.set(table(100))
    v2.server.close()
    v2.server.closeAllConnections()
    const answer = await fetch(url)
    expect([answer.headers.get('x-gonogo-version'), await answer.text()]).toEqual(['v1', 'v1'])
    await expect(router.set(table(0, { hold: true }))).rejects.toThrow('cannot hold')
  })

  it('says once who answered, also where the service itself says so', async () => {
    const listener: RequestListener = (_, response) => response.setHeader('x-gonogo-version', 'mine').end()
    const { router, table, url } = await own('reload', {}, { v1: listener })
    await router.set(table(0))
    expect((await fetch(url)).headers.get('x-gonogo-version')).toBe('v1')
  })
})

describe.skipIf(!hasNginx)("a user's nginx without Lua", () => {
  describeRouter(() => adoptedInForce(false))

  it('puts the old table back when nginx refuses its configuration, in the capsule too', async () => {
    const { router, table, server, ask, http, location } = await adoptedInForce(false)
    await router.set(table(100))
    server.configure(`${http} no_such_thing on;`, location)
    await expect(router.set(table(0))).rejects.toThrow('no_such_thing')
    const refused = await runCapsuleStep(router.capsule(table(0)))
    expect(refused).toMatchObject({ exitCode: 1 })
    expect(refused.stderr).toContain('no_such_thing')
    server.configure(http, location)
    await server.restart()
    expect(await ask()).toBe('v2')
    expect((await router.current())?.weights).toEqual({ v1: 0, v2: 100 })
  })
})
