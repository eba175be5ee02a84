// SQLite against a real Neo4j.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installNeo4j, startNeo4j, type Neo4jServer } from '../../../test/servers/neo4j.ts'
import type { GraphDatabase } from '../../databases/graph.ts'
import { neo4j } from '../../databases/neo4j.ts'
import { inProcess } from '../compare/in-process.fixture.ts'
import { crossDatabase } from './cross-database.ts'

interface Library {
  driver(url: string): { executeQuery(cypher: string): Promise<unknown>; close(): Promise<void> }
}

const name: string = 'neo4j-driver'
const library = (await import(/* @vite-ignore */ name).catch(() => null)) as { default: Library } | null
const libraries = library ? installNeo4j() : null
if (!library) console.warn('SKIPPED: neo4j-driver is not installed')
else if (!libraries) console.warn('SKIPPED: Neo4j cannot be had: it takes Java 17 and Maven')

let server: Neo4jServer
let graph: GraphDatabase

async function run(cypher: string): Promise<void> {
  const driver = library?.default.driver(server.url)
  await driver?.executeQuery(cypher)
  await driver?.close()
}

describe.skipIf(!libraries)('cross-database, SQLite and Neo4j', () => {
  beforeAll(async () => {
    server = await startNeo4j(libraries ?? '')
    graph = neo4j.create(neo4j.options.parse({ url: server.url }), { directory: '.' })
  })
  afterAll(() => server?.stop())

  it('is compared with SQLite: nodes by label, relationships by type', async () => {
    const root = mkdtempSync(join(tmpdir(), 'gonogo-compare-neo4j-'))
    const file = join(root, 'live.db')
    {
      using database = new DatabaseSync(file)
      database.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, score REAL, active BOOLEAN, since DATETIME);
        WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 300)
          INSERT INTO people SELECT i, 'name ' || i, i / 7.0, i % 2, datetime(i, 'unixepoch') FROM s;
        CREATE TABLE knows (a INTEGER, b INTEGER, weight REAL, PRIMARY KEY (a, b));
        INSERT INTO knows SELECT id, id + 1, score FROM people WHERE id < 300`)
    }
    await run(
      `UNWIND range(1, 300) AS i CREATE (:Person {id: i, name: 'name ' + i, score: i / 7.0, active: i % 2 = 1, since: datetime({epochSeconds: i})})`,
    )
    await run('MATCH (a:Person), (b:Person {id: a.id + 1}) CREATE (a)-[:KNOWS {weight: a.score}]->(b)')
    const compare = async (left: object, right: object) => {
      const options = { left: { database: 'live', ...left }, right: { database: 'graph', ...right }, recheckAfterMs: 1 }
      return crossDatabase.compare?.(crossDatabase.options.parse(options), {
        database: () => inProcess(file),
        graph: (asked) => (asked === 'graph' ? graph : null),
        keysMax: 20,
        signal: AbortSignal.timeout(120_000),
        progress: () => {},
      })
    }
    const columns = ['name', 'score', 'active', 'since']
    const people = () => compare({ table: 'people', columns }, { table: 'Person', key: 'id', columns })
    const knows = () =>
      compare(
        { table: 'knows', columns: 'weight' },
        { table: '-[KNOWS]->', key: ['start.id', 'end.id'], columns: 'weight' },
      )
    expect(await people()).toMatchObject({ count: 0, judged: 300 })
    expect(await knows()).toMatchObject({ count: 0, judged: 299 })
    await run(`MATCH (n:Person {id: 7}) SET n.name = 'other' WITH n MATCH (m:Person {id: 250}) DETACH DELETE m`)
    expect((await people())?.keys).toEqual([
      [7, 'name: "name 7" / "other"'],
      [250, 'only in live.people'],
    ])
    expect((await knows())?.keys).toEqual([
      [249, 250, 'only in live.knows'],
      [250, 251, 'only in live.knows'],
    ])
    rmSync(root, { recursive: true, force: true })
  })
})
