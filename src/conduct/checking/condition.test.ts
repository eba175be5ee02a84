import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Condition } from '../../plan/binding.ts'
import { unmetReason } from './condition.ts'

const directory = mkdtempSync(join(tmpdir(), 'gonogo-condition-'))
writeFileSync(join(directory, 'Dockerfile'), '')
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const here = { directory, environment: 'staging', env: { REGION: 'eu', EMPTY: '' } }
const when = (change: Partial<Condition>): string | null =>
  unmetReason({ environment: null, variable: null, file: null, not: false, ...change }, here)

it('asks the environment', () => {
  expect(when({ environment: ['production', 'staging'] })).toBeNull()
  expect(when({ environment: ['production'] })).toBe('does not apply: wanted only when environment is production')
})

it('asks a variable: set and not empty, or one of some values', () => {
  expect(when({ variable: { name: 'REGION', is: null } })).toBeNull()
  expect(when({ variable: { name: 'REGION', is: ['us', 'eu'] } })).toBeNull()
  expect(when({ variable: { name: 'REGION', is: ['us'] } })).toContain('REGION is us')
  expect(when({ variable: { name: 'EMPTY', is: null } })).toContain('EMPTY is set')
})

it('asks for a file', () => {
  expect(when({ file: 'Dockerfile' })).toBeNull()
  expect(when({ file: 'Chart.yaml' })).toContain('Chart.yaml is there')
})

it('wants everything that is named, and can be turned around', () => {
  expect(when({ file: 'Dockerfile', environment: ['production'] })).not.toBeNull()
  expect(when({ file: 'Dockerfile', not: true })).toContain('not (Dockerfile is there)')
  expect(when({ file: 'Chart.yaml', not: true })).toBeNull()
})
