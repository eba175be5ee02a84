// Rules written in TypeScript instead of YAML: the default export of a module that gonogo.yaml names.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { messageOf, PlanError, type PlanErrorPlace } from '../lib/errors.ts'
import type { configSchema } from './schema.ts'
import type { z } from 'zod'

/** A rule as gonogo.yaml takes it: `kind`, the options of the kind, and `database`, `max`, `severity`, `fix`. */
export type RuleDeclaration = NonNullable<z.input<typeof configSchema>['rules']>[string]

/** Keeps the types while rules are declared in code: `export default defineChecks({ orphans: { kind: 'reference', ... } })`. */
export function defineChecks(rules: Record<string, RuleDeclaration>): Record<string, RuleDeclaration> {
  return rules
}

/**
 * The rules that the module `file` declares, not yet judged.
 * @throws PlanError when it is not there, does not load, or exports no rules.
 */
export function loadRulesModule(directory: string, file: string, place: PlanErrorPlace): Record<string, unknown> {
  const path = resolve(directory, file)
  if (!existsSync(path))
    throw new PlanError(`there is no ${file}`, { ...place, expected: 'a module beside gonogo.yaml' })
  let loaded: unknown
  try {
    loaded = createRequire(join(directory, 'gonogo.yaml'))(path)
  } catch (error) {
    throw new PlanError(`does not load: ${messageOf(error)}`, {
      file,
      hint: 'it is run by Node as it is: no build step',
    })
  }
  const rules = (loaded as { default?: unknown } | null)?.default
  if (typeof rules === 'object' && rules !== null && !Array.isArray(rules)) return rules as Record<string, unknown>
  throw new PlanError('exports no rules', { file, expected: '"export default defineChecks({ NAME: { kind, ... } })"' })
}
