// Moves the database between schema versions: node scripts/migrate.ts up | down | status [--database PATH]
import { parseArgs } from 'node:util'
import { openDatabase } from '../src/database.ts'
import { migrate, schemaProblems, schemaVersion } from '../src/migrations.ts'
import { BASE_VERSION, LATEST_VERSION } from '../src/schema.ts'
import { DEFAULT_DATABASE, runScript } from './script.ts'

runScript(() => {
  const { values, positionals } = parseArgs({
    options: { database: { type: 'string', default: DEFAULT_DATABASE }, expect: { type: 'string' } },
    allowPositionals: true,
  })
  const command = positionals.length === 0 ? 'status' : positionals.join(' ')
  if (command !== 'up' && command !== 'down' && command !== 'status')
    throw new Error(`unknown command "${command}"; there are up, down and status`)
  using database = openDatabase(values.database, { readOnly: command === 'status' })
  if (command !== 'status') {
    const steps = migrate(database, command === 'up' ? LATEST_VERSION : BASE_VERSION)
    console.log(steps.length > 0 ? steps.join('\n') : 'nothing to do')
  }
  return report(schemaVersion(database), schemaProblems(database), values.expect)
})

/** Exit code 1 when the schema is not what its number says, or not the expected one. */
function report(version: number, problems: readonly string[], expected: string | undefined): number {
  const allProblems = [...problems]
  if (expected !== undefined && String(version) !== expected) allProblems.push(`version ${expected} was expected`)
  console.log(
    `schema version ${version} of ${LATEST_VERSION}, ${allProblems.length === 0 ? 'as it should be' : 'NOT as it should be'}`,
  )
  for (const problem of allProblems) console.log(`  ${problem}`)
  return allProblems.length === 0 ? 0 : 1
}
