import { describe, expect, it } from 'vitest'
import { attestationsIn, withAttestation, type Attestation } from './attestation-file.ts'

const RECORD: Attestation = { statement: 'review', by: 'ann', roles: ['security'], at: '2026-11-21T10:15:00Z' }

function recordsIn(text: string | null, statement = 'review'): Attestation[] {
  const read = attestationsIn(text ?? '', statement)
  if ('problem' in read) throw new Error(read.problem)
  return read.records
}

describe('adding a statement', () => {
  it('begins a file that says what it is', () => {
    const text = withAttestation('', RECORD)
    expect(text).toMatch(/^# What people stated/)
    expect(recordsIn(text)).toEqual([RECORD])
  })

  it.each([
    [
      'a list',
      '# ours\nattestations:\n  # of May\n  - statement: old   # kept\n    by: bob\n    at: 2026-05-01\n# end\n',
    ],
    ['a list that is not indented', 'attestations:\n- statement: old\n  by: bob\n  at: 2026-05-01'],
    ['a list with lines of Windows', 'attestations:\r\n  - statement: old\r\n    by: bob\r\n    at: 2026-05-01\r\n'],
    [
      'a list with another key behind it',
      'attestations:\n  - {statement: old, by: bob, at: 2026-05-01}\nowner: carla # us\n',
    ],
    ['a list in brackets', 'attestations: [{statement: old, by: bob, at: 2026-05-01}] # ours\n'],
  ])('keeps what stands there already, comments too: %s', (_, before) => {
    const text = withAttestation(before, { ...RECORD, note: 'a: b # c\nsecond line' }) ?? ''
    expect(recordsIn(text, 'old')).toMatchObject([{ by: 'bob' }])
    expect(recordsIn(text)).toEqual([{ ...RECORD, note: 'a: b # c\nsecond line' }])
    for (const [comment] of before.matchAll(/#.*/g)) expect(text).toContain(comment.trim())
    const again = withAttestation(text, { ...RECORD, by: 'dora' })
    expect(recordsIn(again).map(({ by }) => by)).toEqual(['ann', 'dora'])
  })

  it.each([
    ['an empty list', 'attestations: []\n'],
    ['a list nobody began', '# ours\nattestations:\n'],
    ['another key only', 'owner: carla\n'],
    ['a comment only', '# nothing yet\n'],
  ])('begins the list: %s', (_, before) => expect(recordsIn(withAttestation(before, RECORD))).toEqual([RECORD]))

  it.each([
    ['a list', '- a\n'],
    ['a text', 'hello\n'],
    ['no YAML', 'a: [1\n'],
    ['a map where the list should be', 'attestations: { a: 1 }\n'],
  ])('leaves a file alone that is none of statements: %s', (_, before) =>
    expect(withAttestation(before, RECORD)).toBeNull(),
  )
})

describe('reading statements', () => {
  it('takes everything as text: versions are no numbers', () => {
    const text = 'attestations:\n  - { statement: review, by: ann, at: 2026-05-01, version: 1.10, commit: 1234567 }\n'
    expect(recordsIn(text)).toMatchObject([{ version: '1.10', commit: '1234567' }])
  })

  it.each([
    ['no YAML', 'attestations: [', /YAML/],
    ['no list', 'attestations: yes\n', /no list/],
    ['nobody', 'attestations:\n  - { statement: review, at: 2026-05-01 }\n', /attestations\/0\/by/],
    ['no date', 'attestations:\n  - { statement: review, by: ann, at: soon }\n', /attestations\/0\/at.*no date/],
    ['no commit', 'attestations:\n  - { statement: review, by: a, at: 2026-05-01, commit: --help }\n', /commit/],
    ['a bomb of aliases', `a: &a [x,x,x,x,x,x,x,x,x]\n${bomb()}attestations: *g\n`, /alias/i],
  ])('says what is wrong: %s', (_, text, problem) =>
    expect(attestationsIn(text, 'review')).toEqual({ problem: expect.stringMatching(problem) }),
  )

  it('is not held up by a wrong record of another statement', () => {
    expect(recordsIn('attestations:\n  - { statement: other }\n  - nonsense\n')).toEqual([])
  })
})

function bomb(): string {
  return ['b', 'c', 'd', 'e', 'f', 'g']
    .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[index]}`).join(',')}]\n`)
    .join('')
}
