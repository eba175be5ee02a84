// Against a real pm2 with a home of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { npmFolder } from '../../../test/servers/packages.ts'
import { poll } from '../../lib/deadline.ts'
import { isAlive, identify } from '../../lib/process-identity.ts'
import { processUp } from './process-up.ts'

const folder = npmFolder('pm2@7.0.4')
if (!folder)
  console.warn('SKIPPED: process-up.services.test.ts needs the npm package pm2, which could not be installed')

describe.skipIf(!folder)('process-up by a real pm2', () => {
  let directory = ''
  let env: Record<string, string> = {}

  const pm2 = (...args: string[]) => spawnSync('pm2', args, { cwd: directory, env, encoding: 'utf8' })
  const check = (options: Record<string, unknown>) =>
    runCheck(processUp, { options: { pm2: 'shop', ...options }, context: { directory, env } })

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'gonogo-pm2-'))
    const bin = join(folder ?? '', 'node_modules', '.bin')
    env = {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: directory,
      PM2_HOME: join(directory, 'pm2'),
      SHOP_SECRET: 'pm2-secret-to-hide',
    }
    writeFileSync(join(directory, 'package.json'), '{"name":"shop","version":"1.4.0"}')
    writeFileSync(join(directory, 'shop.cjs'), 'setInterval(() => {}, 1000)')
    writeFileSync(join(directory, 'broken.cjs'), 'process.exit(3)')
  })
  afterAll(async () => {
    const daemon = Number(
      existsSync(join(env.PM2_HOME ?? '', 'pm2.pid')) ? readFileSync(join(env.PM2_HOME ?? '', 'pm2.pid'), 'utf8') : 0,
    )
    const identity = daemon > 0 ? identify(daemon) : null
    pm2('kill')
    if (identity) await poll(() => (isAlive(identity) ? null : true), { everyMs: 50, timeoutMs: 20_000 })
    rmSync(directory, { recursive: true, force: true })
  })

  it('fails before its daemon runs, and starts none', async () => {
    expect(await check({})).toMatchObject({ status: 'failed', summary: expect.stringContaining('does not run') })
    expect(existsSync(env.PM2_HOME ?? '')).toBe(false)
  })

  it('passes two instances that are online, with their version and without a restart', async () => {
    expect(pm2('start', 'shop.cjs', '--name', 'shop', '--instances', '2').status).toBe(0)
    const outcome = await check({ instancesMin: 2, restartsMax: 0, version: '1.4.0', commandMatches: 'shop\\.cjs$' })
    expect(outcome).toMatchObject({ status: 'passed', summary: expect.stringContaining('2 of 2') })
    expect(JSON.stringify(outcome)).not.toContain('pm2-secret-to-hide')
    expect(await check({ instancesMin: 3 })).toMatchObject({ status: 'failed' })
    expect(await check({ uptimeMin: '24 h' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('up for at least 1 day wanted'),
    })
    expect(await check({ version: '2.0.0' })).toMatchObject({ status: 'failed' })
    expect(await check({ pm2: 'other' })).toMatchObject({ status: 'failed', summary: 'pm2 knows no process other' })
  })

  it('counts restarts', async () => {
    expect(pm2('restart', 'shop').status).toBe(0)
    expect(await check({ restartsMax: 0 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('at most 0 restarts wanted'),
    })
    expect(await check({ restartsMax: 1 })).toMatchObject({ status: 'passed' })
  })

  it('fails what is stopped, and what ended and waits to be started again', async () => {
    expect(pm2('stop', 'shop').status).toBe(0)
    expect(await check({})).toMatchObject({ status: 'failed', summary: expect.stringContaining('0 of 2') })
    pm2('start', 'broken.cjs', '--name', 'broken', '--restart-delay', '600000')
    const outcome = await poll(
      async () => {
        const seen = await check({ pm2: 'broken' })
        return seen.summary.includes('(pm2 id') && seen.status !== 'passed' ? seen : null
      },
      { everyMs: 200, timeoutMs: 60_000 },
    )
    expect(outcome).toMatchObject({ status: 'failed', summary: expect.stringContaining('waiting restart') })
  })
})
