// The user's commands as they are run: by the dry-run, the execution and the capsule alike.
import { resolve } from 'node:path'
import { z } from 'zod'
import { OutsideError, PlanError } from '../../lib/errors.ts'
import { runProgram, type Program } from '../../lib/program.ts'
import { fillIn, userProgram } from '../../lib/user-command.ts'
import type { Backend } from '../../plan/traffic.ts'
import type { TargetContext } from '../target.ts'
import type { Settings } from './settings.ts'

export type CommandName = 'prepare' | 'ready' | 'retire' | 'switch' | 'current'

const addressSchema = z.object({ host: z.string().min(1).default('127.0.0.1'), port: z.int().min(1).max(65_535) })

/** Null where the user gave none of this name. */
export function programOf(
  name: CommandName,
  version: string,
  { settings, context }: { settings: Settings; context: TargetContext },
): Program | null {
  const command = settings[name]
  if (command === undefined) return null
  return userProgram(command, {
    cwd: resolve(context.directory, settings.cwd),
    env: context.env,
    variables: { ...settings.env, GONOGO_VERSION: version, GONOGO_TARGET: context.name },
    placeholders: { version },
  })
}

/** Runs one; what it printed, or null where there is none of this name. @throws OutsideError with its last lines when it fails. */
export async function runCommand(
  name: CommandName,
  version: string,
  parts: { settings: Settings; context: TargetContext },
  signal: AbortSignal,
): Promise<string | null> {
  const program = programOf(name, version, parts)
  if (!program) return null
  const { settings, context } = parts
  const system = `target ${context.name}`
  return runProgram(program, { system, env: context.env, timeoutMs: settings.commandTimeoutMs, signal })
}

/** Addresses as gonogo.yaml says them; none where `prepare` prints them. @throws PlanError where one has no port. */
export function givenBackends({ addresses }: Settings, version: string, { name }: TargetContext): Backend[] {
  return addresses.map((pattern, index) => {
    const address = fillIn(pattern, { version })
    const at = address.lastIndexOf(':')
    const port = Number(address.slice(at + 1))
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new PlanError(`"${address}" has no port`, { path: `targets/${name}/addresses`, expected: 'host:port' })
    return { id: `${version}-${index + 1}`, version, host: address.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port }
  })
}

/** Lines of JSON among what `prepare` printed. @throws OutsideError where there are none. */
export function printedBackends(stdout: string, version: string, { name }: TargetContext): Backend[] {
  const found = stdout.split('\n').flatMap((line) => {
    const parsed = line.trim().startsWith('{') ? addressSchema.safeParse(jsonOf(line)) : null
    return parsed?.success ? [parsed.data] : []
  })
  if (found.length === 0)
    throw new OutsideError(`target ${name}`, 'its `prepare` printed no address', {
      hint: 'print a line {"host": "127.0.0.1", "port": 3000} an instance, or give `addresses`',
    })
  return found.map(({ host, port }, index) => ({ id: `${version}-${index + 1}`, version, host, port }))
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
