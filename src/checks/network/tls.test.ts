import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TlsOptions } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { tls } from './tls.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl) console.warn('SKIPPED: tls.test.ts needs the openssl program to make certificates')

describe.skipIf(!hasOpenssl)('tls (with certificates made by openssl)', () => {
  let directory = ''
  const servers: Server[] = []
  const ports = { modern: 0, expiring: 0, old: 0, weak: 0, noSecrecy: 0, silent: 0, plain: 0 }

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
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:1024',
        '-nodes',
        '-days',
        '90',
        '-keyout',
        'weak.key',
        '-out',
        'weak.crt',
      ].concat(['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']),
      { cwd: directory, stdio: 'ignore' },
    )
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '90', '-keyout', 'rsa.key', '-out', 'rsa.crt'].concat([
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=DNS:localhost,IP:127.0.0.1',
      ]),
      { cwd: directory, stdio: 'ignore' },
    )
    ports.weak = await serve('weak', { ciphers: 'DEFAULT@SECLEVEL=0' })
    ports.noSecrecy = await serve('rsa', { ciphers: 'AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' })
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
    unreachable: { status: 'failed', case: () => at(1) },
    hostile: {
      'a server that speaks something else': { status: 'failed', case: () => at(ports.plain) },
      'a certificate nobody trusts': { status: 'failed', case: () => at(ports.modern, { caFile: undefined }) },
      'a server that never answers': { status: 'failed', case: () => at(ports.silent, { timeoutMs: 100 }) },
      'a host that can be none': { status: 'failed', case: () => at(ports.modern, { host: `a${ANSI}` }) },
    },
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

  it('measures keys', async () => {
    const weak = (extra: Record<string, unknown>) => runCheck(tls, at(ports.weak, { caFile: 'weak.crt', ...extra }))
    expect((await weak({})).summary).toContain('the key of localhost has 1024 bits, at least 2048 wanted')
    expect((await weak({ rsaKeyBitsMin: 1024 })).summary).not.toContain('bits')
    expect((await runCheck(tls, at(ports.modern, { ecKeyBitsMin: 384 }))).summary).toContain('has 256 bits')
  })

  it('judges the cipher that is chosen, and those that are tried', async () => {
    const rsa = (extra: Record<string, unknown>) => runCheck(tls, at(ports.noSecrecy, { caFile: 'rsa.crt', ...extra }))
    expect((await rsa({})).summary).toContain('chose the cipher AES128-SHA')
    expect((await rsa({ ciphersForbidden: 'RC4' })).status).toBe('passed')
    expect((await runCheck(tls, at(ports.modern, { ciphersForbidden: '^TLS_' }))).summary).toContain(
      'chose the cipher TLS_',
    )
    expect((await rsa({ ciphersRefused: 'AES128-SHA:AES256-SHA' })).summary).toContain('accepts the cipher AES128-SHA')
    const refusing = (ciphersRefused: string) => rsa({ ciphersForbidden: 'RC4', ciphersRefused })
    expect((await refusing('AES256-SHA')).status).toBe('passed')
    expect((await refusing('NO-SUCH-CIPHER')).status).toBe('unverified')
  })

  it('wants a stapled statement only where asked to', async () => {
    const [key, cert] = ['key', 'crt'].map((ending) => readFileSync(join(directory, `long.${ending}`)))
    const stapling = createServer({ key, cert }, (socket) => socket.on('error', () => {}).end())
    stapling.on('OCSPRequest', (_certificate, _issuer, done) => done(null, Buffer.from('a statement')))
    const port = await listen(stapling.on('tlsClientError', () => {}))
    expect((await runCheck(tls, at(port, { stapling: true }))).status).toBe('passed')
    expect((await runCheck(tls, at(ports.modern, { stapling: true }))).summary).toContain('staples no statement')
  })
})
