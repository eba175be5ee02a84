// For tests of fixes: real SQLite files, rules as gonogo.yaml would give them, and looking at what came of it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Database } from '../../databases/database.ts'
import type { Rule, RuleKind } from '../rule.ts'
import { acyclic } from '../rules/acyclic.ts'
import { aggregateEquals } from '../rules/aggregate-equals.ts'
import { duplicateGroups } from '../rules/duplicate-groups.ts'
import { enumeration } from '../rules/enum.ts'
import { notNull } from '../rules/not-null.ts'
import { range } from '../rules/range.ts'
import { reference } from '../rules/reference.ts'
import { requiresChild } from '../rules/requires-child.ts'
import { sqlRule } from '../rules/sql.ts'
import { unique } from '../rules/unique.ts'
import { undoFixes, type UndoOptions, type UndoReport } from '../undo/undo-fixes.ts'
import { applyFixes, type FixOptions } from './apply-fixes.ts'
import { contentHash } from './content-hash.ts'
import type { FixKind } from './fix.ts'
import { inProcess } from './in-process.fixture.ts'
import { deleteRows } from './kinds/delete.ts'
import { insertMissing } from './kinds/insert-missing.ts'
import { mergeDuplicates } from './kinds/merge-duplicates.ts'
import { setFromAggregate } from './kinds/set-from-aggregate.ts'
import { setValue } from './kinds/set.ts'
import { sqlStatement } from './kinds/sql.ts'
import type { FixReport } from './report.ts'

export const fixKinds = [
  deleteRows,
  setValue,
  setFromAggregate,
  mergeDuplicates,
  insertMissing,
  sqlStatement,
] as unknown as readonly FixKind[]

const ruleKinds = [
  acyclic,
  aggregateEquals,
  duplicateGroups,
  enumeration,
  notNull,
  range,
  reference,
  requiresChild,
  sqlRule,
  unique,
] as unknown as readonly RuleKind[]

/** A rule as configuration gives it: options parsed, `fix` as `{ kind: options }`. */
export function ruleOf(
  name: string,
  kind: string,
  options: unknown,
  { fix, ...given }: { fix?: Record<string, unknown>; max?: number; severity?: 'error' | 'warning' } = {},
): Rule {
  const found = ruleKinds.find(({ id }) => id === kind)
  if (!found) throw new Error(`no rule kind ${kind}`)
  const [fixed] = Object.entries(fix ?? {})
  return {
    name,
    kind: found,
    options: found.options.parse(options),
    database: 'app',
    max: 0,
    severity: 'error',
    ...given,
    fix: fixed ? { kind: fixed[0], options: optionsOf(fixed[0], fixed[1]) } : null,
  }
}

function optionsOf(kind: string, options: unknown): unknown {
  return fixKinds.find(({ id }) => id === kind)?.options.parse(options) ?? options
}

/** A SQLite file that is removed again. */
export class Fixing implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'gonogo-fix-'))
  readonly path = join(this.directory, 'app.db')
  database: Database

  constructor(statements: string, { journal = 'wal' }: { journal?: string } = {}) {
    this.edit(`PRAGMA journal_mode = ${journal}; PRAGMA foreign_keys = OFF; ${statements}`)
    this.database = inProcess(this.path)
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true })
  }

  /** As somebody else would, without foreign keys. */
  edit(statements: string): void {
    using database = new DatabaseSync(this.path, { enableForeignKeyConstraints: false, timeout: 5000 })
    database.exec(`PRAGMA synchronous = OFF; ${statements}`)
  }

  rows(query: string): Record<string, unknown>[] {
    using database = new DatabaseSync(this.path)
    return database
      .prepare(query)
      .all()
      .map((row) => ({ ...row }))
  }

  fix(rules: readonly Rule[], options: Partial<FixOptions> = {}): Promise<FixReport> {
    return applyFixes(this.database, rules, { kinds: fixKinds, signal: AbortSignal.timeout(60_000), ...options })
  }

  undo(run: number | null, options: Partial<UndoOptions> = {}): Promise<UndoReport> {
    return undoFixes(this.database, run ?? -1, { signal: AbortSignal.timeout(60_000), ...options })
  }

  /** The same file with room for so many pages more. */
  limitedTo(pages: number): Database {
    const count = Number(this.rows('PRAGMA page_count')[0]?.page_count)
    return inProcess(this.path, { pagesMax: count + pages })
  }

  hash(): Promise<string> {
    return contentHash(this.database, AbortSignal.timeout(60_000))
  }
}
