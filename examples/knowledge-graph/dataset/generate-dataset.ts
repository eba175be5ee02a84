// Makes a knowledge graph with a known number of faults of each kind in it.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { semanticIdOf } from '../src/graph.ts'
import { migrateUp } from '../src/migrate.ts'
import { createRandom, sample, type Random } from './random.ts'

/** How many of each are in the graph. No relationship has two of them. */
export interface Planted {
  orphaned: number
  inconsistentConfidence: number
  missingEvidence: number
  /** Pairs of relationships with one semantic id. */
  duplicateGroups: number
}

export interface DatasetSize {
  entities: number
  relationships: number
  evidence: number
}

const ENTITY_KINDS = ['person', 'company', 'place', 'work', 'event']
const RELATIONSHIP_KINDS = ['knows', 'works_for', 'located_in', 'created', 'part_of', 'attended']
const EVIDENCE_SOURCES = ['register', 'interview', 'archive', 'press', 'survey', 'catalogue']
const SYLLABLES = [
  'al',
  'be',
  'cor',
  'da',
  'el',
  'fin',
  'gar',
  'hol',
  'is',
  'ja',
  'kel',
  'lor',
  'mi',
  'nor',
  'os',
  'ra',
]
/** Relationships are one a second from here on. */
const FIRST_CREATED_AT = Date.UTC(2026, 0, 1)

/** The share of each fault in a graph of ordinary neglect; at least enough to break every threshold. */
export function plantedFor(relationships: number): Planted {
  return {
    orphaned: Math.max(10, Math.round(relationships * 0.002)),
    inconsistentConfidence: Math.max(20, Math.round(relationships * 0.003)),
    missingEvidence: Math.max(15, Math.round(relationships * 0.0015)),
    duplicateGroups: Math.max(8, Math.round(relationships * 0.001)),
  }
}

/**
 * Writes the database to `path`, replacing one that is there; the same arguments give the same rows.
 * @throws Error when there are too few relationships to plant that much in.
 */
export async function generateDataset(
  path: string,
  options: { relationships: number; seed: number; planted?: Planted },
): Promise<{ size: DatasetSize; planted: Planted }> {
  const planted = options.planted ?? plantedFor(options.relationships)
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.draft`
  rmSync(draft, { force: true })
  writeFileSync(draft, '')
  await migrateUp(draft, '0001_graph')
  using database = new DatabaseSync(draft)
  database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN')
  const size = fill(database, options.relationships, createRandom(options.seed), planted)
  database.exec('COMMIT; PRAGMA journal_mode = WAL')
  database.close()
  for (const old of ['', '-wal', '-shm']) rmSync(path + old, { force: true })
  renameSync(draft, path)
  return { size, planted }
}

interface Writer {
  relationship(source: number, target: number, kind: string, confidence: number): number
  evidence(relationshipId: number, weights: readonly number[], random: Random): void
  evidenceCount(): number
}

function fill(database: DatabaseSync, relationships: number, random: Random, planted: Planted): DatasetSize {
  const entities = Math.max(10, Math.round(relationships / 5))
  const distinct = relationships - planted.duplicateGroups
  const faulty = sumOf(planted)
  if (faulty > distinct) throw new Error(`${relationships} relationships are too few for ${faulty} planted faults`)
  fillEntities(database, entities, random)
  const picked = sample(random, distinct, faulty)
  const orphaned = new Set(picked.splice(0, planted.orphaned))
  const inconsistent = new Set(picked.splice(0, planted.inconsistentConfidence))
  const missing = new Set(picked.splice(0, planted.missingEvidence))
  const doubled = new Set(picked)
  const writer = openWriter(database)
  const doubles: [number, number, string][] = []
  const meanings = new Set<string>()
  for (let index = 0; index < distinct; index++) {
    const [source, target, kind] = newMeaning(entities, meanings, random)
    const weights = drawWeights(random)
    const expected = combine(weights)
    const id = orphaned.has(index)
      ? orphan(writer, [source, target, kind], entities + 1 + index, expected, random)
      : writer.relationship(source, target, kind, inconsistent.has(index) ? wrong(expected) : expected)
    if (!missing.has(index)) writer.evidence(id, weights, random)
    if (doubled.has(index)) doubles.push([source, target, kind])
  }
  for (const [source, target, kind] of doubles) {
    const weights = drawWeights(random)
    writer.evidence(writer.relationship(source, target, kind, combine(weights)), weights, random)
  }
  return { entities, relationships, evidence: writer.evidenceCount() }
}

/** One of its two ends is an entity that does not exist. */
function orphan(
  writer: Writer,
  [source, target, kind]: [number, number, string],
  nobody: number,
  confidence: number,
  random: Random,
): number {
  return random.next() < 0.5
    ? writer.relationship(nobody, target, kind, confidence)
    : writer.relationship(source, nobody, kind, confidence)
}

function fillEntities(database: DatabaseSync, count: number, random: Random): void {
  const insert = database.prepare('INSERT INTO entities (id, name, kind) VALUES (?, ?, ?)')
  for (let id = 1; id <= count; id++) {
    const name = Array.from({ length: 3 }, () => pick(SYLLABLES, random)).join('')
    insert.run(id, `${name[0]?.toUpperCase()}${name.slice(1)} ${id}`, pick(ENTITY_KINDS, random))
  }
}

function openWriter(database: DatabaseSync): Writer {
  const relationship = database.prepare('INSERT INTO relationships VALUES (?, ?, ?, ?, ?, ?, ?)')
  const evidence = database.prepare('INSERT INTO evidence VALUES (?, ?, ?, ?)')
  let relationshipId = 0
  let evidenceId = 0
  return {
    relationship(source, target, kind, confidence) {
      const id = ++relationshipId
      const createdAt = FIRST_CREATED_AT + id * 1000
      relationship.run(id, source, target, kind, confidence, semanticIdOf(source, kind, target), createdAt)
      return id
    },
    evidence(id, weights, random) {
      for (const weight of weights) evidence.run(++evidenceId, id, pick(EVIDENCE_SOURCES, random), weight)
    },
    evidenceCount: () => evidenceId,
  }
}

/** Two different entities and a kind that nothing else says yet. */
function newMeaning(entities: number, taken: Set<string>, random: Random): [number, number, string] {
  for (;;) {
    const source = 1 + random.below(entities)
    const target = 1 + random.below(entities)
    const kind = pick(RELATIONSHIP_KINDS, random)
    const meaning = semanticIdOf(source, kind, target)
    if (source === target || taken.has(meaning)) continue
    taken.add(meaning)
    return [source, target, kind]
  }
}

function drawWeights(random: Random): number[] {
  return Array.from({ length: 1 + random.below(3) }, () => (5 + random.below(86)) / 100)
}

/** The same as COMBINED_CONFIDENCE in SQL. */
function combine(weights: readonly number[]): number {
  const doubt = weights.reduce((product, weight) => product * (1 - weight), 1)
  return Math.round((1 - doubt) * 1e6) / 1e6
}

/** Far outside the tolerance, and still a confidence. */
function wrong(expected: number): number {
  return Math.round((expected > 0.5 ? expected - 0.3 : expected + 0.3) * 1e6) / 1e6
}

function pick<T>(choices: readonly T[], random: Random): T {
  return choices[random.below(choices.length)] as T
}

function sumOf(planted: Planted): number {
  return planted.orphaned + planted.inconsistentConfidence + planted.missingEvidence + planted.duplicateGroups
}
