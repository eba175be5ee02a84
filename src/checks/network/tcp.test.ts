import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, stepOf } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { tcp } from './tcp.ts'

let server: Server
let port = 0
let deaf: ChildProcess
let deafPort = 0
const waiting: Socket[] = []

/** Listens and never accepts; once its queue is full, a connection neither succeeds nor fails. */
const DEAF = `
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

beforeAll(async () => {
  server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  deaf = spawn(process.execPath, ['-e', DEAF], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [chunk] = (await once(deaf.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  deafPort = Number(chunk.toString())
  for (let count = 0; count < 4; count++) {
    const socket = connect(deafPort, '127.0.0.1').on('error', () => {})
    waiting.push(socket)
  }
  await once(waiting[0] as Socket, 'connect')
})
afterAll(() => {
  server.close()
  for (const socket of waiting) socket.destroy()
  deaf.kill('SIGKILL')
})

checkContract(tcp, {
  passing: () => ({ options: { host: '127.0.0.1', port } }),
  failing: () => ({ options: { host: '127.0.0.1', port: 1 } }),
  slow: () => ({ options: { host: '127.0.0.1', port: deafPort, timeoutMs: 20_000 } }),
  unreachable: { status: 'failed', case: () => ({ options: { host: '127.0.0.1', port: 1 } }) },
  hostile: {
    'a server that hangs up at once': { status: 'passed', case: () => ({ options: { host: '127.0.0.1', port } }) },
    'a name with escapes': {
      status: 'failed',
      case: () => ({ options: { host: `${ANSI}.invalid`, port: 80, timeoutMs: 2000 } }),
    },
  },
  mentions: () => [`127.0.0.1:${port}`],
  recognises: {
    clear: [
      'Test connectivity to db.internal:5432',
      { label: 'Network', text: 'mail.internal:2525 is reachable' },
      'Postgres is listening (`localhost:5432`)',
      'Port 5432 on db.internal is open',
      { text: 'Queue is open', commands: [stepOf('nc -zv queue.internal 5672')] },
    ],
    unclear: [
      'Test connectivity to all required services',
      'Open the window at 10:30',
      'Port mapping 8080:80 is open',
      'Image node:20 is accessible',
      'db.internal:5432 is not reachable from outside',
    ],
  },
})

describe('tcp', () => {
  it('fails when nobody takes the connection in time', async () => {
    const outcome = await runCheck(tcp, { options: { host: '127.0.0.1', port: deafPort, timeoutMs: 50 } })
    expect(outcome).toMatchObject({ status: 'failed', summary: expect.stringContaining('no connection within 50 ms') })
  })

  it('fails for a host that does not exist', async () => {
    const outcome = await runCheck(tcp, { options: { host: 'no-such-host.invalid', port: 80, timeoutMs: 2000 } })
    expect(outcome).toMatchObject({ status: 'failed', summary: expect.stringContaining('no-such-host.invalid:80') })
  })
})
