// The peer: http-proxy-3 as its README has it, with an agent that keeps connections: no retry, no counters, no cookies, no limits.
// `http-proxy-3.ts PORT_90 PORT_10`; prints its port.
import { Agent, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createProxyServer } from 'http-proxy-3'

const [most, few] = process.argv.slice(2).map((port) => `http://127.0.0.1:${port}`)
const agent = new Agent({ keepAlive: true, maxSockets: 256 })
const proxy = createProxyServer({ agent, xfwd: true })
proxy.on('error', (_error, _request, response) => void response.destroy())

const server = createServer((request, response) => {
  proxy.web(request, response, { target: Math.random() < 0.9 ? most : few })
})
server.listen(0, '127.0.0.1', 1024, () => console.log((server.address() as AddressInfo).port))
