// A HAProxy with the configuration that gonogo writes: started, told of another configuration, stopped. It outlives whoever started it.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { userInfo } from 'node:os'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { poll } from '../../lib/deadline.ts'
import { codeOf, OutsideError } from '../../lib/errors.ts'
import { parseStatistics } from '../../lib/haproxy-runtime.ts'
import { identify, isAlive } from '../../lib/process-identity.ts'
import type { ProcessIdentity } from '../../lib/process-identity.ts'
import { runProgram, type Program } from '../../lib/program.ts'
import type { Occupation } from './colours.ts'
import { configText, descriptionOf, holdText } from './config-text.ts'
import type { GeneratedOptions } from './options.ts'
import type { HaproxyPaths } from './paths.ts'
import { createRuntime, type Runtime } from './runtime.ts'

const START_TIMEOUT_MS = 15_000
const LOOK_EVERY_MS = 20
/** Requests under way have so long when HAProxy is stopped. */
const STOP_TIMEOUT_MS = 35_000
const END_TIMEOUT_MS = 5000
const INSTALL = 'haproxy (Debian: `apt install haproxy`), 2.4 or newer'

export interface Installation {
  system: string
  options: GeneratedOptions
  paths: HaproxyPaths
  env: Readonly<Record<string, string>>
  runtime: Runtime
}

/** As its own daemon: a master, and a worker that a reload replaces. */
export function startProgram({ program }: GeneratedOptions, paths: HaproxyPaths): Program {
  return { file: program, args: ['-W', '-D', '-f', paths.config, '-p', paths.pid, '-S', `${paths.master},mode,600`] }
}

function checkProgram({ program }: GeneratedOptions, config: string): Program {
  return { file: program, args: ['-c', '-f', config] }
}

/** What makes HAProxy take the configuration that was written. */
export function reloadProgram(command: string): Program {
  return { file: '/bin/sh', args: ['-c', command] }
}

/** Whether HAProxy runs, and with these options, by its `show info`. */
function stateOf({ options, paths }: Installation, info: string | null): 'no' | 'otherwise' | 'yes' {
  if (info === null) return 'no'
  const said = /^description: (.*)$/m.exec(info)?.[1]?.trim()
  return said === descriptionOf(options, paths, socketUser(options)) ? 'yes' : 'otherwise'
}

/** Writes what a HAProxy that starts afresh reads: the configuration, the map, the Lua. */
export function writeFiles({ options, paths }: Installation, occupation: Occupation, map: string): void {
  mkdirSync(paths.directory, { recursive: true, mode: 0o700 })
  mkdirSync(dirname(paths.socket), { recursive: true, mode: 0o700 })
  if (options.hold) writeFileAtomic(paths.lua, holdText(options, paths), 0o644)
  writeFileAtomic(paths.map, map, 0o644)
  writeFileAtomic(paths.config, configText(options, paths, socketUser(options), occupation), 0o644)
}

/** Where an init system starts HAProxy, as root mostly, its socket is to be this user's. */
function socketUser({ reload }: GeneratedOptions): string | null {
  return reload === null ? null : userInfo().username
}

/**
 * Makes HAProxy run with these options, and with this occupation where it does not run yet or has to be told of others. What is written
 * is checked first; where HAProxy does not take it, it goes on with what it had.
 * @param info what it answers to `show info`; null where it does not run
 * @returns whether it was started or reloaded, and so has the occupation and the map already
 * @throws OutsideError
 */
export async function ensureRunning(
  installation: Installation,
  info: string | null,
  occupation: Occupation,
  map: string,
): Promise<boolean> {
  const state = stateOf(installation, info)
  if (state === 'yes') return false
  const { paths } = installation
  const old = { config: contentOf(paths.config), map: contentOf(paths.map), lua: contentOf(paths.lua) }
  await checkConfig(installation, occupation)
  writeFiles(installation, occupation, map)
  try {
    await bringUp(installation, state)
  } catch (error) {
    restore(paths.config, old.config)
    restore(paths.map, old.map)
    restore(paths.lua, old.lua)
    // A master whose new worker could not start waits for another configuration: it gets the old one again.
    if (state === 'otherwise') await tellOtherwise(installation).catch(() => {})
    throw error
  }
  return true
}

