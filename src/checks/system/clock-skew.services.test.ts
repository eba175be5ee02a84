// Against a real chronyd that serves time at a port of its own on loopback and touches no clock.
import { spawn, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { poll } from '../../lib/deadline.ts'
import { clockSkew } from './clock-skew.ts'

const installed = isProgramThere('chronyd', 'chrony')
if (!installed) console.warn('SKIPPED: clock-skew.services.test.ts needs chronyd, which could not be installed')

describe.skipIf(!installed)('clock-skew by a real chronyd', () => {
  let directory = ''
  let server: ChildProcess
  let ntp = ''
  let env: Record<string, string> = {}

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gonogo-chrony-'))
    const port = await freeUdpPort()
    ntp = `127.0.0.1:${port}`
    const socket = join(directory, 'chronyd.sock')
    const settings = [
      `port ${port}`,
      'local stratum 5',
      'allow 127.0.0.1',
      'bindaddress 127.0.0.1',
      'cmdport 0',
      `bindcmdaddress ${socket}`,
    ]
    writeFileSync(join(directory, 'chrony.conf'), `${settings.join('\n')}\npidfile ${join(directory, 'chronyd.pid')}\n`)
    // In the foreground, without control of the clock, as whoever runs the tests.
    const args = ['-d', '-x', '-U', '-f', join(directory, 'chrony.conf')]
    server = spawn('chronyd', process.getuid?.() === 0 ? [...args, '-u', 'root'] : args, { stdio: 'ignore' })
    // The real program, told where this daemon is to be asked.
    mkdirSync(join(directory, 'bin'))
    writeFileSync(
      join(directory, 'bin', 'chronyc'),
      `#!/bin/sh\nPATH='${process.env.PATH}' exec chronyc -h '${socket}' "$@"\n`,
    )
    chmodSync(join(directory, 'bin', 'chronyc'), 0o755)
    env = { PATH: `${join(directory, 'bin')}:${process.env.PATH}` }
    const serves = await poll(
      async () => ((await runCheck(clockSkew, { options: { ntp, timeoutMs: 500 } })).status === 'passed' ? true : null),
      { everyMs: 100, timeoutMs: 30_000 },
    )
    expect(serves).toBe(true)
  })
  afterAll(async () => {
    server.kill('SIGTERM')
    if (server.exitCode === null) await once(server, 'exit')
    rmSync(directory, { recursive: true, force: true })
  })

  it('passes the clock that both go by', async () => {
    expect(await runCheck(clockSkew, { options: { ntp, skewMax: '500 ms' } })).toMatchObject({ status: 'passed' })
  })

  it('reads what chronyc says of it', async () => {
    expect(await runCheck(clockSkew, { options: { daemon: 'chrony' }, context: { env } })).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('chronyc'),
    })
  })

  it('is unverified while the daemon does not answer', async () => {
    server.kill('SIGSTOP')
    try {
      expect(await runCheck(clockSkew, { options: { ntp, timeoutMs: 300 } })).toMatchObject({
        status: 'unverified',
        summary: expect.stringContaining('no answer within 300 ms'),
      })
    } finally {
      server.kill('SIGCONT')
    }
  })
})

async function freeUdpPort(): Promise<number> {
  const probe = createSocket('udp4').bind(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}
