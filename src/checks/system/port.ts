// Whether something listens at a port of this machine, who it is and at which addresses; or that the port is free.
import { readdir, readlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { z } from 'zod'
import { withDeadline } from '../../lib/deadline.ts'
import { codeOf } from '../../lib/errors.ts'
import { processIds } from '../../lib/process-identity.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { pattern, timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { listenersOf, type Listener } from './listeners.ts'
import { commandOf } from './running.ts'

/** More processes than this are not searched for the holder of a port. */
const PROCESSES_MAX = 20_000

const schema = z
  .strictObject({
    port: z.number().int().min(1).max(65_535).describe('port of this machine'),
    protocol: z.enum(['tcp', 'udp']).default('tcp').describe('protocol'),
    state: z.enum(['listening', 'free']).default('listening').describe('what it must be'),
    loopbackOnly: z.boolean().default(false).describe('whether it must be open to this machine alone'),
    commandMatches: pattern
      .optional()
      .describe('regular expression that program and arguments of who listens must match'),
    timeoutMs: timeoutMs(3000).describe('how long to wait for an answer, where the system has no list of ports'),
  })
  .refine(
    (o) => o.state === 'listening' || (!o.loopbackOnly && o.commandMatches === undefined),
    'of a free port nothing else can be asked',
  )

type Options = z.infer<typeof schema>

export const port = defineCheck({
  id: 'port',
  summary: 'looks whether a port of this machine is free or listened at, by whom and for whom',
  options: schema,
  example: { port: 8080, commandMatches: 'node .*server' },
  failingExample: { port: 1 },
  secretFields: [],
  remedy: 'start the program that should listen, or end the one that should not',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (
      /\b(?:if|firewall|security groups?|blocked|closed|exposed|ingress|port-forward\w*|change[ds]?|default|container|pods?)\b/i.test(
        sentence,
      )
    )
      return null
    const ports = [...new Set([...sentence.matchAll(/\bports? `?(\d{2,5})\b/gi)].map((match) => Number(match[1])))]
    const [one, ...others] = ports
    if (!one || one > 65_535 || others.length > 0 || /\bports \d+ ?[-–,]/i.test(sentence)) return null
    const named = find(sentence, new RegExp(String.raw`\bport .?${one}\b`, 'i')) ?? String(one)
    const free = find(sentence, /\b(?:is |are )?(?:free|unused|not (?:in use|used|taken|occupied))\b/i)
    if (free) return propose(SURE.said, { port: one, state: 'free' }, [named, free])
    const listening = find(sentence, /\b(?:is )?listen(?:s|ing)\b|\b(?:is )?bound\b/i)
    return listening && !/\bnot\b/i.test(sentence) ? propose(SURE.said, { port: one }, [named, listening]) : null
  },

  describe({ port: number, protocol, state, loopbackOnly, commandMatches }) {
    const claims = [
      loopbackOnly ? 'for this machine alone' : '',
      commandMatches === undefined ? '' : `by a command like /${commandMatches}/`,
    ]
    return `${protocol} port ${number} of this machine: ${[state, ...claims].filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    look(context, async () => {
      const listeners = await listenersOf(options.protocol, options.port)
      return listeners === null ? judgeByAnswer(options, context) : judgeByList(options, listeners)
    }),
})

async function judgeByList(options: Options, listeners: readonly Listener[]): Promise<Outcome> {
  const name = `${options.protocol} port ${options.port}`
  if (listeners.length === 0)
    return options.state === 'free' ? passed(`${name} is free`) : failed(`nobody listens at ${name}`)
  const addresses = [...new Set(listeners.map(({ address }) => address))].join(' and ')
  const holders = await holdersOf(listeners)
  const who =
    holders.length === 0
      ? 'a process that cannot be seen from here'
      : holders.map(({ pid, command }) => `process ${pid} (${programOf(command)})`).join(' and ')
  const seen = `${who} ${holders.length > 1 ? 'listen' : 'listens'} at ${name} of ${addresses}`
  if (options.state === 'free') return failed(`${name} is taken: ${seen}`)
  if (options.loopbackOnly && listeners.some(({ isLoopback }) => !isLoopback))
    return failed(`${seen}, only this machine is wanted`, { remedy: 'bind it to 127.0.0.1' })
  if (options.commandMatches === undefined) return passed(seen)
  const commands = holders.flatMap(({ command }) => (command === null ? [] : [command]))
  if (commands.length === 0)
    return unverified(`${seen}: its command cannot be seen`, {
      remedy: 'run gonogo as the user of that process, or as root',
    })
  // Arguments may hold secrets: of a command only the program is shown.
  return commands.some((command) => new RegExp(options.commandMatches ?? '').test(command))
    ? passed(seen)
    : failed(`${seen}, a command like /${options.commandMatches}/ is wanted`, {
        remedy: 'end who took the port, and start who should have it',
      })
}

function programOf(command: string | null): string {
  return command === null ? 'unknown' : (command.split(' ')[0]?.split('/').at(-1) ?? 'unknown').slice(0, 60)
}

/** Who holds these sockets, as far as this user may see. */
async function holdersOf(listeners: readonly Listener[]): Promise<{ pid: number; command: string | null }[]> {
  const wanted = new Set(listeners.map(({ inode }) => `socket:[${inode}]`))
  const holders: { pid: number; command: string | null }[] = []
  for (const pid of processIds().slice(0, PROCESSES_MAX))
    if (await holds(pid, wanted)) holders.push({ pid, command: await commandOf(pid) })
  return holders.slice(0, 5)
}

async function holds(pid: number, wanted: ReadonlySet<string>): Promise<boolean> {
  try {
    for (const fd of await readdir(`/proc/${pid}/fd`))
      if (wanted.has(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))) return true
  } catch {
    // Gone meanwhile, or somebody else's.
  }
  return false
}

/** Where the system has no list: whoever answers listens. */
async function judgeByAnswer(options: Options, context: CheckContext): Promise<Outcome> {
  const name = `${options.protocol} port ${options.port}`
  if (options.protocol === 'udp' || options.loopbackOnly || options.commandMatches !== undefined)
    return unverified(`${name}: this system has no list of ports that tells it`, {
      remedy: 'ask only whether a tcp port listens or is free',
    })
  const answer = await answerOf(options.port, withDeadline(options.timeoutMs, context.signal))
  if (answer === 'untold') return unverified(`${name}: no answer within ${options.timeoutMs} ms`)
  if (options.state === 'free')
    return answer === 'refused' ? passed(`${name} is free`) : failed(`somebody listens at ${name}`)
  return answer === 'taken' ? passed(`somebody listens at ${name}`) : failed(`nobody listens at ${name}`)
}

/** What 127.0.0.1 answers at a port. */
export function answerOf(number: number, signal: AbortSignal): Promise<'taken' | 'refused' | 'untold'> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: number, signal })
    const end = (answer: 'taken' | 'refused' | 'untold'): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end('taken'))
    socket.once('error', (error) => end(codeOf(error) === 'ECONNREFUSED' ? 'refused' : 'untold'))
  })
}
