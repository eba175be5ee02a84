import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { processUp } from './process-up.ts'

const SECRET = 'process-environment-to-hide'
const HOUR_MS = 3_600_000
let directory = ''
let child: ChildProcess
const environments: Record<string, Record<string, string>> = {}

/** A pm2 whose daemon runs (it is this process) and that prints this. */
function plantPm2(name: string, script: string, daemon: number | string = process.pid): void {
  const folder = join(directory, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'pm2.pid'), String(daemon))
  plant(name, 'pm2', script)
  environments[name] = { PATH: `${folder}:${process.env.PATH}`, PM2_HOME: folder }
}

function plant(name: string, program: string, script: string): void {
  mkdirSync(join(directory, name), { recursive: true })
  writeFileSync(join(directory, name, program), `#!/bin/sh\n${script}\n`)
  chmodSync(join(directory, name, program), 0o755)
  environments[name] = { PATH: `${join(directory, name)}:${process.env.PATH}` }
}

const shown = (values: Record<string, unknown>): string => {
  const all = {
    LoadState: 'loaded',
    ActiveState: 'active',
    SubState: 'running',
    Result: 'success',
    NRestarts: 0,
    MainPID: 0,
    ActiveEnterTimestampMonotonic: 1000,
    ...values,
  }
  return `cat <<'EOF'\n${Object.entries(all)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\nEOF`
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-process-'))
  child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(1)', SECRET], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  writeFileSync(join(directory, 'app.pid'), `${child.pid}\n`)
  writeFileSync(join(directory, 'gone.pid'), '2147483646\n')
  writeFileSync(join(directory, 'garbage.pid'), 'no id\n')
  const entry = (id: number, state: Record<string, unknown>) => ({
    name: 'shop',
    pid: 1,
    pm_id: id,
    pm2_env: {
      status: 'online',
      restart_time: 0,
      pm_uptime: Date.now() - 25 * HOUR_MS,
      version: '1.4.0',
      pm_exec_path: '/srv/shop/main.js',
      env: { SECRET },
      ...state,
    },
  })
  const list = (...entries: unknown[]): string =>
    `printf '%s\\n' '${ANSI.replaceAll('\u0000', '')}[PM2] in-memory is out of date'; cat <<'EOF'\n${JSON.stringify(entries)}\nEOF`
  plantPm2('fine', list(entry(0, {}), entry(1, { restart_time: 2 })))
  plantPm2('half', list(entry(0, {}), entry(1, { status: 'errored', restart_time: 15 })))
  plantPm2('escapes', list(entry(0, { status: ANSI })))
  plantPm2('garbage', 'echo oops')
  plantPm2('odd', `echo '[{"name":"shop"}]'`)
  plantPm2('endless', 'exec yes "[{"')
  plantPm2('slow', 'exec sleep 30')
  plantPm2('stopped', 'echo spawned >&2; exit 1', 2_147_483_646)
  plant('up', 'systemctl', shown({}))
  plant('flapping', 'systemctl', shown({ NRestarts: 7 }))
  plant('down', 'systemctl', shown({ ActiveState: 'failed', SubState: 'failed', Result: 'exit-code' }))
  plant('unknown', 'systemctl', shown({ LoadState: 'not-found', ActiveState: 'inactive', SubState: 'dead' }))
  plant(
    'busless',
    'systemctl',
    'echo "System has not been booted with systemd as init system (PID 1). Can\'t operate." >&2; exit 1',
  )
  plant('mute', 'systemctl', 'exit 0')
  environments.none = { PATH: join(directory, 'empty') }
})
afterAll(() => {
  child.kill()
  rmSync(directory, { recursive: true, force: true })
})

const file = (pidFile: string, options: Record<string, unknown> = {}) => ({
  options: { pidFile, ...options },
  context: { directory },
})
const pm2 = (name: string, options: Record<string, unknown> = {}) => ({
  options: { pm2: 'shop', ...options },
  context: { directory, env: environments[name] as Record<string, string> },
})
const unit = (name: string, options: Record<string, unknown> = {}) => ({
  options: { systemd: 'shop.service', ...options },
  context: { directory, env: environments[name] as Record<string, string> },
})

