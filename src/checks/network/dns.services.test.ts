// Against real name servers, Debian's: BIND answers for a zone of its own, dnsmasq keeps answers of it, another dnsmasq says otherwise.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { freePort } from '../../../test/servers/free-port.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { dns } from './dns.ts'
import { ended, listening } from './nginx.fixture.ts'

const hasBind = isProgramThere('named', 'bind9')
const hasDnsmasq = isProgramThere('dnsmasq', 'dnsmasq-base')
if (!hasBind || !hasDnsmasq)
  console.warn('SKIPPED: dns.services.test.ts needs bind9 and dnsmasq-base, which could not be installed')

const ZONE = `$TTL 300
@ IN SOA ns hostmaster ( 1 3600 600 86400 60 )
  IN NS ns
  IN MX 10 mail
  IN CAA 0 issue "ca.test"
  IN TXT "v=spf1 -all"
ns IN A 127.0.0.1
mail IN A 203.0.113.20
app 60 IN A 203.0.113.7
app 60 IN AAAA 2001:db8::7
www 60 IN CNAME far
far 7200 IN A 203.0.113.8
_https._tcp IN SRV 0 5 443 app
`

describe.skipIf(!hasBind || !hasDnsmasq)('real name servers', () => {
  let directory = ''
  const running: ChildProcess[] = []
  const places = { bind: '', cache: '', other: '' }

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gonogo-dns-'))
    const [bind, cache, other] = [await freePort(), await freePort(), await freePort()]
    Object.assign(places, { bind: `127.0.0.1:${bind}`, cache: `127.0.0.1:${cache}`, other: `127.0.0.1:${other}` })
    writeFileSync(join(directory, 'zone'), ZONE)
    writeFileSync(
      join(directory, 'named.conf'),
      `options { directory "${directory}"; pid-file "${directory}/pid"; session-keyfile "${directory}/key";
  listen-on port ${bind} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; };
controls { };
zone "shop.test" { type primary; file "${directory}/zone"; };
`,
    )
    const named = spawn('named', ['-f', '-c', join(directory, 'named.conf')], { stdio: ['ignore', 'ignore', 'ignore'] })
    running.push(named)
    await listening(bind, named)
    const flags = [
      '--keep-in-foreground',
      '--no-resolv',
      '--no-hosts',
      '--conf-file=/dev/null',
      '--listen-address=127.0.0.1',
      '--bind-interfaces',
      '--user=root',
      '--pid-file=',
    ]
    for (const [port, own] of [
      [cache, [`--server=127.0.0.1#${bind}`]],
      [other, ['--address=/app.shop.test/203.0.113.99']],
    ] as const) {
      const dnsmasq = spawn('dnsmasq', [...flags, `--port=${port}`, ...own], { stdio: ['ignore', 'ignore', 'inherit'] })
      running.push(dnsmasq)
      await listening(port, dnsmasq)
    }
  })
  afterAll(async () => {
    for (const one of running) await ended(one)
    rmSync(directory, { recursive: true, force: true })
  })

  const ask = (options: Record<string, unknown>) => runCheck(dns, { options: { servers: [places.bind], ...options } })

  it.each<[string, string, string]>([
    ['app.shop.test', 'A', '203.0.113.7'],
    ['app.shop.test', 'AAAA', '2001:db8::7'],
    ['www.shop.test', 'CNAME', 'far.shop.test'],
    ['shop.test', 'MX', '10 mail.shop.test'],
    ['shop.test', 'NS', 'ns.shop.test'],
    ['shop.test', 'TXT', 'v=spf1 -all'],
    ['shop.test', 'CAA', '0 issue ca.test'],
    ['_https._tcp.shop.test', 'SRV', '0 5 443 app.shop.test'],
  ])('reads %s %s', async (name, type, record) => {
    expect(await ask({ name, type, records: [record], exact: true })).toMatchObject({ status: 'passed' })
    expect((await ask({ name, type, records: ['other'] })).status).toBe('failed')
  })

  it('knows no such name, and who will not answer for a foreign one', async () => {
    expect((await ask({ name: 'nobody.shop.test' })).status).toBe('failed')
    expect((await ask({ name: 'elsewhere.test' })).status).toBe('unverified')
  })

  it('measures TTLs where the zone is, along aliases', async () => {
    expect(await ask({ name: 'app.shop.test', ttlSecondsMax: 60 })).toMatchObject({
      status: 'passed',
      measurements: [{ name: 'TTL', value: 60, unit: 's' }],
    })
    expect((await ask({ name: 'www.shop.test', ttlSecondsMax: 60 })).summary).toContain('TTL 7200 s, at most 60 s')
    expect((await ask({ name: 'shop.test', type: 'MX', ttlSecondsMax: 300 })).status).toBe('passed')
  })

  it('believes no cache that a TTL is short', async () => {
    const asked = { name: 'shop.test', type: 'MX', servers: [places.cache], ttlSecondsMax: 3600 }
    // The first answer may be passed on as it came, the second is kept.
    await ask(asked)
    expect(await ask({ ...asked, name: 'far.shop.test', type: 'A', ttlSecondsMax: 60 })).toMatchObject({
      status: 'failed',
    })
    expect((await ask({ ...asked, name: 'app.shop.test', type: 'A' })).status).not.toBe('failed')
    expect((await ask({ ...asked, name: 'app.shop.test', type: 'A' })).status).toBe('unverified')
  })

  it('sees that a change has not spread', async () => {
    const name = 'app.shop.test'
    expect((await ask({ name, resolvers: [places.cache] })).status).toBe('passed')
    expect(await ask({ name, resolvers: [places.cache, places.other] })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining(`${places.other} says 203.0.113.99`),
    })
    expect((await ask({ name, resolvers: ['127.0.0.1:1'] })).status).toBe('unverified')
  })
})
