// The nginx router against real nginx with Lua, one of gonogo's own.
import { once } from 'node:events'
import { readFileSync, symlinkSync } from 'node:fs'
import { request } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { describeRouter, runCapsuleStep } from '../../test/contracts/router-contract.ts'
import { describeSessionAffinity } from '../../test/contracts/session-affinity.ts'
import { isProgramThere } from '../../test/servers/packages.ts'
import { pause } from '../lib/deadline.ts'
import { exec } from '../lib/exec.ts'
import { isAlive } from '../lib/process-identity.ts'
import { affinity, counted, fails, hasLua, own, pathWithoutCurl } from './nginx/bench.fixture.ts'
import { deadBackend } from './builtin-proxy/backend.fixture.ts'
import { nginx } from './nginx.ts'
import { masterOf, workersOf } from './nginx/master.ts'
import { routerDirectory } from './remembered-table.ts'

describe.skipIf(!hasLua)('own nginx with Lua', () => {
  describeRouter(() => own('lua'))
  describeSessionAffinity(() => affinity('lua'))

  it('splits by weight, keeps a client at its version, and says who answered', async () => {
    const { router, url, table } = await own('lua')
    await router.set(table(30))
    const answers = await Promise.all(Array.from({ length: 400 }, () => fetch(url)))
    const candidates = answers.filter((answer) => answer.headers.get('x-gonogo-version') === 'v2')
    expect(candidates.length).toBeGreaterThan(80)
    expect(candidates.length).toBeLessThan(160)
    const [cookie = ''] = candidates[0]?.headers.getSetCookie()[0]?.split(';') ?? []
    expect(cookie).toMatch(/^gonogo-client=[0-9a-f]{8}$/)
    for (const weight of [30, 60, 90]) {
      await router.set(table(weight))
      for (let i = 0; i < 10; i++) {
        const answer = await fetch(url, { headers: { cookie } })
        expect(answer.headers.get('x-gonogo-version')).toBe('v2')
        expect(answer.headers.getSetCookie()).toEqual([])
      }
    }
  })

  it('gives testers the version they ask for, and nobody what is not there', async () => {
    const { router, url, table, ask } = await own('lua')
    await router.set(table(0))
    for (const wanted of ['v2', 'candidate']) expect(await ask({ 'x-gonogo-version': wanted })).toBe('v2')
    expect(await ask({ 'x-gonogo-version': 'stable' })).toBe('v1')
    const unknown = await fetch(url, { headers: { 'x-gonogo-version': 'v3' } })
    expect(unknown.status).toBe(503)
    expect(await unknown.text()).toBe('gonogo router: no version v3 is routed here\n')
  })

  it('holds requests and lets them go, and says so when it was too long', async () => {
    const { router, table, ask, url } = await own('lua', { holdMsMax: 1500 })
    await router.set(table(0, { hold: true }))
    const held = ask()
    const first = await Promise.race([held, vi.waitUntil(async () => (await counted(router, 'v1')).requests === 0)])
    expect(first).toBe(true)
    await router.set(table(100))
    expect(await held).toBe('v2')
    await router.set(table(0, { hold: true }))
    const answer = await fetch(url)
    expect([answer.status, await answer.text()]).toEqual([503, 'gonogo router: held for too long\n'])
  })

  it('is closed with its text, and open again', async () => {
    const { router, table, ask, url } = await own('lua')
    await router.set(table(0, { closed: 'back at 3 o\'clock: "$5" 100 %' }))
    const answer = await fetch(url)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('30')
    expect(await answer.text()).toBe('back at 3 o\'clock: "$5" 100 %\n')
    expect((await router.current())?.closed).toContain('$5')
    await router.set(table(0))
    expect(await ask()).toBe('v1')
  })

  it('shields clients from a candidate that answers 500, and counts it against the candidate', async () => {
    const { router, table, url } = await own('lua', { shield: { shareMax: 100 } }, { v2: fails })
    await router.set(table(50))
    const answers = await Promise.all(Array.from({ length: 200 }, () => fetch(url)))
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    const { errors, shielded, requests } = await counted(router, 'v2')
    expect(requests).toBeGreaterThan(50)
    expect([errors, shielded]).toEqual([requests, requests])
    expect((await counted(router, 'v1')).errors).toBe(0)
    // A POST may have been worked on, and is answered once.
    const posts = await Promise.all(Array.from({ length: 40 }, () => fetch(url, { method: 'POST', body: 'x' })))
    expect(posts.some(({ status }) => status === 500)).toBe(true)
  })

  it('finds stable when all instances of the candidate have just died, and some of stable too', async () => {
    const { router, table, url } = await own('lua', { ejectMs: 1, attemptsMax: 5 })
    const dead = await Promise.all(['v2-2', 'v2-3', 'v2-4', 'v2-5', 'v2-6', 'v1-2'].map((id) => deadBackend(id)))
    const alive = table(100).backends.filter(({ version }) => version === 'v1')
    await router.set({ ...table(100), backends: [...dead, ...alive] })
    const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(url)))
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  })

  it('shields no more than its share of the requests, and never stable itself', async () => {
    const { router, table, url } = await own('lua', { shield: { shareMax: 5 } }, { v2: fails, v1: fails })
    await router.set(table(50))
    for (let i = 0; i < 100; i++) expect((await fetch(url)).status).toBe(500)
    const { shielded = 0, retries } = await counted(router, 'v2')
    expect(shielded).toBe(0)
    expect(retries).toBeGreaterThan(0)
    expect(retries).toBeLessThan(40)
  })

  it.each(['PUT', 'DELETE', 'POST', 'PROPFIND'])('never sends a %s twice that was worked on', async (method) => {
    const cut: RequestListener = (asked) => void asked.socket.destroy()
    const { router, table, url, v1, v2 } = await own('lua', {}, { v2: cut })
    await router.set(table(100))
    const status = await new Promise<number>((resolve, reject) => {
      const sent = request(url, { method, agent: false }, (response) => resolve(response.resume().statusCode ?? 0))
      sent.on('error', reject).end(method === 'PUT' ? 'x' : undefined)
    })
    expect(status).toBe(502)
    expect(v2.seen).toHaveLength(1)
    expect(v1.seen).toHaveLength(0)
    expect(await counted(router, 'v2')).toMatchObject({ requests: 1, errors: 1, retries: 0, inFlight: 0 })
  })

  it('sends again what never arrived, whatever its method, and a GET that was cut', async () => {
    const cut: RequestListener = (asked) => void asked.socket.destroy()
    const { router, table, url, v1, v2 } = await own('lua', { ejectMs: 1 }, { v2: cut })
    await router.set(table(100))
    expect(await (await fetch(url)).text()).toBe('v1')
    v2.server.close()
    v2.server.closeAllConnections()
    for (const method of ['POST', 'PUT', 'DELETE']) {
      // Ejected for the moment it would not be tried at all.
      await pause(20)
      expect(await (await fetch(url, { method, body: 'x'.repeat(100_000) })).text()).toBe('v1')
    }
    const { requests, errors, retries, inFlight } = await counted(router, 'v2')
    expect([requests, errors, retries, inFlight]).toEqual([4, 4, 4, 0])
    expect(v1.seen).toEqual(['GET /', 'POST /', 'PUT /', 'DELETE /'])
  })

  it('drain waits for what is under way, and says when it did not end', async () => {
    const gate = Promise.withResolvers<void>()
    const slow: RequestListener = (_, response) => void gate.promise.then(() => response.end('v2'))
    const { router, table, ask, v2 } = await own('lua', {}, { v2: slow })
    await router.set(table(100))
    const underWay = ask()
    await vi.waitUntil(() => v2.seen.length === 1)
    await router.set(table(0))
    expect(await router.drain('v2', 100)).toBe(false)
    expect((await counted(router, 'v2')).inFlight).toBe(1)
    const drained = router.drain('v2', 10_000)
    gate.resolve()
    expect(await drained).toBe(true)
    expect(await underWay).toBe('v2')
  })

  it('hands on events as they come, and large bodies whole', async () => {
    const events = Promise.withResolvers<void>()
    const { router, table, url } = await own(
      'lua',
      {},
      {
        v1: (asked, response) => {
          if (asked.headers.accept === 'text/event-stream') {
            response.write('data: one\n\n')
            void events.promise.then(() => response.end('data: two\n\n'))
            return
          }
          let bytes = 0
          asked.on('data', (chunk: Buffer) => (bytes += chunk.length))
          asked.once('end', () => response.end(String(bytes)))
        },
      },
    )
    await router.set(table(0))
    const body = (await fetch(url, { headers: { accept: 'text/event-stream' } })).body?.getReader()
    expect(Buffer.from((await body?.read())?.value ?? []).toString()).toBe('data: one\n\n')
    events.resolve()
    expect(Buffer.from((await body?.read())?.value ?? []).toString()).toBe('data: two\n\n')
    const sent = await fetch(url, { method: 'POST', body: Buffer.alloc(20_000_000) })
    expect(await sent.text()).toBe('20000000')
  })

  it('comes back with its table when it was killed, workers and all', async () => {
    const { router, table, ask, context } = await own('lua')
    await router.set(table(100))
    const master = masterOf(join(routerDirectory(context), 'nginx.pid'))!
    const { serving } = workersOf(master)!
    for (const pid of [master.pid, ...serving]) process.kill(pid, 'SIGKILL')
    await vi.waitUntil(() => !isAlive(master))
    expect(await router.current()).toBeNull()
    await expect(router.counters(AbortSignal.timeout(5000))).rejects.toThrow('nginx does not run')
    const failed = await runCapsuleStep(router.capsule(table(0)))
    expect(failed.exitCode).toBe(1)
    const command = /start it, it will take this table: (.*)$/m.exec(failed.stderr)?.[1] ?? ''
    expect(await exec('/bin/sh', ['-c', command], { timeoutMs: 10_000 })).toMatchObject({ exitCode: 0 })
    expect(await ask()).toBe('v1')
    expect((await router.current())?.weights).toEqual({ v1: 100, v2: 0 })
    await router.set(table(100))
    expect(await ask()).toBe('v2')
  })

  it('the capsule needs neither curl nor socat', async () => {
    const { router, table, ask } = await own('lua')
    const step = router.capsule(table(0))
    for (let round = 0; round < 3; round++) {
      await router.set(table(100))
      expect(await ask()).toBe('v2')
      expect(await runCapsuleStep(step, { PATH: pathWithoutCurl() })).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await ask()).toBe('v1')
    }
  })

  it.skipIf(!isProgramThere('socat', 'socat'))('the capsule takes socat where there is no curl', async () => {
    const { router, table, ask, context } = await own('lua')
    await router.set(table(100))
    const path = pathWithoutCurl()
    symlinkSync('/usr/bin/socat', join(path, 'socat'))
    expect(await runCapsuleStep(router.capsule(table(0)), { PATH: path })).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await ask()).toBe('v1')
    // It was told, it did not find the file.
    expect(readFileSync(join(routerDirectory(context), 'edge.ack'), 'utf8')).toBe('')
  })

  it('forgets what a worker that was killed had under way', async () => {
    const { router, table, url, context, v2 } = await own('lua', {}, { v2: () => {} })
    await router.set(table(100))
    const underWay = fetch(url).catch(() => 'cut')
    await vi.waitUntil(() => v2.seen.length === 1)
    await router.set(table(0))
    expect((await counted(router, 'v2')).inFlight).toBe(1)
    const master = masterOf(join(routerDirectory(context), 'nginx.pid'))!
    for (const pid of workersOf(master)!.serving) process.kill(pid, 'SIGKILL')
    expect(await underWay).toBe('cut')
    expect(await router.drain('v2', 10_000)).toBe(true)
    expect((await counted(router, 'v2')).inFlight).toBe(0)
  })

  it('takes changed settings, and refuses names it cannot send to', async () => {
    const { router, table, url, context } = await own('lua')
    await router.set(table(0))
    const { port } = new URL(url)
    const changed = nginx.create(
      nginx.options.parse({ mode: 'lua', listen: { port: Number(port) }, previewHeader: 'x-try', reloadGraceMs: 0 }),
      context,
    )
    await changed.set(table(0))
    expect(await (await fetch(url, { headers: { 'x-try': 'v2' } })).text()).toBe('v2')
    const [one] = table(0).backends
    const named = { ...table(0), backends: [{ ...one!, host: 'app.internal' }, table(0).backends[1]!] }
    await expect(router.set(named)).rejects.toThrow('cannot send requests to app.internal')
    expect((await router.current())?.backends).toHaveLength(2)
  })

  it('says who may be asked when the port is taken, and leaves nothing running', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    onTestFinished(() => void squatter.close())
    const { port } = squatter.address() as AddressInfo
    const { router, table } = await own('lua', { listen: { port } })
    await expect(router.set(table(0))).rejects.toThrow(`127.0.0.1:${port} is taken by another program`)
    expect(await router.current()).toBeNull()
  })
})
