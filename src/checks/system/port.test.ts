import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { freePort } from '../../../test/servers/free-port.ts'
import { listenersOf, parseTable } from './listeners.ts'
import { answerOf, port } from './port.ts'

const servers: Server[] = []
let udp: Socket
const at = { loopback: 0, everywhere: 0, six: 0, udp: 0, free: 0 }

async function listen(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  at.loopback = await listen('127.0.0.1')
  at.everywhere = await listen('0.0.0.0')
  at.six = await listen('::1').catch(() => 0)
  udp = createSocket('udp4')
  udp.bind(0, '127.0.0.1')
  await once(udp, 'listening')
  at.udp = udp.address().port
  at.free = await freePort()
})
afterAll(() => {
  udp.close()
  for (const server of servers) server.close()
})

const asked = (number: number, options: Record<string, unknown> = {}) => ({ options: { port: number, ...options } })

checkContract(port, {
  passing: () => asked(at.loopback),
  failing: () => asked(at.free),
  unreachable: { status: 'failed', case: () => asked(1) },
  mentions: () => [`tcp port ${at.loopback}`, 'listening'],
  recognises: {
    clear: ['Port 8080 is free', 'App is listening on port 3000', 'Port `5432` is not in use'],
    unclear: [
      'Port 443 is open in the firewall',
      'Port 22 closed',
      'Ports 8000-8010 are free',
      'Metrics endpoint configured (port 9090)',
      'Ports 80 and port 443 are listening',
      'Not listening on port 23',
    ],
  },
})

describe('port', () => {
  it('fails a free port that is taken', async () => {
    expect(await runCheck(port, asked(at.loopback, { state: 'free' }))).toMatchObject({ status: 'failed' })
    expect(await runCheck(port, asked(at.free, { state: 'free' }))).toMatchObject({ status: 'passed' })
  })

  it('knows by an answer what it cannot know by a list', async () => {
    expect(await answerOf(at.loopback, AbortSignal.timeout(5000))).toBe('taken')
    expect(await answerOf(at.free, AbortSignal.timeout(5000))).toBe('refused')
  })

  it('refuses to ask more of a free port', () => {
    expect(port.options.safeParse({ port: 80, state: 'free', loopbackOnly: true }).success).toBe(false)
  })

  it('proposes port and state of the words', () => {
    expect(port.recognise?.(itemOf('Port 8080 is free'))?.options).toEqual({ port: 8080, state: 'free' })
  })
})

describe.runIf(process.platform === 'linux')('port, by the list of Linux', () => {
  it('says who listens, and fails somebody else', async () => {
    const outcome = await runCheck(port, asked(at.loopback, { commandMatches: 'node|vitest' }))
    expect(outcome).toMatchObject({ status: 'passed', summary: expect.stringContaining(`process ${process.pid} (`) })
    expect(await runCheck(port, asked(at.loopback, { commandMatches: 'java' }))).toMatchObject({ status: 'failed' })
  })

  it('fails what is open to others than this machine', async () => {
    expect(await runCheck(port, asked(at.loopback, { loopbackOnly: true }))).toMatchObject({ status: 'passed' })
    expect(await runCheck(port, asked(at.everywhere, { loopbackOnly: true }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('0.0.0.0, only this machine is wanted'),
    })
  })

  it('knows udp and IPv6', async () => {
    expect(await runCheck(port, asked(at.udp, { protocol: 'udp', loopbackOnly: true }))).toMatchObject({
      status: 'passed',
    })
    expect(await runCheck(port, asked(at.udp))).toMatchObject({ status: 'failed' })
    if (at.six > 0) expect(await listenersOf('tcp', at.six)).toMatchObject([{ address: '::1', isLoopback: true }])
  })

  it.runIf(new Uint8Array(new Uint16Array([1]).buffer)[0] === 1)('reads the table of the kernel', () => {
    const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
    const line = (address: string, state: string) =>
      ` 0: ${address}:1F90 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 0 0 4242 1 0 100\n`
    const addresses = [
      '0100007F',
      '00000000',
      '00000000000000000000000000000000',
      '0000000000000000FFFF00000100007F',
    ].map((hex) => parseTable(head + line(hex, '0A'), '0A', 8080)[0])
    expect(addresses.map((found) => [found?.address, found?.isLoopback])).toEqual([
      ['127.0.0.1', true],
      ['0.0.0.0', false],
      ['::', false],
      ['127.0.0.1', true],
    ])
    expect(parseTable(head + line('0100007F', '01'), '0A', 8080)).toEqual([])
    expect(parseTable('nonsense\n\u001b[2J\n', '0A', 8080)).toEqual([])
  })
})
