// Whether a server's certificate is trusted and lasts, and whether the server refuses protocols that are too old.
import { connect, type ConnectionOptions, type SecureVersion } from 'node:tls'
import { isIP } from 'node:net'
import { z } from 'zod'
import { withDeadline } from '../../lib/deadline.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, hostsOf, propose, sentenceOf, SURE } from '../words.ts'
import { trustOptions } from '../../lib/trust.ts'

const PROTOCOLS: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const DAY_MS = 86_400_000

const schema = z.strictObject({
  host: z.string().min(1).describe('host name or address'),
  port: z.number().int().min(1).max(65_535).default(443).describe('port'),
  servername: z.string().optional().describe('name the certificate must be for, where it is not the host'),
  daysLeftMin: z.number().nonnegative().default(14).describe('days the certificate must still be valid, at least'),
  protocolMin: z
    .enum(['TLSv1.1', 'TLSv1.2', 'TLSv1.3'])
    .default('TLSv1.2')
    .describe('oldest protocol the server may accept; older ones are tried and must be refused'),
  caFile: z.string().optional().describe('PEM file of a certificate authority to trust beside the usual ones'),
  timeoutMs: timeoutMs(10_000).describe('how long to wait for each handshake'),
})

type Options = z.infer<typeof schema>

type Handshake =
  | { ended: 'secured'; protocol: string; validTo: string; trustError: string | null; subject: string }
  | { ended: 'refused'; error: Error }

export const tls = defineCheck({
  id: 'tls',
  summary: 'judges certificate, its remaining days and the oldest protocol of a TLS server',
  options: schema,
  example: { host: 'shop.internal', daysLeftMin: 30, protocolMin: 'TLSv1.2' },
  failingExample: { host: '127.0.0.1', port: 1 },
  secretFields: [],
  remedy: 'renew the certificate or tighten the server, then check again',

  recognise(item) {
    const sentence = sentenceOf(item)
    const claim = find(
      sentence,
      /\b(?:TLS|SSL|HTTPS)\b[^.]{0,40}\b(?:certificates?|certs?|valid\w*|expir\w*|1\.[0-3]\+?)|\bcert(?:ificate)?s?\b[^\n]{0,50}\b(?:valid|expir\w*|trusted|renewed)/i,
    )
    const [host, ...others] = hostsOf(item)
    if (!claim || !host || others.length > 0) return null
    if (/\b(?:obtain\w*|configure|order\w*|install\b|generate\w*|upload|alerts?|monitor\w*)\b/i.test(sentence))
      return null
    const days = item.thresholds.find(({ unit, operator }) => unit === 'ms' && operator.startsWith('>'))
    const daysLeftMin = days?.value ? { daysLeftMin: Math.round(days.value / DAY_MS) } : {}
    const oldest = /\bTLS\s*v?(1\.[1-3])\b/i.exec(sentence)?.[1]
    return propose(SURE.said, { host, ...daysLeftMin, ...(oldest ? { protocolMin: `TLSv${oldest}` } : {}) }, [
      claim,
      host,
    ])
  },

  describe: (options) =>
    `TLS of ${options.host}:${options.port}: trusted, at least ${options.daysLeftMin} days left, nothing older than ${options.protocolMin}`,

  run: (options, context) =>
    look(context, async () => {
      let trust: ConnectionOptions
      try {
        trust = trustOptions(options.caFile, context.directory)
      } catch (error) {
        return unverified(`certificate authority: ${messageOf(error)}`)
      }
      const first = await shakeHands(options, trust, context.signal)
      if (first.ended === 'refused')
        return failed(`${options.host}:${options.port}: no TLS connection: ${reason(first.error, options)}`, {
          remedy: 'see that the server runs and speaks TLS at this port',
        })
      const older = await shakeHands(options, { ...trust, ...olderThan(options.protocolMin) }, context.signal)
      return judge(options, first, older)
    }),
})

