import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, type Case } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { contact } from './contact.ts'
import { readContact } from './contact/handles.ts'

const TYPES: Record<string, number> = { A: 1, MX: 15, AAAA: 28 }
const RECORDS: Record<string, Buffer[]> = {
  'mail.test MX': [Buffer.concat([Buffer.from([0, 10]), name('mx.mail.test')])],
  'null.test MX': [Buffer.from([0, 0, 0])],
  'plain.test A': [Buffer.from([203, 0, 113, 7])],
}
/** Domains that are there, with these records or none. */
const DOMAINS = new Set(['mail.test', 'null.test', 'plain.test', 'bare.test'])
let server: Socket
let silent: Socket
let directory = ''
const servers: string[] = []
const silentServers: string[] = []

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-contact-'))
  server = createSocket('udp4', (query, from) => server.send(reply(query), from.port, from.address))
  silent = createSocket('udp4')
  for (const [socket, list] of [
    [server, servers],
    [silent, silentServers],
  ] as const) {
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    list.push(`127.0.0.1:${socket.address().port}`)
  }
})
afterAll(() => {
  server.close()
  silent.close()
  rmSync(directory, { recursive: true, force: true })
})

/** A name server's answer: the records of the question, none, or "no such name". */
function reply(query: Buffer): Buffer {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]; length; length = query[at]) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase())
    at += length + 1
  }
  const type = query.readUInt16BE(at + 1)
  const asked = labels.join('.')
  const found = RECORDS[`${asked} ${Object.keys(TYPES).find((known) => TYPES[known] === type)}`] ?? []
  const header = Buffer.alloc(12)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(0x8180 | (DOMAINS.has(asked) ? 0 : 3), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(found.length, 6)
  const answers = found.map((data) =>
    Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]), data]),
  )
  return Buffer.concat([header, query.subarray(12, at + 5), ...answers])
}

function name(text: string): Buffer {
  return Buffer.concat([
    ...text.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.alloc(1),
  ])
}

const withMail = (address: string, dns: string[]): Case => ({
  options: { contacts: { ann: address }, mailDomains: true, servers: dns, timeoutMs: 20_000 },
})

let files = 0

function document(text: string, options: object = {}): Case {
  const file = `contacts-${++files}.md`
  writeFileSync(join(directory, file), text)
  return { options: { file, ...options }, context: { directory } }
}

checkContract(contact, {
  passing: () => ({
    options: { contacts: { 'On-call': ['+49 30 901820', '#shop-oncall'], lead: 'ann@mail.test' }, wanted: ['on-call'] },
  }),
  failing: () => ({ options: { contacts: { lead: 'ann@mail.test' }, wanted: ['on-call'] } }),
  unverified: () => ({ options: { file: 'no-such.md' }, context: { directory } }),
  slow: () => withMail('ann@mail.test', silentServers),
  unreachable: { status: 'unverified', case: () => withMail('ann@mail.test', ['127.0.0.1:1']) },
  hostile: {
    'escapes for a terminal': {
      status: 'failed',
      case: () => ({ options: { contacts: { [`a${ANSI}`]: `${ANSI} TBD` } } }),
    },
    'words without end': {
      status: 'failed',
      case: () => ({
        options: { contacts: { ['n'.repeat(500_000)]: `${'a'.repeat(500_000)}@b [${'c'.repeat(500_000)}]` } },
      }),
    },
    'a document that is a device': { status: 'unverified', case: () => ({ options: { file: '/dev/zero' } }) },
    'a list without end': {
      status: 'passed',
      case: () => document(`## Contacts\n${'- on-call: +49 30 901820\n'.repeat(100_000)}`),
    },
    'lines without end': { status: 'unverified', case: () => document(`## Contacts\n|${' |-'.repeat(500_000)}`) },
  },
  mentions: () => ['On-call', 'lead'],
  recognises: {
    clear: [
      'Emergency contact list in `docs/on-call.md` is up to date',
      'Contact details verified (see docs/people.md)',
      'Escalation contacts documented in ESCALATION.md',
    ],
    unclear: [
      'Emergency contacts documented',
      'Contact form works',
      'Support contacts updated in a.md and b.md',
      'Contact details of customers verified in crm.md',
    ],
  },
})

