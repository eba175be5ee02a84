// What needs no server; the contract of the kind is kept against a real one, in the services suite.
import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { RECOGNISED } from './graph-health.fixture.ts'
import { askNeo4j, graphHealth } from './graph-health.ts'
import type { LoadNeo4j } from './neo4j-session.ts'
import { pourInto } from './postgres-wire.fixture.ts'

const PASSWORD = 'neo4j-password-to-hide'
let hostile: HostileServer
let endless: Server
let silent: Server
const sockets: { destroy(): void }[] = []

beforeAll(async () => {
  hostile = await startHostile()
  endless = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    // As Bolt 4.4 is agreed on, and then a message without end.
    socket.write(Buffer.from([0, 0, 4, 4]))
    pourInto(socket)
  })
  silent = createServer((socket) => void sockets.push(socket.on('error', () => {}).resume()))
  for (const server of [endless, silent]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  for (const server of [endless, silent]) server.close()
  await hostile.stop()
})

const boltOf = (server: Server): string => `bolt://127.0.0.1:${(server.address() as AddressInfo).port}`
const statusOf = async (options: object): Promise<string> => (await runCheck(graphHealth, { options })).status

/** A library whose sessions answer with these rows, one list for each query. */
function library(...answers: (unknown[][] | Error)[]): LoadNeo4j {
  const session = {
    async *run() {
      const rows = answers.shift() ?? []
      if (rows instanceof Error) throw rows
      for (const row of rows) yield { values: () => row }
    },
    close: async () => {},
  }
  return async () => ({
    driver: () => ({ session: () => session, close: async () => {} }),
    auth: { basic: () => null },
  })
}

const judged = async (load: LoadNeo4j, options: object = {}) =>
  askNeo4j(graphHealth.options.parse(options), AbortSignal.timeout(5000), load)

describe('graph-health', () => {
  it('fails where nothing listens, where another protocol is spoken, and where the answer does not end', async () => {
    expect(await runCheck(graphHealth, { options: graphHealth.failingExample })).toMatchObject({
      status: 'failed',
      remedy: expect.stringContaining('Neo4j runs there'),
    })
    expect(await statusOf({ url: hostile.garbageUrl.replace('http', 'bolt'), timeoutMs: 3000 })).toBe('failed')
    expect(await statusOf({ url: boltOf(endless), timeoutMs: 20_000 })).toBe('failed')
    expect(await statusOf({ url: boltOf(silent), timeoutMs: 200 })).toBe('failed')
  })

  it('is unverified when it is cancelled while nobody answers', async () => {
    const case_ = { options: { url: boltOf(silent) }, context: { signal: AbortSignal.timeout(100) } }
    expect(await runCheck(graphHealth, case_)).toMatchObject({ status: 'unverified' })
  })

  it('is unverified without the client library, and says what to install', async () => {
    expect(await judged(async () => null)).toMatchObject({
      status: 'unverified',
      remedy: expect.stringContaining('npm install neo4j-driver'),
    })
  })

  it('does not show its password', async () => {
    const options = { url: `bolt://neo4j:${PASSWORD}@127.0.0.1:1` }
    expect(JSON.stringify(await runCheck(graphHealth, { options }))).not.toContain(PASSWORD)
    expect(graphHealth.describe(graphHealth.options.parse(options))).not.toContain(PASSWORD)
  })

  it('judges version and count', async () => {
    const query = { query: 'MATCH (n) RETURN count(n)', min: 1, max: 4 }
    expect((await judged(library([['5.26.0']]), { versionMin: '5.26' })).status).toBe('passed')
    expect((await judged(library([['5.26.0']]), { versionMin: '5.27' })).status).toBe('failed')
    expect((await judged(library([['5.26.0']], [[4]]), query)).status).toBe('passed')
    expect((await judged(library([['5.26.0']], [[5]]), query)).status).toBe('failed')
    for (const rows of [[], [[1], [2]], [[1, 2]], [['many']], [[null]]])
      expect((await judged(library([['5.26.0']], rows), query)).status).toBe('unverified')
    expect((await judged(library([['?']]))).status).toBe('unverified')
  })

  it('does not take a refused question for a server that is not there', async () => {
    const says = (code: string): Error => Object.assign(new Error('no'), { code })
    expect((await judged(library(says('Neo.ClientError.Security.Unauthorized')))).status).toBe('unverified')
    expect((await judged(library(says('Neo.ClientError.Statement.SyntaxError')))).status).toBe('unverified')
    expect((await judged(library(says('ServiceUnavailable')))).status).toBe('failed')
  })

  it('proposes itself only where the words are clear', () => {
    for (const words of RECOGNISED.clear) expect(graphHealth.recognise?.(itemOf(words))).not.toBeNull()
    for (const words of RECOGNISED.unclear) expect(graphHealth.recognise?.(itemOf(words))).toBeNull()
  })
})
