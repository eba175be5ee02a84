// Moves the database between schema versions: node scripts/migrate.ts up | down | status [--database PATH]
import { parseArgs } from 'node:util'
import { migrateDown, migrateUp, migrationsOf } from '../src/migrate.ts'
import { DEFAULT_DATABASE, runScript } from './script.ts'

await runScript(async () => {
  const { values, positionals } = parseArgs({
    options: { database: { type: 'string', default: DEFAULT_DATABASE } },
    allowPositionals: true,
  })
  const command = positionals.length === 0 ? 'status' : positionals.join(' ')
  if (command !== 'up' && command !== 'down' && command !== 'status')
    throw new Error(`unknown command "${command}"; there are up, down and status`)
  if (command !== 'status') {
    const done = await (command === 'up' ? migrateUp : migrateDown)(values.database)
    console.log(done.length > 0 ? `${command}: ${done.join(', ')}` : 'nothing to do')
  }
  for (const { version, applied } of await migrationsOf(values.database))
    console.log(`${applied ? 'applied' : 'pending'}  ${version}`)
  return 0
})
