import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../lib/hash.ts'
import { createEvidenceStore } from './evidence.ts'

const directory = mkdtempSync(join(tmpdir(), 'evidence-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe('evidence', () => {
  const store = createEvidenceStore(directory)
  const pathOf = (hash: string): string => join(directory, 'evidence', hash.slice(0, 2), hash)

  it('is kept under the hash of its bytes and read back', async () => {
    const ref = await store.put('stdout', 'text/plain', 'größer')
    expect(ref).toEqual({ name: 'stdout', mediaType: 'text/plain', sha256: sha256('größer'), bytes: 8 })
    expect(await store.get(ref.sha256)).toBe('größer')
    expect(readFileSync(pathOf(ref.sha256), 'utf8')).toBe('größer')
  })

  it('is written once, also when it is put at the same time by many', async () => {
    const refs = await Promise.all(Array.from({ length: 20 }, () => store.put('a', 'text/plain', 'same')))
    expect(new Set(refs.map((ref) => ref.sha256)).size).toBe(1)
    expect(readdirSync(join(directory, 'evidence', sha256('same').slice(0, 2)))).toEqual([sha256('same')])
  })

  it('is not given when any byte of the file was changed, and is whole again when it is put again', async () => {
    const { sha256: hash } = await store.put('a', 'text/plain', 'value: 12')
    const whole = readFileSync(pathOf(hash))
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole)
      damaged[at]! ^= 0x80
      writeFileSync(pathOf(hash), damaged)
      expect(await store.get(hash)).toBeNull()
    }
    await store.put('a', 'text/plain', 'value: 12')
    expect(await store.get(hash)).toBe('value: 12')
  })

  it('is null where there is none, and a path is no hash', async () => {
    expect(await store.get('0'.repeat(64))).toBeNull()
    expect(await store.get('../../../etc/passwd')).toBeNull()
  })

  it('says what to do when the directory cannot be written', async () => {
    writeFileSync(join(directory, 'file'), '')
    const broken = createEvidenceStore(join(directory, 'file'))
    await expect(broken.put('a', 'text/plain', 'x')).rejects.toThrow(/cannot be written/)
  })
})
