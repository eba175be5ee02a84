import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { gonogo } from './command-line.fixture.ts'

const DOCUMENT =
  '# Shop\n\n## Before\n\n- [ ] **Security**: reviewed\n- [ ] The moon is up\n- [ ] **Legal**: approved\n'

let directory = ''
let security = ''
const at = (name: string): string => join(directory, name)

interface Recorded {
  attestations: Record<string, unknown>[]
}

const records = (): Recorded['attestations'] =>
  (parse(readFileSync(at('attestations.yaml'), 'utf8')) as Recorded).attestations

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-attest-'))
  writeFileSync(at('CHECKLIST.md'), DOCUMENT)
  writeFileSync(at('gonogo.yaml'), 'service: shop\nchecklist: CHECKLIST.md\n')
  const { out } = await gonogo(directory, 'plan', '--format', 'json')
  const [first = '', , third = ''] = (JSON.parse(out) as { items: { id: string }[] }).items.map(({ id }) => id)
  security = first
  writeFileSync(
    at('gonogo.yaml'),
    [
      'service: shop',
      'checklist: CHECKLIST.md',
      'people: { security: [ann, bob], lead: [ann] }',
      'bindings:',
      `  ${security}: { check: attestation, with: { statement: security-review, role: security, evidenceWanted: true, version: "2.0" } }`,
      `  ${third}: { check: attestation, with: { statement: legal-approval, people: [carla], commit: true } }`,
    ].join('\n'),
  )
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))
afterEach(() => {
  // `main` sets the exit code of this very process, which is the test runner's.
  process.exitCode = 0
})

describe('gonogo attest', () => {
  it('writes a record that the check then counts, by the name of the statement or by the item', async () => {
    expect((await gonogo(directory, 'check', '--only', 'security')).code).toBe(1)
    const args = ['--as', 'ann', '--evidence', 'https://docs.test/1', '--expires', '90d', '--note', 'all: fine']
    const { code, out } = await gonogo(directory, 'attest', 'security-review', ...args)
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^ann stated "security-review" in attestations\.yaml, until \d{4}-/),
    ])
    expect(records()).toEqual([
      {
        statement: 'security-review',
        by: 'ann',
        roles: ['security', 'lead'],
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        evidence: 'https://docs.test/1',
        expires: expect.any(String),
        version: '2.0',
        note: 'all: fine',
      },
    ])
    expect((await gonogo(directory, 'check', '--only', 'security')).code).toBe(0)
    await gonogo(directory, 'attest', security, '--as', 'bob', '--evidence', 'CHECKLIST.md', '--for', '2.1')
    expect(records()[1]).toMatchObject({ by: 'bob', evidence: 'CHECKLIST.md', version: '2.1' })
  })

  it.each<[string, string[], RegExp]>([
    [
      'by somebody who may not',
      ['security-review', '--as', 'eve', '--evidence', 'https://a.test'],
      /only security may/,
    ],
    ['by somebody else than named', ['legal-approval', '--as', 'ann'], /expected one of carla/],
    ['without the evidence wanted', ['security-review', '--as', 'ann'], /only with evidence/],
    [
      'with evidence that is not there',
      ['security-review', '--as', 'ann', '--evidence', 'lost.pdf'],
      /neither an address nor a file/,
    ],
    [
      'with evidence elsewhere',
      ['security-review', '--as', 'ann', '--evidence', '../x'],
      /neither an address nor a file/,
    ],
    ['with a password', ['security-review', '--as', 'ann', '--evidence', 'https://a:b@c.test'], /password/],
    [
      'that ended before',
      ['security-review', '--as', 'ann', '--evidence', 'https://a.test', '--expires', '2020-01-01'],
      /no time to come/,
    ],
    [
      'until nonsense',
      ['security-review', '--as', 'ann', '--evidence', 'https://a.test', '--expires', 'soon'],
      /no time to come/,
    ],
    ['nobody asks for', ['security-revew', '--as', 'ann'], /did you mean "security-review"/],
    [
      'of an item that asks for none',
      ['moon', '--as', 'ann'],
      /asks for no statement; expected one of security-review, legal-approval/,
    ],
    ['for a commit where there is none', ['legal-approval', '--as', 'carla'], /git knows none here/],
  ])('writes no statement %s', async (_, args, said) => {
    const before = records()
    const { code, err } = await gonogo(directory, 'attest', ...args)
    expect([code, err]).toEqual([2, expect.stringMatching(said)])
    expect(records()).toEqual(before)
  })

  it('is for the commit that is checked out, with nothing changed since', async () => {
    const git = (...args: string[]) =>
      spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t.test', ...args], {
        cwd: directory,
        encoding: 'utf8',
      })
    git('init', '-q')
    git('add', '-A')
    git('commit', '-qm', 'all', '--no-gpg-sign')
    writeFileSync(at('CHECKLIST.md'), `${DOCUMENT}\nmore\n`)
    expect((await gonogo(directory, 'attest', 'legal-approval', '--as', 'carla')).err).toMatch(
      /1 file changed since the last commit/,
    )
    writeFileSync(at('CHECKLIST.md'), DOCUMENT)
    expect((await gonogo(directory, 'attest', 'legal-approval', '--as', 'carla')).code).toBe(0)
    expect(records().at(-1)).toMatchObject({ commit: git('rev-parse', 'HEAD').stdout.trim() })
    expect((await gonogo(directory, 'check', '--only', 'legal')).code).toBe(0)
  })

  it('loses nothing where several state something at once', async () => {
    const before = records().length
    const bin = fileURLToPath(new URL('../../../bin/gonogo.js', import.meta.url))
    const children = ['a', 'b', 'c'].map((note) =>
      spawn(process.execPath, [
        bin,
        '-C',
        directory,
        'attest',
        'security-review',
        '--as',
        'ann',
        '--evidence',
        'https://a.test',
        '--note',
        note,
      ]),
    )
    const codes = await Promise.all(children.map(async (child) => ((await once(child, 'close')) as [number])[0]))
    expect(codes).toEqual([0, 0, 0])
    expect(
      records()
        .slice(before)
        .map(({ note }) => note)
        .toSorted(),
    ).toEqual(['a', 'b', 'c'])
  })
})
