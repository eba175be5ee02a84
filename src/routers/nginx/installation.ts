// The files nginx reads and the process that reads them: written, tested, taken into force, and put back when nginx refuses them.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { pause, poll } from '../../lib/deadline.ts'
import { codeOf, messageOf, OutsideError, PlanError } from '../../lib/errors.ts'
import type { ProcessIdentity } from '../../lib/process-identity.ts'
import { isAlive } from '../../lib/process-identity.ts'
import { programLine, runProgram } from '../../lib/program.ts'
import type { Program } from '../../lib/program.ts'
import { masterOf, workersOf } from './master.ts'
import { luaModules, nginxBuild } from './modules.ts'
import { ownConfig } from './own-config.ts'
import type { NginxPaths } from './paths.ts'
import { dumpProgram, INSTALL, INSTALL_LUA, reloadProgram, startProgram, testProgram } from './programs.ts'
import type { NginxSettings } from './settings.ts'

/** A file's mode and content. */
export interface NginxFile {
  path: string
  content: string
  mode: number
}

const RUN_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 35_000
const TAKE_UP_TIMEOUT_MS = 15_000
/** Where the system does not tell of processes: nginx lets old workers go 100 ms after new ones began. */
const UNSEEN_GRACE_MS = 1000

export class Installation {
  readonly #system: string
  readonly #settings: NginxSettings
  readonly #paths: NginxPaths
  readonly #env: Readonly<Record<string, string>>

  constructor(system: string, settings: NginxSettings, paths: NginxPaths, env: Readonly<Record<string, string>>) {
    this.#system = system
    this.#settings = settings
    this.#paths = paths
    this.#env = env
  }

  /** Whether gonogo runs this nginx itself. */
  get isOwn(): boolean {
    return this.#settings.listen !== undefined
  }

  get pidFile(): string {
    if (this.isOwn) return this.#paths.pid
    return this.#settings.pidFile ?? nginxBuild(this.#settings.program)?.pidFile ?? '/run/nginx.pid'
  }

