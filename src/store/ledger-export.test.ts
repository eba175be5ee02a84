import { describe, expect, it } from 'vitest'
import { sha256 } from '../lib/hash.ts'
import type { LedgerDraft, LedgerEntry } from '../plan/run-record.ts'
import { EMPTY, link, verifyLedger } from './ledger-chain.ts'
import type { Tail } from './ledger-chain.ts'
import { exportLedger, parseExport, verifyExport } from './ledger-export.ts'

const content = 'free 82.1 GB \u{fffd} "größer"\n'
const evidence = { name: 'stdout', mediaType: 'text/plain', sha256: sha256(content), bytes: Buffer.byteLength(content) }
const kept = async (hash: string): Promise<string | null> => (hash === evidence.sha256 ? content : null)

function ledgerOf(...drafts: Partial<LedgerDraft>[]): LedgerEntry[] {
  let tail: Tail = EMPTY
  return drafts.map((draft, index) => {
    const entry = link(
      'r1',
      tail,
      { key: `k${index}`, kind: 'note', item: null, body: {}, ...draft },
      1_700_000 + index,
    )
    tail = entry
    return entry
  })
}

const entries = ledgerOf(
  { kind: 'run', body: { text: 'Freigabe für “v2” \u{fffd}\u{1f680}', zero: 0, list: [1.5, null, true] } },
  { kind: 'outcome', item: 'disk', body: { status: 'passed', evidence: [evidence] } },
  { kind: 'answer', item: 'go', body: { by: 'ann' } },
)

describe('verifying a ledger', () => {
  it('passes an untouched one', async () => {
    expect(await verifyLedger('r1', entries, kept)).toEqual({ ok: true, problems: [] })
  })

  it('finds an altered, a removed and an inserted entry, and says where', async () => {
    const altered = entries.map((entry) => (entry.seq === 3 ? { ...entry, body: { by: 'bob' } } : entry))
    expect((await verifyLedger('r1', altered, kept)).problems).toEqual([
      { seq: 3, what: 'its content is not what was hashed' },
    ])
    expect((await verifyLedger('r1', entries.toSpliced(1, 1), kept)).problems[0]).toMatchObject({ seq: 3 })
    const [stranger] = ledgerOf({ body: { forged: true } })
    expect((await verifyLedger('r1', [...entries, { ...stranger!, seq: 4 }], kept)).ok).toBe(false)
  })

  it('finds entries of another run', async () => {
    expect((await verifyLedger('r2', entries, kept)).problems).toHaveLength(entries.length)
  })

  it('finds evidence that is missing, also deep inside a body', async () => {
    const deep = ledgerOf({ body: { parts: [{ outcome: { evidence } }] } })
    expect((await verifyLedger('r1', deep, kept)).ok).toBe(true)
    expect((await verifyLedger('r1', deep, async () => null)).problems[0]?.what).toContain('"stdout"')
  })
})

describe('an exported ledger', () => {
  const file = Buffer.from(exportLedger('r1', entries))

  it('gives the same entries back', () => {
    expect(parseExport(file)).toEqual({ runId: 'r1', entries })
  })

  it('is found out when any one byte of it is another, whichever it becomes', async () => {
    const unnoticed: string[] = []
    for (let at = 0; at < file.length; at++)
      for (const difference of [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1e, 0xff]) {
        const damaged = Buffer.from(file)
        damaged[at]! ^= difference
        if ((await verifyExport(damaged, kept)).ok) unnoticed.push(`byte ${at} ^ ${difference}`)
      }
    expect(unnoticed).toEqual([])
  })

  it('is found out when it was cut anywhere, or something was added', async () => {
    for (let length = 0; length < file.length; length++)
      expect((await verifyExport(file.subarray(0, length), kept)).ok).toBe(false)
    for (const extra of ['\n', ' ', '{}\n']) {
      expect((await verifyExport(Buffer.concat([file, Buffer.from(extra)]), kept)).ok).toBe(false)
    }
  })

  it('is found out when whole entries are missing at the end', async () => {
    const header = exportLedger('r1', entries).split('\n')[0]
    const shorter = exportLedger('r1', entries.slice(0, 2)).split('\n').toSpliced(0, 1, header!).join('\n')
    const verdict = await verifyExport(Buffer.from(shorter), kept)
    expect(verdict.problems[0]?.what).toContain('the header does not fit the entries')
  })

  it('protects its header also when there is no entry', async () => {
    const empty = Buffer.from(exportLedger('r1', []))
    expect((await verifyExport(empty, kept)).ok).toBe(true)
    for (let at = 0; at < empty.length; at++) {
      const damaged = Buffer.from(empty)
      damaged[at]! ^= 0x01
      expect((await verifyExport(damaged, kept)).ok).toBe(false)
    }
  })

  it('does not carry members that are not hashed', async () => {
    const smuggled = exportLedger('r1', entries).replace('"kind":"answer"', '"extra":1,"kind":"answer"')
    expect((await verifyExport(Buffer.from(smuggled), kept)).ok).toBe(false)
  })
})
