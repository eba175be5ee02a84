// Against a real Neo4j; as a side of a comparison: consistency/rules/cross-database-graph.services.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { poll } from '../lib/deadline.ts'
import { installNeo4j, startNeo4j, type Neo4jServer } from '../../test/servers/neo4j.ts'
import { neo4j } from './neo4j.ts'
import type { GraphDatabase } from './graph.ts'

const name: string = 'neo4j-driver'
const library: unknown = await import(/* @vite-ignore */ name).catch(() => null)
const libraries = library ? installNeo4j() : null
if (!library) console.warn('SKIPPED: neo4j-driver is not installed')
else if (!libraries) console.warn('SKIPPED: Neo4j cannot be had: it takes Java 17 and Maven')

let server: Neo4jServer
let graph: GraphDatabase

async function read(cypher: string, signal = AbortSignal.timeout(60_000)): Promise<unknown[]> {
  return graph.read(signal, async (reader) => {
    const rows: unknown[] = []
    for await (const batch of reader.stream(cypher, {})) rows.push(...batch)
    return rows
  })
}

describe.skipIf(!libraries)('neo4j', () => {
  beforeAll(async () => {
    server = await startNeo4j(libraries ?? '')
    graph = neo4j.create(neo4j.options.parse({ url: server.url }), { directory: '.' })
  })
  afterAll(() => server?.stop())

  it('gives values as the other databases do', async () => {
    const cypher = `RETURN 1, 9007199254740993, 0.5, true, 'x', null, date('2026-03-01'), datetime('2026-03-01T13:00:00.5+01:00[Europe/Berlin]'), [1, 'a']`
    expect(await read(cypher)).toEqual([
      [1, 9007199254740993n, 0.5, 1, 'x', null, '2026-03-01', '2026-03-01T13:00:00.500000000+01:00', '[1,"a"]'],
    ])
  })

  it('cannot write', async () => {
    await expect(read('CREATE (n:Written) RETURN n.x')).rejects.toMatchObject({ name: 'OutsideError', system: 'neo4j' })
    expect(await read('MATCH (n:Written) RETURN count(n)')).toEqual([[0]])
  })

  it('ends a long query when it is cancelled', async () => {
    const cancel = new AbortController()
    const reading = read('UNWIND range(1, 1000000000) AS i WITH i WHERE i % 1000 = 0 RETURN i', cancel.signal)
    setTimeout(() => cancel.abort(), 300)
    await expect(reading).rejects.toMatchObject({ name: 'OutsideError', message: expect.stringContaining('cancelled') })
    const running = async (): Promise<true | null> => {
      const rows = await read(
        `SHOW TRANSACTIONS YIELD currentQuery, status WHERE currentQuery CONTAINS '1000000000' AND NOT currentQuery CONTAINS 'SHOW' RETURN status`,
      )
      return rows.length === 0 ? true : null
    }
    expect(await poll(running, { everyMs: 200, timeoutMs: 30_000 })).toBe(true)
  })

  it('says what is wrong, without the password', async () => {
    const absent = neo4j.create(neo4j.options.parse({ url: 'bolt://user:secret-word@127.0.0.1:1' }), { directory: '.' })
    const looking = absent.read(AbortSignal.timeout(60_000), async (reader) => {
      for await (const batch of reader.stream('RETURN 1', {})) return batch
      return []
    })
    const error = await looking.catch((thrown: unknown) => thrown as Error)
    expect(error).toMatchObject({ name: 'OutsideError', system: 'neo4j', retryable: true })
    expect(JSON.stringify([String(error), error])).not.toContain('secret-word')
    await expect(read('MATCH (n) RETRUN n')).rejects.toMatchObject({ name: 'OutsideError', retryable: false })
  })
})
