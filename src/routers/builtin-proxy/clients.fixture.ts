// For tests: clients of a proxy that see what happens to their connections, and the death of a process.
import { once } from 'node:events'
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { onTestFinished, vi } from 'vitest'
import { identify } from '../../lib/process-identity.ts'

/** A client that keeps its connection and sends when it is told to. */
export async function keepAliveClient(port: number) {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
  socket.on('error', () => {})
  await vi.waitUntil(() => !socket.connecting)
  return {
    socket,
    send: (path = '/'): boolean => socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`),
    /** The next whole answer whose body ends so. */
    async answer(body: string): Promise<string> {
      await vi.waitUntil(() => text.includes('\r\n\r\n') && text.includes(body), { timeout: 10_000 })
      const answer = text
      text = ''
      return answer
    },
  }
}

/** What it had taken is lost with it; from here on nobody takes anything until another one is up. */
export async function killed(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  await vi.waitUntil(() => !identify(pid))
}

export async function statusOnNewConnection(port: number): Promise<number | undefined> {
  const [answer] = (await once(get({ host: '127.0.0.1', port, agent: false }), 'response')) as [IncomingMessage]
  answer.resume()
  return answer.statusCode
}

export function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(false)
    })
    socket.on('error', () => resolve(true))
  })
}

export function isOpen(socket: Socket): boolean {
  return !socket.destroyed && socket.readyState === 'open'
}