/** Only protocols below the given one, with the security level that still allows them on our side. */
function olderThan(protocolMin: SecureVersion): ConnectionOptions {
  const below = PROTOCOLS[PROTOCOLS.indexOf(protocolMin) - 1] ?? 'TLSv1'
  return { minVersion: 'TLSv1', maxVersion: below, ciphers: 'DEFAULT@SECLEVEL=0' }
}

function shakeHands(options: Options, extra: ConnectionOptions, parent: AbortSignal): Promise<Handshake> {
  const signal = withDeadline(options.timeoutMs, parent)
  const name = options.servername ?? options.host
  return new Promise((done) => {
    // Trust is judged from what the handshake reports, so that a bad certificate is described rather than only refused.
    const socket = connect({
      host: options.host,
      port: options.port,
      ...(isIP(name) ? {} : { servername: name }),
      rejectUnauthorized: false,
      ...extra,
    })
    const end = (handshake: Handshake): void => {
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      done(handshake)
    }
    const onAbort = (): void => end({ ended: 'refused', error: signal.reason as Error })
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', (error) => end({ ended: 'refused', error }))
    socket.once('close', () => end({ ended: 'refused', error: new Error('connection closed during the handshake') }))
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate()
      const trustError = socket.authorized ? null : String(socket.authorizationError ?? 'not trusted')
      const subject = String(certificate.subject?.CN ?? certificate.subjectaltname ?? 'no name')
      end({
        ended: 'secured',
        protocol: socket.getProtocol() ?? 'unknown',
        validTo: certificate.valid_to,
        trustError,
        subject,
      })
    })
  })
}

function judge(options: Options, first: Extract<Handshake, { ended: 'secured' }>, older: Handshake): Outcome {
  const daysLeft = Math.floor((Date.parse(first.validTo) - Date.now()) / DAY_MS)
  const extra = {
    measurements: [{ name: 'certificate days left', value: daysLeft, unit: 'days' }],
    evidence: [
      {
        name: 'handshakes',
        mediaType: 'application/json' as const,
        content: JSON.stringify({ first, older: describeOlder(older) }),
      },
    ],
  }
  const place = `${options.host}:${options.port}`
  const wrong: string[] = []
  if (first.trustError) wrong.push(`the certificate is not trusted (${first.trustError})`)
  if (!(daysLeft >= options.daysLeftMin)) wrong.push(`${daysLeft} days left, at least ${options.daysLeftMin} wanted`)
  if (older.ended === 'secured')
    wrong.push(`it still accepts ${older.protocol}, at least ${options.protocolMin} wanted`)
  if (wrong.length > 0)
    return failed(`${place}: ${wrong.join('; ')}`, {
      ...extra,
      remedy: 'renew the certificate or tighten the server, then check again',
    })
  const unsure = older.ended === 'refused' && !refusedByServer(older.error)
  if (unsure)
    return unverified(
      `${place}: could not find out whether it refuses protocols older than ${options.protocolMin}: ${reason(older.error, options)}`,
      extra,
    )
  return passed(
    `${place}: trusted, ${daysLeft} days left, ${first.protocol}, older than ${options.protocolMin} refused`,
    extra,
  )
}

/** A server says no to a protocol by an alert or by closing; anything else (time-out, our own library) says nothing. */
function refusedByServer(error: Error): boolean {
  const code = codeOf(error) ?? ''
  return (
    /ALERT|UNSUPPORTED_PROTOCOL|WRONG_VERSION|ECONNRESET|EPIPE/.test(code) ||
    /closed during the handshake/.test(error.message)
  )
}

function describeOlder(handshake: Handshake): string {
  return handshake.ended === 'secured' ? `accepted ${handshake.protocol}` : `refused: ${messageOf(handshake.error)}`
}

function reason(error: Error, options: Options): string {
  return error.name === 'TimeoutError' ? `no answer within ${options.timeoutMs} ms` : messageOf(error)
}
