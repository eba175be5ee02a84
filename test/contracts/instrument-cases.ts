// What every check that asks an instrument must withstand: it is not there, says nothing, or means harm. None of it is a pass or a failure.
import { afterAll, beforeAll } from 'vitest'
import { hasOpenssl, startHostile, type HostileServer } from '../servers/hostile.ts'
import type { Case, CheckContract } from './check-contract.ts'

const NAMES = ['endless', 'endless-json', 'redirects', 'ansi', 'ansi-json', 'not-json', '500', '401']

/** Cases for `checkContract`, of a kind that is given the instrument's address. */
export function instrumentCases(
  optionsFor: (url: string) => Case['options'],
): Required<Pick<CheckContract, 'slow' | 'unreachable' | 'hostile' | 'unverified'>> {
  let server: HostileServer
  beforeAll(async () => {
    server = await startHostile()
  })
  afterAll(() => server.stop())
  const at = (url: () => string | null) => ({
    status: 'unverified' as const,
    case: (): Case => ({ options: optionsFor(url() ?? '') }),
  })
  return {
    slow: () => ({ options: optionsFor(`${server.url}/silent`) }),
    unverified: () => ({ options: optionsFor(`${server.url}/not-json`) }),
    unreachable: { status: 'unverified', case: () => ({ options: optionsFor('http://127.0.0.1:1') }) },
    hostile: {
      ...Object.fromEntries(NAMES.map((name) => [name, at(() => `${server.url}/${name}`)])),
      'no HTTP': at(() => server.garbageUrl),
      ...(hasOpenssl() ? { 'a certificate that nobody trusts': at(() => `${server.tlsUrl}/500`) } : {}),
    },
  }
}
