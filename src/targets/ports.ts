// Which ports a version's instances get.
import { createServer } from 'node:net'
import { OutsideError } from '../lib/errors.ts'

/** Below the range from which systems take ports for outgoing connections: a restarting instance finds its own free again. */
const AUTOMATIC_FIRST = 20_000
const AUTOMATIC_LAST = 32_000
const TRIES_MAX = 500

/** Whether nobody listens on `port`, on any address of this machine. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** A free port that is not in `taken`. @throws OutsideError when there seems to be none. */
export async function findFreePort(taken: ReadonlySet<number>): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = AUTOMATIC_FIRST + Math.floor(Math.random() * (AUTOMATIC_LAST - AUTOMATIC_FIRST))
    if (!taken.has(port) && (await isPortFree(port))) return port
  }
  throw new OutsideError('target', `no free port between ${AUTOMATIC_FIRST} and ${AUTOMATIC_LAST}`, { retryable: true })
}

/**
 * Ports for `count` instances: free ones, or with `from` the lowest from there on that no other version has.
 * @throws OutsideError naming the port, when one that is due is taken by somebody else.
 */
export async function allocatePorts(
  count: number,
  options: { system: string; from: number | null; others: readonly number[] },
): Promise<number[]> {
  const taken = new Set(options.others)
  const ports: number[] = []
  let next = options.from
  while (ports.length < count) {
    if (next === null) {
      ports.push(await findFreePort(taken))
    } else {
      while (taken.has(next)) next++
      if (next > 65_535 || !(await isPortFree(next)))
        throw new OutsideError(options.system, `port ${next} is taken by another program`, {
          hint: 'end it, set another `ports.from`, or leave `ports` out to get free ones',
        })
      ports.push(next)
    }
    taken.add(ports.at(-1) ?? 0)
  }
  return ports
}
