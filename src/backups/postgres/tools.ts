// The server's own programs: where they are, which of them fit this server, and how they are run.
import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { OutsideError } from '../../lib/errors.ts'
import { exec } from '../../lib/exec.ts'
import { diskFull } from '../../databases/sqlite/free-space.ts'

export type Program = 'pg_dump' | 'pg_restore' | 'psql'

export interface Tools {
  /** Directory that has all of them. */
  directory: string
  /** `15.18 (Debian ...)`. */
  version: string
  major: number
}

/** Where packages put them, one directory a major version. */
const VERSIONED = ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/opt/homebrew/opt/*/bin', '/usr/local/opt/*/bin']
const VERSION_MS = 10_000

/**
 * Those of the server's own major version; else of the next newer one, whose dumps an older server may not take back, which proving the
 * copy shows. @throws OutsideError saying what to install when there are none, or only older ones, which refuse a newer server.
 */
export async function findTools(serverMajor: number, given: string | undefined): Promise<Tools> {
  const directories = given === undefined ? searched() : [given]
  const found: Tools[] = []
  for (const directory of new Set(directories)) {
    if (!(['pg_dump', 'pg_restore', 'psql'] as const).every((program) => isExecutable(join(directory, program))))
      continue
    const { stdout } = await exec(join(directory, 'pg_dump'), ['--version'], { timeoutMs: VERSION_MS })
    const [, version, major] = /(?:\)|PostgreSQL) ((\d+)\S*)/.exec(stdout) ?? []
    if (version && major) found.push({ directory, version, major: Number(major) })
  }
  const fitting = found.filter(({ major }) => major >= serverMajor).toSorted((a, b) => a.major - b.major)
  if (fitting[0]) return fitting[0]
  const hint = `install them (Debian: postgresql-client-${serverMajor}), or set \`tools\` to the directory that has them`
  if (found.length === 0)
    throw new OutsideError('backup', `pg_dump, pg_restore and psql are not in ${given ?? 'PATH'}`, { hint })
  const versions = [...new Set(found.map(({ major }) => major))].join(', ')
  throw new OutsideError(
    'backup',
    `pg_dump ${versions} cannot copy a Postgres ${serverMajor}: it refuses servers newer than itself`,
    {
      hint,
    },
  )
}

function searched(): string[] {
  const onPath = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  // First, because a wrapper on PATH may pick any version.
  return [...VERSIONED.flatMap(matching), ...onPath]
}

function matching(pattern: string): string[] {
  const [before = '', after = ''] = pattern.split('*')
  const parent = before.slice(0, before.lastIndexOf('/'))
  const beginning = before.slice(before.lastIndexOf('/') + 1)
  try {
    return readdirSync(parent)
      .filter((name) => name.startsWith(beginning))
      .map((name) => join(parent, name + after))
  } catch {
    return []
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Runs one of them. @throws OutsideError with what it said, when it fails, is cancelled or takes too long. */
export async function runTool(
  tools: Tools,
  program: Program,
  args: readonly string[],
  options: { env: Record<string, string>; timeoutMs: number; signal: AbortSignal },
): Promise<string> {
  const { ended, exitCode, signal, stdout, stderr } = await exec(join(tools.directory, program), args, {
    ...options,
    // Its messages are looked at.
    env: { ...options.env, LC_ALL: 'C' },
  })
  if (ended === 'exited' && exitCode === 0) return stdout
  if (ended === 'cancelled') throw new OutsideError('backup', `${program} was cancelled`, { retryable: true })
  if (ended === 'timed-out')
    throw new OutsideError('backup', `${program} took longer than ${options.timeoutMs} ms`, {
      retryable: true,
      hint: 'raise `timeoutMs`',
    })
  const said = firstErrors(stderr, options.env.PGPASSWORD) || `it ended with ${signal ?? `exit code ${exitCode}`}`
  if (/No space left on device|Disk quota exceeded/.test(said)) throw diskFull(`${program}: ${said}`)
  const hint = HINTS.find(([pattern]) => pattern.test(said))?.[1]
  throw new OutsideError('backup', `${program}: ${said}`, hint === undefined ? {} : { hint })
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/aborting because of server version mismatch/, 'install the programs of the version of the server, or set `tools`'],
  [/row-level security/, 'use a user that may see all rows (BYPASSRLS), or the copy would lack some'],
  [/permission denied/, 'GRANT it to the user of `url`, or use the owner of the database'],
  [/role ".*" does not exist/, 'create that role on this server: pg_dumpall --roles-only of the old one lists them'],
  [/extension ".*" is not available|could not open extension control file/, 'install that extension on the server'],
  [/lock timeout|lock_timeout/, 'end the transaction that holds the lock, or raise `lockTimeoutMs`'],
  [
    /unrecognized configuration parameter/,
    'the programs are newer than the server: install those of its version, or set `tools`',
  ],
]

/** The lines that say what is wrong, without those that say where in the archive; a password is in none, and is taken out if it is. */
function firstErrors(stderr: string, password: string | undefined): string {
  const lines = stderr.split('\n').map((line) => line.replace(/^pg_\w+: |^psql: /, '').trim())
  const telling = lines.filter((line) => /error|fatal|detail|hint|could not|denied|mismatch|server version/i.test(line))
  const text = (telling.length > 0 ? telling : lines.filter(Boolean)).slice(0, 4).join('; ').slice(0, 1000)
  return password ? text.replaceAll(password, '[secret]') : text
}
