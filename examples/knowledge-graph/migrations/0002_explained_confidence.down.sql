DROP TRIGGER evidence_added;
DROP TRIGGER evidence_removed;
DROP TRIGGER evidence_changed;
ALTER TABLE relationships DROP COLUMN confidence_expected;
ALTER TABLE relationships DROP COLUMN evidence_count;
PRAGMA user_version = 1;
