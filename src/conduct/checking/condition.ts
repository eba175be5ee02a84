// Whether a check applies here: a stated condition is the only reason to skip one.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Condition } from '../../plan/binding.ts'
import { conditionInWords } from '../../plan/condition.ts'

/** What a condition is asked of. */
export interface Here {
  directory: string
  environment: string
  env: Readonly<Record<string, string>>
}

/** Why it does not apply, in words; null where it does. */
export function unmetReason(condition: Condition, { directory, environment, env }: Here): string | null {
  const { variable, file, not } = condition
  const value = variable ? (env[variable.name] ?? '') : ''
  const holds =
    (condition.environment?.includes(environment) ?? true) &&
    (!variable || (variable.is ? variable.is.includes(value) : value !== '')) &&
    (file === null || existsSync(resolve(directory, file)))
  return holds === not ? `does not apply: wanted only when ${conditionInWords(condition)}` : null
}
