// Asks of one phase about one database: one reading, each with its own answer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import type { ValidationAsk } from '../plan/data-port.ts'
import { joinedJudging } from './joined-judging.ts'
import { readProject } from '../config/load.ts'
import { surroundingsOf } from './project.ts'
import { loadKinds } from '../catalog/catalog.ts'

await loadKinds()

function judgeOf(
  rules: string,
): (asked: readonly string[] | null, signal?: AbortSignal) => ReturnType<ReturnType<typeof joinedJudging>> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-joined-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  using database = new DatabaseSync(join(directory, 'a.db'))
  database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a, b); INSERT INTO t VALUES (1, NULL, 1), (2, 2, NULL)')
  writeFileSync(
    join(directory, 'gonogo.yaml'),
    `service: s\ndatabases: { main: { kind: sqlite, path: a.db } }\nrules:\n${rules}`,
  )
  const project = readProject(directory)
  const judge = joinedJudging({ project, surroundings: surroundingsOf(project, 'production') })
  const ask: Omit<ValidationAsk, 'rules'> = { database: null, mode: 'full', successPercentMin: null }
  return (asked, signal = AbortSignal.timeout(60_000)) => judge({ ...ask, rules: asked }, signal)
}

const RULES = `
  a: { kind: not-null, column: t.a }
  b: { kind: not-null, column: t.b }
  odd: { kind: sql, query: "SELECT id FROM t WHERE id = 7", key: [id] }
`

it('judges what is asked at the same time once, and gives each what it asked for', async () => {
  const judge = judgeOf(RULES)
  const judged = await Promise.all([judge(['a']), judge(['b', 'odd']), judge(['a'])])
  expect(judged.map(({ validation }) => validation.results.map(({ rule, count }) => [rule, count]))).toEqual([
    [['a', 1]],
    [
      ['b', 1],
      ['odd', 0],
    ],
    [['a', 1]],
  ])
  expect(new Set(judged.map(({ validation }) => validation.snapshot)).size).toBe(1)
  expect((await judge(null)).validation.snapshot).not.toBe(judged[0]?.validation.snapshot)
})

it('answers the others when one asks for a rule that is not there, or that does not fit', async () => {
  const judge = judgeOf(`${RULES}  misfit: { kind: not-null, column: t.nothing }\n`)
  const [good, unknown, misfit] = await Promise.allSettled([judge(['a']), judge(['c']), judge(['misfit'])])
  expect(good).toMatchObject({ status: 'fulfilled', value: { validation: { results: [{ count: 1 }] } } })
  expect(unknown).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('no rule "c"') } })
  expect(misfit).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('no column') } })
})

it('goes on for the others when one no longer waits', async () => {
  const judge = judgeOf(RULES)
  const leaving = new AbortController()
  const [left, stayed] = [judge(['a'], leaving.signal), judge(['b'])]
  leaving.abort()
  expect((await stayed).validation.results).toMatchObject([{ rule: 'b', count: 1 }])
  await left
})
