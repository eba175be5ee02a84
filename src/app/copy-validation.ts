// The rules of a database, judged on a copy of it: what a backup says of what it holds.
import type { CopyValidation } from '../backups/backup.ts'
import { databaseNameOf, rulesOf } from './databases.ts'
import { parseOptions, findKind } from '../catalog/catalog.ts'
import { CONFIG_FILE } from '../config/locate.ts'
import { verdictOf, type RuleResult } from '../consistency/result.ts'
import { validate } from '../consistency/validate.ts'
import type { DataProject } from './data.ts'

/**
 * Judges the rules of the database `name` on the copy at `location`.
 * @param at what counts as now, in milliseconds since the epoch: a copy does not grow stale by lying there.
 * @throws PlanError, OutsideError when the copy cannot be read.
 */
export async function validateCopy(
  { project, surroundings }: DataProject,
  name: string,
  location: string,
  { signal, at }: { signal: AbortSignal; at: number },
): Promise<CopyValidation> {
  const place = { file: CONFIG_FILE, path: `databases/${name}` }
  const {
    kind: id,
    expectedSchema: _,
    performance: __,
    ...entry
  } = project.config.databases[databaseNameOf(project, name)] ?? { kind: '', performance: {} }
  const kind = findKind('database', id, place)
  const options = parseOptions(kind.options, surroundings.resolve(entry), place)
  const copy = kind.create(kind.elsewhere(options, location), { directory: project.directory })
  // Rules that compare with another database are about the two of them at one moment, which a copy is not.
  const rules = rulesOf(project, name, null, surroundings).filter((rule) => !rule.kind.compare)
  const { results } = await validate(copy, rules, { signal, now: at })
  return {
    verdict: verdictOf(results),
    passed: countOf(results, 'passed'),
    failed: countOf(results, 'failed'),
    unverified: countOf(results, 'unverified'),
    counts: Object.fromEntries(results.map(({ rule, count }) => [rule, count])),
    findings: results.flatMap(({ rule, title, severity, status, count, problem }) =>
      status === 'passed' ? [] : [{ rule, title, severity, status, count, problem }],
    ),
  }
}

function countOf(results: readonly RuleResult[], status: RuleResult['status']): number {
  return results.filter((result) => result.status === status).length
}
