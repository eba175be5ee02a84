// A server whose response times are known: `stalling.ts EVERY_MS STALL_MS` answers at once, but in the first STALL_MS of every EVERY_MS it
// answers nothing until they are over. Prints its port.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const [everyMs = 5000, stallMs = 500] = process.argv.slice(2).map(Number)

const server = createServer((_, response) => {
  const phaseMs = performance.now() % everyMs
  if (phaseMs < stallMs) setTimeout(() => response.end('late'), stallMs - phaseMs)
  else response.end('at once')
})
server.listen(0, '127.0.0.1', 1024, () => console.log((server.address() as AddressInfo).port))
