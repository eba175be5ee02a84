// An object that is put there only where none is, at servers that can tell and at one that cannot.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { loadS3 } from '../../lib/s3-client.ts'
import { objectStore } from './object-store.ts'
import { options } from './options.ts'

/** A server that gives one answer to a conditional put, and is content with any other; and what it was asked. */
async function startServer(status: number, code: string) {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const isConditional = request.headers['if-none-match'] === '*'
    asked.push(`${request.method} ${request.url} ${body}${isConditional ? ' if none is there' : ''}`)
    response.writeHead(isConditional ? status : 200).end(isConditional ? `<Error><Code>${code}</Code></Error>` : '')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { bucket } = options.parse({
    source: 'build',
    bucket: {
      name: 'shop',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      accessKeyId: 'id',
      secretAccessKey: 'key',
    },
  })
  const store = objectStore('site', bucket!, loadS3)
  return { asked, put: () => store.putNewText('a.json', '{}', AbortSignal.timeout(20_000)) }
}

const CONDITIONAL = 'PUT /shop/a.json?x-id=PutObject {} if none is there'

test.each([
  [412, 'PreconditionFailed'],
  [409, 'ConditionalRequestConflict'],
])('what is there stays: %i %s', async (status, code) => {
  const { asked, put } = await startServer(status, code)
  await put()
  expect(asked).toEqual([CONDITIONAL])
})

test('a server without conditions is asked without one', async () => {
  const { asked, put } = await startServer(501, 'NotImplemented')
  await put()
  expect(asked.at(-1)).toBe('PUT /shop/a.json?x-id=PutObject {}')
})

test('any other answer is an error', async () => {
  const { put } = await startServer(403, 'AccessDenied')
  await expect(put()).rejects.toThrow(/put a.json there/)
})
