// What is looked at besides rules: what the engine itself finds wrong, and whether the schema is as expected.
import type { Database } from '../databases/database.ts'
import { schemaDifferences, type ExpectedSchema } from './expected-schema.ts'

/** Something that was looked at, with what was found wrong: nothing, or a sentence each. */
export interface Besides {
  what: string
  findings: string[]
}

/**
 * Damaged pages or indexes, broken or unproved foreign keys, differences from the expected schema.
 * @param expected null: there is none to compare with. @throws OutsideError when the database cannot be read.
 */
export async function lookBesides(
  database: Database,
  expected: ExpectedSchema | null,
  signal: AbortSignal,
): Promise<Besides[]> {
  const integrity = { what: 'integrity and foreign keys', findings: await database.integrity(signal) }
  if (!expected) return [integrity]
  return [integrity, { what: 'schema', findings: schemaDifferences(expected, await database.schema(signal)) }]
}
