// Programs that answer as they are told, for tests of what asks programs: recorded output, errors, silence, output without sense.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quoteWord } from '../../src/lib/shell.ts'

/** What a program does when its arguments, joined by spaces, contain `when`; the first that fits counts. */
export interface Reply {
  when?: string
  stdout?: string
  stderr?: string
  exitCode?: number
  /** `silent`: never ends; `endless`: prints as long as somebody reads; `hundred-megabytes`: and ends. */
  instead?: 'silent' | 'endless' | 'hundred-megabytes'
}

export interface FakePrograms {
  /** The environment of this process, where only these programs and those of the system are found. */
  env: Record<string, string>
  stop(): void
}

const INSTEAD = {
  silent: 'exec sleep 600',
  endless: 'exec yes',
  'hundred-megabytes': "head -c 100000000 /dev/zero | tr '\\0' x; exit 0",
}

/** An environment where nothing at all is installed. */
export const WITHOUT_PROGRAMS: Record<string, string> = { ...environment(), PATH: '/no-such-folder' }

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  )
}

/** One program a name; where no reply fits it fails and says so. */
export function fakePrograms(programs: Readonly<Record<string, readonly Reply[]>>): FakePrograms {
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-programs-'))
  for (const [name, replies] of Object.entries(programs)) {
    const outputs = join(folder, `${name}.replies`)
    mkdirSync(outputs)
    const cases = replies.map((reply, index) => {
      const file = (stream: 'stdout' | 'stderr'): string => {
        const path = join(outputs, `${index}.${stream}`)
        writeFileSync(path, reply[stream] ?? '')
        return quoteWord(path)
      }
      const answer = `cat ${file('stdout')}; cat ${file('stderr')} >&2; exit ${reply.exitCode ?? (reply.stderr ? 1 : 0)}`
      return `*${reply.when === undefined ? '' : quoteWord(reply.when)}*) ${reply.instead ? INSTEAD[reply.instead] : answer} ;;`
    })
    const script = `#!/bin/sh\ncase "$*" in\n${cases.join('\n')}\nesac\necho "${name}: not told what to say to: $*" >&2\nexit 64\n`
    writeFileSync(join(folder, name), script)
    chmodSync(join(folder, name), 0o755)
  }
  return {
    env: { ...environment(), PATH: `${folder}:/usr/bin:/bin` },
    stop: () => rmSync(folder, { recursive: true, force: true }),
  }
}
