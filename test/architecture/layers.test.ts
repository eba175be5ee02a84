import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { LAYERS, findBreaks, importsOf, readSources, type Source } from './layers.ts'

const src = fileURLToPath(new URL('../../src', import.meta.url))
const sources = readSources(src)

describe('the layer table', () => {
  test('holds for every import of the project', () => {
    expect(findBreaks(sources)).toEqual([])
  })

  test('names every folder of src/', () => {
    const folders = new Set(sources.map(({ path }) => path.split('/')[0]))
    expect([...folders].filter((folder) => !((folder ?? '') in LAYERS))).toEqual([])
  })

  test('stands in ARCHITECTURE.md as it is enforced', () => {
    const text = readFileSync(fileURLToPath(new URL('../../ARCHITECTURE.md', import.meta.url)), 'utf8')
    for (const [folder, allowed] of Object.entries(LAYERS)) {
      const row = text.split('\n').find((line) => line.startsWith(`| \`${folder}\` |`))
      expect(row, `the row of ${folder}`).toBeDefined()
      const named = [...(row ?? '').split('|')[2]!.matchAll(/`([^`]+)`/g)].map((match) => match[1])
      expect(named.toSorted(), `the row of ${folder}`).toEqual([...allowed].toSorted())
    }
  })

  test('only durable/ imports DBOS', () => {
    const importing = sources.filter(({ text }) => text.includes('@dbos-inc/')).map(({ path }) => path)
    expect(importing.every((path) => path.startsWith('durable/'))).toBe(true)
  })
})

describe('the walk finds what it is for', () => {
  const planted = (path: string, text: string): Source[] => [...sources, { path, text }]

  test.each([
    ['a check that imports a sibling kind', 'checks/network/planted.ts', "import '../../checks/network/http.ts'", true],
    [
      'a checklist that imports the conductor',
      'checklist/planted.ts',
      "import { conduct } from '../conduct/conduct.ts'",
      true,
    ],
    ['a type-only import', 'report/planted.ts', "import type { Config } from '../config/schema.ts'", true],
    ['a re-export', 'guards/planted.ts', "export * from '../signals/sampling.ts'", true],
    ['a dynamic import', 'store/planted.ts', "const x = await import('../app/app.ts')", true],
    ['a library that imports the plan', 'lib/planted.ts', "import type { Plan } from '../plan/plan.ts'", true],
    [
      'a store that imports more than the ports',
      'store/planted.ts',
      "import { goBack } from '../conduct/rollback.ts'",
      true,
    ],
    [
      'the conductor that imports the command line',
      'conduct/planted.ts',
      "import { print } from '../cli/common.ts'",
      true,
    ],
    ['an import out of src', 'plan/planted.ts', "import x from '../../bench/main.ts'", true],
    ['a permitted import', 'conduct/planted.ts', "import { judge } from '../guards/judge.ts'", false],
  ])('%s', (_, path, text, isBreak) => {
    // A planted kind is a kind because the catalogue lists it.
    const catalogued: Source = { path: 'catalog/planted.ts', text: `export { planted } from '../${path}'` }
    const breaks = findBreaks([...planted(path, text), catalogued]).filter((entry) => entry.startsWith(path))
    expect(breaks.length > 0).toBe(isBreak)
  })

  test('it reads real import syntax, not text that looks like it', () => {
    expect(importsOf('lib/a.ts', "// import x from '../cli/main.ts'\nconst s = \"import '../cli/main.ts'\"")).toEqual(
      [],
    )
  })
})
