// How long others may keep a record: asked of a name server of its own zone, for caches tell only what is left of it.
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { isIP, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { codeOf, messageOf } from '../../../lib/errors.ts'
import { decodeAnswer, encodeQuestion, type RecordType, type WireAnswer } from './wire.ts'

/** Longest time a record may be kept, and whether that is known or only what is left of it. */
export type Ttl = { ttlSeconds: number; isWhole: boolean; problem?: never } | { problem: string; ttlSeconds?: never }

const SERVERS_MAX = 3

/** Asks the given servers, or those that the zone names, until one answers. */
export async function askTtl(
  { name, type, servers }: { name: string; type: RecordType; servers: readonly string[] },
  signal: AbortSignal,
): Promise<Ttl> {
  // Names in other letters than ASCII have a form of their own on the wire.
  const question = encodeQuestion(domainToASCII(name) || name, type)
  if (!question) return { problem: `${name} is no name that could be asked for` }
  const places = servers.length > 0 ? servers : await authoritiesOf(name, signal)
  let problem = `no name server of the zone of ${name} was found`
  for (const place of places.slice(0, SERVERS_MAX)) {
    const answer = await exchange(place, question, type, signal)
    if (typeof answer === 'string') {
      problem = `${place}: ${answer}`
      if (signal.aborted) break
      continue
    }
    if (answer.isTruncated) problem = `${place}: the answer did not fit`
    else if (answer.ttls.length === 0) problem = `${place}: the answer holds no record (code ${answer.code})`
    else {
      const ttlSeconds = Math.max(...answer.ttls.map((record) => record.ttlSeconds))
      return { ttlSeconds, isWhole: answer.isAuthority }
    }
  }
  return { problem }
}

/** Addresses of the name servers of the nearest zone above a name. */
async function authoritiesOf(name: string, signal: AbortSignal): Promise<string[]> {
  const resolver = new Resolver()
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const labels = name.replace(/\.$/, '').split('.')
    for (let from = 0; from < labels.length - 1 && !signal.aborted; from++) {
      const hosts = await resolver.resolveNs(labels.slice(from).join('.')).catch(() => [])
      const found = await Promise.all(
        hosts.slice(0, SERVERS_MAX).map((host) => resolver.resolve4(host).catch(() => [])),
      )
      const addresses = found.flatMap((ofHost) => ofHost.slice(0, 1))
      if (addresses.length > 0) return addresses
    }
    return []
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** One question and its answer over UDP; in words why there is none. */
function exchange(
  place: string,
  { id, message }: { id: number; message: Buffer },
  type: RecordType,
  signal: AbortSignal,
): Promise<WireAnswer | string> {
  const [, host = '', port = '53'] = /^\[?(.*?)\]?(?::(\d{1,5}))?$/.exec(isIPv6(place) ? `[${place}]` : place) ?? []
  if (isIP(host) === 0 || Number(port) < 1 || Number(port) > 65_535)
    return Promise.resolve('is no address of a name server')
  return new Promise((done) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    const end = (result: WireAnswer | string): void => {
      signal.removeEventListener('abort', onAbort)
      socket.removeAllListeners('message')
      socket.close()
      done(result)
    }
    const onAbort = (): void => end('no answer in time')
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', (error) => end(codeOf(error) ?? messageOf(error)))
    // What is no answer to this question comes from somebody else.
    socket.on('message', (bytes) => {
      const answer = decodeAnswer(bytes, type)
      if (answer?.id === id) end(answer)
    })
    // Connected, so that others are not heard and a closed port is told.
    socket.connect(Number(port), host, () => socket.send(message))
  })
}
