import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { httpRequest } from './http-request.ts'

let server: Server | null = null
afterEach(async () => {
  if (!server) return
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  server = null
})

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
const deadline = (): AbortSignal => AbortSignal.timeout(5000)

it('sends user and password of the URL as a header, also after a redirect on the same host', async () => {
  const seen: string[] = []
  const host = await serve((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization}`)
    if (request.url === '/old') response.writeHead(301, { location: '/new' }).end()
    else response.end('here')
  })
  expect(await httpRequest({ url: `http://me:p%40ss@${host}/old#part` }, deadline())).toMatchObject({
    status: 200,
    text: 'here',
  })
  const pair = Buffer.from('me:p@ss').toString('base64')
  expect(seen).toEqual([`/old Basic ${pair}`, `/new Basic ${pair}`])
})

it('does not post twice, nor leave HTTP', async () => {
  let location = '/again'
  let requests = 0
  const host = await serve((_, response) => {
    requests++
    response.writeHead(307, { location }).end('moved')
  })
  const posted = await httpRequest({ url: `http://${host}/`, method: 'POST', body: 'x' }, deadline())
  expect([posted.status, requests]).toEqual([307, 1])
  location = 'file:///etc/hostname'
  await expect(httpRequest({ url: `http://${host}/` }, deadline())).rejects.toThrow('redirects to file:')
})

it('stops reading an answer that does not end', async () => {
  const host = await serve((_, response) => {
    const write = (): void => {
      while (!response.destroyed && response.write('x'.repeat(10_000)));
      if (!response.destroyed) response.once('drain', write)
    }
    write()
  })
  await expect(httpRequest({ url: `http://${host}/`, bytesMax: 50_000 }, deadline())).rejects.toThrow(/more than 50000/)
})
