import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeFileAtomic } from './atomic-file.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-atomic-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

it('puts the new content in place of the old', () => {
  const path = join(directory, 'new', 'file')
  writeFileAtomic(path, 'old')
  writeFileAtomic(path, Buffer.from('new'))
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(readdirSync(join(directory, 'new'))).toEqual(['file'])
})

it('leaves no draft behind where it cannot be put in place', () => {
  const folder = join(directory, 'taken')
  mkdirSync(folder)
  mkdirSync(join(folder, 'file'))
  writeFileSync(join(folder, 'file', 'something'), '')
  expect(() => writeFileAtomic(join(folder, 'file'), 'text')).toThrow()
  expect(readdirSync(folder)).toEqual(['file'])
})
