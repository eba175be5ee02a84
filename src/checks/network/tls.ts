// Whether a server's certificates are trusted, last and have strong keys, and whether the server refuses protocols and ciphers that are weak.
import type { ConnectionOptions, SecureVersion } from 'node:tls'
import { z } from 'zod'
import { codeOf, isOwnTrouble, messageOf } from '../../lib/errors.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { pattern, timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, hostsOf, propose, sentenceOf, SURE } from '../words.ts'
import { trustOptions } from '../../lib/trust.ts'
import { shakeHands, type Handshake, type Secured } from './tls/handshake.ts'

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
  rsaKeyBitsMin: z
    .number()
    .int()
    .min(512)
    .default(2048)
    .describe('bits of an RSA key, at least, of every certificate sent'),
  ecKeyBitsMin: z.number().int().min(112).default(224).describe('bits of a key on an elliptic curve, at least'),
  ciphersForbidden: pattern
    .default('NULL|EXP|ADH|AECDH|RC4|DES|MD5|IDEA|SEED|^(?:AES|CAMELLIA|ARIA)')
    .describe(
      'regular expression for OpenSSL names of ciphers that must not be chosen; by default broken ones, and those without forward secrecy',
    ),
  ciphersRefused: z
    .string()
    .min(1)
    .optional()
    .describe('OpenSSL list of ciphers up to TLS 1.2 that are tried and must be refused, as "AES128-SHA:AES256-SHA"'),
  stapling: z.boolean().default(false).describe('whether a statement of the authority (OCSP) must be sent along'),
  caFile: z.string().optional().describe('PEM file of a certificate authority to trust beside the usual ones'),
  timeoutMs: timeoutMs(10_000).describe('how long to wait for each handshake'),
})

type Options = z.infer<typeof schema>

