// Domains of e-mail addresses, asked of a real name server: Debian's BIND, with a zone of its own.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { freePort } from '../../../test/servers/free-port.ts'
import { isProgramThere } from '../../../test/servers/packages.ts'
import { poll } from '../../lib/deadline.ts'
import { contact } from './contact.ts'

const hasBind = isProgramThere('named', 'bind9')
if (!hasBind) console.warn('SKIPPED: contact.services.test.ts needs bind9, which could not be installed')

const ZONE = `$TTL 300
@ IN SOA ns hostmaster ( 1 3600 600 86400 60 )
  IN NS ns
  IN MX 10 mail
ns IN A 127.0.0.1
mail IN A 203.0.113.20
silent IN MX 0 .
plain IN AAAA 2001:db8::7
bare IN TXT "nothing here"
`

describe.skipIf(!hasBind)('a real name server', () => {
  let directory = ''
  let named: ChildProcess
  let server = ''

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gonogo-contact-dns-'))
    const port = await freePort()
    server = `127.0.0.1:${port}`
    writeFileSync(join(directory, 'zone'), ZONE)
    writeFileSync(
      join(directory, 'named.conf'),
      `options { directory "${directory}"; pid-file "${directory}/pid"; session-keyfile "${directory}/key";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; };
controls { };
zone "shop.test" { type primary; file "${directory}/zone"; };
`,
    )
    named = spawn('named', ['-f', '-c', join(directory, 'named.conf')], { stdio: 'ignore' })
    const isThere = await poll(() => takesConnections(port), { everyMs: 50, timeoutMs: 20_000 })
    if (!isThere) throw new Error('the name server did not start')
  })
  afterAll(async () => {
    if (named.exitCode === null) {
      named.kill()
      await once(named, 'exit')
    }
    rmSync(directory, { recursive: true, force: true })
  })

  it.each([
    ['ann@shop.test', 'passed', /1 contact/],
    ['ann@plain.shop.test', 'passed', /1 contact/],
    ['ann@silent.shop.test', 'failed', /takes no mail/],
    ['ann@bare.shop.test', 'failed', /neither a mail server nor an address/],
    ['ann@gone.shop.test', 'failed', /no domain gone\.shop\.test/],
    // Not its zone, and it asks nobody else.
    ['ann@elsewhere.test', 'unverified', /no answer about elsewhere\.test/],
  ])('%s: %s', async (address, status, summary) => {
    const options = { contacts: { ann: address }, mailDomains: true, servers: [server] }
    expect(await runCheck(contact, { options })).toMatchObject({ status, summary: expect.stringMatching(summary) })
  })
})

function takesConnections(port: number): Promise<true | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(null))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
