// Clients that come back while traffic is split, and testers who ask for a version by header or cookie.
import { describe, expect, test } from 'vitest'
import { describeSessionAffinity } from '../../../test/contracts/session-affinity.ts'
import { startBackend } from './backend.fixture.ts'
import { startProxy, tableOf } from './proxy.fixture.ts'

describe('session affinity', () => {
  describeSessionAffinity(async () => {
    const { proxy, url } = await startProxy()
    const backends = [await startBackend('v1-1'), await startBackend('v2-1')]
    return {
      setWeight: async (percent) => proxy.apply(tableOf({ v1: 100 - percent, v2: percent }, backends)),
      ask: async (cookie) => {
        const answer = await fetch(url, cookie === undefined ? {} : { headers: { cookie } })
        const set = answer.headers.getSetCookie()[0]
        return { version: await answer.text(), cookie: set?.split(';')[0] ?? null }
      },
    }
  })
})

describe('preview by cookie', () => {
  async function opened(settings: Record<string, unknown> = {}) {
    const { proxy, url } = await startProxy(settings)
    const broken = await startBackend('v2-1', (_, response) => response.writeHead(500).end('v2'))
    proxy.apply(tableOf({ v1: 100, v2: 0 }, [await startBackend('v1-1'), broken]))
    return async (headers: Record<string, string>) => (await fetch(url, { headers })).text()
  }

  test.each([
    ['v2', 'v2'],
    ['candidate', 'v2'],
    ['stable', 'v1'],
    ['v0', 'v1'],
    ['', 'v1'],
  ])('%s is answered by %s; one that names nobody is ignored', async (value, expected) => {
    const ask = await opened()
    expect(await ask({ cookie: `theme=dark; gonogo-version=${value}; a=b` })).toBe(expected)
  })

  test('the header counts more than the cookie', async () => {
    const ask = await opened()
    expect(await ask({ cookie: 'gonogo-version=v2', 'x-gonogo-version': 'v1' })).toBe('v1')
  })

  test('its name is what the user says, or nothing', async () => {
    const named = await opened({ previewCookie: 'try' })
    expect(await named({ cookie: 'try=candidate' })).toBe('v2')
    expect(await named({ cookie: 'gonogo-version=candidate; retry=v2' })).toBe('v1')
    const off = await opened({ previewCookie: null })
    expect(await off({ cookie: 'gonogo-version=candidate' })).toBe('v1')
  })
})
