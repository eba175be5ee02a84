// Programs that services suites build from their Go modules, once a machine: what no package of the system brings in a version of today.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface GoProgram {
  /** `kubernetes-1.34.4`: names the folder it is kept in. */
  name: string
  /** `k8s.io/kubernetes@v1.34.4`; the first may have `replace` and is asked what it replaces. */
  modules: readonly string[]
  /** Version that modules get which the first one takes from its own tree; Go ignores the replacements of what is only required. */
  staged?: string
  /** Name of each program → its package. */
  programs: Readonly<Record<string, string>>
  ldflags?: string
}

const BUILD_MS_MAX = 900_000

/** Where what was built or fetched is kept from one run to the next. */
export function testProgramsFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gonogo-test-programs')
}

/** The environment with Go on the PATH, also where only its installer's usual place has it. */
export function withGo(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH}:/usr/local/go/bin` }
}

/** Folder with the built programs; null where there is no Go, or they could not be fetched and built. It may take minutes. */
export async function goPrograms(program: GoProgram): Promise<string | null> {
  const folder = join(testProgramsFolder(), program.name)
  if (existsSync(folder)) return folder
  const making = `${folder}.${process.pid}`
  mkdirSync(making, { recursive: true })
  try {
    await build(program, making)
    // Whole or not at all: two suites may build at the same time.
    if (!existsSync(folder)) renameSync(making, folder)
    return folder
  } catch (error) {
    console.warn(`${program.name} could not be built: ${String(error).slice(0, 2000)}`)
    return null
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}

/** @throws Error with what go said. */
async function build({ modules, staged, programs, ldflags = '' }: GoProgram, folder: string): Promise<void> {
  const env = { ...withGo(), GOFLAGS: '-mod=mod' }
  const go = (...args: string[]) =>
    promisify(execFile)('go', args, { cwd: folder, env, timeout: BUILD_MS_MAX, maxBuffer: 64 << 20 })
  const [first = ''] = modules
  const { GoMod } = JSON.parse((await go('mod', 'download', '-json', first)).stdout) as { GoMod: string }
  const own = readFileSync(GoMod, 'utf8')
  const replaced = staged
    ? [...own.matchAll(/^\s*(?:replace\s+)?(\S+) => \.\/staging\//gm)].map((match) => match[1])
    : []
  const lines = [
    'module programs-for-tests',
    /^go \S+$/m.exec(own)?.[0] ?? '',
    ...modules.map((module) => `require ${module.replace('@', ' ')}`),
    ...replaced.map((module) => `replace ${module} => ${module} ${staged}`),
  ]
  writeFileSync(join(folder, 'go.mod'), `${lines.join('\n')}\n`)
  for (const [name, path] of Object.entries(programs))
    await go('build', '-ldflags', `-s -w ${ldflags}`, '-o', name, path)
}
