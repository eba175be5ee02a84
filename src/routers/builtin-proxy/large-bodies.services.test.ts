// A gigabyte up and a gigabyte down through a real proxy in a process of its own: nothing is lost, and memory stays as it was.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, request as sendRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const GIGABYTE = 1 << 30
const CHUNK = Buffer.alloc(1 << 20, 'gonogo ')
/** What buffers of both sides and of the collector may come to. */
const GROWTH_BYTES_MAX = 120 << 20

/** A proxy in front of one backend, in its own process, so that nobody else's memory is measured. */
async function startApart(backendPort: number): Promise<{ port: number; pid: number }> {
  const script = fileURLToPath(new URL('proxy-process.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, [script, String(backendPort)], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { port: Number(line.toString()), pid: child.pid ?? 0 }
}

/** Most memory that a process ever had resident. */
function peakBytes(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}

async function* gigabyte(): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < GIGABYTE; sent += CHUNK.length) yield CHUNK
}

async function digestOf(stream: AsyncIterable<Buffer>): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.length
    hash.update(chunk)
  }
  return { bytes, sha256: hash.digest('hex') }
}

test.each([
  ['of declared length', { 'content-length': String(GIGABYTE) }],
  ['in chunks', {}],
])('a gigabyte %s goes up and comes back with memory bounded', { timeout: 120_000 }, async (_, framing) => {
  let uploaded: Awaited<ReturnType<typeof digestOf>> | undefined
  const backend = createServer(async (request, response) => {
    uploaded = await digestOf(request)
    response.writeHead(200, framing)
    await pipeline(Readable.from(gigabyte()), response)
  })
  backend.listen(0, '127.0.0.1')
  await once(backend, 'listening')
  onTestFinished(() => {
    backend.close()
    backend.closeAllConnections()
  })
  const { port, pid } = await startApart((backend.address() as AddressInfo).port)
  const before = peakBytes(pid)
  const upload = sendRequest({ port, host: '127.0.0.1', method: 'PUT', path: '/file', headers: framing })
  const answered = once(upload, 'response') as Promise<[IncomingMessage]>
  await pipeline(Readable.from(gigabyte()), upload)
  const [answer] = await answered
  const downloaded = await digestOf(answer)
  expect(uploaded?.bytes).toBe(GIGABYTE)
  expect(downloaded).toEqual(uploaded)
  const growth = peakBytes(pid) - before
  console.log(`memory grew by ${Math.round(growth / (1 << 20))} MiB at most`)
  expect(growth).toBeLessThan(GROWTH_BYTES_MAX)
})
