import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { generatedPages } from '../../docs/generate.ts'
import { FAMILY_NAMES, kindsOf } from '../../src/catalog/catalog.ts'

it.each(Object.entries(await generatedPages()))(
  'docs/%s is what the kinds say now: "npm run docs" writes it',
  (name, text) => {
    expect(readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')).toBe(text)
  },
)

it('names every kind, with every one of its options', async () => {
  const page = (await generatedPages())['kinds.md'] ?? ''
  for (const family of FAMILY_NAMES) for (const { id } of kindsOf(family)) expect(page).toContain(`### \`${id}\``)
  expect(page).toContain('| `stages[].weight` |')
})
