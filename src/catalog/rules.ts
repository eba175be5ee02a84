// Every kind of consistency rule.
import { acyclic } from '../consistency/rules/acyclic.ts'
import { aggregateEquals } from '../consistency/rules/aggregate-equals.ts'
import { crossDatabase } from '../consistency/rules/cross-database.ts'
import { duplicateGroups } from '../consistency/rules/duplicate-groups.ts'
import { enumeration } from '../consistency/rules/enum.ts'
import { freshness } from '../consistency/rules/freshness.ts'
import { notNull } from '../consistency/rules/not-null.ts'
import { range } from '../consistency/rules/range.ts'
import { reference } from '../consistency/rules/reference.ts'
import { regex } from '../consistency/rules/regex.ts'
import { requiresChild } from '../consistency/rules/requires-child.ts'
import { rowCountDrift } from '../consistency/rules/row-count-drift.ts'
import { sqlRule } from '../consistency/rules/sql.ts'
import { unique } from '../consistency/rules/unique.ts'

export const rules = [
  notNull,
  unique,
  duplicateGroups,
  reference,
  requiresChild,
  range,
  enumeration,
  regex,
  freshness,
  rowCountDrift,
  aggregateEquals,
  acyclic,
  crossDatabase,
  sqlRule,
] as const
