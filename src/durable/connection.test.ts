import { expect, it } from 'vitest'
import { connectionOptions } from './connection.ts'

/** The code of a socket's error as those see it who listen to our connections. */
async function codeSeen(code: string): Promise<string | undefined> {
  const { stream } = connectionOptions('postgresql://localhost/x', 'test')
  const socket = typeof stream === 'function' ? stream() : undefined
  if (!socket) throw new Error('no socket of our own is opened')
  const seen = new Promise<string | undefined>((resolve) =>
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)),
  )
  socket.destroy(Object.assign(new Error(`write ${code}`), { code }))
  return await seen
}

it.each([
  // Five letters: DBOS takes it for an error the server has reported.
  ['EPIPE', 'ECONNRESET'],
  ['ENOENT', 'ECONNREFUSED'],
  ['ETIMEDOUT', 'ETIMEDOUT'],
])('an error %s is known to DBOS as %s', async (code, known) => {
  expect(await codeSeen(code)).toBe(known)
})
