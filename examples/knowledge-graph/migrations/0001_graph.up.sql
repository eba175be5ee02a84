-- What version 1 of the service works on. Ids are never used again (AUTOINCREMENT), or what is put back after a deletion
-- could land on somebody else's row.
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
CREATE INDEX entities_name ON entities (name COLLATE NOCASE);
CREATE INDEX relationships_source ON relationships (source_id);
CREATE INDEX relationships_target ON relationships (target_id);
CREATE INDEX relationships_semantic_id ON relationships (semantic_id);
CREATE INDEX evidence_relationship ON evidence (relationship_id, weight);
-- The service asks for it to know what it works on.
PRAGMA user_version = 1;
