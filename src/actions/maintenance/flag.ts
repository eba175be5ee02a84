// What workers heed: a file that is there, a key of Redis that is set, or commands of the team's own.
import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { codeOf, OutsideError } from '../../lib/errors.ts'
import { programLine, runProgram } from '../../lib/program.ts'
import type { ActionContext } from '../action.ts'
import { talkToRedis } from './redis.ts'

const argv = z.array(z.string()).min(1)

export const flagSchema = z.union([
  z.strictObject({ file: z.string().min(1).describe('there while they rest, relative to gonogo.yaml') }),
  z.strictObject({
    redis: z.string().min(1).describe('address, as redis://host:6379; a secret'),
    key: z.string().min(1).describe('set while they rest'),
    value: z.string().default('1').describe('its value then'),
  }),
  z.strictObject({
    stop: argv.describe('program that stops them, without a shell'),
    start: argv.describe('program that lets them go on'),
    isStopped: argv.describe('ends with 0 while they rest, with another code while they work'),
  }),
])

export type Flag = z.output<typeof flagSchema>

type Place = Pick<ActionContext, 'directory' | 'env' | 'signal' | 'exec'>

const ANSWER_MS_MAX = 10_000
const COMMAND_MS_MAX = 120_000

/** What is done to it, without what is secret. */
export function flagInWords(flag: Flag, isSetting: boolean): string {
  if ('file' in flag) return `${isSetting ? 'write' : 'remove'} ${flag.file}`
  if ('redis' in flag) return `${isSetting ? 'set' : 'delete'} ${flag.key} in Redis`
  const [file = '', ...args] = isSetting ? flag.stop : flag.start
  return programLine({ file, args })
}

/** Sets it, and sees that it is. @throws OutsideError where that does not come about. */
export async function setFlag(flag: Flag, place: Place): Promise<void> {
  if ('file' in flag) {
    const path = resolve(place.directory, flag.file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, 'gonogo: maintenance\n')
  } else if ('redis' in flag)
    await talkToRedis(flag.redis, ANSWER_MS_MAX, place.signal, (ask) => ask('SET', flag.key, flag.value))
  else await run(flag.stop, place)
  await insist(flag, true, place)
}

/** Takes it back, and sees that it is gone. @throws OutsideError where that does not come about. */
export async function clearFlag(flag: Flag, place: Place): Promise<void> {
  if ('file' in flag) await rm(resolve(place.directory, flag.file), { force: true })
  else if ('redis' in flag) await talkToRedis(flag.redis, ANSWER_MS_MAX, place.signal, (ask) => ask('DEL', flag.key))
  else await run(flag.start, place)
  await insist(flag, false, place)
}

/** Whether they rest, as far as the flag says. @throws OutsideError where nobody can tell. */
export async function isFlagSet(flag: Flag, place: Place): Promise<boolean> {
  if ('file' in flag)
    return stat(resolve(place.directory, flag.file)).then(
      () => true,
      (error: unknown) => {
        if (codeOf(error) === 'ENOENT') return false
        throw error
      },
    )
  if ('redis' in flag)
    return (await talkToRedis(flag.redis, ANSWER_MS_MAX, place.signal, (ask) => ask('GET', flag.key))) === flag.value
  const [file = '', ...args] = flag.isStopped
  const result = await place.exec(file, args, { cwd: place.directory, timeoutMs: ANSWER_MS_MAX })
  if (result.ended === 'exited' && result.exitCode !== null && result.exitCode < 126) return result.exitCode === 0
  throw new OutsideError(
    'workers',
    `\`${programLine({ file, args })}\` does not tell: ${result.stderr.trim() || result.ended}`,
  )
}

async function insist(flag: Flag, isSet: boolean, place: Place): Promise<void> {
  if ((await isFlagSet(flag, place)) === isSet) return
  throw new OutsideError(
    'workers',
    `told to ${isSet ? 'rest' : 'go on'} (${flagInWords(flag, isSet)}), and they do not`,
  )
}

async function run([file = '', ...args]: readonly string[], { directory, env, signal }: Place): Promise<void> {
  await runProgram({ file, args, cwd: directory }, { system: 'workers', env, signal, timeoutMs: COMMAND_MS_MAX })
}
