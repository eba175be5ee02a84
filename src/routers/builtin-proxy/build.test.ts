// When an installed gonogo takes the place of a running one.
import { expect, test } from 'vitest'
import { installedBuild, isDue } from './build.ts'

const build = { version: '1.2.0', node: '24.1.0', hash: 'a' }

test.each([
  ['the same', build, false],
  ['a later version', { ...build, version: '1.10.0', hash: 'b' }, true],
  ['an earlier version', { ...build, version: '1.1.9', hash: 'b' }, false],
  ['the same version under a later Node', { ...build, node: '24.10.0' }, true],
  ['the same version under an earlier Node', { ...build, node: '22.9.0', hash: 'b' }, false],
  ['the same version, changed', { ...build, hash: 'b' }, true],
])('%s', (_, installed, due) => {
  expect(isDue(build, installed)).toBe(due)
})

test('the installed build is told by its package, its Node and its own files', () => {
  expect(installedBuild()).toEqual({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    node: process.versions.node,
    hash: expect.stringMatching(/^[0-9a-f]{16}$/),
  })
})
