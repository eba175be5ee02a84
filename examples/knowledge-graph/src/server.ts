// Starts the service from its environment: PORT, HOST, GONOGO_VERSION (or APP_VERSION), DATABASE_PATH, DEPENDENCY, FAULT*.
import { fileURLToPath } from 'node:url'
import { parseDependency } from './dependency.ts'
import { parseFault, plantFaults, type Faults } from './faults.ts'
import { majorOf, startService } from './service.ts'

const { env } = process
const version = env.GONOGO_VERSION ?? env.APP_VERSION ?? 'v1'
const databasePath = env.DATABASE_PATH ?? fileURLToPath(new URL('../data/database.db', import.meta.url))

function log(message: string): void {
  console.log(JSON.stringify({ at: new Date().toISOString(), version, pid: process.pid, message }))
}

// A log that nobody reads any more must not take the service down.
process.stdout.on('error', () => undefined)

/** Faults belong to the new version: the one to fall back on is sound, whatever the environment says. */
function faultsFromEnvironment(): Faults {
  const planted = majorOf(version) >= 2
  return plantFaults(
    {
      fault: planted ? parseFault(env.FAULT ?? '') : null,
      afterMs: Number(env.FAULT_AFTER_MS ?? 0),
      file: planted ? (env.FAULT_FILE ?? null) : null,
      databasePath,
    },
    log,
  )
}

try {
  const service = await startService({
    databasePath,
    version,
    host: env.HOST ?? '127.0.0.1',
    port: Number(env.PORT ?? 4000),
    faults: faultsFromEnvironment(),
    dependency: parseDependency(env.DEPENDENCY ?? ''),
    log,
  })
  log(`listening on port ${service.port}`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      log('stopping')
      void service.close().then(() => process.exit(0))
    })
} catch (error) {
  log(`error: not started: ${(error as Error).message}`)
  process.exitCode = 1
}
