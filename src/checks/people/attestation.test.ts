import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, type Case } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { attestation } from './attestation.ts'

const DAY_MS = 86_400_000
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString()

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-attestation-'))
  writeFileSync(join(directory, 'review.pdf'), 'reviewed')
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

let files = 0

/** A case with these records in a file of its own. */
function withRecords(records: object[], options: object = {}): Case {
  return withText(JSON.stringify({ attestations: records.map((one) => ({ statement: 'review', ...one })) }), options)
}

function withText(text: string, options: object = {}): Case {
  const file = `records-${++files}.yaml`
  writeFileSync(join(directory, file), text)
  return { options: { statement: 'review', file, ...options }, context: { directory } }
}

const good = { by: 'ann', roles: ['security'], at: daysAgo(10) }

checkContract(attestation, {
  passing: () => withRecords([good], { people: ['ann', 'bob'], role: 'security', ageDaysMax: 30 }),
  failing: () => withRecords([{ ...good, at: daysAgo(40) }], { ageDaysMax: 30 }),
  unverified: () => withText('attestations: ['),
  unreachable: {
    status: 'unverified',
    case: () => ({ options: { statement: 'review', file: '.' }, context: { directory } }),
  },
  hostile: {
    'a record with no sense': { status: 'unverified', case: () => withRecords([{ by: 'ann', at: 'yesterday' }]) },
    'escapes for a terminal': {
      status: 'failed',
      case: () => withRecords([{ ...good, by: `ann${ANSI}`, note: ANSI, evidence: ANSI }], { people: ['bob'] }),
    },
    'a name without end': { status: 'unverified', case: () => withRecords([{ ...good, by: 'a'.repeat(1_000_000) }]) },
    'notes without end': {
      status: 'passed',
      case: () => withRecords(Array.from({ length: 50 }, () => ({ ...good, note: 'a'.repeat(50_000) }))),
    },
    'far too much': { status: 'unverified', case: () => withText(`a: ${'x'.repeat(5 * 1024 * 1024)}`) },
    'a device without end': {
      status: 'unverified',
      case: () => ({ options: { statement: 'review', file: '/dev/zero' }, context: { directory } }),
    },
  },
  mentions: () => ['"review"', 'ann or bob', 'security', '30 days'],
  recognises: {
    clear: [
      'Penetration test completed and report filed',
      { label: 'Security', text: 'Security review of the new endpoints completed' },
      'Legal approval was obtained',
    ],
    unclear: [
      'Automated security review passed in the pipeline',
      'Schedule a penetration test',
      'Tests completed',
      'If needed, legal review completed',
      'Security review and penetration test completed',
    ],
  },
})

describe('a statement', () => {
  const judge = (records: object[], options: object = {}) => runCheck(attestation, withRecords(records, options))

  it.each<[string, object[], object, RegExp]>([
    ['nobody made', [], {}, /nobody has stated "review" in records-\d+\.yaml/],
    ['by somebody else', [{ ...good, by: 'eve' }], { people: ['ann'] }, /eve does not count: only ann may/],
    ['without the role', [{ ...good, roles: ['sales'] }], { role: 'security' }, /ann was not made as security/],
    ['that expired', [{ ...good, expires: daysAgo(1) }], {}, /expired on \d{4}-/],
    ['for another version', [{ ...good, version: '1.9' }], { version: '1.10' }, /for version 1\.9, not 1\.10/],
    ['for no version', [good], { version: '1.10' }, /names no version/],
    ['without evidence', [good], { evidenceWanted: true }, /names no evidence/],
    [
      'with evidence that is gone',
      [{ ...good, evidence: 'lost.pdf' }],
      { evidenceWanted: true },
      /not there \(lost\.pdf\)/,
    ],
    ['of one where two are wanted', [good, { ...good, at: daysAgo(2) }], { peopleMin: 2 }, /by 1 person, at least 2/],
    [
      'that its own author replaced by one that expired',
      [
        { ...good, at: daysAgo(9) },
        { ...good, at: daysAgo(3), expires: daysAgo(1) },
      ],
      {},
      /expired/,
    ],
  ])('%s does not count', async (_, records, options, why) => {
    expect(await judge(records, options)).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(why),
      remedy: expect.stringContaining('gonogo attest review'),
    })
  })

  it.each<[string, object[], object]>([
    ['with a link', [{ ...good, evidence: 'https://ann:pa55word@docs.test/1?key=pa55word' }], { evidenceWanted: true }],
    ['with a file of the project', [{ ...good, evidence: 'review.pdf' }], { evidenceWanted: true }],
    ['made again after it expired', [{ ...good, at: daysAgo(99), expires: daysAgo(9) }, good], { ageDaysMax: 30 }],
    ['of two different people', [good, { ...good, by: 'bob' }], { peopleMin: 2 }],
    ['for this version', [{ ...good, version: '1.10' }], { version: '1.10' }],
  ])('%s counts', async (_, records, options) => {
    const outcome = await judge(records, options)
    expect(outcome).toMatchObject({ status: 'passed', measurements: [{ name: 'age', value: 10, unit: 'days' }] })
    expect(JSON.stringify(outcome)).not.toContain('pa55word')
  })

  it('dated in the future is no answer', async () => {
    expect(await judge([{ ...good, at: daysAgo(-2) }])).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('in the future'),
    })
  })
})

describe('a statement for a commit', () => {
  let repository = ''
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim()
  const commitAll = (message: string): string => {
    git('add', '-A')
    git('-c', 'user.name=t', '-c', 'user.email=t@t.test', '-c', 'commit.gpgsign=false', 'commit', '-qm', message)
    return git('rev-parse', 'HEAD')
  }
  const state = (commit: string): void =>
    writeFileSync(
      join(repository, 'attestations.yaml'),
      JSON.stringify({ attestations: [{ ...good, statement: 'review', commit }] }),
    )
  const judge = () =>
    runCheck(attestation, { options: { statement: 'review', commit: true }, context: { directory: repository } })

  beforeAll(() => {
    repository = mkdtempSync(join(tmpdir(), 'gonogo-attested-'))
    git('init', '-q')
    writeFileSync(join(repository, 'app.js'), 'one')
  })
  afterAll(() => rmSync(repository, { recursive: true, force: true }))

  it('holds as long as no other file changes, and no longer', async () => {
    state(commitAll('the code'))
    expect(await judge()).toMatchObject({ status: 'passed' })
    commitAll('the statement')
    expect(await judge()).toMatchObject({ status: 'passed' })
    writeFileSync(join(repository, 'app.js'), 'two')
    expect(await judge()).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('1 file changed since (app.js)'),
    })
    state(commitAll('more code'))
    expect(await judge()).toMatchObject({ status: 'passed' })
  })

  it('is unverified where git does not know it, and where there is no git', async () => {
    state('0123456789abcdef0123456789abcdef01234567')
    expect(await judge()).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('git cannot compare'),
    })
    const records = withRecords([{ ...good, commit: '0123456789ab' }], { commit: true })
    expect(await runCheck(attestation, records)).toMatchObject({ status: 'unverified' })
  })
})
