// What checks share that ask an instrument (a monitoring system, a code host): how it is reached, and that its silence proves nothing.
import { z } from 'zod'
import { messageOf, OutsideError } from '../lib/errors.ts'
import { trustOptions } from '../lib/trust.ts'
import { unverified, type Outcome } from '../plan/outcome.ts'
import type { CheckContext } from './check.ts'
import { timeoutMs } from './fields.ts'
import { look } from './look.ts'

/** Options of every instrument, beside its address. */
export const accessFields = {
  token: z.string().min(1).optional().describe('token it lets us in with, sent as a bearer; a secret'),
  headers: z.record(z.string(), z.string()).default({}).describe('request headers; values are treated as secrets'),
  caFile: z.string().optional().describe('PEM file of a certificate authority to trust beside the usual ones'),
  timeoutMs: timeoutMs(30_000).describe('how long to wait for each of its answers'),
}

/** The secret ones of `accessFields`. */
export const ACCESS_SECRETS = ['token', 'headers'] as const

/** How an instrument is asked. */
export interface Access {
  headers: Record<string, string>
  timeoutMs: number
  ca?: string[]
}

interface AccessOptions {
  token?: string | undefined
  headers: Readonly<Record<string, string>>
  caFile?: string | undefined
  timeoutMs: number
}

/** @throws OutsideError when the file of the certificate authority cannot be read */
export function accessOf(options: AccessOptions, directory: string): Access {
  const { token, headers, caFile, timeoutMs: ms } = options
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  try {
    return {
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...given },
      timeoutMs: ms,
      ...trustOptions(caFile, directory),
    }
  } catch (error) {
    throw new OutsideError('certificate authority', messageOf(error), { hint: 'correct `caFile`' })
  }
}

/** As `look`; an instrument that does not answer, or makes no sense, leaves it unverified. */
export function lookThrough(context: Pick<CheckContext, 'signal'>, work: () => Promise<Outcome>): Promise<Outcome> {
  return look(context, async () => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof OutsideError)) throw error
      return unverified(`${error.system}: ${error.message}`, error.hint === undefined ? {} : { remedy: error.hint })
    }
  })
}

/** The value as an object, or an empty one: answers of others are read with care. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** The value as a list of objects; null where it is no list. */
export function objectsOf(value: unknown): Readonly<Record<string, unknown>>[] | null {
  return Array.isArray(value) ? value.map(objectOf) : null
}

/** The value as text; empty where it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

const NAMED_MAX = 5

/** The first names, and how many more there are. */
export function someOf(names: readonly string[]): string {
  const more = names.length - NAMED_MAX
  return names.slice(0, NAMED_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
