import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { kindsOf, loadKinds } from '../catalog/catalog.ts'
import { configJsonSchema, type JsonSchema } from './json-schema.ts'

await loadKinds()

const schema = configJsonSchema()

/** Whether a value is as a schema says: the keywords that ours uses, and no others. */
function fits(value: unknown, at: JsonSchema): boolean {
  if (at.$ref !== undefined) return fits(value, schema.definitions?.[at.$ref.replace('#/definitions/', '')] ?? never)
  if (at.anyOf && !at.anyOf.some((branch) => fits(value, branch))) return false
  if ('const' in at && at.const !== value) return false
  if (at.enum && !at.enum.includes(value)) return false
  if (at.type !== undefined && ![at.type].flat().some((type) => isA(type, value))) return false
  if (Array.isArray(value)) return value.every((one) => fits(one, at.items ?? {}))
  if (typeof value !== 'object' || value === null) return true
  if ((at.required ?? []).some((key) => !Object.hasOwn(value, key))) return false
  return Object.entries(value).every(([key, member]) => {
    const inner = at.properties?.[key] ?? at.additionalProperties ?? true
    return typeof inner === 'boolean' ? inner : fits(member, inner)
  })
}

const never: JsonSchema = { enum: [] }

function isA(type: string, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value)
  if (type === 'null') return value === null
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return type === 'integer' ? Number.isInteger(value) : typeof value === type
}

const example = (): Record<string, Record<string, unknown>> =>
  parse(readFileSync(new URL('../../examples/knowledge-graph/gonogo.yaml', import.meta.url), 'utf8'))

describe('the schema for editors', () => {
  it('accepts the example', () => {
    expect(fits(example(), schema)).toBe(true)
  })

  it.each([
    ['a key of its own', (config) => Object.assign(config, { extra: 1 })],
    ['a target option', (config) => Object.assign(config.targets?.graph as object, { instnces: 2 })],
    ['a source kind', (config) => Object.assign(config.signals?.health as object, { kind: 'nope' })],
    ['a check kind', (config) => Object.assign(config.bindings as object, { a: { check: 'dsk' } })],
    [
      'a check option',
      (config) => Object.assign(config.bindings as object, { a: { check: 'disk', with: { pth: '' } } }),
    ],
    ['options a check wants', (config) => Object.assign(config.bindings as object, { a: { check: 'http' } })],
    ['half a guard', (config) => Object.assign(config.bindings as object, { a: { guard: { signal: 'x' } } })],
    ['a kind of guard', (config) => Object.assign(config, { guards: { a: { kind: 'nope', signal: 'x' } } })],
    [
      'an option of a guard',
      (config) => Object.assign(config, { guards: { a: { signal: 'x', is: '>', value: 1, moreThan: 2 } } }),
    ],
    ['a strategy', (config) => Object.assign(config.delivery as object, { strategy: { kind: 'sideways' } })],
  ] as [string, (config: ReturnType<typeof example>) => unknown][])('refuses %s that is wrong', (_, spoil) => {
    const config = example()
    spoil(config)
    expect(fits(config, schema)).toBe(false)
  })

  it('has every kind of the catalogue, and every example of a kind fits it', () => {
    const sections = {
      target: 'target',
      router: 'router',
      backup: 'backup',
      source: 'source',
      strategy: 'strategy',
      guard: 'guard',
    } as const
    for (const family of Object.values(sections))
      for (const { id, example: options } of kindsOf(family))
        expect([id, fits({ kind: id, ...(options as object) }, { $ref: `#/definitions/${family}` })]).toEqual([
          id,
          true,
        ])
    const usual = { signal: 'error-rate', is: '>', value: 5, severity: 'notify', unknownMax: 3 }
    expect(fits({ guard: [usual, usual] }, { $ref: '#/definitions/binding' })).toBe(true)
    for (const form of ['check', 'action'] as const)
      for (const { id, example: options } of kindsOf(form))
        expect([id, fits({ [form]: id, with: options }, { $ref: '#/definitions/binding' })]).toEqual([id, true])
  })
})
