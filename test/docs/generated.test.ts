import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { generatedPages } from '../../docs/generate.ts'
import { catalog, type Family } from '../../src/catalog/catalog.ts'

it.each(Object.entries(generatedPages()))(
  'docs/%s is what the kinds say now: "npm run docs" writes it',
  (name, text) => {
    expect(readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')).toBe(text)
  },
)

it('names every kind, with every one of its options', () => {
  const page = generatedPages()['kinds.md'] ?? ''
  for (const family of Object.keys(catalog) as Family[])
    for (const { id } of catalog[family]) expect(page).toContain(`### \`${id}\``)
  expect(page).toContain('| `stages[].weight` |')
})
