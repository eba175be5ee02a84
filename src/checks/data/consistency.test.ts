// The check over the real port: rules of a gonogo.yaml, judged on a real file.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { noData } from '../../../test/contracts/no-data.ts'
import { createDataPort } from '../../app/data-port.ts'
import { surroundingsOf } from '../../app/project.ts'
import { readProject } from '../../config/load.ts'
import type { DataPort } from '../../plan/data-port.ts'
import { consistency } from './consistency.ts'
import { loadKinds } from '../../catalog/catalog.ts'

await loadKinds()

const RULES = `
  orphans: { kind: reference, column: lines.order_id, references: orders.id, fix: delete }
  totals: { kind: not-null, column: orders.total, max: 1 }`

let root = ''
let sound: DataPort
let broken: DataPort

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'gonogo-consistency-'))
  sound = portOf('sound', '')
  broken = portOf('broken', 'INSERT INTO lines VALUES (9, 77), (10, 78)')
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

function portOf(name: string, sql: string): DataPort {
  const directory = mkdtempSync(join(root, name))
  using database = new DatabaseSync(join(directory, 'shop.db'))
  database.exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL); CREATE TABLE lines (id INTEGER PRIMARY KEY, order_id INTEGER);
    INSERT INTO orders VALUES (1, 10), (2, NULL); INSERT INTO lines VALUES (1, 1), (2, 2); ${sql}`)
  writeFileSync(
    join(directory, 'gonogo.yaml'),
    `service: shop\ndatabases: { main: { kind: sqlite, path: shop.db } }\nrules:${RULES}\n`,
  )
  const project = readProject(directory)
  return createDataPort({ project, surroundings: surroundingsOf(project, 'production') }, {})
}

const on = (data: DataPort, options: object = {}) => ({ options, context: { data } })

checkContract(consistency, {
  passing: () => on(sound, { database: 'main' }),
  failing: () => on(broken),
  unverified: () => on(sound, { rules: ['no-such-rule'] }),
  slow: () => on({ ...noData, validate: () => new Promise(() => {}) }),
  mentions: () => ['main', 'every rule'],
  failingExample: () => ({ data: broken }),
})

describe('consistency', () => {
  it('says which rule does not hold, by how much, and what to type', async () => {
    expect(await runCheck(consistency, on(broken))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('1 of 2 rules does not hold: orphans (2, at most 0)'),
      remedy: expect.stringContaining('gonogo data fix main --dry-run'),
    })
  })

  it('judges only the rules it is asked for', async () => {
    expect(await runCheck(consistency, on(broken, { rules: ['totals'] }))).toMatchObject({ status: 'passed' })
  })

  it('names the nearest rule where one is unknown', async () => {
    expect(await runCheck(consistency, on(sound, { rules: ['orphan'] }))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('did you mean "orphans"?'),
    })
  })

  it('is never passed by a sample', async () => {
    expect(await runCheck(consistency, on(sound, { mode: 'sampled' }))).toMatchObject({ status: 'unverified' })
    expect(await runCheck(consistency, on(broken, { mode: 'sampled' }))).toMatchObject({ status: 'failed' })
  })

  it('fails below the wanted success', async () => {
    expect(await runCheck(consistency, on(sound, { successPercentMin: 99 }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('validation success 75 %, at least 99 % wanted'),
    })
  })
})
