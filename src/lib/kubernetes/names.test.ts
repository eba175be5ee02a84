// Names of versions are such that Kubernetes takes them, and two versions do not become one by being long.
import { expect, it } from 'vitest'
import { dnsName, labelValue } from './names.ts'

it.each([
  ['v2', 'v2'],
  ['v1.4.2', 'v1-4-2'],
  ['Feature/Basket_2', 'feature-basket-2'],
  ['--v2--', 'v2'],
])('%s is %s in names', (version, name) => {
  expect(dnsName(version)).toBe(name)
})

it('keeps long versions apart', () => {
  const [one, two] = [dnsName(`${'x'.repeat(80)}1`), dnsName(`${'x'.repeat(80)}2`)]
  expect([one.length, two.length]).toEqual([63, 63])
  expect(one).not.toBe(two)
})

it('finds a name for what has no letter of a name', () => {
  expect(dnsName('///')).toMatch(/^[a-f0-9]{8}$/)
})

it.each([
  ['v1.4.2', 'v1.4.2'],
  ['feature/v2', 'feature-v2'],
  ['v2-', 'v2'],
])('%s is %s in labels', (version, value) => {
  expect(labelValue(version)).toBe(value)
})
