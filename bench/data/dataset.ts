// The reference database of the data benches: entities, relationships between them, evidence for those, with planted violations.
import { DatabaseSync } from 'node:sqlite'

export interface DatasetOptions {
  /** 1 is 1M entities, 10M relationships, 12M evidence rows: 1.0 GB without indexes. At least 0.0001. */
  size: number
  indexes: boolean
  /** Other values and other places of violations, the same number of rows. @default 1 */
  seed?: number
}

/** Violations by the names of `reference-rules.ts`. */
export type Planted = Record<
  | 'source-exists'
  | 'target-exists'
  | 'evidence-has-relationship'
  | 'confidence-in-range'
  | 'weight-in-range'
  | 'relationship-has-evidence'
  | 'confidence-is-noisy-or'
  | 'semantic-id-is-unique',
  number
>

export interface Dataset {
  rows: { entities: number; relationships: number; evidence: number }
  planted: Planted
}

const SCHEMA = `
  CREATE TABLE entities (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL);
  CREATE TABLE relationships (
    id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, target_id INTEGER NOT NULL, kind TEXT NOT NULL,
    confidence REAL NOT NULL, semantic_id TEXT NOT NULL, created_at INTEGER NOT NULL);
  CREATE TABLE evidence (id INTEGER PRIMARY KEY, relationship_id INTEGER NOT NULL, source TEXT NOT NULL, weight REAL NOT NULL);`

const INDEXES = `
  CREATE INDEX relationships_source ON relationships (source_id);
  CREATE INDEX relationships_target ON relationships (target_id);
  CREATE INDEX evidence_relationship ON evidence (relationship_id);
  CREATE INDEX relationships_semantic ON relationships (semantic_id);`

/** Every so many relationships one is planted; of each kind at another remainder. Primes, so that they meet rarely. */
const EVERY = { source: 9973, target: 9967, childless: 10_007, range: 10_009, drift: 10_037, duplicate: 10_039 }

/**
 * Writes the database to a file that is not there yet. Evidence i is of relationship (i × 7368787) modulo their number, so neighbours in one
 * table are far apart in the other; a fifth of the relationships has two pieces of it.
 */
export function createDataset(file: string, options: DatasetOptions): Dataset {
  const shape = shapeOf(options)
  const { entities, relationships, second, orphans, seed } = shape
  using database = new DatabaseSync(file)
  database.exec(
    'PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-65536',
  )
  database.exec(`${SCHEMA} BEGIN`)
  const numbers = (last: number) => `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${last})`
  database.exec(`
    INSERT INTO entities ${numbers(entities)}
    SELECT i, 'entity ' || printf('%x', i * 2654435761 % 4294967296), CASE i % 4 WHEN 0 THEN 'person' WHEN 1 THEN 'place' WHEN 2 THEN 'event' ELSE 'work' END FROM n`)
  database.exec(`
    INSERT INTO relationships ${numbers(relationships)}
    SELECT i,
      CASE WHEN i % ${EVERY.source} = ${seed} THEN ${entities} + i ELSE 1 + i * 48271 % ${entities} END,
      CASE WHEN i % ${EVERY.target} = ${seed + 1} THEN ${entities} + i ELSE 1 + i * 69621 % ${entities} END,
      CASE i % 3 WHEN 0 THEN 'part of' WHEN 1 THEN 'mentions' ELSE 'causes' END,
      ${confidence(shape)},
      printf('%016x', (CASE WHEN i % ${EVERY.duplicate} = ${seed + 7} THEN i - 1 ELSE i END) * 2654435761 + ${seed}),
      1700000000000 + i * 977 FROM n`)
  database.exec(`
    INSERT INTO evidence ${numbers(relationships + second + orphans)},
      e(i, r, turn) AS (SELECT i, CASE WHEN i > ${relationships + second} THEN ${relationships} + i ELSE ${relationshipOf('i', shape)} END,
        i > ${relationships} FROM n)
    SELECT i, r, 'document ' || (i * 7919 % 100000), CASE WHEN i > ${relationships + second} AND i % 2 = 0 THEN 1.5 ELSE ${weight('r', 'turn')} END
    FROM e WHERE r % ${EVERY.childless} <> ${seed + 3} OR i > ${relationships + second}`)
  database.exec('COMMIT')
  if (options.indexes) database.exec(INDEXES)
  const count = database.prepare('SELECT count(*) AS n FROM evidence').get()?.n
  return { rows: { entities, relationships, evidence: Number(count) }, planted: plantedIn(shape) }
}

