// gonogo router, over the real built-in proxy in a project of its own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { builtinProxy } from '../../routers/builtin-proxy.ts'
import { startBackend } from '../../routers/builtin-proxy/backend.fixture.ts'
import { endProxy } from '../../routers/builtin-proxy/edge.fixture.ts'
import { proxyDirectory, proxyPaths } from '../../routers/builtin-proxy/paths.ts'
import { tableOf } from '../../routers/builtin-proxy/proxy.fixture.ts'
import { gonogo } from './command-line.fixture.ts'

afterEach(() => {
  // `main` sets the exit code of this very process, which is the test runner's.
  process.exitCode = 0
})

function project(routers = 'edge: { kind: builtin-proxy, listen: { port: 0 } }') {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-router-'))
  const stateDirectory = join(directory, '.gonogo')
  mkdirSync(stateDirectory)
  writeFileSync(join(directory, 'checklist.md'), '- [ ] Nothing\n')
  writeFileSync(join(directory, 'gonogo.yaml'), `service: shop\nchecklist: checklist.md\nrouters:\n  ${routers}\n`)
  onTestFinished(async () => {
    await endProxy(proxyPaths(proxyDirectory(stateDirectory, 'edge')))
    rmSync(directory, { recursive: true, force: true })
  })
  const context = { name: 'edge', directory, stateDirectory, env: {} }
  const router = builtinProxy.create(builtinProxy.options.parse({ listen: { port: 0 } }), context)
  return { directory, router }
}

test('shows, pauses, resumes, closes, opens and upgrades', async () => {
  const { directory, router } = project()
  const run = (...args: string[]) => gonogo(directory, 'router', ...args)
  expect(await run()).toMatchObject({ code: 1, out: expect.stringMatching(/edge.*does not run/) })
  expect(await run('pause')).toMatchObject({ code: 2, err: expect.stringMatching(/no table.*gonogo up/) })

  const table = tableOf({ v1: 90, v2: 10 }, [await startBackend('v1-1'), await startBackend('v2-1')])
  await router.set(table)
  const shown = await run()
  expect(shown.code).toBe(0)
  expect(shown.out).toMatch(/v1 \(stable\) +90 % +0 +0 .*v1-1/)
  expect(shown.out).toMatch(/process \d+ on 127.0.0.1:\d+, gonogo \d/)

  expect(await run('pause')).toMatchObject({ code: 0, out: expect.stringContaining('holds new requests') })
  expect(await router.current()).toEqual({ ...table, hold: true })
  expect(await run()).toMatchObject({ code: 1, out: expect.stringContaining('holding new requests, 0 wait') })
  expect(await run('resume', 'edge')).toMatchObject({ code: 0 })
  expect(await router.current()).toEqual(table)

  expect(await run('close', '--message', 'Back at noon')).toMatchObject({ code: 0 })
  expect(await router.current()).toEqual({ ...table, closed: 'Back at noon' })
  const looked = await run('show', '--format', 'json')
  expect(JSON.parse(looked.out)).toMatchObject({ routers: [{ name: 'edge', state: 'closed', health: { held: 0 } }] })
  expect(await run('open')).toMatchObject({ code: 0, out: expect.stringContaining('90 % to v1, 10 % to v2') })
  expect(await router.current()).toEqual(table)

  const before = await router.health?.()
  expect(await run('upgrade')).toMatchObject({ code: 0, out: expect.stringContaining('took over from process') })
  expect((await router.health?.())?.pid).not.toBe(before?.pid)
})

test('says what it cannot do, and what there is instead', async () => {
  const { directory } = project(
    'edge: { kind: builtin-proxy, listen: { port: 0 } }\n  switch: { kind: builtin-proxy, listen: { port: 0 } }',
  )
  const run = (...args: string[]) => gonogo(directory, 'router', ...args)
  expect(await run('opn')).toMatchObject({ code: 2, err: expect.stringMatching(/expected one of show, pause/) })
  expect(await run('show', 'swich')).toMatchObject({ code: 2, err: expect.stringMatching(/did you mean switch/) })
  expect(await run('pause')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/several routers; expected one of edge, switch/),
  })
  expect(await run('open', '--message', 'x')).toMatchObject({ code: 2, err: expect.stringMatching(/goes with close/) })
})
