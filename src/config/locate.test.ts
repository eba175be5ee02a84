import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findProject, findStateDirectory } from './locate.ts'

function project(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-locate-'))
  mkdirSync(join(directory, 'a/b'), { recursive: true })
  writeFileSync(join(directory, 'gonogo.yaml'), text)
  return directory
}

test('a project is found from below it, and not where there is none', () => {
  const directory = project('service: x\n')
  expect(findProject(join(directory, 'a/b'))).toBe(directory)
  expect(findProject('/')).toBeNull()
})

test.each([
  ['service: x\n', '.gonogo'],
  ['service: x\nstateDirectory: var/state # here\n', 'var/state'],
  ['stateDirectory: "a b"\nservice: x\n', 'a b'],
  ["stateDirectory: 'x/y'\n", 'x/y'],
  ['service: [broken\nstateDirectory: kept\n: : :\n', 'kept'],
])('its state directory is read from its own line, whatever else stands there: %j', (text, expected) => {
  const directory = project(text)
  expect(findStateDirectory(join(directory, 'a'))).toBe(join(directory, expected))
})
