// Writes the schema as it is now to the file that gonogo.yaml names for it, so that a full check can compare with it.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Project } from '../config/load.ts'
import { schemaText } from '../consistency/expected-schema.ts'
import type { Database } from '../databases/database.ts'

/** What was done, in words; null where no file is named. A file that is there stays as it is: it says what was meant. */
export async function writeExpectedSchema(
  { config, directory }: Project,
  name: string,
  database: Database,
  signal: AbortSignal,
): Promise<string | null> {
  const file = config.databases[name]?.expectedSchema
  if (file === undefined) return null
  const path = join(directory, file)
  if (existsSync(path)) return `${file} is there already: delete it to have the schema of today written`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, schemaText(await database.schema(signal)))
  return `${file} written: the schema as it is now`
}