export const tls = defineCheck({
  id: 'tls',
  summary: 'judges certificates, their remaining days and keys, the oldest protocol and the ciphers of a TLS server',
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

  describe(options) {
    const parts = [
      `trusted, at least ${options.daysLeftMin} days left`,
      `nothing older than ${options.protocolMin}`,
      `keys of at least ${options.rsaKeyBitsMin} (RSA) or ${options.ecKeyBitsMin} bits`,
      options.ciphersRefused === undefined ? '' : `${options.ciphersRefused} refused`,
      options.stapling ? 'OCSP stapled' : '',
    ]
    return `TLS of ${options.host}:${options.port}: ${parts.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    look(context, async () => {
      let trust: ConnectionOptions
      try {
        trust = trustOptions(options.caFile, context.directory)
      } catch (error) {
        return unverified(`certificate authority: ${messageOf(error)}`)
      }
      const shake = (extra: ConnectionOptions): Promise<Handshake> =>
        shakeHands(options, { ...trust, ...extra }, context.signal)
      const first = await shake({ requestOCSP: options.stapling })
      if (first.ended === 'refused')
        return (isOwnTrouble(first.error) ? unverified : failed)(
          `${options.host}:${options.port}: no TLS connection: ${reason(first.error, options)}`,
          { remedy: 'see that the server runs and speaks TLS at this port' },
        )
      const tries: Try[] = [
        { what: `protocols older than ${options.protocolMin}`, handshake: await shake(olderThan(options.protocolMin)) },
      ]
      if (options.ciphersRefused !== undefined)
        tries.push({
          what: `the ciphers ${options.ciphersRefused}`,
          handshake: await shake({ maxVersion: 'TLSv1.2', ciphers: `${options.ciphersRefused}:@SECLEVEL=0` }),
        })
      return judge(options, first, tries)
    }),
})

/** What is tried and must be refused. */
interface Try {
  what: string
  handshake: Handshake
}

/** Only protocols below the given one, with the security level that still allows them on our side. */
function olderThan(protocolMin: SecureVersion): ConnectionOptions {
  const below = PROTOCOLS[PROTOCOLS.indexOf(protocolMin) - 1] ?? 'TLSv1'
  return { minVersion: 'TLSv1', maxVersion: below, ciphers: 'DEFAULT@SECLEVEL=0' }
}

function judge(options: Options, first: Secured, tries: readonly Try[]): Outcome {
  const days = first.chain.map(({ validTo }) => Math.floor((Date.parse(validTo) - Date.now()) / DAY_MS))
  const [daysLeft = Number.NaN] = days
  const content = JSON.stringify(
    { ...first, tried: tries.map(({ what, handshake }) => `${what}: ${said(handshake)}`) },
    null,
    1,
  ).slice(0, 32_768)
  const extra = {
    measurements: [{ name: 'certificate days left', value: daysLeft, unit: 'days' }],
    evidence: [{ name: 'handshakes', mediaType: 'application/json' as const, content }],
  }
  const place = `${options.host}:${options.port}`
  const wrong = [
    ...trusted(first),
    ...days.flatMap((left, at) => lasting(options, left, at === 0 ? null : (first.chain[at]?.subject ?? ''))),
    ...keys(options, first),
    ...(new RegExp(options.ciphersForbidden).test(first.cipher) ? [`it chose the cipher ${first.cipher}`] : []),
    ...(options.stapling && !first.stapled ? ['it staples no statement of the authority (OCSP)'] : []),
    ...tries.flatMap((one) => accepted(options, one)),
  ]
  if (wrong.length > 0) return failed(`${place}: ${wrong.join('; ')}`, extra)
  const unsure = tries.find(({ handshake }) => handshake.ended === 'refused' && !refusedByServer(handshake.error))
  if (unsure) {
    const { what, handshake } = unsure
    const why = handshake.ended === 'refused' ? reason(handshake.error, options) : ''
    return unverified(`${place}: could not find out whether it refuses ${what}: ${why}`, extra)
  }
  const refused = tries.map(({ what }) => what.replace('protocols ', '')).join(' and ')
  return passed(`${place}: trusted, ${daysLeft} days left, ${first.protocol}, ${refused} refused`, extra)
}

/** Codes of a chain that ends before an authority that is known. */
const INCOMPLETE = /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT/

function trusted({ trustError, chain }: Secured): string[] {
  if (trustError === null) return []
  const hint =
    INCOMPLETE.test(trustError) && chain.length <= 1 ? ', and no certificate between it and the authority is sent' : ''
  return [`the certificate is not trusted (${trustError})${hint}`]
}

function lasting({ daysLeftMin }: Options, left: number, subject: string | null): string[] {
  if (left >= daysLeftMin) return []
  const whose = subject === null ? '' : `the certificate of ${subject} has `
  return [`${whose}${left} days left, at least ${daysLeftMin} wanted`]
}

function keys({ rsaKeyBitsMin, ecKeyBitsMin }: Options, { chain }: Secured): string[] {
  return chain.flatMap(({ subject, bits, isCurve }) => {
    const min = isCurve ? ecKeyBitsMin : rsaKeyBitsMin
    return bits === null || bits >= min ? [] : [`the key of ${subject} has ${bits} bits, at least ${min} wanted`]
  })
}

function accepted({ protocolMin, ciphersRefused }: Options, { what, handshake }: Try): string[] {
  if (handshake.ended === 'refused') return []
  return what === `the ciphers ${ciphersRefused}`
    ? [`it accepts the cipher ${handshake.cipher}`]
    : [`it still accepts ${handshake.protocol}, at least ${protocolMin} wanted`]
}

/** A server says no by an alert or by closing; anything else (time-out, our own library) says nothing. */
function refusedByServer(error: Error): boolean {
  const code = codeOf(error) ?? ''
  return (
    /ALERT|UNSUPPORTED_PROTOCOL|WRONG_VERSION|ECONNRESET|EPIPE/.test(code) ||
    /closed during the handshake/.test(error.message)
  )
}

function said(handshake: Handshake): string {
  return handshake.ended === 'secured'
    ? `accepted ${handshake.protocol} ${handshake.cipher}`
    : `refused: ${messageOf(handshake.error)}`
}

function reason(error: Error, options: Options): string {
  return error.name === 'TimeoutError' ? `no answer within ${options.timeoutMs} ms` : messageOf(error)
}
