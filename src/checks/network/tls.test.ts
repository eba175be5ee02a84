import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TlsOptions } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { tls } from './tls.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl) console.warn('SKIPPED: tls.test.ts needs the openssl program to make certificates')

describe.skipIf(!hasOpenssl)('tls (with certificates made by openssl)', () => {
  let directory = ''
  const servers: Server[] = []
  const ports = { modern: 0, expiring: 0, old: 0, silent: 0, plain: 0 }

  const listen = async (server: Server): Promise<number> => {
    servers.push(server.listen(0, '127.0.0.1'))
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const serve = (name: string, options: TlsOptions = {}): Promise<number> => {
    const [key, cert] = ['key', 'crt'].map((ending) => readFileSync(join(directory, `${name}.${ending}`)))
    const server = createServer({ key, cert, ...options }, (socket) => socket.on('error', () => {}).end())
    return listen(server.on('tlsClientError', () => {}))
  }

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gonogo-tls-'))
    for (const [name, days] of [
      ['long', 90],
      ['short', 3],
    ] as const)
      execFileSync(
        'openssl',
        ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', String(days)]
          .concat(['-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', '/CN=localhost'])
          .concat(['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']),
        { cwd: directory, stdio: 'ignore' },
      )
    ports.modern = await serve('long')
    ports.expiring = await serve('short')
    ports.old = await serve('long', { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' })
    ports.silent = await listen(createTcpServer((socket) => socket.on('error', () => {})))
    ports.plain = await listen(createTcpServer((socket) => socket.on('error', () => {}).end('220 hello\r\n')))
  })
  afterAll(() => {
    for (const server of servers) server.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const at = (port: number, extra: Record<string, unknown> = {}) => ({
    options: { host: '127.0.0.1', port, caFile: 'long.crt', ...extra },
    context: { directory },
  })

  checkContract(tls, {
    passing: () => at(ports.modern),
    failing: () => at(ports.modern, { caFile: undefined }),
    unverified: () => at(ports.modern, { caFile: 'no-such-file.crt' }),
    slow: () => at(ports.silent),
    mentions: () => [`127.0.0.1:${ports.modern}`, '14 days', 'TLSv1.2'],
    recognises: {
      clear: [
        'SSL certificate valid for `shop.internal`',
        {
          label: 'TLS certificate',
          text: 'https://shop.internal/ certificate valid for > 30 days',
          thresholds: [thresholdOf('>', 30 * 86_400_000, 'ms', '> 30 days')],
        },
        'Certificate of api.shop.test has not expired',
      ],
      unclear: [
        'SSL certificates valid',
        'TLS 1.2+ enforced on https://example.com',
        'HTTPS works on `shop.internal`',
        'Obtain an SSL certificate for shop.internal',
        'Alerts on certificate expiry of shop.internal',
      ],
    },
  })

  it('measures the days that are left, and fails when they are too few', async () => {
    expect(await runCheck(tls, at(ports.modern))).toMatchObject({
      measurements: [{ name: 'certificate days left', value: 89, unit: 'days' }],
    })
    expect(await runCheck(tls, at(ports.expiring, { caFile: 'short.crt' }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('2 days left, at least 14 wanted'),
    })
    expect(await runCheck(tls, at(ports.expiring, { caFile: 'short.crt', daysLeftMin: 2 }))).toMatchObject({
      status: 'passed',
    })
  })

  it('says why a certificate is not trusted', async () => {
    expect(await runCheck(tls, at(ports.modern, { caFile: undefined }))).toMatchObject({
      summary: expect.stringContaining('SELF_SIGNED_CERT'),
    })
    expect(await runCheck(tls, at(ports.modern, { servername: 'other.test' }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('ALTNAME_INVALID'),
    })
  })

  it('fails a server that still accepts an old protocol, though it would speak a new one', async () => {
    expect(await runCheck(tls, at(ports.old))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('still accepts TLSv1.1, at least TLSv1.2 wanted'),
    })
    expect(await runCheck(tls, at(ports.modern, { protocolMin: 'TLSv1.3' }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('still accepts TLSv1.2'),
    })
  })

  it('fails a port that does not speak TLS', async () => {
    expect(await runCheck(tls, at(ports.plain))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('no TLS connection'),
    })
    expect(await runCheck(tls, at(ports.silent, { timeoutMs: 50 }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('no answer within 50 ms'),
    })
  })
})
