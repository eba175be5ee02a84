-- Evidence count and expected confidence of each relationship. Only adds: columns with defaults, kept right by triggers. A service
-- of version 1 neither sees nor breaks them, so both versions of the service run on it side by side.
ALTER TABLE relationships ADD COLUMN evidence_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE relationships ADD COLUMN confidence_expected REAL;
UPDATE relationships SET evidence_count = counted.evidence_count, confidence_expected = counted.expected
FROM (
  SELECT relationship_id, count(*) AS evidence_count, round(1 - exp(sum(ln(1 - weight))), 6) AS expected
  FROM evidence GROUP BY relationship_id
) AS counted
WHERE counted.relationship_id = relationships.id;
CREATE TRIGGER evidence_added AFTER INSERT ON evidence BEGIN
  UPDATE relationships SET (evidence_count, confidence_expected) =
    (SELECT count(*), round(1 - exp(sum(ln(1 - weight))), 6) FROM evidence WHERE relationship_id = NEW.relationship_id)
  WHERE id = NEW.relationship_id;
END;
CREATE TRIGGER evidence_removed AFTER DELETE ON evidence BEGIN
  UPDATE relationships SET (evidence_count, confidence_expected) =
    (SELECT count(*), round(1 - exp(sum(ln(1 - weight))), 6) FROM evidence WHERE relationship_id = OLD.relationship_id)
  WHERE id = OLD.relationship_id;
END;
CREATE TRIGGER evidence_changed AFTER UPDATE ON evidence BEGIN
  UPDATE relationships SET (evidence_count, confidence_expected) =
    (SELECT count(*), round(1 - exp(sum(ln(1 - weight))), 6) FROM evidence WHERE relationship_id = OLD.relationship_id)
  WHERE id = OLD.relationship_id;
  UPDATE relationships SET (evidence_count, confidence_expected) =
    (SELECT count(*), round(1 - exp(sum(ln(1 - weight))), 6) FROM evidence WHERE relationship_id = NEW.relationship_id)
  WHERE id = NEW.relationship_id;
END;
PRAGMA user_version = 2;
