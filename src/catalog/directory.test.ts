import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { actions } from './actions.ts'
import { kindsOf, loadKinds } from './catalog.ts'
import { checks as checkLines } from './checks.ts'
import { routers as routerLines } from './routers.ts'
import { targets as targetLines } from './targets.ts'
import { optionsOf } from './kind-options.ts'
import { rules } from './rules.ts'

await loadKinds(['check', 'router', 'target'])
const checks = kindsOf('check')
const [routers, targets] = [kindsOf('router'), kindsOf('target')]

it.each([
  ['checks', checkLines, checks],
  ['routers', routerLines, routers],
  ['targets', targetLines, targets],
])('every line of the catalogue of %s reads the kind that it names', (_, lines, kinds) => {
  expect(kinds.map(({ id }) => id)).toEqual(Object.keys(lines))
})

/** Ids of the kinds whose files lie in a folder of `src`: a file is a kind when it calls `definer`, and is named after it. */
function kindsIn(folder: string, definer: string): string[] {
  const root = fileURLToPath(new URL(`../${folder}`, import.meta.url))
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .filter((name) => new RegExp(`= ${definer}[<(]`).test(readFileSync(join(root, name), 'utf8')))
    .map((name) => basename(name, '.ts'))
}

describe.each([
  ['checks', 'defineCheck', checks],
  ['actions', 'defineAction', actions],
  ['routers', 'defineRouter', routers],
  ['targets', 'defineTarget', targets],
] as const)('the catalogue of %s', (folder, definer, kinds) => {
  const ids = kinds.map((kind) => kind.id as string)

  it('holds every kind that has a file, under the name of the file, once', () => {
    expect(ids.toSorted()).toEqual(kindsIn(folder, definer).toSorted())
  })

  it('has a test beside every kind', () => {
    const root = fileURLToPath(new URL(`../${folder}`, import.meta.url))
    const tests = new Set(readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => basename(name)))
    for (const id of ids) expect(tests).toContain(`${id}.test.ts`)
  })

  it.each(kinds.map((kind) => [kind.id, kind] as const))('%s says in a sentence what it does', (_, kind) => {
    expect(kind.summary).toMatch(/^[a-z].{10,}[^.]$/)
    expect(kind.id).toMatch(/^[a-z][a-z0-9-]*$/)
  })
})

describe('the catalogue of rules', () => {
  it.each(rules.map((kind) => [kind.id, kind] as const))(
    '%s has an example, and no option called like a key of every rule',
    (_, kind) => {
      kind.options.parse(kind.example)
      const names = optionsOf(kind.options).map(({ name }) => name)
      for (const common of ['kind', 'database', 'max', 'severity', 'fix']) expect(names).not.toContain(common)
    },
  )
})