checkContract(processUp, {
  passing: () => pm2('fine', { instancesMin: 2, uptimeMin: '24 h', version: '1.4.0' }),
  failing: () => file('gone.pid'),
  unverified: () => file('garbage.pid'),
  slow: () => pm2('slow'),
  unreachable: { status: 'unverified', case: () => unit('none') },
  hostile: {
    'escapes for terminals': { status: 'failed', case: () => pm2('escapes') },
    'no list': { status: 'unverified', case: () => pm2('garbage') },
    'a list of something else': { status: 'unverified', case: () => pm2('odd') },
    'a list without end': { status: 'unverified', case: () => pm2('endless', { timeoutMs: 200 }) },
    'a pid file without end': { status: 'unverified', case: () => file('/dev/zero') },
  },
  secret: {
    value: SECRET,
    case: () => ({
      ...pm2('fine', { restartsMax: 0 }),
      context: { directory, env: { ...environments.fine, APP_SECRET: SECRET } as Record<string, string> },
    }),
  },
  mentions: () => ['shop', 'at least 2 up', '1 day', 'version 1.4.0'],
  recognises: {
    clear: [
      'pm2 process `shop-api` is online',
      'systemd unit `shop.service` is active',
      'systemd service `worker` is running',
      {
        text: 'pm2 `shop` up without restarts for 24 hours',
        thresholds: [thresholdOf('>=', 24 * HOUR_MS, 'ms', 'for 24 hours')],
      },
    ],
    unclear: [
      'All services running',
      'Create systemd service at `/etc/systemd/system/shop.service`',
      'pm2 starts on boot',
      '`shop` is running',
      'pm2 `shop` and `worker` are online',
      'systemd unit `your-app` is running',
    ],
  },
})

describe('process-up by pm2', () => {
  it('fails where one of several is down, or was started again too often', async () => {
    expect(await runCheck(processUp, pm2('half', { instancesMin: 2 }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('1 of 2'),
    })
    expect(await runCheck(processUp, pm2('half'))).toMatchObject({ status: 'passed' })
    expect(await runCheck(processUp, pm2('fine', { restartsMax: 1 }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('shop (pm2 id 1): at most 1 restart wanted'),
    })
  })

  it('fails another version, script or name, and too short a time', async () => {
    for (const options of [
      { version: '1.5.0' },
      { commandMatches: 'other\\.js$' },
      { pm2: 'other' },
      { uptimeMin: '7 days' },
    ])
      expect(await runCheck(processUp, pm2('fine', options))).toMatchObject({ status: 'failed' })
  })

  it('does not ask pm2 where its daemon is down: it would start one', async () => {
    expect(await runCheck(processUp, pm2('stopped'))).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/^pm2's daemon of .* does not run$/),
    })
  })

  it('shows nothing of the environment that pm2 prints', async () => {
    expect(JSON.stringify(await runCheck(processUp, pm2('half', { instancesMin: 2 })))).not.toContain(SECRET)
  })
})

// Output as systemd 252 prints it; its programs are here, but no machine of these tests was booted by it.
describe('process-up by systemd', () => {
  it('goes by state, restarts and time', async () => {
    expect(await runCheck(processUp, unit('up', { restartsMax: 0, uptimeMin: '1 ms' }))).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('active (running)'),
    })
    expect(await runCheck(processUp, unit('flapping', { restartsMax: 3 }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('7 restarts'),
    })
    expect(await runCheck(processUp, unit('down'))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('failed (failed, exit-code)'),
    })
    expect(await runCheck(processUp, unit('unknown'))).toMatchObject({
      status: 'failed',
      summary: 'systemd knows no unit shop.service',
    })
    expect(await runCheck(processUp, unit('up', { uptimeMin: '10000 days' }))).toMatchObject({ status: 'failed' })
  })

  it('is unverified where systemd does not run, or says nothing', async () => {
    expect(await runCheck(processUp, unit('busless'))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('not been booted'),
    })
    expect(await runCheck(processUp, unit('mute'))).toMatchObject({ status: 'unverified' })
  })
})

describe('process-up by a pid file', () => {
  it('finds the process, and fails another one of the same id', async () => {
    expect(await runCheck(processUp, file('app.pid'))).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining(`process ${child.pid}: running`),
    })
    if (process.platform !== 'linux') return
    expect(
      await runCheck(processUp, file('app.pid', { commandMatches: 'node.*setInterval', uptimeMin: '1 ms' })),
    ).toMatchObject({ status: 'passed' })
    const other = await runCheck(processUp, file('app.pid', { commandMatches: 'java' }))
    expect(other).toMatchObject({ status: 'failed' })
    expect(JSON.stringify(other)).not.toContain(SECRET)
    expect(await runCheck(processUp, file('app.pid', { uptimeMin: '1 day' }))).toMatchObject({ status: 'failed' })
  })

  it('refuses to count what nobody counts', () => {
    expect(processUp.options.safeParse({ pidFile: 'a', restartsMax: 0 }).success).toBe(false)
    expect(processUp.options.safeParse({ pidFile: 'a', pm2: 'b' }).success).toBe(false)
  })

  it('is proposed with the stretch of the words', () => {
    const words = {
      text: 'pm2 `shop` up without restarts for 24 hours',
      thresholds: [thresholdOf('>=', 24 * HOUR_MS, 'ms', 'for 24 hours')],
    }
    expect(processUp.recognise?.(itemOf('systemd service `worker` is running'))?.options).toEqual({
      systemd: 'worker.service',
    })
    expect(processUp.recognise?.(itemOf(words))?.options).toEqual({ pm2: 'shop', uptimeMin: 24 * HOUR_MS })
  })
})
