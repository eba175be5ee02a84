// A small backend for benches: `backend.ts VERSION PORT`; prints its port.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const [version = '', port = '0'] = process.argv.slice(2)
const body = Buffer.from(JSON.stringify({ version, items: Array.from({ length: 20 }, (_, id) => ({ id })) }))

const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
})
server.listen(Number(port), '127.0.0.1', 1024, () => console.log((server.address() as AddressInfo).port))
process.once('SIGTERM', () => server.close(() => process.exit(0)))