  /** What nginx needs besides what a router writes: its whole configuration, where it is gonogo's own. */
  ownFiles(): NginxFile[] {
    if (!this.isOwn) return []
    const { program, mode } = this.#settings
    const modules = mode === 'reload' ? [] : (luaModules(nginxBuild(program)) ?? [])
    const content = ownConfig(this.#settings, this.#paths, modules, process.getuid?.() === 0)
    return [{ path: this.#paths.config, content, mode: 0o600 }]
  }

  master(): ProcessIdentity | null {
    return masterOf(this.pidFile)
  }

  /**
   * Writes files and has nginx test them; what stood there before is put back when it refuses.
   * @returns puts it back later.
   * @throws OutsideError with what nginx says.
   */
  async write(files: readonly NginxFile[]): Promise<() => void> {
    const all = [...files, ...this.ownFiles()]
    const before = all.map(({ path }) => (existsSync(path) ? readFileSync(path, 'utf8') : null))
    const putBack = (): void =>
      all.forEach(({ path, mode }, index) => {
        const content = before[index] ?? null
        if (content === null) rmSync(path, { force: true })
        else writeFileAtomic(path, content, mode)
      })
    for (const directory of [this.#paths.directory, ...(this.isOwn ? [dirname(this.#paths.adminSocket)] : [])])
      mkdirSync(directory, { recursive: true, mode: 0o700 })
    try {
      for (const { path, content, mode } of all) {
        writeFileAtomic(path, content, mode)
        // A mode given when a file is made is less than asked for where the umask says so.
        chmodSync(path, mode)
      }
      await this.#run(testProgram(this.#settings, this.#paths))
      return putBack
    } catch (error) {
      putBack()
      throw this.#explained(error)
    }
  }

  /** Starts gonogo's own nginx, which then belongs to nobody. @throws OutsideError when it does not come up. */
  async start(): Promise<void> {
    const { adminSocket } = this.#paths
    // nginx does not start where the socket of one that was killed still stands.
    rmSync(adminSocket, { force: true })
    try {
      await this.#run(startProgram(this.#settings, this.#paths))
    } catch (error) {
      throw this.#explained(error)
    }
  }

  /**
   * Has nginx read its configuration anew and waits until nobody but new workers takes requests.
   * @throws OutsideError when it does not run, may not be told, or goes on as before.
   */
  async reload(): Promise<void> {
    const master = this.master()
    if (!master)
      throw new OutsideError(this.#system, `nginx does not run: ${this.pidFile} names no process of it`, {
        retryable: true,
        hint: 'start it; where its process id stands elsewhere, set pidFile',
      })
    const before = workersOf(master)
    await this.#run(reloadProgram(this.#settings, this.#paths))
    if (!before) return pause(UNSEEN_GRACE_MS)
    const areNew = (): true | null => {
      const { serving = [] } = workersOf(master) ?? {}
      return serving.length > 0 && serving.every((pid) => !before.serving.includes(pid)) ? true : null
    }
    if (await poll(areNew, { everyMs: 10, timeoutMs: TAKE_UP_TIMEOUT_MS })) return
    throw new OutsideError(this.#system, 'nginx was told to reload and goes on as before', {
      hint: `its error log says why${this.isOwn ? `: ${this.#paths.log}` : ''}`,
    })
  }

  /** @throws PlanError with the lines to add, where the user's nginx does not include what is written for it. */
  async checkIncluded(): Promise<void> {
    const { http, server } = this.#paths
    const dump = await this.#run(dumpProgram(this.#settings))
    const read = [...dump.matchAll(/^# configuration file (.*):$/gm)].map(([, path]) => path ?? '')
    const missing = [
      ...(read.includes(http) ? [] : [`\`include ${http};\` to http { }`]),
      ...(read.includes(server) ? [] : [`\`include ${server};\` to server { }`]),
    ]
    if (missing.length > 0)
      throw new PlanError(`${this.#system}: nginx does not read what gonogo writes for it`, {
        expected: `in its configuration, instead of the location ${this.#settings.location} there`,
        hint: `add ${missing.join(' and ')}, then \`${programLine(testProgram(this.#settings, this.#paths))}\``,
      })
  }

  /** Ends gonogo's own nginx: requests under way are finished. */
  async stop(): Promise<void> {
    const master = this.isOwn ? this.master() : null
    if (!master) return
    process.kill(master.pid, 'SIGQUIT')
    const ended = await poll(() => (isAlive(master) ? null : true), { everyMs: 10, timeoutMs: STOP_TIMEOUT_MS })
    if (!ended)
      throw new OutsideError(this.#system, 'nginx has connections that do not end', {
        hint: `\`kill ${master.pid}\` ends it with them`,
      })
  }

  #run(program: Program): Promise<string> {
    const options = { system: this.#system, env: this.#env, timeoutMs: RUN_TIMEOUT_MS, install: INSTALL }
    return runProgram(program, options)
  }

  /** What to do about what nginx or the file system says. */
  #explained(error: unknown): unknown {
    const message = messageOf(error)
    const say = (what: string, hint: string): OutsideError =>
      new OutsideError(this.#system, what, { hint, cause: error })
    const { include } = this.#paths
    const code = codeOf(error)
    if (code === 'EACCES' || code === 'EROFS') return say(`may not write to ${include}`, 'give gonogo that directory')
    if (/unknown directive "(?:lua_|[a-z_]+_by_lua)/.test(message))
      return say(
        'this nginx does not load its Lua module',
        `${INSTALL_LUA}; an nginx of yours loads it with load_module; or set mode: reload`,
      )
    const taken = /bind\(\) to (\S+) failed \(\d+: Address already in use\)/.exec(message)?.[1]
    if (taken !== undefined)
      return say(
        `${taken} is taken by another program`,
        `\`ss -ltnp\` says by which; stop it or set another listen.port`,
      )
    const denied = /bind\(\) to (\S+) failed \(\d+: Permission denied\)/.exec(message)?.[1]
    if (denied !== undefined) return say(`this user may not listen on ${denied}`, 'take a port from 1024 up')
    return error
  }
}
