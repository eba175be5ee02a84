// Whether something listens at a host and port.
import { connect, type Socket } from 'node:net'
import { z } from 'zod'
import { withDeadline } from '../../lib/deadline.ts'
import { isOwnTrouble, messageOf } from '../../lib/errors.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { allWordsOf, find, isPlaceholder, propose, SURE } from '../words.ts'

const schema = z.strictObject({
  host: z.string().min(1).describe('host name or address'),
  port: z.number().int().min(1).max(65_535).describe('port'),
  timeoutMs: timeoutMs(5000).describe('how long to wait for the connection'),
})

/** "Port 5432 on db.internal is open". */
function spelledOut(words: string): readonly string[] | null {
  const match = /\bport (\d{2,5}) (?:is )?(?:\w+ )?(?:on|at|of) ([a-z0-9][\w-]*(?:\.[\w-]+)+|localhost)\b/i.exec(words)
  return match && [match[0], match[2] ?? '', match[1] ?? '']
}

export const tcp = defineCheck({
  id: 'tcp',
  summary: 'connects to a host and port',
  options: schema,
  example: { host: 'db.internal', port: 5432 },
  failingExample: { host: '127.0.0.1', port: 1 },
  secretFields: [],
  remedy: 'see that the service listens there and that no firewall is between',

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(
      words,
      /\b(?:connectivity|connect\w*|reach\w*|listen\w*|open|accessible|running|responds?|nc -\w*z\w*)\b/i,
    )
    const address =
      /(?<![\w/:.-])([a-z0-9][\w.-]*):(\d{2,5})\b(?![:.]\d)/i.exec(words) ??
      /\bnc -\w*z\w*\s+([\w.-]+)\s+(\d{2,5})\b/i.exec(words) ??
      spelledOut(words)
    const [written, host, port] = address ?? []
    if (!claim || !written || !host || isPlaceholder(host) || /^\d+$/.test(host)) return null
    if (Number(port) < 1 || Number(port) > 65_535) return null
    // "node:20" is an image, "8080:80" a mapping; a closed port is no claim of ours, Redis has a kind of its own.
    if (/\b(?:redis|image|mapping|not|never|closed|blocked|if|docker (?:run|pull))\b/i.test(words)) return null
    return propose(SURE.said, { host, port: Number(port) }, [claim, written])
  },

  describe: (options) => `connect to ${options.host}:${options.port}`,

  run: (options, context) =>
    look(context, async () => {
      const place = `${options.host}:${options.port}`
      const startedAt = performance.now()
      const problem = await tryConnect(options.host, options.port, withDeadline(options.timeoutMs, context.signal))
      const connectTimeMs = Math.round((performance.now() - startedAt) * 10) / 10
      if (problem === null)
        return passed(`${place} accepted a connection in ${connectTimeMs} ms`, {
          measurements: [{ name: 'connect time', value: connectTimeMs, unit: 'ms' }],
        })
      const why = problem.name === 'TimeoutError' ? `no connection within ${options.timeoutMs} ms` : messageOf(problem)
      return (isOwnTrouble(problem) ? unverified : failed)(`${place}: ${why}`, {
        remedy: 'see that it runs, listens there, and that no firewall is in between',
      })
    }),
})

/** Null when the connection came about, else what was in the way. */
function tryConnect(host: string, port: number, signal: AbortSignal): Promise<Error | null> {
  return new Promise((resolve) => {
    let socket: Socket
    try {
      socket = connect({ host, port })
    } catch (error) {
      // What can be no name of a host.
      return resolve(error as Error)
    }
    const end = (problem: Error | null): void => {
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(problem)
    }
    const onAbort = (): void => end(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => end(null))
    socket.once('error', end)
  })
}
