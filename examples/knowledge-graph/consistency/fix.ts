// Repairs the graph in one transaction, set by set, and keeps what is needed to take the repair back.
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction, readNumber } from '../src/database.ts'
import { COMBINED_CONFIDENCE } from '../src/schema.ts'
import { IMAGED_TABLES, keepAfter, keepBefore, putBack } from './images.ts'
import { ruleOf, type RuleId } from './rules.ts'
import type { Judgement } from './judgement.ts'
import { judgeMetrics, measure } from './validate.ts'

/** A claim that nothing supports stays in the graph with this much confidence: it was said, and no more. */
const UNSOURCED_WEIGHT = 0.1

/** How many relationships each step changed. */
export interface Changes {
  orphansDeleted: number
  duplicatesMerged: number
  markedUnsourced: number
  confidencesCorrected: number
}

export interface FixResult {
  /** Number to undo it by; null when there was nothing to fix or it was only tried. */
  fix: number | null
  changes: Changes
  /** The whole graph as the fix leaves it. */
  judgements: Judgement[]
}

/** Takes a transaction back without being a failure. */
class DryRun extends Error {}

/**
 * Fixes what breaks the rules; all of it or, when a threshold would still be broken, nothing.
 * @param options `dryRun` does the same and takes it back; `now` in milliseconds since the epoch.
 * @throws Error naming the thresholds that would still be broken.
 */
export function fixGraph(database: DatabaseSync, options: { dryRun: boolean; now: number }): FixResult {
  let result: FixResult | undefined
  try {
    return inTransaction(database, () => {
      result = applyFix(database, options.now)
      if (options.dryRun) throw new DryRun()
      const broken = result.judgements.filter((judgement) => judgement.ok !== true)
      if (broken.length > 0)
        throw new Error(`the fix is not enough: ${broken.map((one) => `${one.title} ${one.value}`).join(', ')}`)
      return result
    })
  } catch (error) {
    if (error instanceof DryRun && result) return { ...result, fix: null }
    throw error
  }
}

/** Detects again inside the transaction: what was counted before it may have changed since. */
function applyFix(database: DatabaseSync, now: number): FixResult {
  const fix = 1 + readNumber(database, 'SELECT coalesce(max(id), 0) FROM fixes')
  const evidenceAboveId = readNumber(database, 'SELECT coalesce(max(id), 0) FROM evidence')
  const changes: Changes = {
    orphansDeleted: withOffenders(database, 'orphaned', () => deleteOrphans(database, fix)),
    duplicatesMerged: withOffenders(database, 'duplicate', () => mergeDuplicates(database, fix)),
    markedUnsourced: withOffenders(database, 'missing-evidence', () => markUnsourced(database, fix)),
    confidencesCorrected: withOffenders(database, 'inconsistent-confidence', () => correctConfidence(database, fix)),
  }
  const judgements = judgeMetrics(measure(database))
  if (Object.values(changes).every((count) => count === 0)) return { fix: null, changes, judgements }
  keepAfter(database, fix, { evidenceAboveId })
  database.prepare('INSERT INTO fixes VALUES (?, ?, NULL, ?)').run(fix, now, JSON.stringify(changes))
  return { fix, changes, judgements }
}

/** Lays the offenders of a rule into `temp.offending` for `repair`. @returns how many there were. */
function withOffenders(database: DatabaseSync, rule: RuleId, repair: () => void): number {
  database.exec(`CREATE TEMP TABLE offending AS SELECT id FROM (${ruleOf(rule).offenders})`)
  const count = readNumber(database, 'SELECT count(*) FROM temp.offending')
  if (count > 0) repair()
  database.exec('DROP TABLE temp.offending')
  return count
}

const OFFENDING = 'id IN (SELECT id FROM temp.offending)'
const EVIDENCE_OF_OFFENDING = 'relationship_id IN (SELECT id FROM temp.offending)'

function deleteOrphans(database: DatabaseSync, fix: number): void {
  keepBefore(database, fix, 'relationships', OFFENDING)
  keepBefore(database, fix, 'evidence', EVIDENCE_OF_OFFENDING)
  database.exec(`
    DELETE FROM evidence WHERE ${EVIDENCE_OF_OFFENDING};
    DELETE FROM relationships WHERE ${OFFENDING}`)
}

/** The oldest relationship of a meaning takes over the evidence of the others. */
function mergeDuplicates(database: DatabaseSync, fix: number): void {
  keepBefore(database, fix, 'relationships', OFFENDING)
  keepBefore(database, fix, 'evidence', EVIDENCE_OF_OFFENDING)
  database.exec(`
    UPDATE evidence SET relationship_id =
      (SELECT min(oldest.id) FROM relationships AS double CROSS JOIN relationships AS oldest
       ON oldest.semantic_id = double.semantic_id WHERE double.id = evidence.relationship_id)
    WHERE ${EVIDENCE_OF_OFFENDING};
    DELETE FROM relationships WHERE ${OFFENDING}`)
}

/** Its confidence was never earned; the next step lowers it to what is left. */
function markUnsourced(database: DatabaseSync, fix: number): void {
  keepBefore(database, fix, 'relationships', OFFENDING)
  database.exec(`
    INSERT INTO evidence (relationship_id, source, weight)
    SELECT id, 'unsourced', ${UNSOURCED_WEIGHT} FROM temp.offending ORDER BY id`)
}

function correctConfidence(database: DatabaseSync, fix: number): void {
  keepBefore(database, fix, 'relationships', OFFENDING)
  database.exec(`
    UPDATE relationships SET confidence =
      (SELECT ${COMBINED_CONFIDENCE} FROM evidence WHERE relationship_id = relationships.id)
    WHERE ${OFFENDING}`)
}

export interface UndoResult {
  fix: number
  restored: number
  /** Rows that were edited after the fix: they are left as they are. */
  conflicts: number
}

/**
 * Takes a fix back: the newest one that is in force, or the one given.
 * @throws Error when there is no such fix, it is undone already, or a newer one stands on it.
 */
export function undoFix(database: DatabaseSync, options: { fix: number | null; now: number }): UndoResult {
  return inTransaction(database, () => {
    const newest = database.prepare('SELECT max(id) AS id FROM fixes WHERE undone_at IS NULL').get()?.id
    if (newest === null || newest === undefined) throw new Error('there is no fix to undo')
    if (options.fix !== null && options.fix !== newest)
      throw new Error(`fix ${options.fix} cannot be undone: the newest one in force is ${newest}`)
    const result: UndoResult = { fix: Number(newest), restored: 0, conflicts: 0 }
    for (const imaged of IMAGED_TABLES) {
      const { restored, conflicts } = putBack(database, result.fix, imaged)
      result.restored += restored
      result.conflicts += conflicts
    }
    database.prepare('UPDATE fixes SET undone_at = ? WHERE id = ?').run(options.now, newest)
    return result
  })
}