async function bringUp(installation: Installation, state: 'no' | 'otherwise'): Promise<void> {
  const { system, options, paths, runtime } = installation
  if (state === 'no' && options.reload === null) await run(installation, startProgram(options, paths), START_TIMEOUT_MS)
  else await tellOtherwise(installation)
  const came = await poll(
    async () => (stateOf(installation, await runtime.askIfRunning(['show info'])) === 'yes' ? true : null),
    {
      everyMs: LOOK_EVERY_MS,
      timeoutMs: START_TIMEOUT_MS,
    },
  )
  if (!came)
    throw new OutsideError(system, `HAProxy did not come up with ${paths.config}`, {
      retryable: true,
      hint:
        options.reload === null
          ? 'is its port free? its log says more'
          : `does \`${options.reload}\` run it with that file?`,
    })
}

/** Makes a HAProxy that runs take what is written. */
async function tellOtherwise(installation: Installation): Promise<void> {
  const { system, options, paths } = installation
  if (options.reload !== null) {
    await run(installation, reloadProgram(options.reload), START_TIMEOUT_MS)
    return
  }
  const master = masterOf(paths)
  if (!master)
    throw new OutsideError(system, `another HAProxy answers at ${paths.socket}, and ${paths.pid} does not say which`, {
      hint: 'stop it, then again',
    })
  process.kill(master.pid, 'SIGUSR2')
}

/** The draft is checked beside the file in force, with the map and the Lua as they will be. */
async function checkConfig(installation: Installation, occupation: Occupation): Promise<void> {
  const { options, paths } = installation
  const draft = { ...paths, config: `${paths.config}.new`, map: `${paths.map}.new`, lua: `${paths.lua}.new` }
  writeFiles({ ...installation, paths: draft }, occupation, '')
  try {
    await run(installation, checkProgram(options, draft.config), START_TIMEOUT_MS)
  } finally {
    for (const file of [draft.config, draft.map, draft.lua]) rmSync(file, { force: true })
  }
}

async function run({ system, options, env }: Installation, program: Program, timeoutMs: number): Promise<void> {
  try {
    await runProgram(program, { system, env, timeoutMs, install: INSTALL })
  } catch (error) {
    if (options.hold && error instanceof OutsideError && error.message.includes('lua-load'))
      throw new OutsideError(system, 'this HAProxy was built without Lua and cannot hold requests', {
        hint: 'install one with Lua, or set `hold: null`',
        cause: error,
      })
    throw error
  }
}

/** Ends it when its requests are answered, or after half a minute. @throws OutsideError when it does not end. */
export async function stopProcess({ system, paths, runtime }: Installation): Promise<void> {
  const master = masterOf(paths)
  if (!master) return
  const isGone = (): true | null => (isAlive(master) ? null : true)
  const worker = /^Pid: (\d+)$/m.exec((await runtime.askIfRunning(['show info'])) ?? '')?.[1]
  // HAProxy would wait for idle clients too; its own socket is closed by then, but the master still asks the worker.
  const leaving = createRuntime(system, { socket: paths.master }, paths.directory)
  const isIdle = async (): Promise<true | null> => {
    const said = await leaving.ask([`@!${worker} show stat\nquit`]).catch(() => '')
    if (!said.startsWith('# pxname,')) return isGone()
    return parseStatistics(said).rows.some((row) => row.server !== null && (row.number('scur') ?? 0) > 0) ? null : true
  }
  process.kill(master.pid, 'SIGUSR1')
  await poll(isIdle, { everyMs: LOOK_EVERY_MS, timeoutMs: STOP_TIMEOUT_MS })
  if (!isGone()) process.kill(master.pid, 'SIGTERM')
  if (!(await poll(isGone, { everyMs: LOOK_EVERY_MS, timeoutMs: END_TIMEOUT_MS })))
    throw new OutsideError(system, 'HAProxy does not end', { hint: `\`kill -9 ${master.pid}\` ends it` })
  rmSync(paths.pid, { force: true })
}

/** The master of this configuration, or null when it does not run: its process id may be somebody else's by now. */
function masterOf(paths: HaproxyPaths): ProcessIdentity | null {
  const pid = Number(contentOf(paths.pid)?.trim().split('\n')[0])
  const master = pid > 0 ? identify(pid) : null
  const commandLine = master && contentOf(`/proc/${pid}/cmdline`)
  return commandLine === null || commandLine.split('\0').includes(paths.config) ? master : null
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

function restore(path: string, content: string | null): void {
  if (content === null) rmSync(path, { force: true })
  else writeFileAtomic(path, content, 0o644)
}
