import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { PlanError } from '../lib/errors.ts'
import { checkPolicyOf } from './check-policy.ts'
import { readProject } from './load.ts'
import type { BindingEntry } from './schema.ts'
import { loadKinds } from '../catalog/catalog.ts'

await loadKinds()

const directory = mkdtempSync(join(tmpdir(), 'gonogo-policy-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function entryOf(words: string): Extract<BindingEntry, { form: 'check' }> {
  const text = `service: shop\npeople: { dba: [ann] }\nbindings:\n  a: { check: env, with: { present: [HOME] }, ${words} }\n`
  writeFileSync(join(directory, 'gonogo.yaml'), text)
  return readProject(directory).config.bindings['a'] as Extract<BindingEntry, { form: 'check' }>
}
const policyOf = (words: string) => checkPolicyOf(entryOf(words).value)

function errorOf(words: string): string {
  try {
    entryOf(words)
    return 'no error'
  } catch (error) {
    return (error as PlanError).toLine()
  }
}

it('says nothing where nothing is said: one look, now', () => {
  expect(policyOf('timeout: 5s')).toBeNull()
})

it('reads how often and how long, in milliseconds', () => {
  expect(policyOf('retries: 3, retryAfter: 2s')).toMatchObject({ retries: 3, retryAfterMs: 2000, soak: null })
  expect(policyOf('for: 30 min, every: 10s')?.soak).toEqual({ forMs: 1_800_000, everyMs: 10_000 })
  expect(policyOf('for: 24h')?.soak).toEqual({ forMs: 86_400_000, everyMs: 1_440_000 })
  expect(policyOf('for: 10s')?.soak).toEqual({ forMs: 10_000, everyMs: 5000 })
  expect(policyOf('for: 10s, every: 1h')?.soak).toEqual({ forMs: 10_000, everyMs: 10_000 })
  expect(policyOf('cache: 10 min')).toMatchObject({ cacheMs: 600_000 })
})

it('reads conditions, one value or several', () => {
  expect(policyOf('when: { environment: production }')?.when).toEqual({
    environment: ['production'],
    variable: null,
    file: null,
    not: false,
  })
  expect(policyOf('when: { variable: REGION, is: [eu, us], not: true }')?.when).toMatchObject({
    variable: { name: 'REGION', is: ['eu', 'us'] },
    not: true,
  })
})

it('lets a waiver hold to the end of its day', () => {
  const { waiver } = policyOf('waive: { by: ann, reason: known, until: 2030-05-01 }') ?? {}
  expect(waiver).toEqual({ by: 'ann', reason: 'known', untilMs: Date.parse('2030-05-02T00:00:00Z') })
})

it.each([
  ['waive: { by: anne, reason: known, until: 2030-05-01 }', '"anne" is nobody of the section "people"'],
  ['waive: { by: ann, reason: known, until: soon }', 'until'],
  ['waive: { by: ann, until: 2030-05-01 }', 'reason'],
  ['when: {}', 'names no condition'],
  ['when: { environment: [production, productoin] }', 'did you mean "production"?'],
  ['when: { is: eu, file: x }', '`is` wants a `variable`'],
  ['for: 1h, cache: 10 min', 'looked at, not remembered'],
  ['every: 10 s', '`every` wants `for`'],
  ['retries: -1', 'retries'],
  ['retry: 3', 'retry'],
])('refuses %s', (words, complaint) => {
  expect(errorOf(words)).toContain(complaint)
})
