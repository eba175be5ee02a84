// The tables of the knowledge graph and how they change from one version to the next.

/** How sure several independent pieces of evidence make us: 1 - (1 - w1)(1 - w2)...; 6 decimals, so that equal stays equal. */
export const COMBINED_CONFIDENCE = 'round(1 - exp(sum(ln(1 - weight))), 6)'

/** A stored confidence may be this far from what its evidence says. */
export const CONFIDENCE_TOLERANCE = 0.05

/**
 * Tables of version 1. Ids are never used again (AUTOINCREMENT), or what is put back after a deletion could land on
 * somebody else's row. `undo_*` hold rows as they were before and after a fix, `fixes` says which fix.
 */
export const TABLES = `
CREATE TABLE entities (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL
);
CREATE TABLE relationships (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source_id INTEGER NOT NULL,
  target_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
  semantic_id TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE TABLE evidence (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  relationship_id INTEGER NOT NULL,
  source TEXT NOT NULL,
  weight REAL NOT NULL CHECK (weight >= 0 AND weight < 1)
);
CREATE TABLE fixes (
  id INTEGER PRIMARY KEY,
  applied_at INTEGER NOT NULL,
  undone_at INTEGER,
  changes TEXT NOT NULL
);
CREATE TABLE undo_relationships (
  fix INTEGER NOT NULL,
  image TEXT NOT NULL CHECK (image IN ('before', 'after')),
  id INTEGER NOT NULL,
  source_id INTEGER, target_id INTEGER, kind TEXT, confidence REAL, semantic_id TEXT, created_at INTEGER,
  PRIMARY KEY (fix, image, id)
) WITHOUT ROWID;
CREATE TABLE undo_evidence (
  fix INTEGER NOT NULL,
  image TEXT NOT NULL CHECK (image IN ('before', 'after')),
  id INTEGER NOT NULL,
  relationship_id INTEGER, source TEXT, weight REAL,
  PRIMARY KEY (fix, image, id)
) WITHOUT ROWID;
`

/** Apart from the tables, so that a bulk load can build them afterwards. */
export const INDEXES = `
CREATE INDEX entities_name ON entities (name COLLATE NOCASE);
CREATE INDEX relationships_source ON relationships (source_id);
CREATE INDEX relationships_target ON relationships (target_id);
CREATE INDEX relationships_semantic_id ON relationships (semantic_id);
CREATE INDEX evidence_relationship ON evidence (relationship_id, weight);
`

const RECOUNT = (id: string) => `
  UPDATE relationships SET (evidence_count, confidence_expected) =
    (SELECT count(*), ${COMBINED_CONFIDENCE} FROM evidence WHERE relationship_id = ${id})
  WHERE id = ${id};`

export interface Migration {
  /** The schema version it leads to; `down` leads back to the one before. */
  version: number
  title: string
  up: string
  down: string
}

/**
 * Version 2 only adds: columns with defaults, kept right by triggers. A service of version 1 neither sees nor breaks them,
 * so both versions of the service run on it side by side.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 2,
    title: 'evidence count and expected confidence of each relationship',
    up: `
      ALTER TABLE relationships ADD COLUMN evidence_count INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE relationships ADD COLUMN confidence_expected REAL;
      UPDATE relationships SET evidence_count = counted.evidence_count, confidence_expected = counted.expected
        FROM (SELECT relationship_id, count(*) AS evidence_count, ${COMBINED_CONFIDENCE} AS expected
              FROM evidence GROUP BY relationship_id) AS counted
        WHERE counted.relationship_id = relationships.id;
      CREATE TRIGGER evidence_added AFTER INSERT ON evidence BEGIN ${RECOUNT('NEW.relationship_id')} END;
      CREATE TRIGGER evidence_removed AFTER DELETE ON evidence BEGIN ${RECOUNT('OLD.relationship_id')} END;
      CREATE TRIGGER evidence_changed AFTER UPDATE ON evidence BEGIN
        ${RECOUNT('OLD.relationship_id')} ${RECOUNT('NEW.relationship_id')} END;
    `,
    down: `
      DROP TRIGGER evidence_added;
      DROP TRIGGER evidence_removed;
      DROP TRIGGER evidence_changed;
      ALTER TABLE relationships DROP COLUMN confidence_expected;
      ALTER TABLE relationships DROP COLUMN evidence_count;
    `,
  },
]

/** The version `INDEXES` and `TABLES` alone make. */
export const BASE_VERSION = 1

export const LATEST_VERSION = MIGRATIONS.at(-1)?.version ?? BASE_VERSION
