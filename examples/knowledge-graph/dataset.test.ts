import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generateDataset } from './dataset/generate-dataset.ts'
import { countsOf, openRules, temporaryFolder } from './fixtures.ts'
import { openDatabase, readNumber } from './src/database.ts'
import { migrationsOf } from './src/migrate.ts'

test('plants exactly the faults it says, and nothing else is wrong', async () => {
  const path = join(temporaryFolder(), 'graph.db')
  const planted = { orphaned: 13, inconsistentConfidence: 17, missingEvidence: 11, duplicateGroups: 7 }
  const { size } = await generateDataset(path, { relationships: 3000, seed: 5, planted })
  const { 'orphaned-sources': sources, 'orphaned-targets': targets, ...others } = await countsOf(openRules(path))
  expect(Number(sources) + Number(targets)).toBe(13)
  expect(others).toEqual({
    'evidence-of-nothing': 0,
    'duplicate-semantic-ids': 7,
    'missing-evidence': 11,
    'inconsistent-confidence': 17,
  })
  using database = openDatabase(path, { readOnly: true })
  expect(readNumber(database, 'SELECT count(*) FROM relationships')).toBe(size.relationships)
  expect(readNumber(database, 'SELECT count(*) FROM evidence')).toBe(size.evidence)
  expect((await migrationsOf(path)).map(({ applied }) => applied)).toEqual([true, false])
})

test('gives the same rows for the same seed and others for another', async () => {
  const folder = temporaryFolder()
  const rowsOf = async (name: string, seed: number) => {
    await generateDataset(join(folder, name), { relationships: 2000, seed })
    using database = openDatabase(join(folder, name), { readOnly: true })
    const tables = ['entities', 'relationships', 'evidence']
    return JSON.stringify(tables.map((table) => database.prepare(`SELECT * FROM ${table} ORDER BY id`).all()))
  }
  const first = await rowsOf('first.db', 1)
  expect(await rowsOf('again.db', 1)).toBe(first)
  expect(await rowsOf('other.db', 2)).not.toBe(first)
})

test('refuses to plant more faults than there are relationships', async () => {
  const path = join(temporaryFolder(), 'graph.db')
  await expect(generateDataset(path, { relationships: 20, seed: 1 })).rejects.toThrow('too few')
})
