// Rules declared in code: read, judged and locked like those of gonogo.yaml.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readProject } from './load.ts'
import { loadKinds } from '../catalog/catalog.ts'

await loadKinds()

function projectOf(rules: string, yaml = ''): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-rules-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const text = `service: shop\nchecklist: C.md\ndatabases: { main: { kind: sqlite, path: a.db } }\nrulesFrom: rules.ts\n${yaml}`
  writeFileSync(join(directory, 'gonogo.yaml'), text)
  writeFileSync(join(directory, 'rules.ts'), rules)
  return directory
}

const problemOf = (directory: string): string => {
  try {
    readProject(directory)
    return 'none'
  } catch (error) {
    return (error as { toLine(): string }).toLine()
  }
}

describe('rules in a module', () => {
  it('stand beside those of gonogo.yaml, and are locked with them', () => {
    const directory = projectOf(
      `const named: string[] = ['orders', 'items']
      export default Object.fromEntries(named.map((table) => [table + '-named', { kind: 'not-null', column: table + '.name' }]))`,
      'rules: { known: { kind: not-null, column: a.b } }\n',
    )
    const { config, written } = readProject(directory)
    expect(Object.keys(config.rules)).toEqual(['orders-named', 'items-named', 'known'])
    expect(written).toMatchObject({ rules: { 'items-named': { column: 'items.name' } } })
  })

  it.each([
    ['an unknown kind', `export default { a: { kind: 'not-nul', column: 'a.b' } }`, /not-nul.*did you mean "not-null"/],
    [
      'a name that is taken',
      `export default { known: { kind: 'not-null', column: 'a.b' } }`,
      /"known" is also declared/,
    ],
    ['no rules', 'export const rules = {}', /rules\.ts: exports no rules; expected "export default/],
    ['code that does not run', 'throw new Error("broken on purpose")', /rules\.ts: does not load: broken on purpose/],
  ])('are refused with the reason: %s', (_, module, reason) => {
    expect(problemOf(projectOf(module, 'rules: { known: { kind: not-null, column: a.b } }\n'))).toMatch(reason)
  })

  it('are missed where the file is not there', () => {
    const directory = projectOf('')
    rmSync(join(directory, 'rules.ts'))
    expect(problemOf(directory)).toMatch(/gonogo\.yaml:4: rulesFrom: there is no rules\.ts/)
  })
})
