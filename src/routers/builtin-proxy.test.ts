import { expect, test } from 'vitest'
import { builtinProxy } from './builtin-proxy.ts'

test('the example is valid and the failing example is not', () => {
  expect(builtinProxy.options.safeParse(builtinProxy.example).success).toBe(true)
  expect(builtinProxy.options.safeParse(builtinProxy.failingExample).success).toBe(false)
  expect(builtinProxy.options.safeParse({ listen: { port: 8080 }, previewHaeder: 'x' }).success).toBe(false)
})

test('says what it can, and what a change of weights would ask', () => {
  const options = builtinProxy.options.parse({ listen: { port: 8080 }, previewHeader: null })
  expect(builtinProxy.abilities(options)).toMatchObject({ weights: 'any', counts: true, preview: false, mirror: true })
  const context = { name: 'edge', directory: '/', stateDirectory: '/', env: {} }
  expect(builtinProxy.plan(options, { v1: 90, v2: 10 }, context)).toEqual([
    'PUT /table over the admin socket of router edge: 90 % to v1, 10 % to v2',
  ])
})
