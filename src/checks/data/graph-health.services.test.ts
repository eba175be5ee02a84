// Against a real Neo4j.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { installNeo4j, startNeo4j, type Neo4jServer } from '../../../test/servers/neo4j.ts'
import { RECOGNISED } from './graph-health.fixture.ts'
import { graphHealth } from './graph-health.ts'

const PASSWORD = 'neo4j-password-to-hide'
const libraries = installNeo4j()
if (!libraries) console.warn('SKIPPED: graph-health.services.test.ts needs Java 17 and Maven, which cannot be had')

describe.skipIf(!libraries)('graph-health on a real Neo4j', () => {
  let server: Neo4jServer
  let hostile: HostileServer
  let silent: Server
  const sockets: Socket[] = []

  beforeAll(async () => {
    hostile = await startHostile()
    silent = createServer((socket) => void sockets.push(socket.on('error', () => {}).resume()))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    server = await startNeo4j(String(libraries))
    const { default: library } = await import('neo4j-driver')
    const driver = library.driver(server.url)
    await driver.executeQuery('UNWIND range(1, 12) AS i CREATE (:Person { number: i })')
    await driver.close()
  })
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    silent.close()
    await Promise.all([hostile.stop(), server?.stop()])
  })

  const ask = (options: object = {}) => ({ options: { url: server.url, ...options } })
  const PEOPLE = 'MATCH (n:Person) RETURN count(n)'

  checkContract(graphHealth, {
    passing: () => ask({ versionMin: '5', query: PEOPLE, min: 12, max: 12 }),
    failing: () => ask({ query: PEOPLE, min: 13 }),
    unverified: () => ask({ query: 'MATCH (n:Person) RETURN n.number', min: 1 }),
    slow: () => ({ options: { url: `bolt://127.0.0.1:${(silent.address() as AddressInfo).port}` } }),
    unreachable: { status: 'failed', case: () => ({ options: { url: 'bolt://127.0.0.1:1' } }) },
    hostile: {
      'speaks another protocol': {
        status: 'failed',
        case: () => ({ options: { url: hostile.garbageUrl.replace('http', 'bolt'), timeoutMs: 3000 } }),
      },
    },
    secret: { value: PASSWORD, case: () => ({ options: { url: `bolt://neo4j:${PASSWORD}@127.0.0.1:1` } }) },
    mentions: () => [server.url, PEOPLE, 'at least 12 and at most 12'],
    recognises: RECOGNISED,
  })

  it('never writes', async () => {
    for (const query of ['CREATE (n:Person) RETURN 1', 'MATCH (n:Person) DETACH DELETE n RETURN 1'])
      expect(await runCheck(graphHealth, ask({ query, min: 0 }))).toMatchObject({ status: 'unverified' })
    expect(await runCheck(graphHealth, ask({ query: PEOPLE, min: 12, max: 12 }))).toMatchObject({ status: 'passed' })
  })

  it('is unverified for a query that is wrong, a database that is not there, and one that takes too long', async () => {
    const endless = 'UNWIND range(1, 100000000) AS a UNWIND range(1, 100000000) AS b RETURN count(a + b)'
    for (const options of [
      { query: 'MATCH', min: 0 },
      { database: 'none' },
      { query: endless, min: 0, timeoutMs: 1500 },
    ])
      expect(await runCheck(graphHealth, ask(options))).toMatchObject({ status: 'unverified' })
  })
})
