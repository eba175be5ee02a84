import { expect, it } from 'vitest'
import { isOwnTrouble, messageOf } from './errors.ts'

it('says what OpenSSL says without where in its source', () => {
  const from = (routine: string, reason: string) =>
    new Error(`406D25BC5D7F0000:error:0A00010B:SSL routines:${routine}:${reason}:../deps/openssl/record.c:77:\n`)
  expect(messageOf(from('tls_validate_record_header', 'wrong version number'))).toBe(
    'no TLS is spoken there (wrong version number)',
  )
  expect(messageOf(from('ssl3_read_bytes', 'tlsv1 alert protocol version'))).toBe('TLS: tlsv1 alert protocol version')
})

it('gives no advice on how to start Node.js', () => {
  const advice = 'if the root CA is installed locally, try running Node.js with --use-system-ca'
  expect(messageOf(new Error(`self-signed certificate; ${advice}`))).toBe('self-signed certificate')
  expect(messageOf(new Error('connect ECONNREFUSED 127.0.0.1:1'))).toBe('connect ECONNREFUSED 127.0.0.1:1')
})

it('tells trouble on this side from what the other side did', () => {
  const coded = (code: string) => Object.assign(new Error(code), { code })
  expect(isOwnTrouble(coded('EAI_AGAIN'))).toBe(true)
  expect(isOwnTrouble(new Error('fetch failed', { cause: coded('ENETUNREACH') }))).toBe(true)
  expect(isOwnTrouble(new AggregateError([coded('ENETUNREACH'), coded('ENETUNREACH')]))).toBe(true)
  expect(isOwnTrouble(new AggregateError([coded('ENETUNREACH'), coded('ECONNREFUSED')]))).toBe(false)
  expect(isOwnTrouble(coded('ECONNREFUSED'))).toBe(false)
  expect(isOwnTrouble(null)).toBe(false)
})