describe('what reaches somebody', () => {
  it.each([
    ['ann@mail.test', ['e-mail']],
    ['<ann.lee+ops@mail.co.test>', ['e-mail']],
    ['[Ann](mailto:ann@mail.test), tel:+44-20-7946-0018', ['e-mail', 'phone']],
    ['+49 (30) 90 18 20', ['phone']],
    ['(030) 901820', ['phone']],
    ['0049 30 901820 since 2026-11-21', ['phone']],
    ['#shop-oncall or @ann.lee', ['chat', 'chat']],
    ['PagerDuty: shop payments', ['paging']],
    ['https://shop.pagerduty.com/schedules/P1', ['url']],
  ])('%s', (text, kinds) => {
    const { handles, problems } = readContact(text)
    expect([handles.map(({ kind }) => kind), problems]).toEqual([kinds, []])
  })

  it.each([
    'TBD',
    '____________',
    '[Phone/Email]',
    '<name>',
    'Ann, ???',
    'xxx-xxxx',
    'your-team@mail.test',
    'ops@example.com',
    'ann@mail',
    'ann@@mail.test',
    '+1-555-0142',
    '123-456-7890',
    '000-000-0000',
    '+0 30 901820',
    '+49 30 90182012345678901',
    '@ann, {{ phone }}',
  ])('not: %s', (text) => expect(readContact(text).problems).not.toEqual([]))

  it.each(['', 'Ann Lee', 'ask around', '24/7', '2026-11-21'])('nothing stands in: %s', (text) =>
    expect(readContact(text)).toEqual({ handles: [], problems: [] }),
  )
})

describe('contacts of a document', () => {
  const judge = (text: string, options: object = {}) => runCheck(contact, document(text, options))

  it('are rows of tables, points of lists and lines with a bold name, below one heading', async () => {
    const outcome = await judge(
      [
        '# Release\n\n- [ ] not here: TBD\n\n## Emergency Contacts',
        '| Role | Name | Phone |\n|---|:-:|---|\n| On-call | Ann | +49 30 901820 |\n| Lead | Bob | bob@mail.test |',
        '**Database**: @carla\n\n- Payments team:\n  - Dora – #payments\n- [ ] Vendor: https://vendor.test/support',
        '```\n- in code: TBD\n```',
        '### Night\n\n1. Erik: +49 30 901821\n\n## Next\n\n- also not here: ____',
      ].join('\n\n'),
      { wanted: ['on-call', 'database'] },
    )
    expect(outcome).toMatchObject({ status: 'passed', summary: '6 contacts filled in and valid' })
    const { content = '' } = outcome.evidence[0] ?? {}
    expect((JSON.parse(content) as { name: string }[]).map((one) => one.name)).toEqual([
      'On-call',
      'Lead',
      'Database',
      'Dora',
      'Vendor',
      'Erik',
    ])
  })

  it('that are not filled in are named with their lines', async () => {
    const text =
      '## Contacts\n\n| Role | Phone |\n|---|---|\n| On-call | |\n| Lead | [Phone] |\n| CTO | +49 30 901820 |\n'
    expect(await judge(text)).toMatchObject({
      status: 'failed',
      summary:
        'On-call (line 5): nothing that could be reached stands there; Lead (line 6): "[Phone]" is still to be filled in',
    })
  })

  it('are unknown where there is no such heading, or nothing under it', async () => {
    expect(await judge('# Release\n')).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('heading'),
    })
    expect(await judge('## Contacts\n\nAsk Ann.\n')).toMatchObject({ status: 'unverified' })
  })
})

describe('the domain of an e-mail address', () => {
  it.each([
    ['ann@mail.test', 'passed', /1 contact/],
    ['ann@plain.test', 'passed', /1 contact/],
    ['ann@null.test', 'failed', /takes no mail/],
    ['ann@bare.test', 'failed', /neither a mail server nor an address/],
    ['ann@gone.test', 'failed', /no domain gone\.test/],
  ])('%s: %s', async (address, status, summary) =>
    expect(await runCheck(contact, withMail(address, servers))).toMatchObject({
      status,
      summary: expect.stringMatching(summary),
    }),
  )
})
