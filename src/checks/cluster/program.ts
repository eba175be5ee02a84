// Asking the user's own programs (kubectl, helm, docker): what they answered, or in which way they could not.
import { excerpt, lastLine } from '../../lib/excerpt.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import type { CheckContext } from '../check.ts'

/** A program and what it is asked. */
export interface Question {
  program: string
  args: readonly string[]
  timeoutMs: number
  /** Added to the environment: values are never shown. */
  env?: Readonly<Record<string, string>>
  input?: string
}

/** Why there is no answer. `absent`: it was asked and there is no such thing; `refused`: it said no for a reason of its own. */
export type Why = 'missing' | 'late' | 'unreachable' | 'denied' | 'absent' | 'unusable' | 'nonsense' | 'refused'

export interface NoAnswer {
  ok: false
  why: Why
  program: string
  /** The last thing it said. */
  said: string
  stderr: string
}

export type Answer<T> = { ok: true; value: T } | NoAnswer

/** What is kept of an answer; a list of some ten thousand pods is shorter. */
const ANSWER_BYTES_MAX = 64 << 20

/** What programs say when they could not reach, were not let in, found nothing, or were not told enough. The first that fits counts. */
const SAYINGS: readonly (readonly [Why, RegExp])[] = [
  [
    'denied',
    /\(Forbidden\)|\bUnauthorized\b|must be logged in|is forbidden|permission denied while trying|asked for the client to provide credentials|getting credentials/i,
  ],
  // What kubectl asks where nothing tells it which cluster.
  ['unusable', /connection to the server localhost:8080 was refused/i],
  [
    'unreachable',
    /Unable to connect to the server|was refused|connection refused|no such host|i\/o timeout|Client\.Timeout|TLS handshake|x509:|deadline exceeded|cluster unreachable|Cannot connect to the Docker daemon|failed to connect to the docker API|connection reset|\bEOF$|no route to host|network is unreachable|error during connect|server gave HTTP response|malformed HTTP|is the docker daemon running/im,
  ],
  [
    'unusable',
    /context .{0,200} does not exist|does not exist in .*config|no configuration has been provided|error loading config|invalid configuration|unknown command|unknown flag|unknown shorthand flag|is not a docker command|context .{0,200}: (?:context )?not found|no configuration file provided|no such file or directory/i,
  ],
  [
    'absent',
    /\(NotFound\)|release: not found|have a resource type|could not find the requested resource|No such (?:image|object|container)/i,
  ],
]

/** Docker without its plug-in does not know the word, or takes what follows for options of its own. */
const WITHOUT_COMPOSE =
  /unknown command: docker compose|'compose' is not a docker command|unknown (?:shorthand )?flag[^]{0,200}(?:Usage:\s{1,10}docker \[OPTIONS\]|See 'docker --help')/

/** Standard output of the program, where it exited 0. */
export async function ask(context: Pick<CheckContext, 'exec' | 'env'>, question: Question): Promise<Answer<string>> {
  const { program, args, timeoutMs, env = {}, input } = question
  const { ended, exitCode, stdout, stderr } = await context.exec(program, args, {
    timeoutMs,
    env: { ...context.env, ...env },
    outputBytesMax: ANSWER_BYTES_MAX,
    ...(input === undefined ? {} : { input }),
  })
  const no = (why: Why, said: string): NoAnswer => ({ ok: false, why, program, said, stderr })
  if (ended === 'not-started') return no('missing', 'there is no such program')
  if (ended !== 'exited') return no('late', `no answer within ${timeoutMs} ms`)
  if (stdout.length >= ANSWER_BYTES_MAX) return no('nonsense', `answered with more than ${ANSWER_BYTES_MAX} bytes`)
  if (exitCode === 0) return { ok: true, value: stdout }
  const command = args.find((argument) => !argument.startsWith('--'))
  if (command === 'compose' && WITHOUT_COMPOSE.test(stderr.slice(-65_536)))
    return { ...no('missing', 'there is no such plug-in'), program: 'the compose plug-in of docker' }
  const why = SAYINGS.find(([, saying]) => saying.test(stderr.slice(-65_536)))?.[0] ?? 'refused'
  return no(why, lastLine(stderr) || lastLine(stdout) || `exit code ${exitCode}`)
}

/** What it printed, as JSON. */
export async function askJson(
  context: Pick<CheckContext, 'exec' | 'env'>,
  question: Question,
): Promise<Answer<unknown>> {
  const answer = await ask(context, question)
  if (!answer.ok) return answer
  try {
    return { ok: true, value: JSON.parse(answer.value) as unknown }
  } catch {
    return nonsense(question.program, `what it printed is no JSON: ${excerpt(answer.value.trim(), 80)}`)
  }
}

/** An answer that is not what was asked for. */
export function nonsense(program: string, said: string): NoAnswer {
  return { ok: false, why: 'nonsense', program, said, stderr: '' }
}

const REMEDIES: Partial<Record<Why, (program: string) => string>> = {
  missing: (program) => `install ${program} where gonogo runs`,
  late: () => 'give the item more time, or find out what is slow',
  unreachable: (program) => `see that what ${program} asks runs, and that this machine may reach it`,
  denied: (program) => `let the identity that ${program} uses here read what is asked for`,
  unusable: (program) => `correct what ${program} is told: the options of this item, or its own configuration`,
}

/** What an answer that did not come is worth: it could not look. */
export function couldNotLook(no: NoAnswer): Outcome {
  const { why, program, said, stderr } = no
  const words = why === 'missing' ? `${program} is not installed` : `${program} could not tell: ${said}`
  const evidence = stderr.trim()
    ? [{ name: 'stderr', mediaType: 'text/plain' as const, content: excerpt(stderr, 4096) }]
    : []
  const remedy = REMEDIES[why]?.(program)
  return unverified(words, { evidence, ...(remedy ? { remedy } : {}) })
}
