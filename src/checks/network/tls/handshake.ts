// One TLS handshake, and what it shows of the server. Trust is reported, not enforced, so that a bad certificate can be described.
import { isIP } from 'node:net'
import { connect, type ConnectionOptions, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { withDeadline } from '../../../lib/deadline.ts'

export interface Certificate {
  subject: string
  issuer: string
  validTo: string
  /** Of its key; null where the kind of key has no such figure. */
  bits: number | null
  isCurve: boolean
}

export interface Secured {
  ended: 'secured'
  protocol: string
  /** As OpenSSL calls it. */
  cipher: string
  /** Null where the certificate is trusted for the name. */
  trustError: string | null
  /** The server's own first, then those above it. */
  chain: Certificate[]
  /** Whether a statement of the authority (OCSP) came along. */
  stapled: boolean
}

export type Handshake = Secured | { ended: 'refused'; error: Error }

const CHAIN_MAX = 10

/** Shakes hands under `timeoutMs`; refused, closed, late and unreachable are values. */
export function shakeHands(
  {
    host,
    port,
    servername = host,
    timeoutMs,
  }: { host: string; port: number; servername?: string | undefined; timeoutMs: number },
  extra: ConnectionOptions,
  parent: AbortSignal,
): Promise<Handshake> {
  const signal = withDeadline(timeoutMs, parent)
  return new Promise((done) => {
    let stapled = false
    let socket: TLSSocket
    try {
      const name = isIP(servername) ? {} : { servername }
      socket = connect({ host, port, ...name, rejectUnauthorized: false, ...extra })
    } catch (error) {
      // Options that OpenSSL does not take, or a host that can be none.
      return done({ ended: 'refused', error: error as Error })
    }
    const end = (handshake: Handshake): void => {
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      done(handshake)
    }
    const onAbort = (): void => end({ ended: 'refused', error: signal.reason as Error })
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', (error) => end({ ended: 'refused', error }))
    socket.once('close', () => end({ ended: 'refused', error: new Error('connection closed during the handshake') }))
    socket.once('OCSPResponse', (response: Buffer | null) => {
      stapled = (response?.length ?? 0) > 0
    })
    socket.once('secureConnect', () => end(described(socket, stapled)))
  })
}

function described(socket: TLSSocket, stapled: boolean): Secured {
  return {
    ended: 'secured',
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    trustError: socket.authorized ? null : String(socket.authorizationError ?? 'not trusted'),
    chain: chainOf(socket.getPeerCertificate(true)),
    stapled,
  }
}

function chainOf(first: DetailedPeerCertificate): Certificate[] {
  const chain: Certificate[] = []
  const seen = new Set<DetailedPeerCertificate>()
  for (let one = first; one?.valid_to && !seen.has(one) && chain.length < CHAIN_MAX; one = one.issuerCertificate) {
    seen.add(one)
    chain.push({
      subject: named(one.subject, one.subjectaltname),
      issuer: named(one.issuer),
      validTo: one.valid_to,
      bits: one.bits ?? null,
      isCurve: one.asn1Curve !== undefined || one.nistCurve !== undefined,
    })
  }
  return chain
}

function named(name: DetailedPeerCertificate['subject'] | undefined, otherwise?: string): string {
  return String(name?.CN ?? otherwise ?? name?.O ?? 'no name').slice(0, 200)
}
