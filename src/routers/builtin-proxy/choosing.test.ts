import { expect, test } from 'vitest'
import type { RoutingTable } from '../../plan/traffic.ts'
import { nextInTurn, positionOf, previewedVersion, sharesOf, versionAt } from './choosing.ts'
import { newClientId } from './client-cookie.ts'

function tableOf(weights: Record<string, number>, stable = 'v1'): RoutingTable {
  const backends = Object.keys(weights).map((version) => ({ id: `${version}-1`, version, host: '127.0.0.1', port: 80 }))
  return { weights, backends, stable }
}

test('a version gets the stretch of its weight, the stable version the rest', () => {
  const shares = sharesOf(tableOf({ v1: 90, v2: 10 }))
  expect(versionAt(shares, 0)).toBe('v2')
  expect(versionAt(shares, 9.99)).toBe('v2')
  expect(versionAt(shares, 10)).toBe('v1')
  expect(versionAt(shares, 99.99)).toBe('v1')
  expect(shares.split).toBe(true)
})

test('a version without weight gets nobody, at either end of the stretch', () => {
  const none = sharesOf(tableOf({ v1: 100, v2: 0 }))
  expect([versionAt(none, 0), versionAt(none, 99.99), none.split]).toEqual(['v1', 'v1', false])
  const all = sharesOf(tableOf({ v1: 0, v2: 100 }))
  expect([versionAt(all, 0), versionAt(all, 99.99), all.split]).toEqual(['v2', 'v2', false])
})

test('positions of random clients follow the weights, and growing a weight only adds clients', () => {
  const clients = Array.from({ length: 20_000 }, () => newClientId())
  const atTen = sharesOf(tableOf({ v1: 90, v2: 10 }))
  const atQuarter = sharesOf(tableOf({ v1: 75, v2: 25 }))
  const canary = clients.filter((id) => versionAt(atTen, positionOf(id, atTen.salt)) === 'v2')
  expect(canary.length).toBeGreaterThan(1700)
  expect(canary.length).toBeLessThan(2300)
  expect(canary.every((id) => versionAt(atQuarter, positionOf(id, atQuarter.salt)) === 'v2')).toBe(true)
})

test('another release draws other clients first', () => {
  const clients = Array.from({ length: 5000 }, () => newClientId())
  const first = clients.filter((id) => positionOf(id, 'v2') < 10)
  const again = first.filter((id) => positionOf(id, 'v3') < 10)
  expect(again.length).toBeLessThan(first.length / 2)
})

test('the preview header names a version, the candidate or the stable one, or nobody', () => {
  const table = tableOf({ v1: 100, v2: 0 })
  expect(previewedVersion(table, 'v2')).toBe('v2')
  expect(previewedVersion(table, 'candidate')).toBe('v2')
  expect(previewedVersion(table, 'stable')).toBe('v1')
  expect(previewedVersion(table, 'v9')).toBeNull()
  expect(previewedVersion(tableOf({ v1: 100 }), 'candidate')).toBeNull()
})

test('backends take turns; ejected and tried ones are passed over', () => {
  const [a, b, c] = [{ healthy: true }, { healthy: false }, { healthy: true }]
  expect(nextInTurn([a, b, c], 0, [])).toBe(a)
  expect(nextInTurn([a, b, c], 1, [])).toBe(c)
  expect(nextInTurn([a, b, c], 0, [a])).toBe(c)
  expect(nextInTurn([a, b, c], 0, [a, c])).toBeNull()
  expect(nextInTurn([], 0, [])).toBeNull()
})
