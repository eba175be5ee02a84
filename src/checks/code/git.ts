// Asking a git repository. It looks only, and runs no hook, monitor, pager or other program that the repository may name.
import { resolve } from 'node:path'
import { lastLine } from '../../lib/excerpt.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import type { CheckContext } from '../check.ts'
import { look } from '../look.ts'

/** Git, or what was asked of it, could not tell. */
export class Untold extends Error {
  /** What to do about it, where that is known. */
  readonly remedy: string | undefined

  constructor(message: string, remedy?: string) {
    super(message)
    this.remedy = remedy
  }
}

/** More than any question here has for an answer. */
const ANSWER_CHARS_MAX = 32 * 1024 * 1024
/** A repository may come from anybody: no hook, no file monitor, and the programs for signatures are the usual ones. */
const QUIET = [
  'gpg.program=gpg',
  'gpg.ssh.program=ssh-keygen',
  'gpg.x509.program=gpgsm',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'log.showSignature=false',
  'core.quotePath=false',
]
/** Nobody is there to answer a question: for a name, a password, an unknown host. */
const UNATTENDED = { GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'false', SSH_ASKPASS_REQUIRE: 'never', LC_ALL: 'C' }

export interface Git {
  /** What git printed. @throws Untold */
  text(...args: string[]): Promise<string>
  /** The same without white space at its ends. @throws Untold */
  line(...args: string[]): Promise<string>
  /** The same, or null where git says no by exit code 1. @throws Untold */
  maybe(...args: string[]): Promise<string | null>
  /** The same, with a text it reads: what must not stand among arguments, which everybody may list. @throws Untold */
  fed(input: string, ...args: string[]): Promise<string | null>
}

/**
 * The commit or object that a remote, which is asked, has under this name; null where it has none.
 * @throws Untold also where it shows nothing at all: that may be anything that answers.
 */
export async function atRemote(git: Git, remote: string, ref: string): Promise<string | null> {
  // A configured program for the other side would be run here, if the remote is a path.
  const refs = await git.text('ls-remote', '--upload-pack=git-upload-pack', '--', remote, 'HEAD', ref)
  if (refs.trim() === '') throw new Untold(`${remote} shows neither a branch nor ${ref}`)
  return (
    refs
      .split('\n')
      .find((line) => line.endsWith(`\t${ref}`))
      ?.split('\t')[0] ?? null
  )
}

/** Whether only the end of the history was fetched; then what is not there may be elsewhere. */
export async function isShallow(git: Git): Promise<boolean> {
  return (await git.line('rev-parse', '--is-shallow-repository')) === 'true'
}

interface Place {
  directory: string
  timeoutMs: number
}

/** Looks at a repository; where it could not tell that is `unverified`. */
export function lookAtGit(place: Place, context: CheckContext, work: (git: Git) => Promise<Outcome>): Promise<Outcome> {
  return look(context, async () => {
    try {
      return await work(gitIn(place, context))
    } catch (error) {
      if (!(error instanceof Untold)) throw error
      const { message, remedy } = error
      return unverified(`${place.directory}: ${message}`, remedy === undefined ? {} : { remedy })
    }
  })
}

/** Git in a directory. */
export function gitIn({ directory, timeoutMs }: Place, context: CheckContext): Git {
  const output = async (codes: number[], args: string[], input = ''): Promise<{ code: number; stdout: string }> => {
    const result = await context.exec(
      'git',
      ['--no-optional-locks', '--no-pager', ...QUIET.flatMap((setting) => ['-c', setting]), ...args],
      {
        cwd: resolve(context.directory, directory),
        input,
        env: { ...context.env, ...UNATTENDED },
        timeoutMs,
        signal: context.signal,
        outputBytesMax: ANSWER_CHARS_MAX,
      },
    )
    const { ended, exitCode, stdout, stderr } = result
    if (ended === 'not-started') throw notStarted(stderr)
    if (stdout.length >= ANSWER_CHARS_MAX) throw new Untold(`git ${args[0]}: more than can be read`)
    if (ended === 'exited' && exitCode !== null && codes.includes(exitCode)) return { code: exitCode, stdout }
    const why = ended === 'timed-out' ? `no answer within ${timeoutMs} ms` : lastLine(stderr) || ended
    // A remote's address may hold a password.
    throw new Untold(`git ${args[0]}: ${why.replace(/\/\/[^/\s]*@/g, '//')}`)
  }
  return {
    text: async (...args) => (await output([0], args)).stdout,
    line: async (...args) => (await output([0], args)).stdout.trim(),
    maybe: async (...args) => {
      const { code, stdout } = await output([0, 1], args)
      return code === 0 ? stdout.trim() : null
    },
    fed: async (input, ...args) => {
      const { code, stdout } = await output([0, 1], args, input)
      return code === 0 ? stdout : null
    },
  }
}

/** No such program looks like no such directory to him who starts it. */
function notStarted(stderr: string): Untold {
  return /ENOENT/.test(stderr) && !/cwd|directory/i.test(stderr)
    ? new Untold('git is not installed', 'install git where gonogo runs')
    : new Untold(`git could not be started: ${lastLine(stderr)}`)
}
