// Whether something listens at a host and port.
import { connect } from 'node:net'
import { z } from 'zod'
import { withDeadline } from '../../lib/deadline.ts'
import { messageOf } from '../../lib/errors.ts'
import { failed, passed } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, isPlaceholder, propose, sentenceOf } from '../words.ts'

const schema = z.strictObject({
  host: z.string().min(1).describe('host name or address'),
  port: z.number().int().min(1).max(65_535).describe('port'),
  timeoutMs: timeoutMs(5000).describe('how long to wait for the connection'),
})

export const tcp = defineCheck({
  id: 'tcp',
  summary: 'connects to a host and port',
  options: schema,
  example: { host: 'db.internal', port: 5432 },
  failingExample: { host: '127.0.0.1', port: 1 },
  secretFields: [],

  recognise(item) {
    const sentence = sentenceOf(item)
    const claim = find(sentence, /\b(connectivity|connect\w*|reach\w*|listen\w*|open|accessible)\b/i)
    const address = /(?<![\w/:.-])([a-z0-9][\w.-]*):(\d{2,5})\b(?![:.]\d)/i.exec(sentence)
    const [written, host, port] = address ?? []
    if (!claim || !written || !host || Number(port) > 65_535 || /^\d+$/.test(host) || isPlaceholder(host)) return null
    return propose(0.8, { host, port: Number(port) }, [claim, written])
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
      return failed(`${place}: ${why}`, {
        remedy: 'see that it runs, listens there, and that no firewall is in between',
      })
    }),
})

/** Null when the connection came about, else what was in the way. */
function tryConnect(host: string, port: number, signal: AbortSignal): Promise<Error | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
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
