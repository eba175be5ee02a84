import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { clockSkew } from './clock-skew.ts'

const SECRET = 'clock-password-to-hide'
const sockets: Socket[] = []
const servers: Server[] = []
let hostile: HostileServer
let directory = ''
const ports: Record<string, number> = {}
const urls: Record<string, string> = {}
const programs: Record<string, Record<string, string>> = {}

/** A time server whose clock is so far off; `change` bends its answer. */
async function timeServer(
  aheadMs: number,
  change: (answer: Buffer) => Buffer | null = (answer) => answer,
): Promise<number> {
  const socket = createSocket('udp4')
  sockets.push(socket)
  socket.on('message', (question, from) => {
    const answer = Buffer.alloc(48)
    answer[0] = 0x24
    answer[1] = 2
    question.copy(answer, 24, 40, 48)
    const seconds = (Date.now() + aheadMs) / 1000 + 2_208_988_800
    for (const at of [32, 40]) {
      answer.writeUInt32BE(Math.floor(seconds) % 2 ** 32, at)
      answer.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), at + 4)
    }
    const bent = change(answer)
    if (bent) socket.send(bent, from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket.address().port
}

async function webServer(date: () => string): Promise<string> {
  const server = createServer((_, response) => {
    response.sendDate = false
    response.setHeader('date', date())
    response.end()
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** A program that prints this. */
function planted(name: string, program: string, prints: string, code = 0): void {
  const folder = join(directory, name)
  mkdirSync(folder)
  writeFileSync(join(folder, program), `#!/bin/sh\nprintf '%s\\n' '${prints}'\nexit ${code}\n`)
  chmodSync(join(folder, program), 0o755)
  programs[name] = { PATH: `${folder}:${process.env.PATH}` }
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-clock-'))
  hostile = await startHostile()
  ports.right = await timeServer(0)
  ports.ahead = await timeServer(90_000)
  ports.silent = await timeServer(0, () => null)
  ports.unwilling = await timeServer(0, (answer) => (answer.fill(0, 1, 2), answer.write('RATE', 12, 'latin1'), answer))
  ports.unsure = await timeServer(0, (answer) => (answer.writeUInt8(0xe4, 0), answer))
  ports.client = await timeServer(0, (answer) => (answer.writeUInt8(0x23, 0), answer))
  ports.forged = await timeServer(0, (answer) => (answer.fill(7, 24, 32), answer))
  ports.garbage = await timeServer(0, () => Buffer.from('\u001b[2J'))
  ports.vague = await timeServer(0, (answer) => (answer.writeUInt32BE(5 * 65_536, 8), answer))
  ports.timeless = await timeServer(0, (answer) => answer.fill(0, 32))
  urls.right = await webServer(() => new Date().toUTCString())
  urls.behind = await webServer(() => new Date(Date.now() - 3_600_000).toUTCString())
  urls.dateless = await webServer(() => '\tsoon')
  // As chronyc 4.3 prints it, in the face of a server on this machine.
  const tracking = (offset: string, leap: string) =>
    `7F000001,127.0.0.1,11,1795292400.123456789,${offset},0.000000100,0.000000200,-5.1,0.0,0.02,0.000040000,0.000030000,16.1,${leap}`
  planted('chrony', 'chronyc', tracking('-0.000012000', 'Normal'))
  planted('late', 'chronyc', tracking('4.999598980', 'Normal'))
  planted('alone', 'chronyc', tracking('0.000000000', 'Not synchronised').replace(',11,', ',0,'))
  planted('down', 'chronyc', '506 Cannot talk to daemon', 1)
  planted('nonsense', 'chronyc', 'a,b,c')
  planted('synced', 'timedatectl', 'NTP=yes\nNTPSynchronized=yes')
  planted('unsynced', 'timedatectl', 'NTP=no\nNTPSynchronized=no')
  planted('mute', 'timedatectl', '', 1)
  programs.none = { PATH: join(directory, 'empty') }
})
afterAll(async () => {
  for (const socket of sockets) socket.close()
  for (const server of servers) server.close()
  await hostile.stop()
  rmSync(directory, { recursive: true, force: true })
})

const ntp = (name: string, options: Record<string, unknown> = {}) => ({
  options: { ntp: `127.0.0.1:${ports[name]}`, timeoutMs: 20_000, ...options },
})
const daemon = (name: string, kind = 'chrony', options: Record<string, unknown> = {}) => ({
  options: { daemon: kind, ...options },
  context: { env: programs[name] as Record<string, string> },
})
const web = (url: string, options: Record<string, unknown> = {}) => ({ options: { url, skewMax: '30 s', ...options } })

checkContract(clockSkew, {
  passing: () => ntp('right'),
  failing: () => ntp('ahead'),
  unverified: () => ntp('unwilling'),
  slow: () => ntp('silent'),
  unreachable: { status: 'unverified', case: () => web('http://127.0.0.1:1/') },
  hostile: {
    'an answer to another question': { status: 'unverified', case: () => ntp('forged', { timeoutMs: 200 }) },
    'a packet that is none': { status: 'unverified', case: () => ntp('garbage', { timeoutMs: 200 }) },
    'no time in the answer': { status: 'unverified', case: () => ntp('timeless') },
    'a web server that speaks no HTTP': { status: 'unverified', case: () => web(hostile.garbageUrl) },
    'a web server that says no date': { status: 'unverified', case: () => web(urls.dateless ?? '') },
    'a certificate that nobody trusts': { status: 'unverified', case: () => web(hostile.tlsUrl ?? hostile.garbageUrl) },
  },
  secret: { value: SECRET, case: () => web((urls.behind ?? '').replace('//', `//ops:${SECRET}@`)) },
  mentions: () => [`127.0.0.1:${ports.right}`, '1 s'],
  recognises: {
    clear: [
      'NTP is running and synchronized',
      'System clocks are in sync',
      { text: 'Clock skew < 500ms', thresholds: [thresholdOf('<', 500, 'ms', '< 500ms')] },
      'chronyd active',
    ],
    unclear: [
      'Clock skew is acceptable',
      'NTP port open in the firewall',
      'Node clocks are in sync',
      'Data is in sync',
      'Alert if NTP is not synchronized',
      'Time to first byte < 500ms',
    ],
  },
})

describe('clock-skew', () => {
  it('measures how far it is off, and which way', async () => {
    const { measurements, summary } = await runCheck(clockSkew, ntp('ahead'))
    expect(measurements[0]).toMatchObject({ name: 'clock skew', unit: 'ms' })
    // Two readings of one clock, in two steps: all that may lie between is the way there.
    expect(Math.abs((measurements[0]?.value ?? 0) - 90_000)).toBeLessThan(5000)
    expect(summary).toMatch(/^this clock is 1 min \d+ s behind/)
  })

  it.each([
    ['unwilling', 'does not want to be asked (RATE)'],
    ['unsure', 'does not know the time itself'],
    ['client', 'not that of a server'],
    ['vague', 'too unsure'],
  ])('takes no time from a server that is %s', async (name, words) => {
    expect(await runCheck(clockSkew, ntp(name))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining(words),
    })
  })

  it('goes by the date of a web server, which tells seconds and no less', async () => {
    expect(await runCheck(clockSkew, web(urls.right ?? ''))).toMatchObject({ status: 'passed' })
    expect(await runCheck(clockSkew, web(urls.behind ?? ''))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('ahead of'),
    })
    expect(await runCheck(clockSkew, web(urls.right ?? '', { skewMax: '100 ms' }))).toMatchObject({
      status: 'unverified',
    })
  })

  it('goes by the daemon of this machine', async () => {
    expect(await runCheck(clockSkew, daemon('chrony'))).toMatchObject({ status: 'passed' })
    expect(await runCheck(clockSkew, daemon('late'))).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/^this clock is 5 s behind chronyc/),
    })
    for (const name of ['alone', 'down', 'nonsense', 'none'])
      expect(await runCheck(clockSkew, daemon(name))).toMatchObject({ status: 'unverified' })
    expect(await runCheck(clockSkew, daemon('synced', 'timesyncd'))).toMatchObject({ status: 'passed' })
    expect(await runCheck(clockSkew, daemon('unsynced', 'timesyncd'))).toMatchObject({ status: 'failed' })
    for (const name of ['mute', 'none'])
      expect(await runCheck(clockSkew, daemon(name, 'timesyncd'))).toMatchObject({ status: 'unverified' })
  })

  it('knows a clock that was set back to before the build', async () => {
    expect(await runCheck(clockSkew, { options: { notBefore: '2020-01-01T00:00:00Z' } })).toMatchObject({
      status: 'passed',
    })
  })

  it('wants one source', () => {
    expect(clockSkew.options.safeParse({}).success).toBe(false)
    expect(clockSkew.options.safeParse({ ntp: 'a', daemon: 'chrony' }).success).toBe(false)
    for (const server of ['time.internal', '[::1]:123', '10.0.0.1:11123'])
      expect(clockSkew.options.safeParse({ ntp: server }).success).toBe(true)
    expect(clockSkew.options.safeParse({ ntp: 'ntp://time.internal' }).success).toBe(false)
  })

  it('proposes the bound of the words', () => {
    const words = { text: 'Clock skew < 500ms', thresholds: [thresholdOf('<', 500, 'ms', '< 500ms')] }
    expect(clockSkew.recognise?.(itemOf(words))?.options).toEqual({ daemon: 'chrony', skewMax: 500 })
  })
})
