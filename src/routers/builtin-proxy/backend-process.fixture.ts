// For tests and benches: a small HTTP backend in a process of its own. Arguments: version, port, delay of an answer in ms.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const [version = '', port = '0', delayMs = '0'] = process.argv.slice(2)
const server = createServer((request, response) => {
  request.resume()
  const answer = (): void => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': version.length })
    response.end(version)
  }
  if (delayMs === '0') answer()
  else setTimeout(answer, Number(delayMs))
})
server.listen(Number(port), '127.0.0.1', 1024, () =>
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`),
)
// Stops as services should: takes nothing new, ends what is under way.
process.once('SIGTERM', () => server.close(() => process.exit(0)))
