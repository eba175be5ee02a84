import { describe, expect, it } from 'vitest'
import { fillVersion, matchesPattern, versionNames, versionOfName, versionsNamed } from './version-names.ts'

const release = { candidate: 'v2', stable: 'v1' }

describe('names of versions', () => {
  it('finds the version that stands in a name', () => {
    expect(versionOfName('v2-0', '{{version}}-*', release)).toBe('v2')
    expect(versionOfName('web_v1', 'web_{{version}}', release)).toBe('v1')
    expect(versionOfName('v3-0', '{{version}}-*', release)).toBeNull()
    expect(versionOfName('v22-0', '{{version}}-*', release)).toBeNull()
  })

  it('means the longer of two versions that both fit', () => {
    const both = { candidate: 'v2', stable: 'v2-rc1' }
    expect(versionOfName('v2-rc1-0', '{{version}}-*', both)).toBe('v2-rc1')
    expect(versionOfName('v2-0', '{{version}}-*', both)).toBe('v2')
  })

  it('reads a map in its order, with the roles of the release', () => {
    const slots = { 'blue-*': 'stable', 'green-*': 'candidate', '10.0.0.9:80': 'v0' }
    expect(versionOfName('blue-1', slots, release)).toBe('v1')
    expect(versionOfName('green-1', slots, release)).toBe('v2')
    expect(versionOfName('10.0.0.9:80', slots, release)).toBe('v0')
    expect(versionOfName('red-1', slots, release)).toBeNull()
    expect(versionsNamed(slots, release)).toEqual(['v1', 'v2', 'v0'])
  })

  it('knows no version of a role that nobody has', () => {
    const none = { candidate: null, stable: 'v1' }
    expect(versionOfName('green', { green: 'candidate' }, none)).toBeNull()
    expect(versionOfName('-0', '{{version}}-*', none)).toBeNull()
    expect(versionsNamed('{{version}}', none)).toEqual(['v1'])
  })

  it('takes nothing in a version for more than the characters it is', () => {
    expect(fillVersion('a{{version}}', '$&*')).toBe('a$&*')
    expect(matchesPattern('1*2', '{{version}}', '1*2')).toBe(true)
    expect(matchesPattern('1x2', '{{version}}', '1*2')).toBe(false)
  })

  it.each([
    ['abcabc', 'a*c', true],
    ['abab', 'ab*ab', true],
    ['aba', 'ab*ba', false],
    ['xayaz', '*a*a*', true],
    ['xa', '*a*a*', false],
    ['', '*', true],
  ])('%j fits %j: %s', (text, pattern, fits) => expect(matchesPattern(text, pattern)).toBe(fits))

  it('refuses what can belong to no version', () => {
    expect(versionNames.safeParse('web-*').success).toBe(false)
    expect(versionNames.safeParse({}).success).toBe(false)
  })
})
