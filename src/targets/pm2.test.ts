// Options, dry-run and what pm2 is given to read; the rest is shown against a real pm2 in pm2.services.test.ts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { WITHOUT_PROGRAMS } from '../../test/servers/fake-program.ts'
import { configFile } from './pm2/programs.ts'
import { pm2 } from './pm2.ts'

const context = { name: 'app', directory: '/srv', stateDirectory: '/srv/.gonogo', env: {} }

it('gives pm2 the app of the ecosystem file, with a name, ports and a version of its own', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-pm2-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(
    join(directory, 'ecosystem.config.cjs'),
    `module.exports = { apps: [{ name: 'web', script: 'a.js', env: { A: '1', B: '1' }, env_production: { B: '2' } }] }`,
  )
  const given = { app: 'web', ecosystem: 'ecosystem.config.cjs', env: 'production', cwd: 'releases/{version}' }
  const place = { version: 'v2', slot: null, ports: [3001, 3002] }
  const read = (options: object): unknown => {
    const { content } = configFile(pm2.options.parse({ ...given, ...options }), place, { ...context, directory })
    const file = join(directory, 'written.cjs')
    writeFileSync(file, content)
    const load = createRequire(import.meta.url)
    delete load.cache[file]
    return load(file)
  }
  const env = { A: '1', B: '2', GONOGO_VERSION: 'v2', PORT: '3001' }
  expect(read({})).toMatchObject({
    apps: [
      { name: 'web-v2', script: 'a.js', cwd: join(directory, 'releases/v2'), instances: 2, exec_mode: 'cluster', env },
    ],
  })
  expect(read({ exec: 'fork' })).toMatchObject({
    apps: [
      { name: 'web-v2-1', instances: 1, env },
      { name: 'web-v2-2', instances: 1, env: { ...env, PORT: '3002' } },
    ],
  })
  expect(() => read({ app: 'shop' })).toThrow('the ecosystem file has no app shop')
})

it('knows what its options must say, and shows what it would do', () => {
  expect(pm2.options.safeParse(pm2.failingExample).success).toBe(false)
  expect(pm2.options.safeParse({ app: 'web', link: {} }).error?.issues[0]?.path).toEqual(['link'])
  const options = pm2.options.parse(pm2.example)
  expect(pm2.plan(options, 'v2', context).at(-1)).toBe('pm2 start /srv/.gonogo/targets/app/v2.config.cjs')
  expect(pm2.abilities(options)).toEqual({ mode: 'beside', reachedBy: 'addresses', resize: true })
  const inPlace = pm2.options.parse({ app: 'web', mode: 'in-place', link: {} })
  expect(pm2.plan(inPlace, 'v2', context)).toEqual([
    expect.stringContaining('write /srv/.gonogo/targets/app/v2.config.cjs'),
    'ln -s releases/v2 /srv/current.gonogo && mv -T /srv/current.gonogo /srv/current',
    'pm2 startOrReload /srv/.gonogo/targets/app/v2.config.cjs --update-env',
  ])
})

it('says what to install where pm2 is missing', async () => {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'gonogo-pm2-'))
  onTestFinished(() => rmSync(stateDirectory, { recursive: true, force: true }))
  const env = { ...WITHOUT_PROGRAMS, PM2_HOME: stateDirectory }
  const target = pm2.create(pm2.options.parse(pm2.example), {
    ...context,
    directory: stateDirectory,
    stateDirectory,
    env,
  })
  await expect(target.prepare('v1', AbortSignal.timeout(20_000))).rejects.toThrow('cannot run pm2')
})