interface Shape {
  entities: number
  relationships: number
  /** Relationships with a second piece of evidence. */
  second: number
  /** Evidence of no relationship. */
  orphans: number
  seed: number
}

function shapeOf({ size, seed = 1 }: DatasetOptions): Shape {
  const relationships = Math.round(10_000_000 * size)
  return {
    entities: Math.round(1_000_000 * size),
    relationships,
    second: Math.round(relationships / 5),
    orphans: Math.round(relationships / 9000),
    seed,
  }
}

/** No factor of the number of relationships, which is a power of ten times few. */
const STEP = 7_368_787

/** SQL: the relationship that evidence `i` is of; for i up to their number each once, and then some of them once more. */
function relationshipOf(i: string, { relationships }: Shape): string {
  return `1 + ${i} * ${STEP} % ${relationships}`
}

/** SQL: between 0 and 0.8. */
function weight(relationship: string, turn: string): string {
  return `((${relationship} * 7919 + ${turn} * 104729) % 8000) / 10000.0`
}

/** SQL: what the weights come to, but where it is planted otherwise. */
function confidence({ relationships, second, seed }: Shape): string {
  // Evidence i and i + relationships are of one relationship, so the second is there when i is at most `second`.
  const inverse = inverseOf(STEP, relationships)
  const hasSecond = `((i - 1) * ${inverse} % ${relationships}) BETWEEN 1 AND ${second}`
  const noisyOr = `(1 - (1 - ${weight('i', '0')}) * (CASE WHEN ${hasSecond} THEN 1 - ${weight('i', '1')} ELSE 1 END))`
  return `CASE WHEN i % ${EVERY.range} = ${seed + 4} THEN 1.5 WHEN i % ${EVERY.drift} = ${seed + 5}
    THEN (CASE WHEN ${noisyOr} < 0.5 THEN ${noisyOr} + 0.3 ELSE ${noisyOr} - 0.3 END) ELSE ${noisyOr} END`
}

/** The number that gives 1 modulo `modulus` when multiplied. */
function inverseOf(value: number, modulus: number): number {
  let [a, b, x, y] = [value % modulus, modulus, 1, 0]
  while (b > 0) {
    const times = Math.floor(a / b)
    ;[a, b] = [b, a - times * b]
    ;[x, y] = [y, x - times * y]
  }
  if (a !== 1) throw new Error(`${value} and ${modulus} have a common factor`)
  return ((x % modulus) + modulus) % modulus
}

function plantedIn({ relationships, second, orphans, seed }: Shape): Planted {
  const rowsAt = (every: number, remainder: number) => {
    const rows: number[] = []
    for (let row = remainder; row <= relationships; row += every) rows.push(row)
    return rows
  }
  const isChildless = (row: number) => row % EVERY.childless === seed + 3
  const wrong = new Set([...rowsAt(EVERY.range, seed + 4), ...rowsAt(EVERY.drift, seed + 5)])
  const firstOrphan = relationships + second + 1
  const evenOrphans = Math.floor((firstOrphan + orphans - 1) / 2) - Math.floor((firstOrphan - 1) / 2)
  return {
    'source-exists': rowsAt(EVERY.source, seed).length,
    'target-exists': rowsAt(EVERY.target, seed + 1).length,
    'evidence-has-relationship': orphans,
    'confidence-in-range': rowsAt(EVERY.range, seed + 4).length,
    'weight-in-range': evenOrphans,
    'relationship-has-evidence': rowsAt(EVERY.childless, seed + 3).length,
    'confidence-is-noisy-or': [...wrong].filter((row) => !isChildless(row)).length,
    'semantic-id-is-unique': rowsAt(EVERY.duplicate, seed + 7).length,
  }
}
