// The reference database on Postgres: the very rows of the SQLite one, its rules, and one obvious query for each of them.
import { execFile } from 'node:child_process'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { rules as kinds } from '../../src/catalog/rules.ts'
import type { Rule, RuleKind } from '../../src/consistency/rule.ts'
import { forLibpq } from '../../src/databases/postgres/place.ts'
import type { PostgresServer } from '../../test/servers/postgres.ts'
import { createDataset, type Dataset, type Planted } from './dataset.ts'

const TABLES = {
  entities: 'id bigint PRIMARY KEY, name text NOT NULL, kind text NOT NULL',
  relationships:
    'id bigint PRIMARY KEY, source_id bigint NOT NULL, target_id bigint NOT NULL, kind text NOT NULL, confidence double precision NOT NULL, semantic_id text NOT NULL, created_at bigint NOT NULL',
  evidence:
    'id bigint PRIMARY KEY, relationship_id bigint NOT NULL, source text NOT NULL, weight double precision NOT NULL',
}

/** What a team would have; without the last one an obvious query over the evidence of each row would take days. */
const INDEXES = `
  CREATE INDEX ON relationships (source_id); CREATE INDEX ON relationships (target_id);
  CREATE INDEX ON relationships (semantic_id); CREATE INDEX ON evidence (relationship_id)`

/** Makes `database` on the server and fills it. */
export async function loadDataset(server: PostgresServer, database: string, size: number): Promise<Dataset> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-bench-postgres-'))
  try {
    const file = join(directory, 'reference.db')
    const dataset = createDataset(file, { size, indexes: false })
    await server.ask(`CREATE DATABASE ${database}`)
    using source = new DatabaseSync(file, { readOnly: true })
    for (const [table, columns] of Object.entries(TABLES)) {
      await server.ask(`CREATE TABLE ${table} (${columns})`, database)
      const text = join(directory, table)
      await pipeline(Readable.from(copyText(source, table)), createWriteStream(text))
      const { dbname, env } = forLibpq(server.urlOf(database))
      const args = ['-X', '-q', '-d', dbname, '-c', String.raw`\copy ${table} FROM '${text}'`]
      await promisify(execFile)(join(server.bin, 'psql'), args, { env: { ...process.env, ...env } })
      rmSync(text)
    }
    await server.ask(INDEXES, database)
    await server.ask('VACUUM ANALYZE', database)
    return dataset
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Rows as COPY reads them; no text of this data needs escaping. */
function* copyText(source: DatabaseSync, table: string): Generator<string> {
  let lines: string[] = []
  for (const row of source.prepare(`SELECT * FROM ${table}`).iterate()) {
    lines.push(Object.values(row).join('\t'))
    if (lines.length === 5000) {
      yield `${lines.join('\n')}\n`
      lines = []
    }
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`
}

const KINDS: Record<keyof Planted, readonly [kind: string, options: Record<string, unknown>]> = {
  'source-exists': ['reference', { column: 'relationships.source_id', references: 'entities.id' }],
  'target-exists': ['reference', { column: 'relationships.target_id', references: 'entities.id' }],
  'evidence-has-relationship': ['reference', { column: 'evidence.relationship_id', references: 'relationships.id' }],
  'confidence-in-range': ['range', { column: 'relationships.confidence', from: 0, to: 1 }],
  'weight-in-range': ['range', { column: 'evidence.weight', from: 0, to: 1 }],
  'relationship-has-evidence': ['requires-child', { column: 'relationships.id', child: 'evidence.relationship_id' }],
  'confidence-is-noisy-or': [
    'aggregate-equals',
    {
      column: 'relationships.confidence',
      aggregate: 'noisy-or',
      of: 'evidence.weight',
      by: 'evidence.relationship_id',
      tolerance: 0.05,
    },
  ],
  'semantic-id-is-unique': ['duplicate-groups', { column: 'relationships.semantic_id' }],
}

/** The eight reference rules, as gonogo.yaml would declare them. */
export function referenceRules(): Rule[] {
  return Object.entries(KINDS).map(([name, [id, options]]) => {
    const kind = kinds.find((one) => one.id === id) as RuleKind | undefined
    if (!kind) throw new Error(`no rule kind ${id}`)
    return {
      name,
      kind,
      options: kind.options.parse(options),
      database: 'reference',
      max: 0,
      severity: 'error',
      fix: null,
    }
  })
}

/** As one writes them at first; each gives its violations. */
export const OBVIOUS: Record<keyof Planted, string> = {
  'source-exists': 'SELECT count(*) AS n FROM relationships WHERE source_id NOT IN (SELECT id FROM entities)',
  'target-exists': 'SELECT count(*) AS n FROM relationships WHERE target_id NOT IN (SELECT id FROM entities)',
  'evidence-has-relationship':
    'SELECT count(*) AS n FROM evidence AS e WHERE NOT EXISTS (SELECT FROM relationships AS r WHERE r.id = e.relationship_id)',
  'confidence-in-range': 'SELECT count(*) AS n FROM relationships WHERE confidence < 0 OR confidence > 1',
  'weight-in-range': 'SELECT count(*) AS n FROM evidence WHERE weight < 0 OR weight > 1',
  'relationship-has-evidence':
    'SELECT count(*) AS n FROM relationships AS r WHERE (SELECT count(*) FROM evidence AS e WHERE e.relationship_id = r.id) = 0',
  'confidence-is-noisy-or': `SELECT count(*) AS n FROM relationships AS r
    WHERE abs(r.confidence - (SELECT 1 - exp(sum(ln(1 - weight))) FROM evidence AS e WHERE e.relationship_id = r.id)) > 0.05`,
  'semantic-id-is-unique': `SELECT count(DISTINCT a.semantic_id) AS n FROM relationships AS a JOIN relationships AS b ON b.semantic_id = a.semantic_id AND b.id <> a.id`,
}
