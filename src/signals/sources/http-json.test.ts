import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Sample } from '../../plan/signal.ts'
import { httpJson } from './http-json.ts'
import { parsePath, valueAt } from '../../lib/json-path.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
})

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const serveText = (text: string, status = 200) => serve((_, response) => void response.writeHead(status).end(text))

async function look(given: Record<string, unknown>, candidate: string | null = 'v2.0'): Promise<Sample[]> {
  const options = httpJson.options.parse({ signals: { 'error-rate': { path: 'rate', unit: 'percent' } }, ...given })
  const source = httpJson.create(options, {
    directory: '.',
    counters: () => Promise.resolve([]),
    instances: () => Promise.resolve({}),
    versions: () => ({ candidate, stable: 'v1.0' }),
  })
  return source.sample(1000, AbortSignal.timeout(options.timeoutMs))
}

describe('http-json source', () => {
  it('reads numbers, also in text, of the service', async () => {
    const url = await serveText(JSON.stringify({ a: { b: [{ 'x.y': '2.5' }] }, seconds: 0.25, n: 40, up: true }))
    const samples = await look({
      url,
      signals: {
        'error-rate': { path: 'a.b[0]["x.y"]', unit: 'percent', observations: 'n' },
        'response-time': { path: '$.seconds', unit: 'ms', scale: 1000 },
        up: { path: 'up' },
      },
    })
    expect(samples).toEqual([
      { signal: 'error-rate', version: null, at: 1000, value: 2.5, unit: 'percent', observations: 40 },
      { signal: 'response-time', version: null, at: 1000, value: 250, unit: 'ms', observations: null },
      { signal: 'up', version: null, at: 1000, value: 1, unit: 'count', observations: null },
    ])
  })

  it('asks for each version, whose name stays what it is in the URL', async () => {
    const asked: string[] = []
    const url = await serve((request, response) => {
      asked.push(request.url ?? '')
      response.end(JSON.stringify({ rate: asked.length }))
    })
    const samples = await look({ url: `${url}/?v={{version}}` }, 'v2&admin=1/../x')
    expect(asked.toSorted()).toEqual(['/?v=v1.0', '/?v=v2%26admin%3D1%2F..%2Fx'])
    expect(samples.map(({ version }) => version)).toEqual(['v2&admin=1/../x', 'v1.0'])
  })

  it('looks versions up in one document, by names with dots in them too', async () => {
    let requests = 0
    const url = await serve((_, response) => {
      requests++
      response.end(JSON.stringify({ by: { 'v1.0': { rate: 1 }, 'v2.0': { rate: '7' } }, all: 3 }))
    })
    const signals = { 'error-rate': { path: 'by["{{version}}"].rate' }, depth: { path: 'all' } }
    const samples = await look({ url, signals })
    expect(samples.map(({ signal, version, value }) => [signal, version, value])).toEqual([
      ['error-rate', 'v2.0', 7],
      ['error-rate', 'v1.0', 1],
      ['depth', null, 3],
    ])
    expect(requests).toBe(1)
    const [missing] = await look({ url, signals: { 'error-rate': { path: 'by.{{version}}.rate' } } }, 'v3')
    expect(missing).toMatchObject({ version: 'v3', value: null, detail: 'there is nothing at by.{{version}}.rate' })
  })

  it.each([
    ['{"rate": null}', 'there is null at rate'],
    ['{"rate": "many"}', 'there is no number but string at rate'],
    ['{"rate": ""}', 'there is no number but string at rate'],
    ['{"rate": "0x10"}', 'there is no number but string at rate'],
    ['{"rate": 1e999}', 'there is no number but number at rate'],
    ['{"rate": {}}', 'there is no number but object at rate'],
    ['[]', 'there is nothing at rate'],
    ['null', 'there is nothing at rate'],
    ['<html>', 'the answer is not JSON'],
    ['', 'the answer is not JSON'],
  ])('knows nothing from %s', async (text, detail) => {
    expect(await look({ url: await serveText(text) })).toEqual([
      { signal: 'error-rate', version: null, at: 1000, value: null, unit: 'percent', observations: null, detail },
    ])
  })

  it('knows nothing from an answer that is an error, too large, too late or not there', async () => {
    const detailOf = async (given: Record<string, unknown>) => (await look(given))[0]?.detail
    expect(await detailOf({ url: await serveText('{"rate":1}', 500) })).toBe('answered 500')
    expect(await detailOf({ url: await serveText(`{"rate":1,"x":"${'x'.repeat(2 << 20)}"}`) })).toMatch(/more than/)
    expect(await detailOf({ url: await serve(() => {}), timeoutMs: 50 })).toBe('no answer within 50 ms')
    const url = await serveText('')
    const [server] = servers.splice(-1)
    server?.close()
    expect(await detailOf({ url })).toMatch(/ECONNREFUSED/)
  })

  it('posts its body, and sends its headers', async () => {
    const url = await serve((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () =>
        response.end(JSON.stringify({ rate: body === '{"q":1}' && request.headers['x-key'] === 'k' ? 9 : 0 })),
      )
    })
    const samples = await look({ url, method: 'POST', body: '{"q":1}', headers: { 'x-key': 'k' } })
    expect(samples[0]?.value).toBe(9)
  })

  it('follows few redirects, and tells no other host its secrets', async () => {
    let seen: IncomingMessage['headers'] = {}
    const other = await serve((request, response) => {
      seen = request.headers
      response.end('{"rate":4}')
    })
    const url = await serve((request, response) => {
      const target = request.url === '/once' ? `${other}/` : '/again'
      response.writeHead(302, { location: target }).end()
    })
    const withUser = url.replace('http://', 'http://user:word@')
    const headers = { 'x-key': 'k', authorization: 'Bearer t' }
    expect((await look({ url: `${withUser}/once`, headers }))[0]?.value).toBe(4)
    expect(seen).not.toHaveProperty('x-key')
    expect(seen).not.toHaveProperty('authorization')
    expect((await look({ url: `${url}/round` }))[0]?.detail).toBe('more than 3 redirects')
  })

  it('wants a URL, a path and a signal', () => {
    const fits = (given: unknown) => httpJson.options.safeParse(given).success
    expect(fits(httpJson.example)).toBe(true)
    expect(fits(httpJson.failingExample)).toBe(false)
    expect(fits({ url: 'file:///etc/passwd', signals: { a: { path: 'b' } } })).toBe(false)
    expect(fits({ url: 'http://a', signals: {} })).toBe(false)
  })
})

describe('a path', () => {
  it.each([
    ['a.b', ['a', 'b']],
    ['a[0][12].b', ['a', 0, 12, 'b']],
    ['$["a.b"].c', ['a.b', 'c']],
    [`['it\\'s']`, ["it's"]],
    ['$', []],
    ['$x.y', ['$x', 'y']],
    ['a..b', null],
    ['a[', null],
    ['a[x]', null],
    ['.a', null],
    ['a.b]', null],
  ])('%s is %j', (text, path) => expect(parsePath(text)).toEqual(path))

  it('reaches only what belongs to the document', () => {
    expect(valueAt({}, ['constructor', 'name'])).toBeUndefined()
    expect(valueAt(JSON.parse('{"__proto__": {"a": 1}}'), ['__proto__', 'a'])).toBe(1)
    expect(valueAt('text', ['length'])).toBeUndefined()
    expect(valueAt([5], [0])).toBe(5)
  })
})
