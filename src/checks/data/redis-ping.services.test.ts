// Against a real Redis, Debian's `redis-server`.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { poll } from '../../lib/deadline.ts'
import { redisPing } from './redis-ping.ts'

const PASSWORD = 'redis-password-to-hide'

const installed = isProgramThere('redis-server', 'redis-server')
if (!installed) console.warn('SKIPPED: redis-ping.services.test.ts needs redis-server, which could not be installed')

describe.skipIf(!installed)('redis-ping on a real Redis', () => {
  let directory = ''
  let server: ChildProcess
  let url = ''

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gonogo-redis-'))
    const port = await freePort()
    const flags = { port, bind: '127.0.0.1', dir: directory, requirepass: PASSWORD, maxmemory: '100mb', save: '' }
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
    server = spawn('redis-server', args, { stdio: 'ignore' })
    url = `redis://:${PASSWORD}@127.0.0.1:${port}`
    expect(await poll(() => answers(port), { everyMs: 50, timeoutMs: 20_000 })).toBe(true)
  })
  afterAll(async () => {
    server.kill('SIGTERM')
    if (server.exitCode === null) await once(server, 'exit')
    rmSync(directory, { recursive: true, force: true })
  })

  checkContract(redisPing, {
    passing: () => ({ options: { url, latencyMsMax: 5000, memoryPercentMax: 50 } }),
    failing: () => ({ options: { url, memoryPercentMax: 0 } }),
    unverified: () => ({ options: { url: url.replace(PASSWORD, 'wrong') } }),
    secret: { value: PASSWORD, case: () => ({ options: { url, memoryPercentMax: 0 } }) },
    mentions: () => ['redis://127.0.0.1'],
    recognises: {
      clear: ['Redis is reachable', 'Redis responds', 'Redis answers (`redis-cli ping`)'],
      unclear: ['Redis', 'Redis connection failures', 'Flush the Redis cache'],
    },
  })

  it('fails while Redis takes connections but does not answer', async () => {
    server.kill('SIGSTOP')
    try {
      expect(await runCheck(redisPing, { options: { url, timeoutMs: 300 } })).toMatchObject({
        status: 'failed',
        summary: expect.stringContaining('no answer within 300 ms'),
      })
    } finally {
      server.kill('SIGCONT')
    }
  })
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

function answers(port: number): Promise<true | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).on('error', () => resolve(null))
  })
}
