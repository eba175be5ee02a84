// Against the real `openssl s_server`: chains whole and cut short, one that ends soon, protocols and ciphers.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { freePort } from '../../../test/servers/free-port.ts'
import { hasOpenssl } from '../../../test/servers/hostile.ts'
import { ended, listening } from './nginx.fixture.ts'
import { tls } from './tls.ts'

if (!hasOpenssl()) console.warn('SKIPPED: tls.services.test.ts needs the openssl program')

describe.skipIf(!hasOpenssl())('openssl s_server', () => {
  let directory = ''
  const running: ChildProcess[] = []
  const openssl = (words: string): void =>
    void execFileSync('openssl', words.split(' '), { cwd: directory, stdio: 'ignore' })

  /** A certificate signed by another one. */
  function issue(name: string, by: string, days: number, extensions: string): void {
    writeFileSync(join(directory, `${name}.ext`), extensions)
    openssl(`req -newkey rsa:2048 -nodes -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`)
    const signed = `-CA ${by}.crt -CAkey ${by}.key -CAcreateserial -days ${days} -extfile ${name}.ext`
    openssl(`x509 -req -in ${name}.csr -out ${name}.crt ${signed}`)
  }

  async function serve(name: string, ...flags: string[]): Promise<number> {
    const port = await freePort()
    const args = [
      's_server',
      '-accept',
      `127.0.0.1:${port}`,
      '-key',
      `${name}.key`,
      '-cert',
      `${name}.crt`,
      '-www',
      '-quiet',
    ]
    const server = spawn('openssl', [...args, ...flags], { cwd: directory, stdio: 'ignore' })
    running.push(server)
    await listening(port, server)
    return port
  }

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'gonogo-s-server-'))
    const root = '-keyout root.key -out root.crt -subj /CN=root -addext basicConstraints=critical,CA:true'
    openssl(`req -x509 -newkey rsa:2048 -nodes -days 365 ${root}`)
    issue('middle', 'root', 200, 'basicConstraints=critical,CA:true\nkeyUsage=keyCertSign\n')
    issue('hasty', 'root', 3, 'basicConstraints=critical,CA:true\nkeyUsage=keyCertSign\n')
    issue('server', 'middle', 100, 'subjectAltName=IP:127.0.0.1\n')
    issue('other', 'hasty', 100, 'subjectAltName=IP:127.0.0.1\n')
    expect(readFileSync(join(directory, 'other.crt'), 'utf8')).toContain('BEGIN CERTIFICATE')
  })
  afterAll(async () => {
    for (const one of running) await ended(one)
    rmSync(directory, { recursive: true, force: true })
  })

  const at = (port: number, extra: Record<string, unknown> = {}) =>
    runCheck(tls, { options: { host: '127.0.0.1', port, caFile: 'root.crt', ...extra }, context: { directory } })

  it('passes a whole chain, and fails one that is cut short', async () => {
    expect(await at(await serve('server', '-cert_chain', 'middle.crt'))).toMatchObject({ status: 'passed' })
    expect((await at(await serve('server'))).summary).toContain('no certificate between it and the authority is sent')
  })

  it('fails a chain in which another certificate ends sooner', async () => {
    const port = await serve('other', '-cert_chain', 'hasty.crt')
    expect((await at(port)).summary).toMatch(/the certificate of hasty has [23] days left, at least 14 wanted/)
    expect((await at(port, { daysLeftMin: 1 })).status).toBe('passed')
  })

  it('judges protocols and ciphers', async () => {
    const old = await serve('server', '-cert_chain', 'middle.crt', '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0')
    expect((await at(old)).status).toBe('failed')
    const weak = await serve('server', '-cert_chain', 'middle.crt', '-tls1_2', '-cipher', 'AES128-SHA:AES256-SHA')
    expect((await at(weak)).summary).toContain('chose the cipher AES')
    const strong = await serve('server', '-cert_chain', 'middle.crt', '-tls1_2', '-cipher', 'ECDHE+AESGCM')
    expect((await at(strong, { ciphersRefused: 'AES128-SHA:AES256-SHA' })).status).toBe('passed')
    expect((await at(strong, { stapling: true })).summary).toContain('staples no statement')
  })
})
