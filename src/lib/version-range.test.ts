import { describe, expect, it } from 'vitest'
import { findVersion, isInRange, parseVersion, parseVersionRange } from './version-range.ts'

function fits(version: string, range: string): boolean {
  const parsed = parseVersion(version)
  const wanted = parseVersionRange(range)
  if (!parsed || !wanted) throw new Error(`${version} or ${range} cannot be read`)
  return isInRange(parsed, wanted)
}

describe('version ranges', () => {
  it.each([
    ['18', ['v18.0.0', '18.20.4'], ['17.9.9', '19.0.0']],
    ['18.x', ['18.20.4'], ['20.0.0']],
    ['>=18', ['18.0.0', '24.1.0'], ['17.99.99']],
    ['>= 18.17', ['18.17.0', '19.0.0'], ['18.16.9']],
    ['v18+ or v20+', ['18.0.0', '19.0.0', '20.1.0'], ['16.0.0']],
    ['18 || 20', ['18.1.0', '20.1.0'], ['19.0.0', '22.0.0']],
    ['>=18.17 <21', ['18.17.0', '20.99.0'], ['21.0.0', '18.16.0']],
    ['>18', ['19.0.0'], ['18.20.0']],
    ['<=18', ['18.99.0', '17.0.0'], ['19.0.0']],
    ['<18', ['17.99.0'], ['18.0.0']],
    ['^20.1', ['20.1.0', '20.9.9'], ['20.0.9', '21.0.0']],
    ['^0.3.1', ['0.3.9'], ['0.4.0', '0.3.0', '1.0.0']],
    ['~20.1.3', ['20.1.3', '20.1.9'], ['20.2.0', '20.1.2']],
    ['=20.1.3', ['20.1.3'], ['20.1.4']],
  ])('%s', (range, inside, outside) => {
    for (const version of inside) expect(fits(version, range), `${version} in ${range}`).toBe(true)
    for (const version of outside) expect(fits(version, range), `${version} in ${range}`).toBe(false)
  })

  it.each(['', 'latest', '18 ||', '>=', '>=18+', 'v18 v', '18.1.2.3'])('does not take %j for a range', (text) =>
    expect(parseVersionRange(text)).toBeNull(),
  )

  it('reads a version as programs print it, and nothing else', () => {
    expect(parseVersion('v20.11.1\n')).toEqual([20, 11, 1])
    expect(parseVersion('20.11')).toBeNull()
    expect(parseVersion('node: command not found')).toBeNull()
  })

  it.each([
    ['Python 3.12.1', [3, 12, 1]],
    ['git version 2.39.5', [2, 39, 5]],
    ['go version go1.24.3 linux/amd64', [1, 24, 3]],
    ['psql (PostgreSQL) 17.2 (Debian 17.2-1.pgdg12+1)', [17, 2, 0]],
    ['Docker version 28.2.2, build e6534b4', [28, 2, 2]],
    ['openjdk 21 2023-09-19', [21, 0, 0]],
    ['openjdk version "1.8.0_292"', [8, 0, 0]],
    ['openjdk version "17.0.17" 2025-10-21', [17, 0, 17]],
    ['nginx version: nginx/1.22.1', [1, 22, 1]],
    ['OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.19', [9, 2, 0]],
    ['jq-1.6', [1, 6, 0]],
    ['v20.11.1', [20, 11, 1]],
    ['no figures at all', null],
    ['built 2024-01-01', null],
  ])('finds the version in %j', (text, version) => expect(findVersion(text)).toEqual(version))
})
