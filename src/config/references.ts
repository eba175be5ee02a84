// ${env:NAME} and ${file:PATH}: secrets and machine-specific values stand in gonogo.yaml by reference only.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { PlanError, codeOf } from '../lib/errors.ts'

const REFERENCE = /\$\{(env|file):([^}]+)\}/g

export interface ReferenceContext {
  directory: string
  env: NodeJS.ProcessEnv
  /** File the references stand in, for errors. */
  file: string
}

/**
 * The value with every reference in every string replaced.
 * @throws PlanError naming the key and the missing variable or file.
 */
export function resolveReferences<T>(value: T, context: ReferenceContext, path: string[] = []): T {
  if (typeof value === 'string')
    return value.replace(REFERENCE, (_, kind, name) => lookUp(kind, name, context, path)) as T
  if (Array.isArray(value))
    return value.map((entry, index) => resolveReferences(entry, context, [...path, String(index)])) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, resolveReferences(member, context, [...path, key])]),
  ) as T
}

function lookUp(kind: string, name: string, context: ReferenceContext, path: string[]): string {
  const place = { file: context.file, path: path.join('/') }
  if (kind === 'env') {
    const value = context.env[name]
    if (value !== undefined && value !== '') return value
    throw new PlanError(`environment variable ${name} is not set`, { ...place, hint: `set it: export ${name}=...` })
  }
  try {
    return readFileSync(resolve(context.directory, name), 'utf8').trimEnd()
  } catch (error) {
    throw new PlanError(`file ${name} cannot be read (${codeOf(error) ?? 'unreadable'})`, {
      ...place,
      hint: 'write the secret to that file, readable for you alone',
    })
  }
}
