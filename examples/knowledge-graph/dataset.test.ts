import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { measure } from './consistency/validate.ts'
import { generateDataset } from './dataset/generate-dataset.ts'
import { temporaryFolder } from './fixtures.ts'
import { openDatabase, readNumber } from './src/database.ts'
import { schemaProblems, schemaVersion } from './src/migrations.ts'

test('plants exactly the faults it says, and nothing else is wrong', () => {
  const path = join(temporaryFolder(), 'graph.db')
  const planted = { orphaned: 13, inconsistentConfidence: 17, missingEvidence: 11, duplicateGroups: 7 }
  const { size } = generateDataset(path, { relationships: 3000, seed: 5, planted })
  using database = openDatabase(path, { readOnly: true })
  expect(measure(database)).toEqual({
    relationships: 3000,
    orphanedRelationships: 13,
    inconsistentConfidence: 17,
    missingEvidence: 11,
    duplicateGroups: 7,
    successPercent: (100 * (3000 - 13 - 17 - 11 - 7)) / 3000,
  })
  expect(readNumber(database, 'SELECT count(*) FROM evidence')).toBe(size.evidence)
  expect(schemaVersion(database)).toBe(1)
  expect(schemaProblems(database)).toEqual([])
})

test('gives the same bytes for the same seed and others for another', () => {
  const folder = temporaryFolder()
  const bytesOf = (name: string, seed: number) => {
    generateDataset(join(folder, name), { relationships: 2000, seed })
    return readFileSync(join(folder, name))
  }
  const first = bytesOf('first.db', 1)
  expect(bytesOf('again.db', 1).equals(first)).toBe(true)
  expect(bytesOf('other.db', 2).equals(first)).toBe(false)
})

test('refuses to plant more faults than there are relationships', () => {
  const path = join(temporaryFolder(), 'graph.db')
  expect(() => generateDataset(path, { relationships: 20, seed: 1 })).toThrow('too few')
})
