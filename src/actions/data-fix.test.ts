// The action over the real port: repaired once, known to be done after a crash, taken back, also by another process.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDataPort } from '../app/data-port.ts'
import { surroundingsOf } from '../app/project.ts'
import { readProject } from '../config/load.ts'
import { exec } from '../lib/exec.ts'
import type { ActionContext } from './action.ts'
import { dataFix } from './data-fix.ts'
import { loadKinds } from '../catalog/catalog.ts'

await loadKinds()

const SHOP = `
  CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
  CREATE TABLE lines (id INTEGER PRIMARY KEY, order_id INTEGER);
  INSERT INTO orders VALUES (1, 10);
  INSERT INTO lines VALUES (1, 1), (2, 77), (3, 78)`
const RULES = '{ orphans: { kind: reference, column: lines.order_id, references: orders.id, fix: delete } }'

function shop(rules = RULES): { file: string; contextOf(deed: string): ActionContext } {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-data-fix-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'shop.db')
  using database = new DatabaseSync(file)
  database.exec(SHOP)
  writeFileSync(
    join(directory, 'gonogo.yaml'),
    `service: shop\ndatabases: { main: { kind: sqlite, path: shop.db } }\nrules: ${rules}\n`,
  )
  const signal = AbortSignal.timeout(60_000)
  const env = process.env as Record<string, string>
  const contextOf = (deed: string): ActionContext => {
    // As another process has it: nothing is remembered but what stands in the database.
    const project = readProject(directory)
    return {
      signal,
      directory,
      env,
      commands: [],
      deed,
      data: createDataPort({ project, surroundings: surroundingsOf(project, 'production') }, {}),
      logDirectory: directory,
      exec: (program, args, options) =>
        exec(program, args, { cwd: directory, env, timeoutMs: 60_000, signal, ...options }),
      progress: () => {},
    }
  }
  return { file, contextOf }
}

function lines(file: string): unknown[] {
  using database = new DatabaseSync(file)
  return database
    .prepare('SELECT id FROM lines ORDER BY id')
    .all()
    .map(({ id }) => id)
}

describe.each([false, true])('a fix (chunked: %s)', (chunked) => {
  const options = dataFix.options.parse({ database: 'main', chunked })

  it('is done once, known to be done, and taken back', async () => {
    const { file, contextOf } = shop()
    expect(await dataFix.verify(options, contextOf('run-1 item'))).toBe('not-done')
    expect(await dataFix.run(options, contextOf('run-1 item'))).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('2 rows deleted from lines'),
    })
    expect(lines(file)).toEqual([1])
    expect(await dataFix.verify(options, contextOf('run-1 item'))).toBe('done')
    expect(await dataFix.verify(options, contextOf('run-2 item'))).toBe('not-done')
    expect(await dataFix.undo(options, contextOf('run-1 item'))).toMatchObject({ status: 'passed' })
    expect(lines(file)).toEqual([1, 2, 3])
    expect(await dataFix.verify(options, contextOf('run-1 item'))).toBe('not-done')
  })

  it('takes back nothing of another run', async () => {
    const { file, contextOf } = shop()
    await dataFix.run(options, contextOf('run-1 item'))
    expect(await dataFix.undo(options, contextOf('run-2 item'))).toMatchObject({
      status: 'passed',
      summary: 'nothing is left to take back',
    })
    expect(lines(file)).toEqual([1])
  })

  it('says which rows were edited since, and leaves them', async () => {
    const { file, contextOf } = shop()
    await dataFix.run(options, contextOf('run-1 item'))
    using writer = new DatabaseSync(file)
    writer.exec('INSERT INTO lines VALUES (2, 1)')
    writer.close()
    expect(await dataFix.undo(options, contextOf('run-1 item'))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('1 row edited since'),
    })
    expect(lines(file)).toEqual([1, 2, 3])
  })
})

describe('a fix', () => {
  it('fails, and changes nothing, where it would not be enough', async () => {
    // Repairing the one breaks the other, which has no fix.
    const served = 'served: { kind: requires-child, column: orders.id, child: lines.order_id }'
    const { file, contextOf } = shop(RULES.replace('{ orphans', `{ ${served}, orphans`))
    using writer = new DatabaseSync(file)
    writer.exec('CREATE TRIGGER emptied AFTER DELETE ON lines BEGIN DELETE FROM lines; END')
    writer.close()
    expect(await dataFix.run(dataFix.options.parse({}), contextOf('run-1 item'))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('still over its limit: served (1, at most 0)'),
    })
    expect(lines(file)).toEqual([1, 2, 3])
  })

  it('is unverified, and nothing is done, where it cannot be asked for', async () => {
    const { file, contextOf } = shop()
    const options = dataFix.options.parse({ database: 'mian' })
    expect(await dataFix.run(options, contextOf('run-1 item'))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('did you mean "main"?'),
    })
    expect(await dataFix.verify(options, contextOf('run-1 item'))).toBe('unknown')
    expect(lines(file)).toEqual([1, 2, 3])
  })

  it('says in the plan what it will do and that it can be taken back', () => {
    const options = dataFix.options.parse({ database: 'main', rules: ['orphans'], chunked: true })
    expect(dataFix.describe(options, [])).toMatch(/repair what breaks orphans in main, in short transactions; undo: /)
    expect(dataFix.reversibility(options)).toBe('compensable')
  })
})
