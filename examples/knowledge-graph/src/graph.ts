// The knowledge graph as the service sees it: prepared statements over one database connection.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { inTransaction } from './database.ts'
import { COMBINED_CONFIDENCE } from './confidence.ts'

export interface Entity {
  id: number
  name: string
  kind: string
}

export interface Evidence {
  source: string
  weight: number
}

export interface Relationship {
  id: number
  sourceId: number
  targetId: number
  kind: string
  confidence: number
  semanticId: string
}

/** What version 2 adds: why the confidence is what it is. */
export interface ExplainedRelationship extends Relationship {
  evidenceCount: number
  confidenceExplained: { method: 'noisy-or'; expected: number | null; evidence: Evidence[] }
}

export interface NewRelationship {
  sourceId: number
  targetId: number
  kind: string
  evidence: Evidence[]
}

export interface Graph {
  entity(id: number): Entity | null
  /** Relationships that start or end at an entity, lowest id first. */
  relationships(entityId: number, limit: number): Relationship[]
  /** The same with evidence; only on schema version 2 or later. */
  explainedRelationships(entityId: number, limit: number): ExplainedRelationship[]
  /** Entities whose name begins with `prefix`, whatever its case. */
  search(prefix: string, limit: number): Entity[]
  /** Adds evidence to the relationship of that meaning, which is made when there is none; null when an entity does not exist. */
  add(relationship: NewRelationship, now: number): { id: number; created: boolean } | null
  schemaVersion(): number
  /** How long a write waits for another writer before it gives up. */
  lockWaitMs(): number
  /** Reads through a table and an index. @throws when the database cannot be read. */
  probe(): void
}

const COLUMNS = 'id, source_id AS sourceId, target_id AS targetId, kind, confidence, semantic_id AS semanticId'
const OF_ENTITY = `WHERE id IN (SELECT id FROM relationships WHERE source_id = ?1
  UNION SELECT id FROM relationships WHERE target_id = ?1) ORDER BY id LIMIT ?2`
/** Sorts behind every other character. */
const LAST_CHARACTER = '\u{10ffff}'

/** A graph over an open database, which stays the caller's to close. */
export function openGraph(database: DatabaseSync): Graph {
  const entity = database.prepare('SELECT id, name, kind FROM entities WHERE id = ?')
  const relationships = database.prepare(`SELECT ${COLUMNS} FROM relationships ${OF_ENTITY}`)
  const evidence = database.prepare('SELECT source, weight FROM evidence WHERE relationship_id = ? ORDER BY id')
  const search = database.prepare(
    `SELECT id, name, kind FROM entities
     WHERE name COLLATE NOCASE BETWEEN ?1 AND ?1 || '${LAST_CHARACTER}' ORDER BY name COLLATE NOCASE LIMIT ?2`,
  )
  const probe = database.prepare(
    `SELECT e.id FROM entities AS e LEFT JOIN relationships AS r ON r.source_id = e.id ORDER BY e.id LIMIT 1`,
  )
  const version = database.prepare('PRAGMA user_version')
  const lockWait = database.prepare('PRAGMA busy_timeout')
  // Names columns of schema version 2, so it can only be prepared once they are there.
  let explained: StatementSync | undefined
  return {
    entity: (id) => (entity.get(id) as unknown as Entity | undefined) ?? null,
    relationships: (entityId, limit) => relationships.all(entityId, limit) as unknown as Relationship[],
    explainedRelationships(entityId, limit) {
      explained ??= database.prepare(
        `SELECT ${COLUMNS}, evidence_count AS evidenceCount, confidence_expected AS expected FROM relationships ${OF_ENTITY}`,
      )
      const rows = explained.all(entityId, limit) as unknown as (Relationship & {
        evidenceCount: number
        expected: number | null
      })[]
      return rows.map(({ expected, ...relationship }) => ({
        ...relationship,
        confidenceExplained: {
          method: 'noisy-or',
          expected,
          evidence: evidence.all(relationship.id) as unknown as Evidence[],
        },
      }))
    },
    search: (prefix, limit) => search.all(prefix, limit) as unknown as Entity[],
    add: prepareAdd(database),
    schemaVersion: () => Number(version.get()?.user_version),
    lockWaitMs: () => Number(lockWait.get()?.timeout),
    probe: () => void probe.get(),
  }
}

function prepareAdd(database: DatabaseSync): Graph['add'] {
  const known = database.prepare('SELECT count(*) AS count FROM entities WHERE id IN (?, ?)')
  const find = database.prepare('SELECT id FROM relationships WHERE semantic_id = ? ORDER BY id LIMIT 1')
  const insert = database.prepare(
    `INSERT INTO relationships (source_id, target_id, kind, confidence, semantic_id, created_at) VALUES (?, ?, ?, 0, ?, ?)`,
  )
  const support = database.prepare('INSERT INTO evidence (relationship_id, source, weight) VALUES (?, ?, ?)')
  const settle = database.prepare(
    `UPDATE relationships SET confidence = (SELECT ${COMBINED_CONFIDENCE} FROM evidence WHERE relationship_id = ?1)
     WHERE id = ?1`,
  )
  return ({ sourceId, targetId, kind, evidence }, now) =>
    inTransaction(database, () => {
      const entities = sourceId === targetId ? 1 : 2
      if (known.get(sourceId, targetId)?.count !== entities) return null
      const semanticId = semanticIdOf(sourceId, kind, targetId)
      const found = find.get(semanticId)
      const id = Number(found?.id ?? insert.run(sourceId, targetId, kind, semanticId, now).lastInsertRowid)
      for (const piece of evidence) support.run(id, piece.source, piece.weight)
      settle.run(id)
      return { id, created: found === undefined }
    })
}

/** Two relationships that say the same have the same one. */
export function semanticIdOf(sourceId: number, kind: string, targetId: number): string {
  return `${sourceId}:${kind}:${targetId}`
}
