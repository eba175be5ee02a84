// Databases of the project and the rules that gonogo.yaml declares for their rows.
import { findKind, parseOptions } from '../catalog/catalog.ts'
import type { Project } from '../config/load.ts'
import { CONFIG_FILE } from '../config/locate.ts'
import type { RuleEntry } from '../config/schema.ts'
import { ruleOptions } from '../config/validate.ts'
import type { ConfiguredFix, Rule } from '../consistency/rule.ts'
import type { Database } from '../databases/database.ts'
import type { GraphDatabase } from '../databases/graph.ts'
import { PlanError } from '../lib/errors.ts'
import { nearest } from '../lib/nearest.ts'
import type { Surroundings } from './project.ts'
import { kindOf } from './services.ts'

/** The only database where no name is given. @throws PlanError for a name that is not there, or when there are several. */
export function databaseNameOf({ config }: Project, name: string | null): string {
  const names = Object.keys(config.databases)
  const chosen = name ?? (names.length === 1 ? names[0] : undefined)
  if (chosen !== undefined && Object.hasOwn(config.databases, chosen)) return chosen
  const suggestion = name === null ? null : nearest(name, names)
  throw new PlanError(name === null ? 'which database?' : `there is no database "${name}"`, {
    expected: names.length > 0 ? `one of ${names.join(', ')}` : `a section "databases" in ${CONFIG_FILE}`,
    ...(suggestion ? { hint: `did you mean "${suggestion}"?` } : {}),
  })
}

/** @throws PlanError for a name that is not under `databases`. */
export function databaseOf(project: Project, name: string, surroundings: Surroundings): Database {
  const {
    expectedSchema: _,
    performance: __,
    ...entry
  } = project.config.databases[databaseNameOf(project, name)] ?? { kind: '', performance: {} }
  const { kind, options } = kindOf('database', 'databases', name, entry, surroundings)
  return kind.create(options, { directory: project.directory })
}

/** The graph database of this name, or null where there is none. */
export function graphOf(project: Project, name: string, surroundings: Surroundings): GraphDatabase | null {
  const entry = project.config.graphs[name]
  if (!entry) return null
  const { kind, options } = kindOf('graph', 'graphs', name, entry, surroundings)
  return kind.create(options, { directory: project.directory })
}

/**
 * The rules of a database in their declared order; with `names`, those.
 * @throws PlanError for a name that is no rule of it, or when it has none.
 */
export function rulesOf(
  project: Project,
  database: string,
  names: readonly string[] | null,
  surroundings: Surroundings,
): Rule[] {
  const own = declaredRulesOf(project, database, surroundings)
  const known = own.map(({ name }) => name)
  for (const name of names ?? []) requireRule(name, known, database)
  if (own.length === 0)
    throw new PlanError(`no rules are declared for the database "${database}"`, {
      expected: `a section "rules" in ${CONFIG_FILE}`,
      hint: `"gonogo data init ${database}" proposes some`,
    })
  return own.filter(({ name }) => names === null || names.includes(name))
}

/** The rules of a database in their declared order, and none where none are declared. */
export function declaredRulesOf({ config }: Project, database: string, { resolve }: Surroundings): Rule[] {
  const usual = Object.keys(config.databases).length === 1 ? database : null
  return Object.entries(config.rules)
    .filter(([, entry]) => (entry.database ?? usual) === database)
    .map(([name, entry]) => toRule(name, database, resolve(entry)))
}

function requireRule(name: string, known: readonly string[], database: string): void {
  if (known.includes(name)) return
  const suggestion = nearest(name, known)
  throw new PlanError(`the database "${database}" has no rule "${name}"`, {
    expected: known.length > 0 ? `one of ${known.join(', ')}` : `a section "rules" in ${CONFIG_FILE}`,
    ...(suggestion ? { hint: `did you mean "${suggestion}"?` } : {}),
  })
}

function toRule(name: string, database: string, entry: RuleEntry): Rule {
  const place = { file: CONFIG_FILE, path: `rules/${name}` }
  const kind = findKind('rule', entry.kind, place)
  const { max, severity } = entry
  const options = parseOptions(kind.options, ruleOptions(entry), place)
  return { name, kind, options, database, max, severity, fix: entry.fix ? toFix(entry.fix, place) : null }
}

function toFix(
  { kind: id, ...given }: { kind: string; [option: string]: unknown },
  place: { path: string },
): ConfiguredFix {
  const below = { ...place, path: `${place.path}/fix` }
  const kind = findKind('fix', id, below)
  return { kind: id, options: parseOptions(kind.options, given, below) }
}
